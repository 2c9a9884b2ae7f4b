"""The light says what is true or nothing: it goes out when its heartbeat stops."""

import threading
from collections.abc import Callable

from kuager.board import OFF, Board, Colour
from kuager.clock import boot_us

BEAT_US = 1_000_000
"""Longest time between two calls of `Lamp.beat` before light and vibration go out, us."""


class Lamp:
    """Shows light and vibration on a board as long as `beat` is called; off at start and at `close`."""

    def __init__(self, board: Board, now: Callable[[], int] = boot_us) -> None:
        self._board, self._now = board, now
        self._lock = threading.Lock()
        self._shown: tuple[Colour, bool] | None = None
        self._beat_us = 0
        self._closed = threading.Event()
        self._set(OFF, False)
        self._guard = threading.Thread(target=self._watch, name="lamp", daemon=True)
        self._guard.start()

    def beat(self, colour: Colour, vibration: bool) -> None:
        """Show this until the next beat, but no longer than `BEAT_US`."""
        with self._lock:
            if not self._closed.is_set():
                self._beat_us = self._now()
                self._set(colour, vibration)

    def check(self) -> None:
        """Put the light out if its heartbeat stopped; called by the lamp's own thread."""
        with self._lock:
            if self._now() - self._beat_us > BEAT_US:
                self._set(OFF, False)

    def close(self) -> None:
        """Light off, for good."""
        self._closed.set()
        self._guard.join()
        with self._lock:
            self._set(OFF, False)

    def _set(self, colour: Colour, vibration: bool) -> None:
        if self._shown != (colour, vibration):
            self._shown = (colour, vibration)
            try:
                self._board.show(colour, vibration)
            except OSError:  # the board complains of it
                self._shown = None  # not known: tried again with the next beat

    def _watch(self) -> None:
        while not self._closed.wait(BEAT_US / 4 / 1_000_000):
            self.check()
