"""The case: hw/enclosure.toml, and whether everything fits."""

from itertools import combinations
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from kuager import toml

Millimetres = Annotated[float, Meta(ge=0, le=500)]
View = Literal["front", "left", "right", "bottom"]
_TOUCH = 1e-6


class Case(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The box, inside; `corner`: outer radius."""

    inner_width: Millimetres
    inner_height: Millimetres
    inner_depth: Millimetres
    wall: Millimetres
    corner: Millimetres

    @property
    def inner(self) -> tuple[float, float, float]:
        """Width, height, depth."""
        return self.inner_width, self.inner_height, self.inner_depth

    @property
    def outer(self) -> tuple[float, float, float]:
        """Width, height, depth with walls."""
        width, height, depth = (size + 2 * self.wall for size in self.inner)
        return width, height, depth


class Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is in the case: where its corner is, how large it is."""

    id: str
    name: str
    at: tuple[Millimetres, Millimetres, Millimetres]
    size: tuple[Millimetres, Millimetres, Millimetres]
    round: bool = False

    def overlaps(self, other: "Body") -> bool:
        """Whether both claim some of the same room."""
        return all(
            mine + length > theirs + _TOUCH and theirs + span > mine + _TOUCH
            for mine, length, theirs, span in zip(self.at, self.size, other.at, other.size, strict=True)
        )


class Opening(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is seen from outside. One size is a diameter."""

    view: View
    name: str
    at: tuple[Millimetres, Millimetres]
    size: Annotated[tuple[Millimetres, ...], Meta(min_length=1, max_length=2)]


class Enclosure(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """hw/enclosure.toml."""

    case: Case
    part: tuple[Body, ...]
    opening: tuple[Opening, ...]


def load(path: Path) -> Enclosure:
    """Read the sketch's dimensions. Raises UsageError naming the line."""
    return toml.decode(path.read_text("utf-8"), Enclosure, str(path))


def misfits(enclosure: Enclosure) -> list[str]:
    """What is out of the case or in another part."""
    found = [
        f"{part.id} does not fit into the case"
        for part in enclosure.part
        if any(
            at + size > room + _TOUCH for at, size, room in zip(part.at, part.size, enclosure.case.inner, strict=True)
        )
    ]
    pairs = combinations(enclosure.part, 2)
    return found + [f"{one.id} and {two.id} are in the same place" for one, two in pairs if one.overlaps(two)]
