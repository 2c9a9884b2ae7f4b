"""When libcamera's pictures were taken. Pure.

`SensorTimestamp` is the moment at which the first row was exposed, ns. libcamera documents CLOCK_BOOTTIME; a webcam's
is the kernel's CLOCK_MONOTONIC, which differs from it by the time asleep. `FrameWallClock` (libcamera 0.5, camera
modules) is the same moment by CLOCK_REALTIME, ns; after a step of that clock it may be wrong for a while.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic_ns
from typing import Any

from kuager import clock

_OLDEST_US = 5_000_000  # a picture that seems older was stamped by another clock
_APART_US = 100_000  # a wall clock further than this from the unit's own is not believed


@dataclass(frozen=True, slots=True)
class Clocks:
    """The clocks that stamps are compared with, us."""

    boot: Callable[[], int] = clock.boot_us
    utc: Callable[[], int] = clock.utc_us
    monotonic: Callable[[], int] = lambda: monotonic_ns() // 1000

    def times(self, metadata: Mapping[str, Any]) -> tuple[int, int]:
        """CLOCK_BOOTTIME and UTC us of a picture that has just come."""
        now, utc_now = self.boot(), self.utc()
        stamp = metadata.get("SensorTimestamp")
        age = 0 if stamp is None else now - stamp // 1000
        if stamp is not None and not 0 <= age <= _OLDEST_US:
            age = self.monotonic() - stamp // 1000
            age = age if 0 <= age <= _OLDEST_US else 0
        utc = utc_now - age
        wall = metadata.get("FrameWallClock", 0) // 1000
        return now - age, wall if abs(wall - utc) <= _APART_US else utc
