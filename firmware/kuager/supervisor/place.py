"""What of the satellite receiver goes into a recording: where it was, and how far the clock is off. Pure.

Positions are taken only while something is recorded, after those present were told of it, and only where the procedure
has them: an officer's ways are nobody's business. Time is compared where nobody steers the kernel's clock; the stamps
stay as they were written, and can be corrected by what stands in the journal.
"""

from kuager.board import chrony
from kuager.board.nmea import Fix, Time
from kuager.evidence.records import Stamp
from kuager.supervisor.heat import Note

POSITION_US = 60_000_000
STALE_US = 10_000_000
"""An older position is not where the unit is."""
TIME_US = 600_000_000
HEARD_US = 5_000_000
"""An older comparison is none."""
MOVED_US = 1_000_000
FEED_US = 16_000_000


class Place:
    """Positions of one recording after another."""

    def __init__(self) -> None:
        self._recording: bytes | None = None
        self._noted_us = 0

    def due(self, recording: bytes | None, fix: Fix | None, now_us: int) -> Note | None:
        """A position at the recording's start, and each minute; None: it is not time."""
        new = recording != self._recording
        self._recording = recording
        if recording is None or not (new or now_us - self._noted_us >= POSITION_US):
            return None
        self._noted_us = now_us
        return position(fix, now_us)


def position(fix: Fix | None, now_us: int) -> Note:
    """Where the unit is now, or that it does not know."""
    if fix is None or now_us - fix.at_us > STALE_US:
        return Note("position-unknown", {})
    data: dict[str, str | int | bool] = {
        "lat_e7": fix.lat_e7,
        "lon_e7": fix.lon_e7,
        "accuracy_mm": fix.accuracy_mm,
        "basis": fix.basis,
        "satellites": fix.satellites,
        "age_us": max(0, now_us - fix.at_us),
    }
    if fix.height_mm is not None:
        data["height_mm"] = fix.height_mm
    return Note("position", data)


class Comparison:
    """Compares satellite time with the clock."""

    def __init__(self) -> None:
        self._recording: bytes | None = None
        self._noted_us = 0
        self._unit_us: int | None = None  # the offset that the unit's journal has
        self._fed_us = 0

    def due(self, recording: bytes | None, time: Time | None, now: Stamp) -> Note | None:
        """A comparison for the recording at its start and now and then; for the unit's journal when it changes."""
        if time is None or now.boot_us - time.at_us > HEARD_US or now.state == "synchronised":
            return None
        offset_us = chrony.offset_us(time, _system(time, now))
        new = recording is not None and (recording != self._recording or now.boot_us - self._noted_us >= TIME_US)
        moved = self._unit_us is None or abs(offset_us - self._unit_us) > MOVED_US
        self._recording = recording
        if not new and not moved:
            return None
        self._noted_us, self._unit_us = now.boot_us, offset_us
        return Note("gnss-time", {"offset_us": offset_us, "within_us": time.late_us // 2, "utc_us": time.utc_us})

    def feed(self, recording: bytes | None, time: Time | None, now: Stamp) -> int | None:
        """The system's time at which `time` was heard, where chronyd may have it now.

        A clock that is not yet right may be stepped by it, so then not while something is recorded.
        """
        if time is None or now.boot_us - time.at_us > HEARD_US or now.boot_us - self._fed_us < FEED_US:
            return None
        if recording is not None and now.state != "synchronised":
            return None
        self._fed_us = now.boot_us
        return _system(time, now)


def _system(time: Time, now: Stamp) -> int:
    """What the system's clock said when the time was heard."""
    return now.utc_us - (now.boot_us - time.at_us)
