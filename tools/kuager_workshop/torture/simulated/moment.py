"""Time that is moved by hand, and what every process's own clock makes of it."""

from dataclasses import dataclass
from datetime import UTC, datetime

from kuager.clock import Clock
from kuager.evidence.records import Stamp

START_UTC_US = int(datetime(2026, 11, 22, 5, 15, tzinfo=UTC).timestamp()) * 1_000_000
_START_BOOT_US = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Moment:
    """CLOCK_BOOTTIME and UTC, us, and whether the kernel says that UTC is disciplined."""

    boot_us: int = _START_BOOT_US
    utc_us: int = START_UTC_US
    disciplined: bool = True

    def later(self, by_us: int) -> "Moment":
        """So much later."""
        return Moment(self.boot_us + by_us, self.utc_us + by_us, self.disciplined)


class PartClock(Clock):
    """The clock of one process: the firmware's own, on the moment that was last set."""

    def __init__(self, moment: Moment) -> None:
        self.moment = moment
        super().__init__(
            lambda: self.moment.boot_us,
            lambda: self.moment.utc_us,
            lambda: (self.moment.disciplined, 10_000),
            lambda: True,
        )

    def now(self) -> Stamp:
        """As Clock.now, within what a record can hold."""
        now = super().now()
        return Stamp(now.boot_us, max(0, now.utc_us), now.state, now.uncertainty_us)
