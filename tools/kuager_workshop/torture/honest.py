"""Recordings that nobody tampered with, whatever went wrong while they were made: none is ever called anything else.

A case is ``STORY/SEED``: what goes wrong for certain, and the seed of when, how often, and of what else does.
"""

import random
from collections.abc import Sequence
from dataclasses import replace as with_
from pathlib import Path

from kuager.board import InputName
from kuager_workshop.torture import aftermath
from kuager_workshop.torture.campaign import Finding, Size, expect
from kuager_workshop.torture.day import Day, Wrong
from kuager_workshop.torture.simulated.moment import Moment
from kuager_workshop.torture.simulated.unit import Name

_CASES: dict[Size, int] = {"short": 510, "full": 6000}
_DAY_US = 86_400_000_000


class Honest:
    """The campaign."""

    title = "honest recordings with every fault, and no false alarm"

    def cases(self, size: Size, seed: int) -> Sequence[str]:
        """Each story equally often."""
        chance = random.Random(seed)
        each = -(-_CASES[size] // len(_STORIES))
        return [f"{name}/{chance.randrange(1 << 32)}" for name in _STORIES for _ in range(each)]

    def play(self, case: str, folder: Path) -> Finding:
        """A day with faults, a last start by which all is recovered and sealed, and the check."""
        name, seed = case.split("/")
        day = Day(folder, random.Random(f"{name}/{seed}"))
        for _ in range(day.chance.choice((1, 1, 2))):
            day.record(_STORIES[name], _ANY)
        day.cut_power()
        day.start(sound=True)
        day.pass_time(3.0)
        day.cut_power()
        after = aftermath.read(folder / "carrier", folder / "state")
        expect(bool(after.recordings), "nothing was recorded")
        after.expect_good()
        return Finding(campaign="honest", case=case, survived=True)


def _sensor(fault: str, back: str) -> Wrong:
    def wrong(day: Day) -> None:
        day.unit.tell("capture", "rig", fault)
        day.a_while(0.1, 3.0)
        day.unit.tell("capture", "rig", back)

    return wrong


def _killed(name: Name) -> Wrong:
    def wrong(day: Day) -> None:
        day.unit.kill(name)
        day.a_while(0.6, 2.0)

    return wrong


def _carrier(fault: str) -> Wrong:
    def wrong(day: Day) -> None:
        day.unit.tell("vault", "rig", fault)
        day.a_while(0.1, 3.0)
        day.unit.tell("vault", "rig", "carrier-well")
        day.pass_time(1.0)

    return wrong


def _power(day: Day) -> None:
    day.cut_power()
    moment = day.moment.later(day.chance.randrange(3_000_000, 600_000_000))
    day.moment = with_(moment, boot_us=day.chance.randrange(10_000_000, 60_000_000))
    day.start()
    day.pass_time(1.5)
    day.begin()


def _clock(day: Day) -> None:
    by_us = day.chance.choice((-3 * _DAY_US, -3_600_000_000, -900_000, 700_000, 5_000_000, 2 * _DAY_US))
    day.set_clock(by_us, disciplined=day.chance.random() < 0.5)
    day.a_while()
    if day.chance.random() < 0.5:
        day.set_clock(-by_us, disciplined=True)


def _clock_lost(day: Day) -> None:
    """The unit starts in 1970, and hears the time only later."""
    now = day.unit.moment.utc_us
    day.cut_power()
    day.moment = Moment(day.chance.randrange(10_000_000, 60_000_000), day.chance.randrange(1, 10**9), disciplined=False)
    day.start()
    day.pass_time(1.5)
    day.begin()
    day.a_while(0.5, 3.0)
    day.set_clock(now - day.unit.moment.utc_us + 60_000_000, disciplined=True)


def _break(day: Day) -> None:
    for pause in (0.4, 2.5, 2.0):
        day.unit.press("record")
        day.pass_time(pause)
    day.unit.press("record")
    day.pass_time(1.5)


def _mode(day: Day) -> None:
    slid: InputName = "mode-up" if day.chance.random() < 0.5 else "mode-down"
    day.unit.press(slid, day.chance.randrange(500_000, 4_000_000))
    day.pass_time(3.0)


def _photo(day: Day) -> None:
    day.unit.hold("mark")


def _shut_down(day: Day) -> None:
    day.unit.tell("supervisor", "stop")
    day.pass_time(2.0)
    _power(day)


def _power_fails(day: Day) -> None:
    day.unit.press("power-fail", 1_000_000)
    day.pass_time(2.0)


def _two(day: Day) -> None:
    for wrong in day.chance.sample(_ANY, 2):
        wrong(day)


_ANY: list[Wrong] = [
    _sensor("camera-gone", "camera-back"), _sensor("camera-stall", "camera-back"),
    _sensor("microphone-mute", "microphone-back"), _sensor("microphone-gone", "microphone-back"),
    _killed("vault"), _killed("capture"), _killed("supervisor"), _carrier("carrier-gone"), _clock, _photo,
]  # fmt: skip
_STORIES: dict[str, Wrong] = {
    "camera": _ANY[0],
    "stall": _ANY[1],
    "mute": _ANY[2],
    "microphone": _ANY[3],
    "vault": _ANY[4],
    "capture": _ANY[5],
    "supervisor": _ANY[6],
    "carrier": _ANY[7],
    "read-only": _carrier("carrier-read-only"),
    "failing": _carrier("carrier-failed"),
    "full": _carrier("carrier-full"),
    "power": _power,
    "power-fails": _power_fails,
    "shut-down": _shut_down,
    "clock": _clock,
    "clock-lost": _clock_lost,
    "break": _break,
    "mode": _mode,
    "two": _two,
}
HONEST = Honest()
