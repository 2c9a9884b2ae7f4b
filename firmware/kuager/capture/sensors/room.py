"""The virtual board's room: the loudspeaker's sound reaches the microphone late, quieter, and with its reflections.

Sound is convolved with a modelled impulse response block by block (overlap-add), only where something is playing.
At most `LIMIT` samples wait to be played; of more, the oldest prompt is dropped, as a device's buffer would lose it.
"""

import threading
from collections import deque

import numpy as np
import numpy.typing as npt

from kuager.capture.sensors import SAMPLE_RATE, Samples

Wave = npt.NDArray[np.float32]

LIMIT = 4 * 3_000_000
"""Samples that may wait: four messages of the longest kind, about 250 s and 24 MB."""

_BLOCK = 960  # samples convolved at a time: no more than the microphone has heard, as a prompt may begin at any moment
_TRANSFORM = 8192  # block and response together
_SLIP = 48  # samples; a stamp may wander this far from the sample count before the room follows it


def impulse_response(rate: int = SAMPLE_RATE, seed: int = 68) -> Wave:
    """A small room, loudspeaker and microphone a metre apart: direct path, six reflections, a decaying tail."""
    length = _TRANSFORM - _BLOCK
    response = np.zeros(length, np.float32)
    for delay_ms, gain in (
        (2.9, 0.35),
        (5.3, 0.12),
        (7.9, -0.10),
        (11.3, 0.08),
        (14.9, -0.06),
        (19.7, 0.05),
        (26.1, 0.04),
    ):
        response[round(delay_ms * rate / 1000)] = gain
    after = round(0.008 * rate)
    seconds = np.arange(length - after) / rate
    tail = np.random.default_rng(seed).standard_normal(seconds.size) * np.exp(-seconds / 0.035) * 0.004
    response[after:] += tail.astype(np.float32)
    return response


class VirtualRoom:
    """Carries the loudspeaker to the microphone. Any thread may call `speak`; the microphone's calls `heard`."""

    def __init__(self, response: Wave | None = None) -> None:
        self._spectrum = np.fft.rfft(impulse_response() if response is None else response, _TRANSFORM)
        self._lock = threading.Lock()
        self._playing: deque[tuple[int, Samples]] = deque()  # first sample's index since boot, and the sound
        self._cursor = 0  # index since boot of the next sample that is heard
        self._ringing = np.zeros(_TRANSFORM, np.float32)  # what is still to be heard, from the cursor on
        self._rings = 0  # how many samples of it are not silence

    def speak(self, pcm: bytes, at_us: int) -> None:
        """Play 16-bit mono sound from this moment. What lies in the past by then is not heard, as in life."""
        sound = np.frombuffer(pcm[: len(pcm) // 2 * 2], np.int16)
        with self._lock:
            self._playing.append((_index(at_us), sound))
            while len(self._playing) > 1 and sum(s.size for _, s in self._playing) > LIMIT:
                self._playing.popleft()

    def heard(self, samples: Samples, boot_us: int) -> Samples:
        """These samples, the first taken at this moment, with what of the loudspeaker arrives meanwhile; saturates."""
        with self._lock:
            begin = _index(boot_us)
            if abs(begin - self._cursor) > _SLIP:
                self._jump(begin)
            if not self._playing and self._rings <= 0:
                self._cursor += samples.size
                return samples
            parts = [self._hear(samples[low : low + _BLOCK]) for low in range(0, samples.size, _BLOCK)]
        return np.concatenate(parts, dtype=np.int16)

    def _hear(self, samples: Samples) -> Samples:
        size = samples.size
        dry = self._played(size)
        if dry.any():
            self._ringing += np.fft.irfft(np.fft.rfft(dry, _TRANSFORM) * self._spectrum, _TRANSFORM)
            self._rings = _TRANSFORM
        both = np.clip(np.rint(samples + self._ringing[:size]), -32768, 32767)
        self._pass(size)
        heard: Samples = both.astype(np.int16)
        return heard

    def _played(self, size: int) -> Wave:
        """What the loudspeaker plays during the next samples; prompts that are over are forgotten."""
        begin, end = self._cursor, self._cursor + size
        self._playing = deque((first, sound) for first, sound in self._playing if first + sound.size > begin)
        dry = np.zeros(size, np.float32)
        for first, sound in self._playing:
            low, high = max(first, begin), min(first + sound.size, end)
            if low < high:
                dry[low - begin : high - begin] += sound[low - first : high - first]
        return dry

    def _jump(self, begin: int) -> None:
        # A microphone that was away hears on from now, with what is left of the reverberation.
        passed = begin - self._cursor
        self._pass(passed if 0 < passed < _TRANSFORM else _TRANSFORM)
        self._cursor = begin

    def _pass(self, samples: int) -> None:
        self._ringing[:-samples] = self._ringing[samples:]
        self._ringing[-samples:] = 0
        self._rings -= samples
        self._cursor += samples


def _index(boot_us: int) -> int:
    return boot_us * SAMPLE_RATE // 1_000_000
