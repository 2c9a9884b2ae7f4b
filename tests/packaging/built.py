"""What the built package must be, by its files and its maintainer scripts: `check(deb)` raises AssertionError.

Whoever has built it calls this; tools/packaging/deb/check.sh installs it besides, and asks systemd and lintian.
"""

import subprocess
from pathlib import Path

SITE = "./usr/lib/kuager/lib/python3.13/site-packages"
THERE = (
    "./etc/kuager/settings.toml",
    "./usr/bin/kuager",
    "./usr/lib/kuager/bin/python",
    "./usr/lib/systemd/system/kuager.target",
    "./usr/lib/systemd/system/kuager-vault.service.d/10-sandbox.conf",
    "./usr/lib/sysusers.d/kuager.conf",
    "./usr/lib/tmpfiles.d/kuager.conf",
    "./usr/lib/udev/rules.d/70-kuager.rules",
    "./usr/libexec/kuager/end",
    "./usr/share/doc/kuager/copyright",
    f"{SITE}/kuager/boards/pi-5.toml",
    f"{SITE}/kuager/vault/__main__.py",
    f"{SITE}/kuager/vault/__pycache__/__main__.cpython-313.pyc",
    f"{SITE}/av/__init__.py",
)
NOWHERE = ("/kuager_workshop/", "/textual/", "/starlette/", "/tests/", "./var/lib/kuager", "./media")


def check(deb: Path) -> None:
    """Files, owners, modes; scripts that start, stop and delete nothing."""
    files = {}
    for line in _run("dpkg-deb", "--contents", str(deb)).splitlines():
        mode, owner, _, _, _, name = line.split(maxsplit=5)
        files[name.partition(" -> ")[0]] = mode
        assert owner == "root/root", line
        assert "s" not in mode[1:].lower().replace("-", ""), line
        assert mode[0] == "l" or mode[8] != "w", line
    assert not [name for name in THERE if name not in files]
    assert not [name for name in files for part in NOWHERE if part in name]
    for language in ("ru", "kk", "en"):
        assert any(name.startswith(f"./usr/share/kuager/voice/{language}/") for name in files)
    assert _run("dpkg-deb", "--info", str(deb), "conffiles").split() == ["/etc/kuager/settings.toml"]
    for script in ("preinst", "postinst", "prerm", "postrm"):
        done = subprocess.run(["dpkg-deb", "--info", str(deb), script], capture_output=True, text=True)
        for word in ("deb-systemd-invoke", "systemctl stop", "systemctl restart", "/var/lib/kuager", "rm -", "userdel"):
            assert word not in done.stdout, f"{script}: {word}"


def _run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
