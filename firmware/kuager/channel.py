"""Carries wire messages over local stream sockets: a listener, a connection, bounded both ways.

A connection reads on a thread of its own and hands messages to a callback, which must not block. Sending never blocks:
what the socket does not take at once waits, up to `limit` bytes, for a thread that writes; then it raises, so that a
stuck peer is seen and never waited for.
"""

import contextlib
import logging
import socket
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kuager import sockets, wire
from kuager.errors import InputError, PeerError

_log = logging.getLogger(__name__)

Receive = Callable[["Connection", Any], None]
Closed = Callable[["Connection"], None]


class Connection:
    """One end: `send` from any thread; `receive`, and at the end `closed`, are called from its reader thread."""

    def __init__(
        self, sock: socket.socket, decoder: wire.Decoder, receive: Receive, closed: Closed, limit: int = 64 << 20
    ) -> None:
        self._sock, self._decoder, self._receive, self._closed = sock, decoder, receive, closed
        self._limit, self._waiting, self._shut = limit, 0, False
        self._queue: deque[memoryview] = deque()
        lock = threading.Lock()
        self._ready, self._empty = threading.Condition(lock), threading.Condition(lock)
        self._reader = threading.Thread(target=self._read, name="channel-read", daemon=True)
        self._writer = threading.Thread(target=self._write, name="channel-write", daemon=True)

    def start(self) -> None:
        """Begin reading and writing; separate from the constructor so that the owner can store the connection first."""
        self._reader.start()
        self._writer.start()

    def send(self, message: wire.Message) -> None:
        """Send one message, now or soon. Raises PeerError if the connection is closed or its queue is full."""
        frame = memoryview(wire.encode(message))
        with self._ready:
            if self._shut:
                raise PeerError("the other process has closed its connection")
            if self._waiting + len(frame) > self._limit:
                raise PeerError("the other process has stopped reading")
            # Mostly the socket has room: waking a thread for each message would cost more than sending it.
            rest = frame if self._queue else frame[self._send_now(frame) :]
            if rest:
                self._queue.append(rest)
                self._waiting += len(rest)
                self._ready.notify()

    @property
    def waiting(self) -> int:
        """Bytes queued and not yet handed to the kernel."""
        return self._waiting

    def drain(self, seconds: float) -> None:
        """Wait until all that was sent is handed to the kernel, but no longer than this; for the end of a process."""
        with self._empty:
            self._empty.wait_for(lambda: self._shut or not self._queue, seconds)

    def close(self) -> None:
        """Drop the connection; what is still queued is lost. The reader thread then calls `closed`."""
        with self._ready:
            self._shut = True
            self._ready.notify()
            self._empty.notify_all()
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)

    def _send_now(self, frame: memoryview) -> int:
        """How much the socket takes without waiting. An error is the writer's to find, and ends the connection."""
        try:
            return self._sock.send(frame, socket.MSG_DONTWAIT)
        except OSError:
            return 0

    def _write(self) -> None:
        while True:
            with self._ready:
                while not self._queue and not self._shut:
                    self._ready.wait()
                if self._shut:
                    return
                frame = self._queue[0]
            try:
                self._sock.sendall(frame)
            except OSError:
                self.close()
                return
            with self._ready:
                self._queue.popleft()
                self._waiting -= len(frame)
                if not self._queue:
                    self._empty.notify_all()

    def _read(self) -> None:
        try:
            with self._sock.makefile("rb", buffering=1 << 16) as stream:
                while head := stream.read(4):
                    length = int.from_bytes(head, "big")
                    if len(head) < 4 or length > self._decoder.longest:
                        raise InputError("a frame is longer than any message may be")
                    body = stream.read(length)
                    if len(body) < length:
                        break
                    self._receive(self, self._decoder.decode(body))
        except InputError as error:
            _log.warning("connection dropped: %s", error)
        except OSError:
            pass
        finally:
            self.close()
            self._sock.close()
            self._closed(self)


def listen(
    path: Path, decoder: wire.Decoder, accepted: Callable[[Connection], None], receive: Receive, closed: Closed
) -> socket.socket:
    """Listen on a socket file (see `sockets`) and serve each peer; close what it returns to stop."""
    server = sockets.bind(path, socket.SOCK_STREAM)

    def serve() -> None:
        while True:
            try:
                sock, _ = server.accept()
            except OSError:
                return
            connection = Connection(sock, decoder, receive, closed)
            accepted(connection)
            connection.start()

    threading.Thread(target=serve, name=f"listen-{path.name}", daemon=True).start()
    return server


def connect(path: Path, decoder: wire.Decoder, receive: Receive, closed: Closed) -> Connection:
    """Connect to a listener; raises PeerError where nobody listens. The caller starts the connection."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.connect(str(path))
    except OSError as error:
        sock.close()
        raise PeerError(f"nobody listens on {path.name}: {error.strerror}") from None
    return Connection(sock, decoder, receive, closed)
