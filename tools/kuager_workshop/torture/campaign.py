"""What a campaign is: many cases of one kind of fault, each named by a text that alone replays it."""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Literal, Protocol

import msgspec

Size = Literal["short", "full"]
"""How many cases: `short` is for CI, `full` for a machine that nobody waits for."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one case.

    `lost_bytes`: acknowledged before the fault and not proven after it; None where that is not asked. `lost_us`: the
    newest picture and sound up to the fault that are not there, us; None where the case takes nothing away.
    """

    campaign: str
    case: str
    survived: bool
    why: str = ""
    lost_bytes: int | None = None
    lost_us: int | None = None


class Campaign(Protocol):
    """One kind of fault. `title` is its line in the table."""

    @property
    def title(self) -> str:
        """What is done, in a few words."""
        ...

    def cases(self, size: Size, seed: int) -> Sequence[str]:
        """The cases, each of which `play` understands by itself; the same for the same seed."""
        ...

    def play(self, case: str, folder: Path) -> Finding:
        """Play one in an empty folder; what it raises counts as not survived."""
        ...


CAMPAIGNS: dict[str, str] = {
    "kills": "kills:KILLS",
    "cuts": "cuts:CUTS",
    "carriers": "carriers:CARRIERS",
    "sensors": "sensors:SENSORS",
    "clocks": "clocks:CLOCKS",
    "tampering": "tampering:TAMPERING",
    "honest": "honest:HONEST",
    "shift": "shift:SHIFT",
}
"""Name -> ``module:object`` of the campaign, in the order of the table."""

LONGEST_S = 120
"""A case that takes longer hangs."""
LONGER_S = {"shift": 4 * 3600}
"""Campaigns whose cases may take longer."""


def load(name: str) -> Campaign:
    """The campaign of this name, which must be in the table."""
    module, _, attribute = CAMPAIGNS[name].partition(":")
    found: Campaign = getattr(import_module(f"kuager_workshop.torture.{module}"), attribute)
    return found


class BrokenError(Exception):
    """A promise was broken; the text says which."""


def expect(so: bool, why: str) -> None:
    """Raise BrokenError unless it is so."""
    if not so:
        raise BrokenError(why)
