"""UTC jumps, is never set, or is lost: order and durations do not depend on it, and the journal tells of each step.

A case is ``FAULT/MOMENT``.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from kuager_workshop.torture import story
from kuager_workshop.torture.aftermath import Aftermath
from kuager_workshop.torture.campaign import Finding, Size, expect
from kuager_workshop.torture.simulated.unit import SimulatedUnit
from kuager_workshop.torture.story import Story

_CASES: dict[Size, int] = {"short": 60, "full": 900}
_DAY_US = 86_400_000_000
_RESET_US = int(datetime(1970, 1, 1, 0, 0, 30, tzinfo=UTC).timestamp()) * 1_000_000
_STEP_US = 500_000  # what the journal calls a step


class Clocks:
    """The campaign."""

    title = "UTC set forward, back, by a leap second, lost, never set"

    def cases(self, size: Size, seed: int) -> Sequence[str]:
        """Each kind as often as the others."""
        return story.spread(dict.fromkeys(_FAULTS, 30), _CASES[size], seed)

    def play(self, case: str, folder: Path) -> Finding:
        """A session in which it happens."""
        fault, moment = case.split("/")
        steps: list[int] = []

        def wrong(told: Story) -> None:
            unit = told.unit
            unit.run(int(moment) / 10)
            before_us = unit.moment.utc_us
            _FAULTS[fault](unit)
            steps.append(unit.moment.utc_us - before_us)
            unit.run(4.0)

        def after(told: Story, left: Aftermath) -> None:
            stamps = [chunk.first_us for each in left.recordings for chunk in each.chunks if chunk.kind == "fragment"]
            expect(stamps == sorted(stamps), "the order of fragments depends on UTC")
            counted = [each.clock_steps for each in left.recordings]
            expect(abs(steps[0]) <= _STEP_US or sum(counted) > 0, f"no journal tells of a step of {steps[0]} us")
            first, last = told.unit.ledger.acknowledged[0], told.unit.ledger.acknowledged[-1]
            expect(last.last_us - first.first_us < 120_000_000, "durations depend on UTC")

        return story.play("clocks", case, folder, wrong, after)


def _by(step_us: int, *, disciplined: bool = True) -> Callable[[SimulatedUnit], None]:
    def play(unit: SimulatedUnit) -> None:
        unit.set_clock(unit.moment.utc_us + step_us, disciplined=disciplined)

    return play


def _lost(unit: SimulatedUnit) -> None:
    unit.set_clock(_RESET_US, disciplined=False)


_FAULTS: dict[str, Callable[[SimulatedUnit], None]] = {
    "a-day-forward": _by(_DAY_US),
    "a-day-back": _by(-_DAY_US),
    "a-leap-second": _by(-1_000_000),
    "a-little-back": _by(-300_000),
    "never-disciplined": _by(0, disciplined=False),
    "lost-to-1970": _lost,
}

CLOCKS = Clocks()
