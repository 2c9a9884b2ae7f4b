"""What a disk may legally hold after a power cut. Pure: a log of operations in, disks out.

The model is POSIX, and weaker than any file system that a carrier may have. Certain is only this: what was in a file
when it was synced; an entry of a directory that was synced after it was made, as far as that directory itself is
there; an object whose put has returned. All else is loose, each thing independently of every other, and the two disks
of each other: a name may be there or not; what was appended and not synced may be absent, cut off anywhere, or there
in some sectors while others hold zeros or what the disk held before; an attribute may be set or not. A sector is
written whole or not at all, so the synced part of one is never spoilt.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from random import Random

from kuager.sealer import Level
from kuager_workshop.torture.disk import fates
from kuager_workshop.torture.disk.fates import Extreme, Fate, Loose, Tail
from kuager_workshop.torture.disk.recorded import Key, Op
from kuager_workshop.torture.simulated.vault import Place

_PART = ".part"
_EXTREMES: tuple[Extreme, ...] = Extreme.__args__  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Disks:
    """Both disks as they are read at the next start. Directories come before what is in them."""

    directories: tuple[Key, ...] = ()
    files: dict[Key, bytes] = field(default_factory=dict)
    attributes: dict[Key, frozenset[Level]] = field(default_factory=dict)


@dataclass
class _File:
    data: bytearray
    synced: int = 0


class Known:
    """What was done to two disks so far. `renames`: the disks to which whole objects come by a rename."""

    def __init__(self, base: Disks | None = None, renames: Iterable[Place] = ()) -> None:
        base = base or Disks()
        self._renames = frozenset(renames)
        self._named: dict[Key, bool] = dict.fromkeys((*base.directories, *base.files), True)
        self._files = {key: _File(bytearray(data), len(data)) for key, data in base.files.items()}
        self._attributes = {(key, level): True for key, levels in base.attributes.items() for level in levels}
        self._putting: Op | None = None

    def did(self, op: Op) -> None:
        """One operation more."""
        match op.kind:
            case "mkdir":
                self._named[op.key] = False
            case "create":
                self._named[op.key], self._files[op.key] = False, _File(bytearray())
            case "write":
                self._files[op.key].data += op.data
            case "sync":
                file = self._files[op.key]
                file.synced = len(file.data)
            case "sync-directory":
                self._sync_directory(op.key)
            case "put":
                self._putting = op
            case "put-done":
                self._put(op)
            case "protect" if op.level:
                self._attributes.setdefault((op.key, op.level), False)

    def _sync_directory(self, key: Key) -> None:
        place, path = key
        for each in self._named:
            if each[0] == place and _parent(each[1]) == path:
                self._named[each] = True
        for (each, level), durable in self._attributes.items():
            self._attributes[each, level] = durable or each == key

    def _put(self, op: Op) -> None:
        self._putting = None
        self._named[op.key], self._files[op.key] = True, _File(bytearray(op.data), len(op.data))
        part = _part(op.key)
        if op.place in self._renames and part in self._files:
            del self._files[part], self._named[part]

    # what a cut may leave

    @property
    def loose(self) -> Loose:
        """What is not durable."""
        put = self._putting
        return Loose(
            tuple(place for (place, _), durable in self._named.items() if not durable),
            tuple((key[0], file.synced, len(file.data)) for key, file in self._unsynced()),
            tuple(key[0] for (key, _), durable in self._attributes.items() if not durable),
            (put.place, len(put.data), put.place in self._renames) if put else None,
        )

    def _unsynced(self) -> Iterator[tuple[Key, _File]]:
        return ((key, file) for key, file in self._files.items() if file.synced < len(file.data))

    def variants(self, torn: int, chance: Random) -> list[str]:
        """Names of states that differ: all the extremes, and so many others."""
        loose = self.loose
        if not loose.anything:
            return ["kept"]
        names: list[str] = [*_EXTREMES, *(f"{fates.TORN}{chance.randrange(1_000_000)}" for _ in range(torn))]
        return list({fates.fate(loose, name): name for name in reversed(names)}.values())[::-1]

    def left(self, variant: str) -> Disks:
        """The disks that a variant names."""
        return self.after(fates.fate(self.loose, variant), Random(f"{variant} stale"))

    def after(self, fate: Fate, chance: Random) -> Disks:
        """The disks after this fate; `chance` makes old sectors."""
        names, tails = (
            iter(fate.names),
            {key: tail for (key, _), tail in zip(self._unsynced(), fate.tails, strict=True)},
        )
        there: set[Key] = {("state", ""), ("carrier", "")}
        directories, files = [], {}
        for key, durable in self._named.items():
            kept = durable or next(names)
            if not kept or (key[0], _parent(key[1])) not in there:
                continue
            if key not in self._files:
                there.add(key)
                directories.append(key)
            else:
                file = self._files[key]
                files[key] = _filled(bytes(file.data), file.synced, tails.get(key), chance)
        if self._putting and (self._putting.place, _parent(self._putting.path)) in there:
            self._half_put(self._putting, fate, files, chance)
        kept_attributes, attributes = iter(fate.attributes), dict[Key, frozenset[Level]]()
        for (key, level), durable in self._attributes.items():
            if (durable or next(kept_attributes)) and (key in there or key in files):
                attributes[key] = attributes.get(key, frozenset()) | {level}
        return Disks(tuple(directories), files, attributes)

    def _half_put(self, op: Op, fate: Fate, files: dict[Key, bytes], chance: Random) -> None:
        if fate.put in ("there", "both"):
            files[op.key] = op.data
        if op.place in self._renames:
            # An older temporary file was unlinked before: nobody knows of it any more, or it is there still.
            if fate.put in ("part", "both"):
                files[_part(op.key)] = _filled(op.data, 0, fate.part, chance)
            elif fate.put == "there":
                files.pop(_part(op.key), None)


def after(ops: Iterable[Op], base: Disks | None = None, renames: Iterable[Place] = ()) -> Known:
    """All these operations, on what was there before."""
    known = Known(base, renames)
    for op in ops:
        known.did(op)
    return known


def _filled(data: bytes, synced: int, tail: Tail | None, chance: Random) -> bytes:
    if tail is None:
        return data
    stale = chance.randbytes(tail.length) if "stale" in tail.fills else b""
    return fates.filled(data, synced, tail, stale)


def _parent(path: str) -> str:
    return path.rpartition("/")[0]


def _part(key: Key) -> Key:
    return key[0], key[1] + _PART
