"""What systemd itself says of the units: no complaint, and how exposed each service is."""

import os
import re
import shutil
import subprocess

import pytest
from units import SYSTEM, services

LIMITS = {"kuager-medium@": 3.0, "kuager-prepare": 3.0, "kuager-gadget": 3.0}
LIMIT = 0.9
OLDER = 1.0  # Debian 12's systemd weighs some things more
# Newer than Debian 12's systemd, which ignores them; the units are for Debian 13's.
NEWER = {"RestartSteps", "RestartMaxDelaySec"}


@pytest.fixture(scope="module")
def staged(tmp_path_factory):
    """The units as installed, with a program in every command's place that there is on this machine."""
    folder = tmp_path_factory.mktemp("system")
    shutil.copytree(SYSTEM, folder, symlinks=True, dirs_exist_ok=True)
    for path in folder.glob("*.service"):
        path.write_text(re.sub(r"^(Exec\w+=)\S+", r"\1/bin/true", path.read_text(), flags=re.MULTILINE))
    return folder


def analyze(*arguments, folder):
    command = ["systemd-analyze", "--no-pager", *arguments]
    environment = {**os.environ, "SYSTEMD_UNIT_PATH": f"{folder}:", "LC_ALL": "C.UTF-8", "SYSTEMD_COLORS": "0"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)


def test_systemd_has_no_complaint(staged):
    units = [str(path) for path in sorted(staged.iterdir()) if path.suffix in {".service", ".target", ".path"}]
    done = analyze("verify", "--man=no", *units, folder=staged)
    said = [line for line in done.stderr.splitlines() if "kuager" in line]
    complaints = [line for line in said if not any(f"'{key}'" in line for key in NEWER)]
    assert not complaints
    assert done.returncode == 0


@pytest.mark.parametrize("name", [path.name for path in services()])
def test_no_service_is_more_exposed_than_its_limit(staged, name):
    version = int(re.findall(r"systemd (\d+)", analyze("--version", folder=staged).stdout)[0])
    done = analyze("security", "--offline=true", str(staged / name), folder=staged)
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
    assert found, done.stderr
    assert float(found[1]) <= LIMITS.get(name.removesuffix(".service"), LIMIT if version >= 257 else OLDER)
