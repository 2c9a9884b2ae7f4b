"""Whether a prompt is in what the loudspeaker gave, although a machine this slow plays it with holes.

Holes come every tenth of a second or so, and each delays what follows. So the prompt is looked for in short pieces by
normalised cross-correlation, and what counts is how many of them are found where one playing of the prompt would have
put them: pieces that merely sound alike lie all over the recording.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from kuager.voice.speech import Voice, directories

_RATE = 48_000
_FEWER = 6  # speech needs no more than 8,000 samples a second
_PIECE = _RATE // _FEWER // 10
_FOUND = 0.8  # likeness of a piece, 0 to 1
_LOUD = 0.3  # of the prompt's mean power; pauses are found anywhere
_LATER = 0.3  # so much longer, in parts, a prompt's playing may take by its holes,
_LATER_S = 0.5  # and so much more
_BETTER = 2.0  # a prompt that was said was found 2.9 to 4 times as well as the best of those that were not
_OTHERS = ("warning.no-carrier", "wait.starting", "closing.motions", "hint.ready")
Wave = npt.NDArray[np.float64]


class Pieces(NamedTuple):
    """The pieces of a prompt: how well each is found at its best place, and when the prompt would have begun for it."""

    likeness: Wave
    begun_s: Wave


def heard(sound: npt.NDArray[np.int16], prompt: str, **arguments: str) -> bool:
    """Whether the prompt is in the sound rather than any of some others; `arguments` fill its slots."""
    voice = Voice("ru", directories())
    whole = _speech(sound.astype(np.float64))

    def found(name: str, **filled: str) -> float:
        return share(whole, _speech(np.frombuffer(voice.say(name, **filled).pcm, np.int16).astype(np.float64)))

    return found(prompt, **arguments) > _BETTER * max(found(other) for other in _OTHERS if other != prompt)


def share(whole: Wave, prompt: Wave) -> float:
    """The share of the prompt's pieces that are found together: 0 to 1."""
    if len(whole) <= _PIECE:
        return 0.0
    pieces = _find(whole, prompt)
    begun = pieces.begun_s[pieces.likeness > _FOUND]
    lasts = _LATER * len(prompt) * _FEWER / _RATE + _LATER_S
    together = [np.count_nonzero((begun >= first) & (begun <= first + lasts)) for first in begun]
    return float(max(together, default=0) / max(1, len(pieces.likeness)))


def _find(whole: Wave, prompt: Wave) -> Pieces:
    size = 1 << (len(whole) + _PIECE).bit_length()
    spectrum = np.fft.rfft(whole, size)
    energy = np.concatenate([[0.0], np.cumsum(whole * whole)])
    around = energy[_PIECE:] - energy[:-_PIECE]
    loud = float(np.mean(prompt * prompt)) * _PIECE
    found = []
    for at in range(0, len(prompt) - _PIECE + 1, _PIECE):
        piece = prompt[at : at + _PIECE]
        own = float(np.sum(piece * piece))
        if own <= _LOUD * loud:
            continue
        cross = np.fft.irfft(spectrum * np.conj(np.fft.rfft(piece, size)), size)[: len(around)]
        alike = cross / np.sqrt(np.maximum(around, 0.05 * own) * own)
        best = int(alike.argmax())
        found.append((float(alike[best]), (best - at) * _FEWER / _RATE))
    both = np.array(found).reshape(-1, 2)
    return Pieces(both[:, 0], both[:, 1])


def _speech(wave: Wave) -> Wave:
    """The band of speech alone, with fewer samples a second."""
    size = len(wave) // _FEWER * _FEWER
    if not size:
        return np.zeros(0)
    return np.fft.irfft(np.fft.rfft(wave[:size])[: size // _FEWER // 2 + 1], size // _FEWER) / _FEWER
