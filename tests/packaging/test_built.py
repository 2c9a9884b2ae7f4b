"""The package as `make deb` built it: its contents, and what Debian 13's own tools say of it once it is installed."""

import re
import subprocess
from pathlib import Path

import pytest
from built import check

CHECKOUT = Path(__file__).parents[2]
ONE_SHOT = ("gadget", "medium", "prepare")
pytestmark = [pytest.mark.emulated, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def package() -> Path:
    """The newest one."""
    found = max(CHECKOUT.glob("dist/kuager_*.deb"), key=lambda each: each.stat().st_mtime, default=None)
    if found is None:
        pytest.fail("there is no package in dist/: run `make deb` first")
    return found


def test_what_is_in_it_and_what_its_scripts_do(package: Path) -> None:
    check(package)


def test_it_installs_and_systemd_and_lintian_find_nothing(package: Path) -> None:
    done = subprocess.run([CHECKOUT / "tools/packaging/deb/check.sh"], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    found = re.findall(r"exposure level for kuager-([a-z]+)\S*\.service: ([0-9.]+)", done.stdout)
    exposure = {name: float(level) for name, level in found}
    assert {"vault", "sealer", "capture", "supervisor", "link", "recovery", "gadget", "medium", "prepare"} <= set(
        exposure
    )
    limits = {name: 3.0 if name in ("gadget", "medium", "prepare") else 0.9 for name in exposure}
    assert not {name: level for name, level in exposure.items() if level > limits[name]}
