"""Adds protection to an open file: append-only (+a) on what was just created, immutable (+i) on what is finished, and
fs-verity on what is sealed.

There is no call here that leaves a file with less protection than it had. Attributes resist; the signatures prove.
"""

import errno
import fcntl
import os
import stat
import struct

from kuager.sealer import Level

_LONG = struct.calcsize("l")  # the request numbers carry the size of a C long, though an int is exchanged
_GETFLAGS = 0x80006601 | _LONG << 16
_SETFLAGS = 0x40006602 | _LONG << 16
_APPEND, _IMMUTABLE, _VERITY = 0x20, 0x10, 0x100000
_ENABLE_VERITY, _MEASURE_VERITY = 0x40806685, 0xC0046686
# struct fsverity_enable_arg: version 1, SHA-256, blocks of 4096 bytes, no salt, no signature.
_VERITY_ARGUMENT = struct.pack("<IIIIQIIQ88x", 1, 1, 4096, 0, 0, 0, 0, 0)


def add(descriptor: int, level: Level, device: int) -> bool:
    """Protect a file or directory on this device; False where the file system or our privileges do not allow it.

    `descriptor` must be open for reading only. The manifest, or the unit's journal, says what came of it.
    """
    try:
        about = os.fstat(descriptor)
        regular = stat.S_ISREG(about.st_mode)
        if about.st_dev != device or not (regular or stat.S_ISDIR(about.st_mode)):
            return False
        flags = _flags(descriptor)
        if level == "verity":
            return bool(flags & _VERITY) or (regular and _has_verity(descriptor) and _verity(descriptor, about.st_mode))
        wanted = _APPEND if level == "append-only" else _IMMUTABLE
        # A finished file grows no more: immutable says append-only too, and the kernel lets nothing be added to it.
        if not flags & (wanted | _IMMUTABLE):
            _set(descriptor, flags & _APPEND | wanted)
    except OSError:
        return False
    return True


def _has_verity(descriptor: int) -> bool:
    """Whether the file system can do it: else the file's attributes are not touched for nothing."""
    try:
        fcntl.ioctl(descriptor, _MEASURE_VERITY, struct.pack("<HH64x", 0, 64))
    except OSError as error:
        return error.errno == errno.ENODATA  # it can, and the file has none yet
    return True


def _verity(descriptor: int, mode: int) -> bool:
    # The kernel enables it on no file that is append-only or immutable, and only for whoever may write the file (our
    # group is the vault's). For that moment both are taken away; immutable is set again whatever happens, also where an
    # earlier try was cut short.
    _set(descriptor, 0)
    try:
        os.fchmod(descriptor, stat.S_IMODE(mode) | stat.S_IWGRP)
        try:
            fcntl.ioctl(descriptor, _ENABLE_VERITY, _VERITY_ARGUMENT)
            done = True
        except OSError as error:
            done = error.errno == errno.EEXIST
        os.fchmod(descriptor, stat.S_IMODE(mode) & ~stat.S_IWGRP)
    finally:
        _set(descriptor, _IMMUTABLE)
    return done


def _flags(descriptor: int) -> int:
    return int.from_bytes(fcntl.ioctl(descriptor, _GETFLAGS, bytes(8))[:4], "little")


def _set(descriptor: int, attributes: int) -> None:
    # Flags that the kernel owns (verity, extents) may not be changed by us, so the present ones are kept.
    kept = _flags(descriptor) & ~(_APPEND | _IMMUTABLE)
    fcntl.ioctl(descriptor, _SETFLAGS, (kept | attributes).to_bytes(4, "little") + bytes(4))
