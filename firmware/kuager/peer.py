"""A connection to another process that is made again whenever it is lost."""

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Literal, NamedTuple

from kuager import channel, wire
from kuager.errors import PeerError

_RETRY_S = 0.1

PeerName = Literal["vault", "capture", "board"]


class Up(NamedTuple):
    """The process listens; all that it says comes after this."""

    peer: PeerName


class Down(NamedTuple):
    """The process is gone; nothing of it comes after this, until the next Up."""

    peer: PeerName


class Heard(NamedTuple):
    """A message of a process."""

    peer: PeerName
    message: wire.Message


class Peer:
    """One end of a socket. `post` takes Up, Heard and Down in order, from other threads."""

    def __init__(
        self, name: PeerName, path: Path, decoder: wire.Decoder, post: Callable[[Up | Down | Heard], None]
    ) -> None:
        self._name, self._path, self._decoder, self._post = name, path, decoder, post
        self._connection: channel.Connection | None = None
        self._lost = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._keep, name=f"peer-{name}", daemon=True)

    def start(self) -> None:
        """Begin to connect, and again after each loss."""
        self._thread.start()

    def send(self, message: wire.Message) -> bool:
        """Send, or drop: False where the process is not there. One that stopped reading is cut off."""
        connection = self._connection
        if connection is None:
            return False
        try:
            connection.send(message)
        except PeerError:
            connection.close()
            return False
        return True

    def close(self) -> None:
        """Disconnect for good."""
        self._ended.set()
        self._lost.set()
        if connection := self._connection:
            connection.close()

    def flush(self, seconds: float) -> None:
        """Wait until what was sent is handed to the kernel, but no longer than this; for the end of the process."""
        if connection := self._connection:
            connection.drain(seconds)

    def _keep(self) -> None:
        while not self._ended.is_set():
            with contextlib.suppress(PeerError):
                self._lost.clear()
                connection = channel.connect(self._path, self._decoder, self._receive, self._closed)
                self._post(Up(self._name))
                self._connection = connection
                connection.start()
                self._lost.wait()
            self._ended.wait(_RETRY_S)

    def _receive(self, _: channel.Connection, message: wire.Message) -> None:
        self._post(Heard(self._name, message))

    def _closed(self, _: channel.Connection) -> None:
        self._connection = None
        self._post(Down(self._name))
        self._lost.set()
