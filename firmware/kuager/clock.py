"""What time it is, and how surely: the only place that reads clocks.

Order and durations come from CLOCK_BOOTTIME, which nobody can set; UTC is what the unit believed then, with its state
and uncertainty. All times are integer microseconds.
"""

import ctypes
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from kuager.evidence.records import Stamp, State

# A clock before the product existed was never set (an RTC with a dead battery says 1970 or 2000).
_EARLIEST_US = int(datetime(2025, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000
_DRIFT_PPM = 50  # what an undisciplined crystal may be off, for the growth of the uncertainty in holdover
_UNKNOWN_US = 2**52  # an uncertainty that says: not known
_RESET_US = int(datetime(2000, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000  # where an RTC begins that lost its power
_STA_UNSYNC = 0x0040
_TIME_ERROR = 5


class _Timex(ctypes.Structure):
    # struct timex of adjtimex(2); the tail is padding that the kernel may fill.
    _fields_ = (
        ("modes", ctypes.c_uint), ("offset", ctypes.c_long), ("freq", ctypes.c_long), ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long), ("status", ctypes.c_int), ("constant", ctypes.c_long),
        ("tail", ctypes.c_byte * 160),
    )  # fmt: skip


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


def kernel_discipline() -> tuple[bool, int]:
    """Whether the kernel's clock is disciplined, and its maximum error in us (adjtimex(2))."""
    timex = _Timex()
    libc = ctypes.CDLL(None, use_errno=True)
    answer = libc.adjtimex(ctypes.byref(timex))
    if answer < 0 or answer == _TIME_ERROR or timex.status & _STA_UNSYNC:
        return False, _UNKNOWN_US
    return True, int(timex.maxerror)


class Clock:
    """Reads the two clocks together and remembers when UTC was last known to be right."""

    def __init__(
        self,
        boot: Callable[[], int] = boot_us,
        utc: Callable[[], int] = utc_us,
        discipline: Callable[[], tuple[bool, int]] = kernel_discipline,
    ) -> None:
        self._boot, self._utc, self._discipline = boot, utc, discipline
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
        else:
            # A battery-backed clock that nobody has compared since boot: plausible, of unknown error.
            self._state, self._uncertainty = "holdover", _UNKNOWN_US
