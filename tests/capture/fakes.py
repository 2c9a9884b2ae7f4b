"""A small vault and a small supervisor at the real sockets, for tests of the capture process."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from kuager import channel, sockets, wire

WAIT_S = 20.0


class FakeVault:
    """Listens on vault-media and keeps what comes; acknowledges at once, or when `acknowledge` says so."""

    def __init__(self, run: Path, acknowledging: bool = True) -> None:
        self.acknowledging = acknowledging
        self.messages: list[Any] = []
        self.refuse: Callable[[Any], str] = lambda message: ""
        self._changed = threading.Condition()
        self._connections: list[channel.Connection] = []
        decoder = wire.Decoder(wire.ToVaultMedia)
        self._listener = channel.listen(
            sockets.path(run, "vault-media"), decoder, self._connections.append, self._receive, self._closed
        )

    def _receive(self, connection: channel.Connection, message: Any) -> None:
        if reason := self.refuse(message):
            connection.send(wire.Refused(sequence=message.sequence, reason=reason))
            return
        with self._changed:
            self.messages.append(message)
            self._changed.notify_all()
        if self.acknowledging:
            connection.send(wire.Acknowledged(sequence=message.sequence))

    def _closed(self, connection: channel.Connection) -> None:
        with contextlib.suppress(ValueError):
            self._connections.remove(connection)

    def wait(self, found: Callable[[list[Any]], Any]) -> Any:
        with self._changed:
            assert self._changed.wait_for(lambda: found(self.messages), WAIT_S), [type(m) for m in self.messages]
            return found(self.messages)

    def of(self, kind: type) -> list[Any]:
        return [message for message in list(self.messages) if isinstance(message, kind)]

    def die(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # else a thread in accept() takes one more connection
        self._listener.close()
        for connection in list(self._connections):
            connection.close()


class FakeSupervisor:
    """Connects to capture and keeps what it tells."""

    def __init__(self, run: Path) -> None:
        self.heard: list[Any] = []
        self._changed = threading.Condition()
        decoder = wire.Decoder(wire.FromCapture)
        self._connection = channel.connect(
            sockets.path(run, "capture"), decoder, self._receive, lambda connection: None
        )
        self._connection.start()

    def _receive(self, connection: channel.Connection, message: Any) -> None:
        with self._changed:
            self.heard.append(message)
            self._changed.notify_all()

    def send(self, message: wire.Message) -> None:
        self._connection.send(message)

    def wait(self, found: Callable[[Any], bool]) -> Any:
        def first() -> Any:
            return next((message for message in self.heard if found(message)), None)

        with self._changed:
            assert self._changed.wait_for(lambda: first() is not None, WAIT_S), self.heard[-5:]
            return first()

    def close(self) -> None:
        self._connection.close()


def files_of(messages: list[Any]) -> Iterator[tuple[int, int, bytes]]:
    """(take, file, bytes) of every media file in the messages."""
    files: dict[tuple[int, int], bytearray] = {}
    for message in messages:
        if isinstance(message, wire.Fragment):
            files.setdefault((message.take, message.file), bytearray()).extend(message.data)
    for (take, file), data in files.items():
        yield take, file, bytes(data)
