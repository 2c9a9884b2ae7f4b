"""Mounts a carrier of ours, with safe options, through systemd: its mount ends with its device."""

import os
import subprocess
from pathlib import Path

_SAFE = "nosuid,nodev,noexec,noatime,errors=remount-ro"
_TIMEOUT_S = 30

FILE_SYSTEMS = ("ext4", "vfat", "exfat")
"""Those that a carrier may have."""


def options(type: str, owner: int, group: int) -> str:  # noqa: A002 - as mount(8) calls it
    """Mount options: a file system without owners gives all to the vault."""
    if type == "ext4":
        return _SAFE
    return f"{_SAFE},uid={owner},gid={group},fmask=0133,dmask=0022"


def mount(device: Path, type: str, where: Path, owner: int, group: int) -> None:  # noqa: A002
    """Mount it there, and let the owner make recordings in it. Raises OSError."""
    unit = _device_unit(device)
    _run(
        "/usr/bin/systemd-mount", "--quiet", "--no-ask-password", "--collect", "--fsck=no", f"--type={type}",
        f"--options={options(type, owner, group)}", "--description=Kuager carrier", "--property=LazyUnmount=yes",
        f"--property=BindsTo={unit}", f"--property=After={unit}", str(device), str(where),
    )  # fmt: skip
    if type == "ext4" and where.stat().st_uid != owner:
        os.chown(where, owner, group)


def unmount(where: Path) -> None:
    """Let go of what is mounted there, also while files of it are open. Raises OSError."""
    _run("/usr/bin/systemd-umount", "--quiet", "--no-ask-password", str(where))


def _device_unit(device: Path) -> str:
    return _run("/usr/bin/systemd-escape", "--path", "--suffix=device", str(device)).strip()


def _run(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        raise OSError(f"{command[0]} does not come to an end") from None
    if done.returncode:
        raise OSError(f"{command[0]}: {done.stderr.strip()[-500:]}")
    return done.stdout
