"""Whether the sound is worth keeping: level, clipping, muffling, a microphone that gives nothing. Pure and cheap."""

import math
from collections import deque

import numpy as np
import numpy.typing as npt

from kuager.capture.sensors import SAMPLE_RATE, Samples

SILENT_AFTER_US = 2_000_000
"""Silence this long means a microphone that is muted, broken or not connected, us."""

_SILENCE = 2  # steps of 16 bits from lowest to highest: any working microphone hisses more than this
_FULL = 32767
_RUN = 3  # full-scale samples in a row: one alone may be a true peak
_LEVEL_US = 500_000
_CLIPPED_US = 1_000_000
_FLOOR_DB = -100
_LOUD = 32768**2 / 10**5  # mean square from which a block may be speech: -50 dB full scale
_MUFFLED_US = 10_000_000  # so much of what is loud is looked at
_MUFFLED = 0.003  # steepness below which sound is muffled: speech has 0.01 and more, 0.002 through a low pass at 800 Hz


class SoundWatch:
    """Looks at every block of one microphone."""

    def __init__(self, rate: int = SAMPLE_RATE) -> None:
        self._rate = rate
        self._powers: deque[tuple[int, float]] = deque()  # end of the block, mean square
        self._now = 0  # end of the newest block, CLOCK_BOOTTIME us
        self._clipped_at: int | None = None
        self._quiet_since: int | None = None
        self._loud_us = 0
        self._loud_power = self._loud_steps = 0.0  # of what was loud: mean squares of samples, of their differences

    def push(self, samples: Samples, boot_us: int) -> None:
        """Look at a block whose first sample was taken at this moment."""
        if not samples.size:
            return
        self._now = boot_us + samples.size * 1_000_000 // self._rate
        low, high = int(samples.min()), int(samples.max())
        if high - low > _SILENCE:
            self._quiet_since = None
        elif self._quiet_since is None:
            self._quiet_since = boot_us
        if (high >= _FULL or low <= -_FULL) and _has_run(samples):
            self._clipped_at = self._now
        wave = samples.astype(np.float32)
        power = float(wave @ wave) / samples.size
        self._powers.append((self._now, power))
        if power >= _LOUD:
            self._weigh(wave, power)
        while self._powers[0][0] <= self._now - _LEVEL_US:
            self._powers.popleft()

    @property
    def level_db(self) -> int:
        """Root mean square of the last half second, dB full scale; -100 where there is no sound."""
        power = sum(power for _, power in self._powers) / max(1, len(self._powers)) / 32768**2
        return max(_FLOOR_DB, round(10 * math.log10(power))) if power > 0 else _FLOOR_DB

    @property
    def clipped(self) -> bool:
        """Whether the sound was cut off at full scale within the last second."""
        return self._clipped_at is not None and self._now - self._clipped_at < _CLIPPED_US

    @property
    def muffled(self) -> bool:
        """Whether the loud parts of the last seconds have no high tones. Steepness tells: it grows with the tone."""
        return self._loud_us >= _MUFFLED_US and self._loud_steps < _MUFFLED * self._loud_power

    def _weigh(self, wave: npt.NDArray[np.float32], power: float) -> None:
        """Add a loud block to the running means."""
        block_us = wave.size * 1_000_000 // self._rate
        self._loud_us += block_us
        share = max(block_us / _MUFFLED_US, block_us / self._loud_us)
        steps = np.diff(wave)
        self._loud_power += share * (power - self._loud_power)
        self._loud_steps += share * (float(steps @ steps) / wave.size - self._loud_steps)

    @property
    def silent(self) -> bool:
        """Whether nothing but silence came for `SILENT_AFTER_US`, up to the newest block."""
        return self._quiet_since is not None and self._now - self._quiet_since >= SILENT_AFTER_US


def _has_run(samples: Samples) -> bool:
    full = (samples >= _FULL) | (samples <= -_FULL)
    for _ in range(_RUN - 1):
        full = full[1:] & full[:-1]
    return bool(full.any())
