"""The virtual board's door: a terminal, a page or a script moves the pins and sees what the unit shows and says.

What comes in only moves mock pins or plays a fault; no message can do what a hand on a real unit could not.
"""

import logging
import threading
from collections.abc import Callable
from pathlib import Path

from kuager import channel, wire
from kuager.errors import PeerError

_log = logging.getLogger(__name__)

_MOST = 8  # people at the door at once
_FAREWELL_S = 1.0  # for a guest who has not yet read what he was told


class NoDoor:
    """A real board has none: its pins are moved by hands."""

    def tell(self, message: wire.Panel | wire.Spoken | wire.SealedNotice) -> None:
        """Nobody is there to be told."""

    def close(self) -> None:
        """There is nothing to close."""


class Door:
    """Listens on a socket. `moved` is called with each Pin and Fault, from other threads: it must not block."""

    def __init__(self, path: Path, moved: Callable[[wire.Pin | wire.Fault], None]) -> None:
        self._path, self._moved = path, moved
        self._lock = threading.Lock()
        self._guests: list[channel.Connection] = []
        self._listeners: set[channel.Connection] = set()
        self._panel: wire.Panel | None = None
        self._server = channel.listen(path, wire.Decoder(wire.ToBoard), self._accepted, self._receive, self._gone)

    def tell(self, message: wire.Panel | wire.Spoken | wire.SealedNotice) -> None:
        """Tell everyone; whoever does not read is sent away."""
        with self._lock:
            if isinstance(message, wire.Panel):
                self._panel = message
            guests = list(self._guests)
        for guest in guests:
            self._send(guest, message)

    def sound(self, pcm: bytes, at_us: int) -> None:
        """Give a part of what the loudspeaker plays to those who listen."""
        with self._lock:
            listeners = list(self._listeners)
        for guest in listeners:
            self._send(guest, wire.Sound(pcm=pcm, at_us=at_us))

    def close(self) -> None:
        """Send all away, once they were told all, and stop listening."""
        self._server.close()
        with self._lock:
            guests = list(self._guests)
        for guest in guests:
            guest.drain(_FAREWELL_S)
            guest.close()
        self._path.unlink(missing_ok=True)

    def _accepted(self, guest: channel.Connection) -> None:
        with self._lock:
            if len(self._guests) >= _MOST:
                _log.warning("too many at the board's door")
                guest.close()
                return
            self._guests.append(guest)
            panel = self._panel
        if panel:
            self._send(guest, panel)

    def _receive(self, guest: channel.Connection, message: wire.Pin | wire.Fault | wire.Listen) -> None:
        if not isinstance(message, wire.Listen):
            self._moved(message)
            return
        with self._lock:
            if message.on and guest in self._guests:
                self._listeners.add(guest)
            else:
                self._listeners.discard(guest)

    def _gone(self, guest: channel.Connection) -> None:
        with self._lock:
            self._listeners.discard(guest)
            if guest in self._guests:
                self._guests.remove(guest)

    def _send(self, guest: channel.Connection, message: wire.Message) -> None:
        try:
            guest.send(message)
        except PeerError:
            guest.close()
