"""One prompt put together: its exact words and its sound, from one WAV file a token.

Files are looked for as ``<directory>/<language>/<token>.wav``, first directory first, so that single human recordings
stand before rendered ones. What is missing or damaged stops nothing: the speech is then text only (`audible` False), as
half a sentence would mislead. Sound is 16-bit mono at 48 kHz throughout, as plain bytes.
"""

import logging
import os
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from kuager.catalogue import Argument, Catalogue, load_catalogue, written
from kuager.catalogue.template import Piece
from kuager.errors import InputError, KuagerError
from kuager.voice.sound import RATE, SAMPLE_BYTES, read_wav

LONGEST_US = 60_000_000
"""Longest speech that is played, us: one message to the virtual room must hold it."""

PACKAGED = Path(__file__).with_name("recordings")
"""Where a distribution of the product may ship ready sound files."""

_CACHE_BYTES = 8 * 1024 * 1024  # some 90 s of speech: all that one session repeats
_WORD_GAP_MS = 30
_COMMA_GAP_MS = 150
_STOP_GAP_MS = 350

_log = logging.getLogger(__name__)


def rendered_directory() -> Path:
    """Where set-up puts rendered voices: ``$XDG_CACHE_HOME/kuager/voice``, else ``~/.cache/kuager/voice``."""
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "kuager" / "voice"


def directories(recordings: Path | None = None) -> tuple[Path, ...]:
    """Where sound files are looked for: human recordings (a setting), what set-up rendered, what the product ships."""
    found = (recordings, rendered_directory(), PACKAGED)
    return tuple(directory for directory in found if directory is not None)


@dataclass(frozen=True, slots=True)
class Speech:
    """One prompt, ready to be shown and played. `pcm`: int16 little-endian mono at 48 kHz, empty if not `audible`."""

    prompt: str
    text: str
    pcm: bytes
    audible: bool

    @property
    def duration_us(self) -> int:
        """How long it sounds, us; 0 if not audible."""
        return len(self.pcm) // SAMPLE_BYTES * 1_000_000 // RATE


def gap_ms(before: str, after: str) -> int:
    """The silence between two neighbouring pieces of text, ms, by the punctuation where they meet."""
    joint = before.rstrip()[-1:] + after.lstrip()[:1]
    if any(mark in joint for mark in ".?!"):
        return _STOP_GAP_MS
    return _COMMA_GAP_MS if any(mark in joint for mark in ",:;") else _WORD_GAP_MS


def silences_ms(pieces: Sequence[Piece]) -> list[int]:
    """The silence after each audible piece but the last, ms; unheard pieces (", ") lengthen it."""
    gaps: list[int] = []
    for before, after in pairwise(pieces):
        gap = gap_ms(before.text, after.text)
        if before.token:
            gaps.append(gap)
        elif gaps:
            gaps[-1] = max(gaps[-1], gap)
    audible = sum(1 for piece in pieces if piece.token)
    return gaps[: max(0, audible - 1)]


class Voice:
    """Speaks one language from the sound files in some directories; keeps a bounded number of them in memory.

    Not for several threads at once.
    """

    def __init__(self, language: str, directories: Sequence[Path]) -> None:
        self.catalogue: Catalogue = load_catalogue(language)
        self._directories = tuple(directories)
        self._sounds: OrderedDict[str, bytes] = OrderedDict()
        self._held = 0

    def say(self, prompt: str, **arguments: Argument) -> Speech:
        """Put one prompt together; never raises. A prompt that the catalogue lacks is shown by its id."""
        try:
            pieces = self.catalogue.pieces(prompt, **arguments)
        except KuagerError as error:
            _log.error("%s", error)
            return Speech(prompt, prompt.replace("-", " ").replace(".", ": "), b"", audible=False)
        text = written(pieces)
        pcm = self._assemble(pieces)
        return Speech(prompt, text, pcm, audible=bool(pcm))

    def missing(self) -> list[str]:
        """The tokens that no directory holds."""
        return [token for token in self.catalogue.tokens() if next(self._files(token), None) is None]

    def _assemble(self, pieces: Sequence[Piece]) -> bytes:
        sounds = []
        for piece in pieces:
            if piece.token:
                sound = self._sound(piece.token)
                if not sound:
                    return b""
                sounds.append(sound)
        silences = [bytes(gap * RATE // 1000 * SAMPLE_BYTES) for gap in silences_ms(pieces)]
        pcm = b"".join(part for pair in zip(sounds, [*silences, b""], strict=False) for part in pair)
        return pcm[: LONGEST_US * RATE // 1_000_000 * SAMPLE_BYTES]

    def _files(self, token: str) -> Iterator[Path]:
        for directory in self._directories:
            path = directory / self.catalogue.language / f"{token}.wav"
            if path.is_file():
                yield path

    def _sound(self, token: str) -> bytes:
        if token in self._sounds:
            self._sounds.move_to_end(token)
            return self._sounds[token]
        for path in self._files(token):
            try:
                sound = read_wav(path)
            except InputError as error:
                _log.warning("%s", error)
                continue
            self._keep(token, sound)
            return sound
        return b""

    def _keep(self, token: str, sound: bytes) -> None:
        self._sounds[token] = sound
        self._held += len(sound)
        while self._held > _CACHE_BYTES:
            self._held -= len(self._sounds.popitem(last=False)[1])
