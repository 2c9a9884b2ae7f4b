"""A hand and an eye at the board's door: moves the buttons, and keeps what the unit shows and says."""

import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path

from kuager import sockets, wire
from kuager.board import InputName
from kuager.board.inputs import HOLD_US
from kuager.peer import Down, Heard, Peer, Up

PRESS_S = 0.12
HOLD_S = HOLD_US / 1_000_000 + 0.2
_KEPT = 200  # spoken texts and seals that are remembered


class Hand:
    """Connects to a run directory's board, again whenever its supervisor is replaced. All methods from any thread.

    `listener`, if any, is called after each change, from another thread.
    """

    def __init__(self, run: Path, listener: Callable[[], None] | None = None) -> None:
        self.changed = threading.Condition()
        self.connected = False
        self.panel: wire.Panel | None = None
        self.spoken: deque[wire.Spoken] = deque(maxlen=_KEPT)
        self.count = 0  # texts spoken so far
        self.sealed: deque[wire.SealedNotice] = deque(maxlen=_KEPT)
        self._listener = listener
        self._peer = Peer("board", sockets.path(run, "board"), wire.Decoder(wire.FromBoard), self._take)

    def start(self) -> None:
        """Begin to connect."""
        self._peer.start()

    def close(self) -> None:
        """Leave the door."""
        self._peer.close()

    def pin(self, name: InputName, level: bool) -> None:
        """Move one input."""
        self._peer.send(wire.Pin(name=name, level=level))

    def fault(self, name: str) -> None:
        """Play a fault."""
        self._peer.send(wire.Fault(fault=name))

    def slide(self, mode: str) -> None:
        """Move the mode switch."""
        self.pin("mode-up", mode == "stills")
        self.pin("mode-down", mode == "sound")

    @property
    def state(self) -> str:
        """The session's phase; empty while the unit shows nothing."""
        panel = self.panel
        return panel.state if panel and self.connected else ""

    def _take(self, item: Up | Down | Heard) -> None:
        with self.changed:
            match item:
                case Up():
                    self.connected = True
                case Down():
                    self.connected = False
                case Heard(message=wire.Panel() as panel):
                    self.panel = panel
                case Heard(message=wire.Spoken() as spoken):
                    self.spoken.append(spoken)
                    self.count += 1
                case Heard(message=wire.SealedNotice() as notice):
                    self.sealed.append(notice)
            self.changed.notify_all()
        if self._listener:
            self._listener()
