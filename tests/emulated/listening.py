"""Whether a prompt is in what the loudspeaker gave, although a machine this slow plays it with holes.

Holes come every tenth of a second or so, and each delays what follows. So the prompt is looked for in short pieces by
normalised cross-correlation, and what counts is how many of them are found where one playing of the prompt would have
put them, later and later by its holes: pieces that merely sound alike lie all over the recording.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from kuager.voice.speech import Voice, directories

_RATE = 48_000
_FEWER = 6  # speech needs no more than 8,000 samples a second
_PIECE = _RATE // _FEWER // 10
_FOUND = 0.85  # likeness of a piece, 0 to 1
_LOUD = 0.3  # of the prompt's mean power; pauses are found anywhere
_STEP = 80  # samples: where a playing may begin, and a piece lie, is told apart by 10 ms
_LATER = 0.3  # so much later, in parts of its own time, a piece may come by the holes before it,
_LATER_STEPS = 30  # and so many steps more
_BETTER = 2.0  # as the best of those not said; on a quiet host one that was said was found 3 to 6 times as well
_OTHERS = ("warning.no-carrier", "wait.starting", "closing.motions", "break.begun")
Wave = npt.NDArray[np.float64]


def heard(sound: npt.NDArray[np.int16], prompt: str, **arguments: str) -> bool:
    """Whether the prompt is in the sound rather than any of some others; `arguments` fill its slots."""
    whole = speech(sound)
    best = max(share(whole, said(other)) for other in _OTHERS if other != prompt)
    return share(whole, said(prompt, **arguments)) > _BETTER * best


def said(prompt: str, **arguments: str) -> Wave:
    """A prompt as the unit says it."""
    return speech(np.frombuffer(Voice("ru", directories()).say(prompt, **arguments).pcm, np.int16))


def share(whole: Wave, prompt: Wave) -> float:
    """The share of the prompt's pieces that are found where one playing would have put them: 0 to 1."""
    steps = max(0, len(whole) - _PIECE + 1) // _STEP
    found, pieces = np.zeros(steps), 0
    for at, alike in _pieces(whole, prompt) if steps else ():
        # For each step at which the playing may begin: is the piece found from its own time on, until its latest one?
        hits = (alike[: steps * _STEP].reshape(steps, _STEP) > _FOUND).any(axis=1)
        until = np.concatenate([[0], np.cumsum(hits)])
        first = np.arange(steps) + at // _STEP
        last = first + round(_LATER * at / _STEP) + _LATER_STEPS
        found += until[last.clip(max=steps)] > until[first.clip(max=steps)]
        pieces += 1
    return float(found.max() / pieces) if pieces else 0.0


def _pieces(whole: Wave, prompt: Wave) -> Iterator[tuple[int, Wave]]:
    """Where each piece lies in the prompt, and how like it the whole is at each sample."""
    size = 1 << (len(whole) + _PIECE).bit_length()
    spectrum = np.fft.rfft(whole, size)
    energy = np.concatenate([[0.0], np.cumsum(whole * whole)])
    around = energy[_PIECE:] - energy[:-_PIECE]
    loud = float(np.mean(prompt * prompt)) * _PIECE
    for at in range(0, len(prompt) - _PIECE + 1, _PIECE):
        piece = prompt[at : at + _PIECE]
        own = float(np.sum(piece * piece))
        if own > _LOUD * loud:
            cross = np.fft.irfft(spectrum * np.conj(np.fft.rfft(piece, size)), size)[: len(around)]
            yield at, cross / np.sqrt(np.maximum(around, 0.05 * own) * own)


def speech(sound: npt.NDArray[np.int16]) -> Wave:
    """The band of speech alone, with fewer samples a second."""
    wave = sound.astype(np.float64)
    size = len(wave) // _FEWER * _FEWER
    if not size:
        return np.zeros(0)
    return np.fft.irfft(np.fft.rfft(wave[:size])[: size // _FEWER // 2 + 1], size // _FEWER) / _FEWER
