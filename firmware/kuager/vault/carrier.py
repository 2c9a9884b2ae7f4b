"""The carrier's place on the unit: sees a carrier come, fill, fail and go, and says what it is from the hardware.

Recordings of other units and files that are not ours never stop us: they are left alone. A carrier is `ready`, `full`
(less than the reserve is free, which is kept so that sealing always succeeds), `read-only`, `failed` or `missing`;
`blank` where it holds no file system that could be mounted; `foreign` where it holds somebody else's data in a form
that we don't write. Only what is blank is ever prepared, and only when asked to; nothing else formats anything.
"""

import errno
import os
from pathlib import Path
from typing import Literal, Protocol

from kuager.errors import CarrierError
from kuager.evidence.records import Device
from kuager.vault.files import Files

RESERVE = 64 << 20
"""Bytes free at which a carrier counts as full. The supervisor then ends the recording; at half of it the vault does.
"""

State = Literal["ready", "missing", "blank", "foreign", "full", "read-only", "failed"]

_FIRST_WAIT_US, _LAST_WAIT_US = 1_000_000, 30_000_000
_FULL = (errno.ENOSPC, errno.EDQUOT)


class BlankError(CarrierError):
    """There is a carrier, and nothing on it that could be mounted."""

    def __init__(self) -> None:
        super().__init__(errno.EMEDIUMTYPE, "it holds no file system")


class ForeignError(CarrierError):
    """There is a carrier, and what it holds is somebody else's."""

    def __init__(self) -> None:
        super().__init__(errno.EMEDIUMTYPE, "it holds somebody else's data")


class Slot(Protocol):
    """Where a carrier is put in."""

    @property
    def path(self) -> Path:
        """Where the files of the carrier that is in are found, for people and for the supervisor."""
        ...

    def mount(self) -> Files:
        """Open the carrier; raises BlankError, ForeignError or another CarrierError where that can't be done."""
        ...

    def identify(self) -> Device:
        """What the mounted carrier is, from the hardware; raises OSError."""
        ...

    def prepare(self) -> None:
        """Make a blank carrier mountable. Raises OSError; where none is in, nothing was written."""
        ...


class Bay:
    """Holds the carrier's files while there is a carrier in the slot."""

    def __init__(self, slot: Slot, reserve: int = RESERVE) -> None:
        self._slot, self._reserve = slot, reserve
        self.files: Files | None = None
        self.device: Device | None = None
        self.state: State = "missing"
        self.detail = ""
        self.free = 0
        self._wait_us, self._not_before_us = _FIRST_WAIT_US, 0

    def look(self, now_us: int) -> bool:
        """See how the carrier is; True if one has just come and must be recovered. Call it once a second."""
        if self.files is not None:
            if not self.files.present():
                self.lose("missing", "the carrier was removed")
            else:
                self._measure()
            return False
        if now_us < self._not_before_us:
            return False
        try:
            self.files = self._slot.mount()
            self.device = self._slot.identify()
        except OSError as error:
            self.lose(_unmounted(error), reason(error))
            return False
        self._measure()
        return self.files is not None

    def prepare(self) -> None:
        """Make the blank carrier that is in ours; `look` then finds it. Raises OSError, also where none is in."""
        if self.state != "blank":
            raise CarrierError(errno.EBUSY, f"the carrier is {self.state}, and only a blank one is ever prepared")
        self._slot.prepare()

    @property
    def path(self) -> Path:
        """Where the carrier's files are found."""
        return self._slot.path

    @property
    def nearly_out(self) -> bool:
        """Half the reserve is gone: the supervisor, told that the carrier is full, has not ended the recording."""
        return self.state == "full" and self.free < self._reserve // 2

    def settled(self) -> None:
        """The carrier was recovered and works: what failed before is forgotten."""
        self._wait_us = _FIRST_WAIT_US

    def fail(self, error: OSError, now_us: int) -> None:
        """An operation failed: let go of the carrier and try it again later, each time after a longer while."""
        state: State = "full" if error.errno in _FULL else "read-only" if error.errno == errno.EROFS else "failed"
        self.lose(state, reason(error))
        self._not_before_us = now_us + self._wait_us
        self._wait_us = min(2 * self._wait_us, _LAST_WAIT_US)

    def lose(self, state: State, detail: str) -> None:
        """There is no carrier now."""
        if self.files is not None:
            self.files.release()
        self.files, self.device, self.free = None, None, 0
        self.state, self.detail = state, detail

    def _measure(self) -> None:
        assert self.files is not None
        try:
            space = self.files.space()
        except OSError as error:
            self.lose("failed", reason(error))
            return
        self.free = space.free
        if space.read_only:
            self.state, self.detail = "read-only", "the carrier can't be written"
        elif space.free < self._reserve:
            self.state, self.detail = "full", f"{space.free >> 20} MB are free, {self._reserve >> 20} MB are kept"
        else:
            self.state, self.detail = "ready", ""


def _unmounted(error: OSError) -> State:
    match error:
        case BlankError():
            return "blank"
        case ForeignError():
            return "foreign"
        case CarrierError(errno=errno.ENOENT | errno.ENOTDIR):
            return "missing"
    return "failed"


def reason(error: OSError) -> str:
    """One clause for people."""
    return error.strerror or str(error)


def identify(path: Path, virtual: bool) -> Device:
    """Make, model and serial of the carrier at `path`, from the hardware; raises OSError where there is none.

    A directory of the virtual board is said to be one; its serial is its device and inode number.
    """
    about = path.stat()
    device = f"{os.major(about.st_dev)}:{os.minor(about.st_dev)}"
    if virtual:
        return Device(make="virtual", model="directory", serial=f"{device}:{about.st_ino}")
    return identify_block(Path("/sys/dev/block") / device)


def identify_block(node: Path) -> Device:
    """A block device as sysfs tells of it: SD and eMMC by manfid, name, serial; others by vendor, model, serial."""
    disk = node.resolve()
    while disk.name and not (disk / "device").exists() and disk != disk.parent:
        disk = disk.parent
    make = _first(disk, "device/manfid", "device/vendor", "device/device/vendor")
    model = _first(disk, "device/name", "device/model")
    serial = _first(disk, "device/serial", "serial", "device/wwid", "wwid")
    return Device(make=make or "unknown", model=model or "unknown", serial=serial)


def _first(disk: Path, *names: str) -> str:
    for name in names:
        try:
            text = " ".join((disk / name).read_text(errors="replace").split())
        except OSError:
            continue
        if text:
            return text[:200]
    return ""
