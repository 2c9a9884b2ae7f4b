"""Finds what the officer must be warned of in what the unit measures. Pure: times come in, changes go out."""

from typing import NamedTuple

from kuager import wire
from kuager.evidence.records import Battery, Stamp
from kuager.session.events import WarningCode

LOW_TENTHS = 5
"""The carrier is nearly full when it holds less than so many tenths of an hour."""
LOW_PERCENT = 10
QUIET_DB = -60

_S = 1_000_000


class Reading(NamedTuple):
    """What is measured now; None: not known, which warns of nothing."""

    hours_left_tenths: int | None
    battery_percent: int | None
    clock_set: bool
    level_db: int | None
    clipped: bool


def read(
    hours_left_tenths: int | None, battery: Battery | None, now: Stamp, capture: wire.CaptureState | None
) -> Reading:
    """What is measured now, from what the others last said of themselves."""
    hears = capture is not None and capture.microphone is not None and capture.take is not None
    return Reading(
        hours_left_tenths=hours_left_tenths,
        battery_percent=battery.percent if battery else None,
        clock_set=now.state != "unset",
        level_db=capture.level_db if capture and hears else None,
        clipped=bool(capture and hears and capture.clipped),
    )


class _Rule(NamedTuple):
    code: WarningCode
    after_us: int  # bad for so long: warn
    clear_us: int  # good for so long: well again


_RULES = (
    _Rule("carrier-low", 2 * _S, 10 * _S),
    _Rule("power-low", 2 * _S, 10 * _S),
    _Rule("clock-unset", 0, 0),
    _Rule("sound-level", 20 * _S, 3 * _S),
)


class Watch:
    """Remembers since when each thing is bad, so that nothing flutters."""

    def __init__(self) -> None:
        self._turned: dict[WarningCode, tuple[bool, int]] = {}
        self._active: set[WarningCode] = set()

    def changes(self, reading: Reading, now_us: int) -> list[tuple[WarningCode, bool]]:
        """The warnings that begin (True) or end (False) now."""
        bad: dict[WarningCode, bool] = {
            "carrier-low": reading.hours_left_tenths is not None and reading.hours_left_tenths < LOW_TENTHS,
            "power-low": reading.battery_percent is not None and reading.battery_percent <= LOW_PERCENT,
            "clock-unset": not reading.clock_set,
            "sound-level": reading.level_db is not None and (reading.level_db < QUIET_DB or reading.clipped),
        }
        done: list[tuple[WarningCode, bool]] = []
        for rule in _RULES:
            is_bad = bad[rule.code]
            if rule.code not in self._turned or self._turned[rule.code][0] != is_bad:
                self._turned[rule.code] = (is_bad, now_us)
            lasts_us = now_us - self._turned[rule.code][1]
            if is_bad != (rule.code in self._active) and lasts_us >= (rule.after_us if is_bad else rule.clear_us):
                self._active ^= {rule.code}
                done.append((rule.code, is_bad))
        return done


class Rate:
    """How many bytes a recording takes a second, measured; before that, an estimate on the safe side."""

    def __init__(self) -> None:
        self._first: tuple[bytes, int, int] | None = None
        self._per_s = 0.0

    def durable(self, recording: bytes, at_us: int, count: int) -> None:
        """`count` bytes of a recording are durable at `at_us`."""
        if self._first is None or self._first[0] != recording:
            self._first = (recording, at_us, count)
        elif at_us - self._first[1] >= 10 * _S:
            self._per_s = (count - self._first[2]) / ((at_us - self._first[1]) / _S)

    def tenths(self, free_bytes: int, picture: bool) -> int:
        """Tenths of an hour that fit into so many bytes."""
        per_s = self._per_s or (600_000 if picture else 60_000)
        return int(free_bytes / per_s / 360)
