"""A whole shift with a fault each few minutes: nothing is lost, and no process grows.

A case is ``MINUTES/SEED``. Each part is a process of its own, whose memory and open files are looked at.
"""

import random
from collections.abc import Callable, Sequence
from pathlib import Path

from kuager_workshop.torture import aftermath, officer, story
from kuager_workshop.torture.campaign import Finding, Size
from kuager_workshop.torture.resources import expect_flat, held
from kuager_workshop.torture.simulated.unit import Name, SimulatedUnit
from kuager_workshop.torture.simulated.vault import VaultPlan

_CASES: dict[Size, tuple[str, ...]] = {"short": ("40/1", "40/2"), "full": ("480/1", "480/2", "480/3", "480/4")}
_NAMES: tuple[Name, ...] = ("vault", "capture", "supervisor")
_EVERY_S = (60, 240)
_RECORDING_S = (120, 900)
_GROWTH_KB = 6_000


class Shift:
    """The campaign."""

    title = "a shift of recordings with a fault each few minutes; memory and open files"

    def cases(self, size: Size, seed: int) -> Sequence[str]:
        """Hours in simulated time."""
        return _CASES[size]

    def play(self, case: str, folder: Path) -> Finding:
        """The shift, and what the processes hold at its end against what they held at its half."""
        minutes, seed = (int(each) for each in case.split("/"))
        unit = SimulatedUnit(VaultPlan(folder), settings=story.SETTINGS, forked=True)
        try:
            chance = random.Random(seed)
            begun_us = unit.moment.boot_us
            _work(unit, chance, begun_us, minutes * 30, _ALL)
            before = {name: held(unit.pid(name)) for name in _NAMES}
            _work(unit, chance, begun_us, minutes * 60, _MILD)
            after = {name: held(unit.pid(name)) for name in _NAMES}
        finally:
            unit.power_cut()
        for name in _NAMES:
            expect_flat(name, before[name], after[name], _GROWTH_KB)
        left = aftermath.read(folder / "carrier", folder / "state")
        left.expect_good()
        return Finding(campaign="shift", case=case, survived=True, lost_bytes=left.lost_bytes(unit.ledger))


def _work(unit: SimulatedUnit, chance: random.Random, begun_us: int, until_s: int, faults: "Faults") -> None:
    """Record one after the other until so many seconds of the shift are over."""

    def elapsed_s() -> float:
        return (unit.moment.boot_us - begun_us) / 1e6

    while elapsed_s() < until_s:
        officer.ready(unit)
        officer.begin(unit)
        end_s = elapsed_s() + chance.uniform(*_RECORDING_S)
        while elapsed_s() < min(end_s, until_s):
            unit.run(chance.uniform(*_EVERY_S))
            chance.choice(faults)(unit)
            unit.run(5.0)
            officer.recording(unit)
        officer.end(unit)
        unit.run(chance.uniform(*_EVERY_S) / 2)


def _rig(part: Name, fault: str, back: str, seconds: float) -> Callable[[SimulatedUnit], None]:
    def play(unit: SimulatedUnit) -> None:
        unit.tell(part, "rig", fault)
        unit.run(seconds)
        unit.tell(part, "rig", back)

    return play


def _kill(part: Name) -> Callable[[SimulatedUnit], None]:
    return lambda unit: unit.kill(part)


def _jump(step_us: int) -> Callable[[SimulatedUnit], None]:
    return lambda unit: unit.set_clock(unit.moment.utc_us + step_us, disciplined=True)


Faults = tuple[Callable[[SimulatedUnit], None], ...]
_MILD: Faults = (
    _rig("capture", "camera-gone", "camera-back", 6.0),
    _rig("capture", "camera-stall", "camera-back", 4.0),
    _rig("capture", "microphone-gone", "microphone-back", 6.0),
    _rig("capture", "microphone-mute", "microphone-back", 6.0),
    _rig("vault", "carrier-gone", "carrier-well", 8.0),
    _rig("vault", "carrier-failed", "carrier-well", 8.0),
    _rig("vault", "carrier-read-only", "carrier-well", 5.0),
    _jump(3_600_000_000),
    _jump(-3_600_000_000),
    lambda unit: unit.stall("vault", 8.0),
    lambda unit: unit.press("mark"),
    lambda unit: unit.hold("mark"),
)
_ALL: Faults = (*_MILD, *(_kill(name) for name in _NAMES))


SHIFT = Shift()
