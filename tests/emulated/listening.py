"""Whether a prompt is in what the loudspeaker gave: normalised cross-correlation in the band of speech."""

import numpy as np
import numpy.typing as npt

from kuager.voice.speech import Voice, directories

RATE = 48_000
_BAND = (300.0, 3400.0)
_SURE = 12.0  # peak over rms: found above, absent at most 9.4
Wave = npt.NDArray[np.float64]


def heard(sound: npt.NDArray[np.int16], prompt: str, **arguments: str) -> bool:
    """Whether the first three seconds of the prompt are in the sound; `arguments` fill its slots."""
    pcm = np.frombuffer(Voice("ru", directories()).say(prompt, **arguments).pcm, np.int16)
    template = _speech(pcm.astype(np.float64)[: 3 * RATE])
    if len(sound) < len(template):
        return False
    whole = _speech(sound.astype(np.float64))
    size = 1 << (len(whole) + len(template)).bit_length()
    cross = np.fft.irfft(np.fft.rfft(whole, size) * np.conj(np.fft.rfft(template, size)), size)[: len(whole)]
    return bool(np.abs(cross).max() / np.sqrt(np.mean(cross**2)) > _SURE)


def _speech(wave: Wave) -> Wave:
    size = 1 << len(wave).bit_length()
    hertz = np.fft.rfftfreq(size, 1 / RATE)
    return np.fft.irfft(np.fft.rfft(wave, size) * ((hertz >= _BAND[0]) & (hertz <= _BAND[1])), size)[: len(wave)]
