"""Finds what the officer must be warned of in what the unit measures. Pure: times come in, changes go out."""

from typing import NamedTuple

from kuager import wire
from kuager.evidence.records import Battery, Stamp
from kuager.session.events import WarningCode

LOW_MINUTES, LAST_MINUTES = 30, 10
"""Carrier and battery are warned of when they last so long, and once more."""
EMPTY_PERCENT = 2
"""At this charge what is being recorded is sealed in order, before the battery dies."""
QUIET_DB = -60
SURE_US = 1_000_000
"""A clock that nobody sets and that may be off by more is warned of, while something is recorded by it."""

_S = 1_000_000


class Reading(NamedTuple):
    """What is measured now; None: not known, which warns of nothing."""

    carrier_minutes: int | None
    battery_minutes: int | None
    battery_percent: int | None
    clock_set: bool
    level_db: int | None
    clipped: bool
    muffled: bool = False
    picture: str = ""  # what is wrong with it, as capture says: dark, frozen
    hot: bool = False
    clock_astray: bool = False  # recorded by, not synchronised, and by how much it is off not known to be little


def read(
    carrier_minutes: int | None,
    battery: Battery | None,
    battery_minutes: int | None,
    now: Stamp,
    capture: wire.CaptureState | None,
    *,
    hot: bool = False,
) -> Reading:
    """What is measured now, from what the others last said of themselves; the senses only while they are recorded."""
    takes = capture if capture is not None and capture.take is not None else None
    hears = takes if takes is not None and takes.microphone is not None else None
    return Reading(
        carrier_minutes=carrier_minutes,
        battery_minutes=battery_minutes,
        battery_percent=battery.percent if battery and not battery.charging else None,
        clock_set=now.state != "unset",
        level_db=hears.level_db if hears else None,
        clipped=bool(hears and hears.clipped),
        muffled=bool(hears and hears.muffled),
        picture=takes.picture if takes and takes.camera else "",
        hot=hot,
        clock_astray=takes is not None and now.state == "holdover" and now.uncertainty_us > SURE_US,
    )


class _Rule(NamedTuple):
    code: WarningCode
    after_us: int  # bad for so long: warn
    clear_us: int  # good for so long: well again


_RULES = (
    _Rule("carrier-low", 2 * _S, 10 * _S),
    _Rule("carrier-nearly-full", 2 * _S, 10 * _S),
    _Rule("power-low", 2 * _S, 10 * _S),
    _Rule("power-nearly-empty", 2 * _S, 10 * _S),
    _Rule("heat", 2 * _S, 10 * _S),
    _Rule("clock-unset", 0, 0),
    _Rule("clock-holdover", 5 * _S, 10 * _S),
    _Rule("lens-covered", 0, 2 * _S),
    _Rule("picture-frozen", 0, 2 * _S),
    _Rule("sound-level", 20 * _S, 3 * _S),
    _Rule("sound-muffled", 5 * _S, 5 * _S),
)


class Watch:
    """Remembers since when each thing is bad, so that nothing flutters."""

    def __init__(self) -> None:
        self._turned: dict[WarningCode, tuple[bool, int]] = {}
        self._active: set[WarningCode] = set()
        self._empty = False

    def empties(self, reading: Reading) -> bool:
        """Whether the battery has just come to its end; told once, until it is charged again."""
        before = self._empty
        if reading.battery_percent is not None:
            # A press after that records again, until the battery is dead: a recorder never refuses.
            self._empty = reading.battery_percent <= EMPTY_PERCENT + (2 if before else 0)
        return self._empty and not before

    def changes(self, reading: Reading, now_us: int) -> list[tuple[WarningCode, bool]]:
        """The warnings that begin (True) or end (False) now."""
        bad: dict[WarningCode, bool] = {
            "carrier-low": _within(reading.carrier_minutes, LOW_MINUTES),
            "carrier-nearly-full": _within(reading.carrier_minutes, LAST_MINUTES),
            "power-low": _within(reading.battery_minutes, LOW_MINUTES),
            "power-nearly-empty": _within(reading.battery_minutes, LAST_MINUTES),
            "heat": reading.hot,
            "clock-unset": not reading.clock_set,
            "clock-holdover": reading.clock_astray,
            "lens-covered": reading.picture == "dark",
            "picture-frozen": reading.picture == "frozen",
            "sound-level": reading.level_db is not None and (reading.level_db < QUIET_DB or reading.clipped),
            "sound-muffled": reading.muffled,
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


def _within(minutes: int | None, limit: int) -> bool:
    return minutes is not None and minutes <= limit


class Drain:
    """How long the battery lasts, measured as its charge falls; before that, an estimate on the safe side."""

    _ESTIMATE_S = 144.0  # for one percent: four hours when full
    _LEAST_PERCENT, _LEAST_US = 3, 60 * _S  # from which a measurement is one
    _JUMP_PERCENT = 10  # more at once is another battery, or a gauge that was wrong

    def __init__(self) -> None:
        self._first: tuple[int, int] | None = None
        self._last = 0
        self._per_percent_s = self._ESTIMATE_S

    def minutes(self, percent: int, now_us: int) -> int:
        """What is left at this charge."""
        if self._first is None or percent > self._last or self._last - percent > self._JUMP_PERCENT:
            self._first, self._per_percent_s = (percent, now_us), self._ESTIMATE_S
        self._last = percent
        fallen, passed_us = self._first[0] - percent, now_us - self._first[1]
        if fallen >= self._LEAST_PERCENT and passed_us >= self._LEAST_US:
            self._per_percent_s = passed_us / _S / fallen
        return int(percent * self._per_percent_s / 60)


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

    def minutes(self, free_bytes: int, picture: bool) -> int:
        """Minutes that fit into so many bytes."""
        return int(free_bytes / (self._per_s or (600_000 if picture else 60_000)) / 60)
