"""What time it is, and how surely: the only place that reads clocks.

Order and durations come from CLOCK_BOOTTIME, which nobody can set; UTC is what the unit believed then, with its state
and uncertainty. All times are integer microseconds.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from kuager import discipline
from kuager.evidence.records import Stamp, State

# A clock before the product existed was never set (an RTC with a dead battery says 1970 or 2000).
_EARLIEST_US = int(datetime(2025, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000
_DRIFT_PPM = 50  # what an undisciplined crystal may be off, for the growth of the uncertainty in holdover
_UNKNOWN_US = discipline.UNKNOWN_US
_RESET_US = int(datetime(2000, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000  # where an RTC begins that lost its power
_BACKED_US = 60_000_000  # how often a clock that rests on nothing asks whether its RTC is back


def boot_us() -> int:
    """CLOCK_BOOTTIME in microseconds: monotonic, counts sleep, starts at boot."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1000


class _Played:
    lost_us: int | None = None  # when UTC was lost, CLOCK_BOOTTIME us


def utc_us() -> int:
    """CLOCK_REALTIME in microseconds since 1970; since a loss that is played, what runs on from the reset."""
    lost_us = _Played.lost_us
    return time.time_ns() // 1000 if lost_us is None else _RESET_US + max(0, boot_us() - lost_us)


def play(fault: str, at_us: int) -> None:
    """Virtual board only: `clock-lost`: UTC was lost at this moment, as when an RTC's battery dies; `clock-back`: it is
    set again. CLOCK_BOOTTIME goes on: order and durations are not touched.
    """
    _Played.lost_us = at_us if fault == "clock-lost" else None


def boot_id() -> bytes:
    """The kernel's random id of this boot, 16 bytes; zeros where the kernel gives none."""
    try:
        return bytes.fromhex(Path("/proc/sys/kernel/random/boot_id").read_text().strip().replace("-", ""))
    except (OSError, ValueError):
        return bytes(16)


def _backed() -> bool:
    return discipline.backed(_EARLIEST_US)


class Clock:
    """Reads the two clocks together and remembers when UTC was last known to be right."""

    def __init__(
        self,
        boot: Callable[[], int] = boot_us,
        utc: Callable[[], int] = utc_us,
        discipline: Callable[[], tuple[bool, int]] = discipline.kernel_discipline,
        backed: Callable[[], bool] = _backed,
    ) -> None:
        self._boot, self._utc, self._discipline, self._backed = boot, utc, discipline, backed
        self._rests: tuple[bool, int] | None = None  # on a battery-backed clock, and when that was asked
        self._good: tuple[int, int] | None = None  # boot time and uncertainty when last synchronised
        self._checked = -1
        self._state: State = "unset"
        self._uncertainty = _UNKNOWN_US

    def now(self) -> Stamp:
        """The present moment; the kernel's discipline is asked at most once a second."""
        boot, utc = self._boot(), self._utc()
        if utc < _EARLIEST_US:
            # Seen in the time itself: no stamp says so and claims to be right, be it for a second.
            self._state, self._uncertainty, self._good, self._checked = "unset", _UNKNOWN_US, None, -1
        elif self._checked < 0 or boot - self._checked >= 1_000_000:
            self._checked = boot
            self._judge(boot)
        return Stamp(boot, utc, self._state, self._uncertainty)

    def _judge(self, boot: int) -> None:
        good, error = self._discipline()
        if good:
            self._state, self._uncertainty, self._good = "synchronised", error, (boot, error)
        elif self._good:
            since, error = self._good
            self._state, self._uncertainty = "holdover", error + (boot - since) * _DRIFT_PPM // 1_000_000
        elif self._rests_on_rtc(boot):
            # A battery-backed clock that nobody has compared since boot: plausible, of unknown error.
            self._state, self._uncertainty = "holdover", _UNKNOWN_US
        else:
            self._state, self._uncertainty = "unset", _UNKNOWN_US

    def _rests_on_rtc(self, boot: int) -> bool:
        if self._rests is None or (not self._rests[0] and boot - self._rests[1] >= _BACKED_US):
            self._rests = (self._backed(), boot)
        return self._rests[0]
