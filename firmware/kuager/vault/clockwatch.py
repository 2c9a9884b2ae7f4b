"""Notices that UTC moved against CLOCK_BOOTTIME, or that the clock's state changed. Pure."""

from kuager.evidence.records import ClockStep, Stamp

LIMIT_US = 500_000
"""A move of more than this is a step, whether it came at once or crept."""


class ClockWatch:
    """Compares each moment with the one before and with the last one that was declared."""

    def __init__(self, now: Stamp) -> None:
        self._declared = self._last = now

    def look(self, now: Stamp) -> ClockStep | None:
        """A step to journal, or None."""
        sudden, crept = _step(self._last, now), _step(self._declared, now)
        if abs(sudden) > LIMIT_US or now.state != self._last.state:
            found = ClockStep(step_us=sudden, before=self._last, after=now)
        elif abs(crept) > LIMIT_US:
            found = ClockStep(step_us=crept, before=self._declared, after=now)
        else:
            self._last = now
            return None
        self._declared = self._last = now
        return found


def _step(before: Stamp, after: Stamp) -> int:
    return (after.utc_us - before.utc_us) - (after.boot_us - before.boot_us)
