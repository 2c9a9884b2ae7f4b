"""Adds protection to what lies on the carrier: append-only (+a) on what was just created, immutable (+i) on what is
finished.

It gets open descriptors, never paths, refuses all but regular files and directories on the carrier's device, and can
only add: there is no call here that takes an attribute away. Attributes resist; the signatures prove.
"""

import fcntl
import os
import stat
import struct
from typing import Literal

Level = Literal["append-only", "immutable"]

_LONG = struct.calcsize("l")  # the request numbers carry the size of a C long, though an int is exchanged
_GETFLAGS = 0x80006601 | _LONG << 16
_SETFLAGS = 0x40006602 | _LONG << 16
_FLAGS: dict[Level, int] = {"append-only": 0x20, "immutable": 0x10}


def add(descriptor: int, level: Level, device: int) -> bool:
    """Set the attribute; False where the file system or our privileges do not allow it (the manifest then says so)."""
    about = os.fstat(descriptor)
    if about.st_dev != device or not (stat.S_ISREG(about.st_mode) or stat.S_ISDIR(about.st_mode)):
        return False
    wanted = _FLAGS[level]
    try:
        flags = int.from_bytes(fcntl.ioctl(descriptor, _GETFLAGS, bytes(8))[:4], "little")
        # A finished file grows no more: immutable says append-only too, and the kernel lets nothing be added to it.
        if not flags & (wanted | _FLAGS["immutable"]):
            fcntl.ioctl(descriptor, _SETFLAGS, (flags | wanted).to_bytes(4, "little") + bytes(4))
    except OSError:
        return False
    return True
