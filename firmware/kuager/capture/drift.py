"""When each sound sample was taken: a sound card's crystal against the unit's clock. Pure; times are CLOCK_BOOTTIME us.

Samples are never resampled, dropped or doubled; only their times are corrected. A driver stamps a block late, never
early, so over each `WINDOW_US` the smallest difference between stamp and sample count is the crystal's error, and a
slow proportional-integral loop follows it. A difference above `GAP_US` that stays for `HOLD_US` of sound is sound that
was lost: it is given back as a number of silent samples to insert, at the very place, and to declare.
"""

import math
from collections import deque
from dataclasses import dataclass

from kuager.capture.sensors import SAMPLE_RATE, Samples

WINDOW_US = 2_000_000
"""Over this long the smallest difference is taken, us."""

GAP_US = 10_000
"""A block this late is suspected to follow lost sound, us."""

HOLD_US = 500_000
"""Sound held back while it is not known whether a late block was merely delivered late, us of sound."""

_PROPORTIONAL = 0.3  # of the error, a window
_INTEGRAL = 0.0225  # critically damped: a quarter of the other's square
_MOST = 0.002  # a crystal is never further off; a larger error is no drift
_EARLY_US = -20_000  # stamps this far before the sample count: more was inserted than was lost


@dataclass(slots=True)
class Placed:
    """A block and the corrected time of its first sample; before it, `missing` silent samples begin at `missing_us`."""

    samples: Samples
    boot_us: int
    missing: int
    missing_us: int


class SoundClock:
    """The times of one microphone's samples, across its coming and going.

    Sound begins with the first block, or at `begin_us` where that is given: what is missing from there on is counted.
    """

    def __init__(self, rate: int = SAMPLE_RATE, begin_us: int | None = None) -> None:
        self._nominal = 1_000_000 / rate  # us a sample
        self._slope = self._nominal  # us a sample, corrected
        self._begun = begin_us is not None
        self._next = self._newest = float(begin_us or 0)  # corrected time of the next sample, and of the newest block
        self._integral = 0.0
        self._held: deque[Samples] = deque()
        self._held_samples = 0
        self._held_least = 0.0
        self._fresh = True  # the next block's stamp is taken as it is
        self._settling = True  # the first stamps may all be late: the clock may still step back
        self._least, self._seen_us = math.inf, 0.0  # smallest error in this window, and its length so far

    def push(self, samples: Samples, stamp_us: int) -> list[Placed]:
        """Take in a block with the driver's stamp of its first sample; returns the blocks whose time is now known."""
        if not samples.size:
            return []
        if self._fresh:
            self._fresh = False
            if not self._begun:
                self._begun, self._next = True, float(stamp_us)
            self._settle()
            return [self._place(samples, max(0, round((stamp_us - self._next) / self._slope)))]
        error = stamp_us - self._next - self._held_samples * self._slope
        if error > GAP_US:
            self._held_least = min(self._held_least, error) if self._held else error
            self._held.append(samples)
            self._held_samples += samples.size
            return self.flush() if self._held_samples * self._nominal >= HOLD_US else []
        # In time again: what was held was delivered late, and nothing is missing.
        placed = self._release(0)
        self._follow(error, samples.size)
        return [*placed, self._place(samples, 0)]

    def flush(self) -> list[Placed]:
        """Give up what is held back, taking the sound before it for lost. For the microphone's end."""
        return self._release(round(self._held_least / self._slope)) if self._held else []

    def fill(self, until_us: int) -> tuple[int, int]:
        """The microphone gives nothing: how many silent samples reach up to this moment, and when the first begins.

        They count as placed. What is missing beyond, up to the microphone's next block, comes with that block. Call
        `flush` first.
        """
        begin = round(self._next)
        samples = max(0, int((until_us - self._next) / self._slope)) if self._begun else 0
        self._next += samples * self._slope
        self._fresh = True
        return samples, begin

    def _release(self, lost: int) -> list[Placed]:
        blocks, self._held = list(self._held), deque()
        self._held_samples = 0
        if lost:
            self._settle()
        return [self._place(block, 0 if index else lost) for index, block in enumerate(blocks)]

    def _place(self, samples: Samples, lost: int) -> Placed:
        begin = self._next
        self._next += lost * self._slope
        self._newest = self._next
        placed = Placed(samples, round(self._next), lost, round(begin))
        self._next += samples.size * self._slope
        return placed

    def _follow(self, error: float, size: int) -> None:
        if self._settling and error < 0:
            # A stamp is late or right: an earlier one shows that the clock was set too late. Times still grow.
            step = max(error, (self._newest - self._next) / 2)
            self._next += step
            error -= step
        self._least = min(self._least, error)
        self._seen_us += size * self._nominal
        if self._seen_us < WINDOW_US:
            return
        if self._least < _EARLY_US:
            self._settle()
            return
        self._integral = _within(self._integral + _INTEGRAL * self._least / WINDOW_US)
        correction = _within(self._integral + _PROPORTIONAL * self._least / WINDOW_US)
        self._slope = self._nominal * (1 + correction)
        self._settling, self._least, self._seen_us = False, math.inf, 0.0

    def _settle(self) -> None:
        self._settling, self._least, self._seen_us = True, math.inf, 0.0


def _within(correction: float) -> float:
    return max(-_MOST, min(_MOST, correction))
