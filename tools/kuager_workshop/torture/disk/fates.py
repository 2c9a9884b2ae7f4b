"""What becomes of each thing that is not durable when power is cut. Pure.

A variant names a fate: an extreme, in which all things go the same way, or ``torn-N``, in which each goes its own, by
chance seeded with N.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

from kuager_workshop.torture.simulated.vault import Place

Extreme = Literal["lost", "kept", "newest", "stale", "holed", "empty", "nameless", "state-lost", "carrier-lost"]
"""Everything loose is lost; is there; is there as long as it was with only its last sector right, zeros or old sectors
before that; or with only its first sector not right; names are there without their data; data without their names; one
disk was ahead of the other.
"""

TORN = "torn-"
Fill = Literal["right", "zero", "stale"] | int
"""A sector as it was to be, zeros, what the disk held before, or right for so many bytes and zeros after them."""

Put = Literal["absent", "part", "both", "there"]
"""An object on its way. Where it comes by a rename, its temporary file may be there, or both names."""

_SECTORS = (512, 4096)
_LARGEST = 64  # sectors that each go their own way; of longer tails only the newest so many do


@dataclass(frozen=True, slots=True)
class Tail:
    """What is left of what was appended and not synced: the file is `length` long, and `fills` are the sectors that
    hold bytes from the synced end on; where they are fewer, all further ones are right.
    """

    length: int
    sector: int = 512
    fills: tuple[Fill, ...] = ()


@dataclass(frozen=True, slots=True)
class Fate:
    """One fate for each loose thing, in the order in which `Known` lists them."""

    names: tuple[bool, ...] = ()
    tails: tuple[Tail, ...] = ()
    attributes: tuple[bool, ...] = ()
    put: Put = "absent"
    part: Tail = Tail(0)


@dataclass(frozen=True, slots=True)
class Loose:
    """What is not durable: the places of names and attributes, of each tail its synced length and its whole one; of an
    object on its way where, how long, and whether by a rename.
    """

    names: Sequence[Place] = ()
    tails: Sequence[tuple[Place, int, int]] = ()
    attributes: Sequence[Place] = ()
    put: tuple[Place, int, bool] | None = None

    @property
    def anything(self) -> bool:
        """Whether a cut may leave more than one state."""
        return bool(self.names or self.tails or self.attributes or self.put)


def fate(loose: Loose, variant: str) -> Fate:
    """The fate that a variant names."""
    return _torn(loose, Random(variant)) if variant.startswith(TORN) else _extreme(loose, variant)


def filled(data: bytes, synced: int, tail: Tail, stale: bytes) -> bytes:
    """A file's bytes as the disk holds them. `stale` are old sectors, as many bytes as are asked for."""
    made = bytearray(data[: tail.length])
    for index, fill in enumerate(tail.fills, synced // tail.sector):
        begin, end = max(synced, index * tail.sector), min(tail.length, (index + 1) * tail.sector)
        if fill == "right" or begin >= end:
            continue
        if fill == "stale" and begin == index * tail.sector:
            made[begin:end] = stale[begin:end]
        else:  # behind what is synced a sector holds zeros: so it was written
            right = fill if isinstance(fill, int) else 0
            made[begin + right : end] = bytes(max(0, end - begin - right))
    return bytes(made)


def _extreme(loose: Loose, variant: str) -> Fate:
    def is_lost(place: Place) -> bool:
        return variant in ("lost", "empty", f"{place}-lost")

    def tail(place: Place, synced: int, length: int) -> Tail:
        if is_lost(place):
            return Tail(synced)
        before_last = (length - 1) // 512 - synced // 512
        match variant:
            case "newest" | "stale":
                return Tail(length, 512, ("zero" if variant == "newest" else "stale",) * before_last)
            case "holed" if before_last:
                return Tail(length, 512, ("zero",))
        return Tail(length)

    put: Put = "absent"
    part = Tail(0)
    if loose.put:
        place, length, renamed = loose.put
        put = "absent" if is_lost(place) or variant == "nameless" else "there"
        if renamed and variant in ("empty", "newest", "nameless", "stale", "holed"):
            put = "both" if variant == "newest" else "part"
            # Before the rename the temporary file was synced: beside its new name it is whole.
            part = Tail(length) if put == "both" else Tail(0) if variant == "empty" else tail(place, 0, length)
    return Fate(
        tuple(variant == "empty" or (variant != "nameless" and not is_lost(each)) for each in loose.names),
        tuple(tail(*each) for each in loose.tails),
        tuple(variant != "stale" and not is_lost(each) for each in loose.attributes),
        put,
        part,
    )


def _torn(loose: Loose, chance: Random) -> Fate:
    likely = chance.choice((0.2, 0.5, 0.8))
    put: Put = "absent"
    part = Tail(0)
    if loose.put:
        _, length, renamed = loose.put
        put = chance.choice(("absent", "part", "both", "there") if renamed else ("absent", "there"))
        part = Tail(length) if put == "both" else _torn_tail(0, length, chance)
    return Fate(
        tuple(chance.random() < likely for _ in loose.names),
        tuple(_torn_tail(synced, length, chance) for _, synced, length in loose.tails),
        tuple(chance.random() < likely for _ in loose.attributes),
        put,
        part,
    )


def _torn_tail(synced: int, length: int, chance: Random) -> Tail:
    how = chance.choice(("none", "whole", "cut", "mixed", "mixed", "mixed"))
    match how:
        case "none":
            return Tail(synced)
        case "whole":
            return Tail(length)
        case "cut":
            return Tail(chance.randint(synced, length))
    sector = chance.choice(_SECTORS)
    long = chance.choice((length, chance.randint(synced, length)))
    count = max(0, -(-long // sector) - synced // sector)
    right = chance.choice((0.3, 0.7))
    fills = [_fill(sector, right, chance) for _ in range(min(count, _LARGEST))]
    early: list[Fill] = [chance.choice(("right", "zero", "stale"))] * (count - len(fills))
    return Tail(long, sector, (*early, *fills))


def _fill(sector: int, right: float, chance: Random) -> Fill:
    if chance.random() < right:
        return "right"
    return chance.choice(("zero", "zero", "stale", chance.randrange(sector)))
