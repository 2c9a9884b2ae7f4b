"""Whether the device behind a camera is still there, by the kernel's device tree in sysfs.

libcamera learns of a pulled cable through udev, whose messages don't reach a process that is shut off from the network.
It then ends the whole process when such a camera is stopped (0.4.0, an assertion in `PipelineHandler::stop`).
"""

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path


def video_nodes(sys: Path = Path("/sys")) -> frozenset[tuple[str, int]]:
    """Video devices with their inodes: one that is plugged in again has the old name, maybe, but another inode."""
    try:
        return frozenset((entry.name, entry.inode()) for entry in os.scandir(sys / "class/video4linux"))
    except OSError:
        return frozenset()


def usable_nodes(sys: Path = Path("/sys"), dev: Path = Path("/dev")) -> frozenset[tuple[str, int, bool]]:
    """Video and media devices with their inodes and whether we may open them: udev says so a moment after they come."""
    found = set()
    for place in ("class/video4linux", "bus/media/devices"):
        with contextlib.suppress(OSError):
            entries = list(os.scandir(sys / place))
            found |= {(entry.name, entry.inode(), os.access(dev / entry.name, os.R_OK | os.W_OK)) for entry in entries}
    return frozenset(found)


class Presence:
    """Of a device that is open now; `numbers` are its nodes' (dev_t)."""

    def __init__(self, numbers: Iterable[int], sys: Path = Path("/sys")) -> None:
        self._sys = sys
        self._own = [sys / f"dev/char/{os.major(number)}:{os.minor(number)}" for number in numbers]
        self._all = video_nodes(sys)

    @property
    def gone(self) -> bool:
        """Whether the device was pulled out. It does not come back: what is plugged in again is another."""
        return bool(self._own) and not any(node.exists() for node in self._own)

    @property
    def another(self) -> bool:
        """Whether there is a video device now that was not there at the opening."""
        return not video_nodes(self._sys) <= self._all
