"""Makes spoken words equally loud and trims the silence around them; pure arithmetic on samples.

The level is measured over the frames in which something is said, so that pauses do not make a long prompt louder.
"""

import numpy as np
from numpy.typing import NDArray

from kuager.voice.sound import RATE

LEVEL_DB = -20.0
"""Level of the spoken frames, RMS, dB full scale."""
PEAK_DB = -2.0
"""No sample is louder than this, dB full scale; a peaky word is left quieter instead of being clipped."""

_FRAME = RATE // 100  # 10 ms
_SPOKEN_DB = -35.0  # a frame is spoken if it is within this of the loudest one
_EDGE_DB = -50.0  # what is quieter than this, against the loudest frame, is trimmed off the ends
_MARGIN = RATE // 100  # kept at each end, so that soft first and last sounds survive
_FADE = RATE // 500


def spoken_level_db(samples: NDArray[np.float32]) -> float:
    """RMS of the spoken frames of samples in -1..1, dB full scale; -inf for silence."""
    powers = _frame_powers(samples)
    loudest = float(powers.max(initial=0.0))
    if loudest == 0.0:
        return float("-inf")
    spoken = powers[powers >= loudest * _ratio(_SPOKEN_DB)]
    return float(10 * np.log10(spoken.mean()))


def trimmed(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """The samples without the silence at their ends, but for 10 ms, and faded so that joints do not click."""
    powers = _frame_powers(samples)
    heard = np.flatnonzero(powers > powers.max(initial=0.0) * _ratio(_EDGE_DB))
    if not heard.size:
        return samples
    first = max(0, int(heard[0]) * _FRAME - _MARGIN)
    last = (int(heard[-1]) + 1) * _FRAME + _MARGIN
    kept = samples[first:last].copy()
    fade = np.linspace(0, 1, min(_FADE, len(kept)), dtype=np.float32)
    kept[: len(fade)] *= fade
    kept[len(kept) - len(fade) :] *= fade[::-1]
    return kept


def prepare(pcm: bytes) -> bytes:
    """Trim 16-bit mono samples and bring them to LEVEL_DB, or as near as PEAK_DB allows; silence stays silence."""
    samples = trimmed(np.frombuffer(pcm, "<i2").astype(np.float32) / np.float32(32768))
    level, peak = spoken_level_db(samples), float(np.abs(samples).max(initial=0.0))
    if peak > 0.0:
        samples = samples * min(10 ** ((LEVEL_DB - level) / 20), 10 ** (PEAK_DB / 20) / peak)
    return np.round(samples * 32768).astype("<i2").tobytes()


def _frame_powers(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    padded = np.pad(samples, (0, -len(samples) % _FRAME))
    powers: NDArray[np.float32] = np.square(padded.reshape(-1, _FRAME)).mean(axis=1, dtype=np.float32)
    return powers


def _ratio(decibels: float) -> float:
    return float(10 ** (decibels / 10))
