"""Whether a prompt is in what the loudspeaker gave, although a machine this slow plays it with holes.

The prompt is looked for in pieces shorter than the holes are apart, by normalised cross-correlation in the band of
speech: of a prompt that was said the pieces are found far better than those of others that were not.
"""

import numpy as np
import numpy.typing as npt

from kuager.voice.speech import Voice, directories

RATE = 48_000
_BAND = (300.0, 3400.0)
_PIECE = int(0.4 * RATE)
_LONGEST = 4 * RATE
_BETTER = 0.06  # found 0.08 to 0.1; two that were not said differ by less
_OTHERS = ("warning.no-carrier", "wait.starting", "closing.motions", "hint.ready")
Wave = npt.NDArray[np.float64]


def heard(sound: npt.NDArray[np.int16], prompt: str, **arguments: str) -> bool:
    """Whether the prompt is in the sound rather than any of some others; `arguments` fill its slots."""
    voice = Voice("ru", directories())
    whole = _speech(sound.astype(np.float64))

    def found(name: str, **filled: str) -> float:
        pcm = np.frombuffer(voice.say(name, **filled).pcm, np.int16)
        return likeness(whole, _speech(pcm.astype(np.float64)))

    return found(prompt, **arguments) > _BETTER + max(found(other) for other in _OTHERS if other != prompt)


def likeness(whole: Wave, prompt: Wave) -> float:
    """How well the pieces of the prompt's beginning are found, each at its best place: 0 to 1."""
    if len(whole) < _PIECE:
        return 0.0
    size = 1 << (len(whole) + _PIECE).bit_length()
    spectrum = np.fft.rfft(whole, size)
    energy = np.concatenate([[0.0], np.cumsum(whole * whole)])
    around = energy[_PIECE:] - energy[:-_PIECE]
    loud = np.sum(prompt * prompt) / len(prompt) * _PIECE
    best = []
    for at in range(0, min(len(prompt), _LONGEST) - _PIECE + 1, _PIECE):
        piece = prompt[at : at + _PIECE]
        own = float(np.sum(piece * piece))
        if own < 0.05 * loud:
            continue  # a pause is found anywhere
        cross = np.fft.irfft(spectrum * np.conj(np.fft.rfft(piece, size)), size)[: len(around)]
        best.append(float((np.abs(cross) / np.sqrt(np.maximum(around, 0.05 * own) * own)).max()))
    return float(np.mean(best)) if best else 0.0


def _speech(wave: Wave) -> Wave:
    size = 1 << len(wave).bit_length()
    hertz = np.fft.rfftfreq(size, 1 / RATE)
    return np.fft.irfft(np.fft.rfft(wave, size) * ((hertz >= _BAND[0]) & (hertz <= _BAND[1])), size)[: len(wave)]
