"""What a block device holds, and whether it may be a carrier at all.

A disk of which anything but the carrier is in use (mounted, swapped to, part of a volume) is the unit's own: it is left
alone, whatever it holds.
"""

import errno
import fcntl
import os
import struct
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from kuager.medium import blank

LABEL = "KUAGER"
"""The file system label of a carrier of ours; short enough for FAT."""

Verdict = Literal["ours", "blank", "foreign", "nothing"]

_BLKID = "/usr/sbin/blkid"
_NOT_FOUND = 2  # blkid(8): nothing was found
_GETSIZE64 = 0x80081272
_TIMEOUT_S = 20


@dataclass(frozen=True)
class Found:
    """What is on a device. `type`: of the file system, as mount(8) names it."""

    verdict: Verdict
    type: str = ""


def look(device: Path, sysfs: Path) -> Found:
    """What a disk or partition holds; `sysfs`: its folder in /sys/class/block. Raises OSError."""
    try:
        descriptor = os.open(device, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        if error.errno == errno.ENOMEDIUM:
            return Found("nothing")
        raise
    try:
        size = _size(descriptor)
        if not size:
            return Found("nothing")  # a reader without a card, of the kind that says so by its size
        tags = _tags(device)
        if tags is None:
            parts = any(sysfs.glob("*/partition")) or (sysfs / "partition").exists()
            empty = not parts and blank.is_blank(lambda offset, count: os.pread(descriptor, count, offset), size)
            return Found("blank" if empty else "foreign")
    finally:
        os.close(descriptor)
    return judged(tags)


def judged(tags: Mapping[str, str]) -> Found:
    """The verdict on what blkid found."""
    if tags.get("LABEL") == LABEL and tags.get("USAGE") == "filesystem":
        return Found("ours", tags.get("TYPE", ""))
    return Found("foreign", tags.get("TYPE", ""))


def in_use(sysfs: Path, mounts: str, swaps: str, carrier: Path) -> bool:
    """Whether the disk of this device is the unit's own. `mounts`, `swaps`: /proc/self/mountinfo and /proc/swaps."""
    disk = _disk(sysfs)
    family = [disk, *(part.parent for part in disk.glob("*/partition"))]
    if any(any((each / "holders").glob("*")) for each in family):
        return True
    numbers = {(each / "dev").read_text().strip() for each in family}
    if any(number in numbers and where != str(carrier) for number, where in _mounted(mounts)):
        return True
    names = {f"/dev/{each.name}" for each in family}
    return any(line.split()[0] in names for line in swaps.splitlines() if line.strip())


def mounted_from(mounts: str, carrier: Path) -> str:
    """The device number (``8:1``) of what is mounted at the carrier's place; empty: nothing."""
    return next((number for number, where in _mounted(mounts) if where == str(carrier)), "")


def _mounted(mounts: str) -> Iterator[tuple[str, str]]:
    # proc_pid_mountinfo(5): the third field is the device, the fifth the place.
    for line in mounts.splitlines():
        fields = line.split()
        yield fields[2], fields[4]


def _disk(sysfs: Path) -> Path:
    real = sysfs.resolve()
    return real.parent if (real / "partition").exists() else real


def _size(descriptor: int) -> int:
    answer: int = struct.unpack("Q", fcntl.ioctl(descriptor, _GETSIZE64, bytes(8)))[0]
    return answer


def _tags(device: Path) -> dict[str, str] | None:
    """What blkid reads off the device itself, past its cache; None: nothing at all. Raises OSError."""
    try:
        done = subprocess.run(
            [_BLKID, "--probe", "--output", "export", str(device)], capture_output=True, text=True, timeout=_TIMEOUT_S
        )
    except subprocess.TimeoutExpired:
        raise OSError(f"{device} does not answer") from None
    if done.returncode == _NOT_FOUND:
        return None
    # Several signatures at once (code 8) are somebody's data, whoever's.
    return dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
