"""How far the kernel's clock is to be trusted: what adjtimex(2) says of whoever steers it, and what the RTC says."""

import ctypes
import functools
import logging
import os
import time
from pathlib import Path

_log = logging.getLogger(__name__)

UNKNOWN_US = 2**52
"""An uncertainty that says: not known."""
TRUSTED_US = 1_000_000
"""A clock that may be off by more is not called synchronised, whatever the kernel says."""
SNTP_US = 100_000
"""What is added for a daemon that steers by the kernel's loop: systemd-timesyncd sets the greatest error to 0 with each
answer and leaves out that the answer's two ways may differ; over mobile networks by so much."""
AGREES_S = 10

_STA_PLL, _STA_UNSYNC, _STA_NANO = 0x0001, 0x0040, 0x2000
_TIME_ERROR = 5


class Timex(ctypes.Structure):
    """struct timex of adjtimex(2); the tail is padding that the kernel may fill."""

    _fields_ = (
        ("modes", ctypes.c_uint), ("offset", ctypes.c_long), ("freq", ctypes.c_long), ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long), ("status", ctypes.c_int), ("constant", ctypes.c_long),
        ("tail", ctypes.c_byte * 160),
    )  # fmt: skip


def kernel_discipline() -> tuple[bool, int]:
    """Whether the kernel's clock is disciplined, and by how much it may be off, in us."""
    timex = Timex()
    libc = ctypes.CDLL(None, use_errno=True)
    answer = libc.adjtimex(ctypes.byref(timex))
    if answer < 0:
        # A sandbox may forbid even to ask: systemd's ProtectClock= does, and would make every clock unsynchronised.
        _tell_once(ctypes.get_errno())
    return judge(answer, timex)


@functools.cache
def _tell_once(errno: int) -> None:
    _log.error("the kernel can't be asked how its clock is: %s", os.strerror(errno))


def judge(answer: int, timex: Timex) -> tuple[bool, int]:
    """What adjtimex's answer means. Pure.

    The kernel lets `maxerror` grow by 500 ppm from what the daemon last said, and calls the clock unsynchronised at
    16 s. chronyd (with `rtcsync`, without which it never clears STA_UNSYNC) says its root distance, a true bound, and
    steers without the kernel's loop. With the loop, `offset` is what is still to be slewed.
    """
    if answer < 0 or answer == _TIME_ERROR or timex.status & _STA_UNSYNC:
        return False, UNKNOWN_US
    error = int(timex.maxerror)
    if timex.status & _STA_PLL:
        slewing = abs(int(timex.offset))
        error += SNTP_US + (slewing // 1000 if timex.status & _STA_NANO else slewing)
    return error <= TRUSTED_US, error


def backed(earliest_us: int, sys: Path = Path("/sys/class/rtc"), tree: Path = Path("/proc/device-tree")) -> bool:
    """Whether a clock that nobody has steered since boot may rest on a battery-backed one.

    Without one a Raspberry Pi comes up with the time at which it was last switched off, or its software was built,
    which looks like a right one. So on a machine with a device tree an RTC must be there, must have been set, and agree
    with the system's clock; elsewhere (where RTCs may keep local time) it must only not have lost its time.
    """
    is_board = tree.exists()
    try:
        seconds = int((sys / "rtc0" / "since_epoch").read_text())
    except (OSError, ValueError):
        # A DS3231 that lost its power refuses to be read: its driver gives an error rather than the year 2000.
        return not is_board
    if seconds * 1_000_000 < earliest_us:
        return False
    return not is_board or abs(seconds - time.time()) <= AGREES_S
