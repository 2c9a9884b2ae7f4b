"""The package's parts agree with each other and with the locks."""

import re
import subprocess
from pathlib import Path

import pytest

from kuager.settings import load_or_default

HERE = Path(__file__).parents[2] / "tools/packaging"
DEB = HERE / "deb"


def listed(path):
    return [line.split()[0] for line in path.read_text().splitlines() if line and not line.startswith("#")]


def test_every_bundled_wheel_is_pinned_by_the_lock_that_all_is_tested_with():
    pinned = set(re.findall(r"^([a-z0-9_.-]+)==", (HERE / "run.txt").read_text(), re.MULTILINE))
    assert set(listed(DEB / "wheels.txt")) <= pinned


def test_what_is_installed_is_there():
    for source, _ in (line.split() for line in (DEB / "debian/install").read_text().splitlines()):
        if not source.startswith("debian/"):
            assert list(HERE.parents[1].glob(source)), source
        else:
            assert (DEB / source).exists(), source


def test_the_build_root_holds_what_the_package_depends_on():
    # So that the package is installed in it, with all its dependencies, when it is checked.
    control = (DEB / "debian/control").read_text()
    (depends,) = re.findall(r"^Depends:(.*?)^\S", control, re.DOTALL | re.MULTILINE)
    names = {part.split()[0] for part in depends.replace("\n", " ").split(",") if part.strip() and "$" not in part}
    assert names - {"util-linux"} <= set(listed(DEB / "root-packages.txt"))


def test_bundled_packages_are_named_in_the_copyright_file():
    text = (DEB / "debian/copyright").read_text()
    places = {"pillow": "PIL"}
    for name in listed(DEB / "wheels.txt"):
        assert f"site-packages/{places.get(name, name)}/*" in text
    assert "libx264 and libx265" in text


@pytest.mark.parametrize("script", sorted(DEB.glob("*.sh")), ids=lambda path: path.name)
def test_scripts_are_plain_shell(script):
    assert script.read_text().startswith("#!/bin/sh\n")
    assert subprocess.run(["sh", "-n", script], capture_output=True).returncode == 0


def test_no_address_of_a_mirror_is_written_down():
    for path in [*DEB.rglob("*"), *(HERE.parents[1] / "systemd").rglob("*")]:
        if path.is_file() and path.name != "copyright":
            assert not re.search(r"https?://", path.read_text()), path


def test_a_slip_in_what_a_technician_writes_costs_none_of_the_places(tmp_path):
    text = (DEB / "debian/etc/settings.toml").read_text()
    file = tmp_path / "settings.toml"
    file.write_text(text.replace('# name = "KZ0417"', 'name = "KZ0417'))
    settings, complaint = load_or_default(file)
    assert complaint
    assert str(settings.carrier.path) == "/media/kuager"
    assert (str(settings.paths.state), str(settings.paths.run)) == ("/var/lib/kuager", "/run/kuager")
