"""Faults of a carrier, played on the vault's file interface and only there: for tests, and for training on the
virtual board.
"""

import errno
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import sleep
from typing import Literal

from kuager.errors import CarrierError
from kuager.evidence.records import Device
from kuager.sealer import Level
from kuager.vault.carrier import BlankError, ForeignError
from kuager.vault.files import Data, Entry, Files, Space
from kuager.vault.passing import PassingFiles

Operation = Literal[
    "mkdir", "create", "reopen", "write", "sync", "sync_directory", "put", "protect", "read", "entries", "space", "any"
]

_OUT = ("carrier-gone", "carrier-blank", "carrier-foreign")
"""Faults by which the carrier that was in is out."""

_NEARLY_FULL = 63 << 20  # just below the reserve: what is open can still be sealed


@dataclass
class Fault:
    """What happens to an operation on paths that contain `path`, after `skip` such operations, `times` times (None:
    for ever).

    `error`: an errno to raise. `short`: a write takes so many bytes and then works, or raises where `error` is given
    too. `stall_s`: seconds to wait first.
    """

    operation: Operation
    path: str = ""
    error: int | None = None
    short: int | None = None
    stall_s: float = 0.0
    skip: int = 0
    times: int | None = None


class FaultyFiles(PassingFiles):
    """Passes everything on to `inner`, but for the faults that are due."""

    def __init__(self, inner: Files, faults: list[Fault] | None = None) -> None:
        super().__init__(inner)
        self.faults = faults if faults is not None else []
        self.gone = False
        """The carrier was pulled out."""
        self.read_only = False
        self.free: int | None = None
        """Bytes left, counted down by every write; None: what the file system says."""
        self._lock = threading.Lock()

    def mkdir(self, path: str, mode: int = 0o755) -> None:
        """As Files.mkdir."""
        self._play("mkdir", path)
        super().mkdir(path, mode)

    def create(self, path: str) -> int:
        """As Files.create."""
        self._play("create", path)
        return super().create(path)

    def reopen(self, path: str) -> int:
        """As Files.reopen."""
        self._play("reopen", path)
        return super().reopen(path)

    def write(self, handle: int, data: Data) -> int:
        """As Files.write."""
        fault = self._due("write", self.path(handle))
        if fault and fault.short is not None and fault.short < len(data):
            if fault.short > 0:
                return self._take(handle, memoryview(data)[: fault.short])
            self._raise(fault.error or errno.EIO)
        if fault and fault.error is not None:
            self._raise(fault.error)
        return self._take(handle, memoryview(data))

    def _take(self, handle: int, data: memoryview) -> int:
        if self.free is not None:
            if self.free <= 0:
                self._raise(errno.ENOSPC)
            data = data[: self.free]
            self.free -= len(data)
        return super().write(handle, data)

    def sync(self, handle: int) -> None:
        """As Files.sync."""
        self._play("sync", self.path(handle))
        super().sync(handle)

    def sync_directory(self, path: str = "") -> None:
        """As Files.sync_directory."""
        self._play("sync_directory", path)
        super().sync_directory(path)

    def put(self, path: str, data: Data, mode: int = 0o644) -> None:
        """As Files.put."""
        self._play("put", path)
        if self.free is not None and self.free < len(data):
            self._raise(errno.ENOSPC)
        super().put(path, data, mode)

    def protect(self, path: str, level: Level) -> bool:
        """As Files.protect."""
        self._play("protect", path)
        return super().protect(path, level)

    def read(self, path: str, offset: int = 0, length: int | None = None) -> bytes:
        """As Files.read."""
        self._play("read", path)
        return super().read(path, offset, length)

    def entries(self, path: str = "") -> list[Entry]:
        """As Files.entries."""
        self._play("entries", path)
        return super().entries(path)

    def space(self) -> Space:
        """As Files.space."""
        self._play("space", "")
        about = super().space()
        return Space(about.free if self.free is None else self.free, about.read_only or self.read_only)

    def present(self) -> bool:
        """As Files.present."""
        return not self.gone and super().present()

    def _play(self, operation: Operation, path: str) -> None:
        fault = self._due(operation, path)
        if fault and fault.error is not None:
            self._raise(fault.error)

    def _due(self, operation: Operation, path: str) -> Fault | None:
        if self.gone:
            self._raise(errno.ENODEV)
        if self.read_only and operation not in ("read", "entries", "space"):
            self._raise(errno.EROFS)
        with self._lock:
            found = next((each for each in self.faults if self._meets(each, operation, path)), None)
        if found and found.stall_s:
            sleep(found.stall_s)
        return found

    @staticmethod
    def _meets(fault: Fault, operation: Operation, path: str) -> bool:
        if fault.operation not in (operation, "any") or fault.path not in path or fault.times == 0:
            return False
        if fault.skip > 0:
            fault.skip -= 1
            return False
        if fault.times is not None:
            fault.times -= 1
        return True

    @staticmethod
    def _raise(number: int) -> None:
        raise OSError(number, errno.errorcode.get(number, "played fault"))


class RiggedCarrier:
    """A slot whose carrier can be spoilt, changed and mended while the vault runs: `play` takes wire.CarrierRig's
    faults.

    `path` is the usual carrier; what a blank one becomes is a new folder beside it. `mount` and `identify` are the
    real ones, by path.
    """

    def __init__(self, path: Path, mount: Callable[[Path], Files], identify: Callable[[Path], Device]) -> None:
        self._usual = self.path = path
        self._mount, self._identify = mount, identify
        self._fault = ""
        self._current: FaultyFiles | None = None

    def mount(self) -> Files:
        """As Slot.mount."""
        match self._fault:
            case "carrier-gone":
                raise CarrierError(errno.ENOENT, "the carrier was removed")
            case "carrier-blank":
                raise BlankError
            case "carrier-foreign":
                raise ForeignError
        self._current = FaultyFiles(self._mount(self.path))
        self._spoil(self._current)
        return self._current

    def identify(self) -> Device:
        """As Slot.identify."""
        return self._identify(self.path)

    def prepare(self) -> None:
        """As Slot.prepare: the blank carrier becomes an empty folder, never one that was there before."""
        if self._fault != "carrier-blank":
            raise CarrierError(errno.ENOMEDIUM, "there is no blank carrier")
        beside = self._usual.absolute()
        number = 1
        while (prepared := beside.with_name(f"{beside.name}-blank-{number}")).exists():
            number += 1
        prepared.mkdir()
        self.path, self._fault = prepared, ""

    def play(self, fault: str) -> None:
        """From now on this fault, and no other."""
        self._fault = fault
        if fault == "carrier-well" and self.path != self._usual:
            # The usual carrier is put back in the place of one that was prepared.
            self.path = self._usual
            if self._current is not None:
                self._current.gone = True
        elif self._current is not None:
            self._spoil(self._current)

    def _spoil(self, files: FaultyFiles) -> None:
        files.gone = files.gone or self._fault in _OUT
        files.read_only = self._fault == "carrier-read-only"
        files.free = _NEARLY_FULL if self._fault == "carrier-full" else None
        spoilt = {
            "carrier-failed": [Fault("write", error=errno.EIO), Fault("sync", error=errno.EIO)],
            "carrier-slow": [Fault("sync", stall_s=0.6)],
        }
        files.faults = spoilt.get(self._fault, [])
