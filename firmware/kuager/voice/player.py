"""One voice at a time: what waits to be said, in which order, and what became of it.

Speech waits in line. An urgent one (a warning) goes before all that is not; one that *cuts* drops what is being said
and what waits, but for what must be kept. The line is bounded: when it is full, the oldest that need not be kept is
dropped. Every speech ends in exactly one `Spoken`, so that nobody waits for a voice that does not come.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal, NamedTuple

from kuager.clock import boot_us
from kuager.errors import HardwareError
from kuager.voice.loudspeaker import Cancellable, Later, Loudspeaker, call_later
from kuager.voice.speech import Speech

WAITING = 12
"""Speeches that may wait."""

_PATIENCE_S = 2.0  # how long after its end a loudspeaker may take to say so, before it counts as hung

_log = logging.getLogger(__name__)


class Spoken(NamedTuple):
    """What became of a prompt; times are CLOCK_BOOTTIME us. `dropped`: it never began, and was never put together."""

    prompt: str
    speech: Speech | None
    from_us: int
    to_us: int
    ending: Literal["whole", "cut", "dropped"]
    audible: bool


@dataclass(slots=True, eq=False)
class _Turn:
    prompt: str
    subject: str
    make: Callable[[], Speech]
    keep: bool
    urgent: bool
    speech: Speech | None = None
    from_us: int = 0
    cut: bool = False
    guard: Cancellable | None = None


class SpeakerQueue:
    """Gives speech to a loudspeaker, or with None only shows it. May be called from any thread.

    `begun(speech, at_us)`, `spoken` and what makes a speech are called one at a time, from any thread, while the line
    is held: they must not wait for anything, only pass on what they are told.
    """

    def __init__(
        self,
        loudspeaker: Loudspeaker | None,
        begun: Callable[[Speech, int], None],
        spoken: Callable[[Spoken], None],
        clock: Callable[[], int] = boot_us,
        later: Later = call_later,
    ) -> None:
        self._loudspeaker, self._begun, self._spoken = loudspeaker, begun, spoken
        self._clock, self._later = clock, later
        self._lock = threading.RLock()
        self._waiting: list[_Turn] = []
        self._current: _Turn | None = None
        self._hushed = False

    def say(
        self,
        prompt: str,
        make: Callable[[], Speech],
        *,
        subject: str = "",
        cut: bool = False,
        keep: bool = False,
        alone: bool = False,
        urgent: bool = False,
    ) -> None:
        """Speak after what waits; `make` is called when its turn comes, so that the time spoken is that moment's.

        `cut`: instead of what waits or sounds, except what has `keep`; `alone`: instead of that too; `urgent`: before
        all that is not. What must be kept and waits already, with the same `subject`, is not said a second time: the
        one that waits tells of both.
        """
        with self._lock:
            if alone:
                self.silence()
            elif cut:
                self._cut()
            turn = _Turn(prompt, subject, make, keep, urgent)
            if keep and any((each.prompt, each.subject) == (prompt, subject) for each in self._waiting):
                self._drop(turn)
                return
            at = next((i for i, other in enumerate(self._waiting) if urgent and not other.urgent), len(self._waiting))
            self._waiting.insert(at, turn)
            self._bound()
            self._advance()

    def silence(self) -> None:
        """Stop and drop all that waits, kept or not: for sealing without words and for the end of the process."""
        with self._lock:
            dropped, self._waiting = self._waiting, []
            for turn in dropped:
                self._drop(turn)
            self._interrupt()

    def hush(self, on: bool) -> None:
        """Only show what is said from now on, and make no sound; or speak again."""
        with self._lock:
            if on and not self._hushed:
                self._interrupt()
            self._hushed = on

    @property
    def idle(self) -> bool:
        """Nothing sounds and nothing waits."""
        with self._lock:
            return self._current is None and not self._waiting

    def _cut(self) -> None:
        for turn in [turn for turn in self._waiting if not turn.keep]:
            self._waiting.remove(turn)
            self._drop(turn)
        if self._current is not None and not self._current.keep:
            self._interrupt()

    def _bound(self) -> None:
        while len(self._waiting) > WAITING:
            turn = next((turn for turn in self._waiting if not turn.keep), self._waiting[-1])
            _log.warning("too much to say: %s is dropped", turn.prompt)
            self._waiting.remove(turn)
            self._drop(turn)

    def _drop(self, turn: _Turn) -> None:
        now = self._clock()
        self._spoken(Spoken(turn.prompt, None, now, now, "dropped", audible=False))

    def _interrupt(self) -> None:
        if self._current is not None and self._loudspeaker is not None:
            self._current.cut = True
            self._loudspeaker.stop()

    def _advance(self) -> None:
        while self._current is None and self._waiting:
            turn = self._current = self._waiting.pop(0)
            turn.from_us = self._clock()
            speech = turn.speech = self._made(turn)
            self._begun(speech, turn.from_us)
            if self._loudspeaker is None or self._hushed or not speech.audible:
                self._end(turn, heard=False)
                continue
            turn.guard = self._later(speech.duration_us / 1_000_000 + _PATIENCE_S, partial(self._hung, turn))
            try:
                turn.from_us = self._loudspeaker.play(speech.pcm, partial(self._finished, turn))
            except HardwareError as error:
                _log.warning("%s", error)
                self._end(turn, heard=False)

    def _made(self, turn: _Turn) -> Speech:
        try:
            return turn.make()
        except Exception:  # noqa: BLE001 - one prompt that fails must not silence all that wait behind it
            _log.exception("the prompt %s could not be put together", turn.prompt)
            return Speech(turn.prompt, turn.prompt, b"", audible=False)

    def _finished(self, turn: _Turn, heard: bool) -> None:
        with self._lock:
            self._end(turn, heard)
            self._advance()

    def _hung(self, turn: _Turn) -> None:
        with self._lock:
            if self._current is turn:
                _log.warning("the loudspeaker does not end")
                turn.cut = True
                self._finished(turn, heard=False)

    def _end(self, turn: _Turn, heard: bool) -> None:
        if self._current is not turn:
            return  # given up as hung before
        self._current = None
        if turn.guard is not None:
            turn.guard.cancel()
        ending: Literal["whole", "cut"] = "cut" if turn.cut else "whole"
        self._spoken(Spoken(turn.prompt, turn.speech, turn.from_us, self._clock(), ending, heard))
