"""What campaigns of faults have in common: a unit, a session in which something goes wrong, the check after it."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kuager.settings import Procedure, Settings
from kuager_workshop.torture import aftermath, officer
from kuager_workshop.torture.aftermath import Aftermath
from kuager_workshop.torture.campaign import Finding, expect
from kuager_workshop.torture.simulated.capture import CapturePlan
from kuager_workshop.torture.simulated.unit import SimulatedUnit
from kuager_workshop.torture.simulated.vault import VaultPlan, Wrap

BEFORE_S = 1.5
"""Of recording, before anything goes wrong."""

MOST_LOST_US = 1_000_000
"""Of picture and sound, by one fault."""

SETTINGS = Settings(procedure=Procedure(action="interrogation"))


@dataclass
class Story:
    """One unit with what went wrong and what the officer heard of it."""

    unit: SimulatedUnit
    folder: Path
    prompts: list[str] = field(default_factory=list)

    def heard(self, *beginnings: str) -> bool:
        """Whether the officer was told something that begins so."""
        return any(prompt.startswith(beginnings) for _, prompt, _ in self.unit.said)


def spread(places: Mapping[str, int], count: int, seed: int) -> list[str]:
    """Some `count` different cases ``FAULT/PLACE``, each kind as often as the others, where it has so many places.

    `places`: below which number those of each kind lie.
    """
    chance, each = random.Random(seed), count // len(places)
    drawn = {fault: sorted(chance.sample(range(most), min(most, each))) for fault, most in places.items()}
    return [f"{fault}/{place}" for fault, found in drawn.items() for place in found]


def play(
    campaign: str,
    case: str,
    folder: Path,
    wrong: Callable[[Story], None],
    after: Callable[[Story, Aftermath], None] = lambda *_: None,
    *,
    capture: CapturePlan | None = None,
    wrap: Wrap | None = None,
    begins: bool = True,
    whole: bool = True,
) -> Finding:
    """A recording in which `wrong` happens, its end, a second session on a unit that is well, and `after`.

    `begins`: a recording runs before it happens. `whole`: nothing keeps picture and sound from being taken meanwhile.
    """
    plan = VaultPlan(folder, wrap=wrap) if wrap else VaultPlan(folder)
    unit = SimulatedUnit(plan, capture or CapturePlan(), SETTINGS)
    story = Story(unit, folder)
    if begins:
        officer.ready(unit)
        officer.begin(unit)
        unit.run(BEFORE_S)
    wrong(story)
    first_us = unit.ledger.acknowledged[0].first_us if unit.ledger.acknowledged else 0
    until_us = unit.ledger.newest_us(unit.moment.boot_us)
    officer.end(unit)
    officer.session(unit)
    unit.run(12.0)  # what could not be sealed meanwhile is tried again
    unit.power_cut()
    left = aftermath.read(folder / "carrier", folder / "state")
    left.expect_good()
    after(story, left)
    lost_us = left.lost_us(first_us, until_us) if whole else None
    expect(not lost_us or lost_us <= MOST_LOST_US, f"{(lost_us or 0) / 1e6:.2f} s of picture and sound are missing")
    lost_bytes = left.lost_bytes(unit.ledger)
    return Finding(campaign=campaign, case=case, survived=True, lost_bytes=lost_bytes, lost_us=lost_us)


def expect_told(story: Story, *beginnings: str) -> None:
    """The officer heard of it."""
    heard = sorted({prompt for _, prompt, _ in story.unit.said})
    expect(story.heard(*beginnings), f"the officer was not told {' or '.join(beginnings)}: {', '.join(heard)}")
