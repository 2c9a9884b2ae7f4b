"""What a disk was told to write, as Linux's dm-log-writes keeps it, and the disks that a power cut may leave of it.

Format: drivers/md/dm-log-writes.c. A disk's cache may lose or keep any write that no later flush has followed; one with
FUA, and all before a flush, are there.
"""

import random
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from kuager_workshop.emulate import EmulatorError

_MAGIC = 0x6A736677736872
_SUPER, _ENTRY = struct.Struct("<QQQI"), struct.Struct("<QQQQ")
_FLUSH, _FUA, _DISCARD, _MARK = 1, 2, 4, 8
_MOST = 1_000_000  # entries; more is no log of ours


@dataclass(frozen=True, slots=True)
class Entry:
    """One write, discard or mark. `at` and `length` in bytes of the disk; `data` lies at `place` in the log."""

    at: int
    length: int
    flags: int
    place: int
    mark: str = ""

    @property
    def flushes(self) -> bool:
        """Whether all before it is durable once it is done."""
        return bool(self.flags & _FLUSH)

    @property
    def durable(self) -> bool:
        """Whether it is durable itself once it is done."""
        return bool(self.flags & _FUA)


class WriteLog:
    """A log's image. Raises EmulatorError where it is none."""

    def __init__(self, image: Path) -> None:
        self._image = image
        with image.open("rb") as file:
            magic, version, count, sector = _SUPER.unpack(file.read(_SUPER.size).ljust(_SUPER.size, b"\0"))
            if magic != _MAGIC or version != 1 or count > _MOST:
                raise EmulatorError(f"{image}: this is no log of dm-log-writes")
            self.entries: list[Entry] = []
            place = sector
            for _ in range(count):
                file.seek(place)
                block = file.read(sector)
                at, sectors, flags, length = _ENTRY.unpack_from(block)
                mark = block[_ENTRY.size : _ENTRY.size + length].decode(errors="replace") if flags & _MARK else ""
                place += sector
                self.entries.append(Entry(at * sector, sectors * sector, flags, place, mark))
                if not flags & (_DISCARD | _MARK):
                    place += sectors * sector

    def apply(self, entries: Sequence[Entry], disk: Path) -> None:
        """Do these to an image of the disk, in order."""
        with self._image.open("rb") as log, disk.open("r+b") as target:
            for entry in entries:
                if entry.mark or not entry.length:
                    continue
                target.seek(entry.at)
                if entry.flags & _DISCARD:
                    target.write(bytes(entry.length))
                else:
                    log.seek(entry.place)
                    target.write(log.read(entry.length))


def cuts(entries: Sequence[Entry], positions: Sequence[int], chance: random.Random) -> Iterator["Cut"]:
    """For each position, in rising order: what a cut there leaves."""
    flushed = 0
    for position in sorted(positions):
        before = max((at for at in range(flushed, position) if entries[at].flushes), default=flushed)
        certain = list(entries[flushed:before])
        open_ = entries[before:position]
        # The flush itself may carry data, which is only as durable as its own flags say.
        kept = [each for each in open_ if each.durable or chance.random() < 0.5]
        yield Cut(position, certain, kept)
        flushed = before


@dataclass(frozen=True, slots=True)
class Cut:
    """The power goes before entry `position`. `certain`: durable now and not at the cut before; `kept`: of the rest."""

    position: int
    certain: list[Entry]
    kept: list[Entry]
