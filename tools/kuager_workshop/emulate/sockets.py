"""Unix sockets by path, however long: a socket's address holds 107 bytes, a run's folder may be longer."""

import contextlib
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

from kuager_workshop.emulate import EmulatorError

_RETRY_S = 0.02


def connect(path: Path, timeout_s: float) -> socket.socket:
    """A connection whose operations time out after as long. Waits for the socket to appear; raises EmulatorError."""
    end = time.monotonic() + timeout_s
    while True:
        made = socket.socket(socket.AF_UNIX)
        made.settimeout(timeout_s)
        try:
            with address(path) as short:
                made.connect(short)
            return made
        except OSError as error:
            made.close()
            if time.monotonic() > end:
                raise EmulatorError(f"{path} can't be reached: is the emulated unit running? ({error})") from None
            time.sleep(_RETRY_S)


@contextlib.contextmanager
def address(path: Path) -> Iterator[str]:
    """An address for `path` that fits; it holds as long as the context. Raises OSError where the folder is missing."""
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


class Lines:
    """Lines of bytes from a socket. Raises EmulatorError at its end, and when nothing comes for the socket's time."""

    def __init__(self, connection: socket.socket, who: str) -> None:
        """`who`: the other end, for errors."""
        self._connection, self._who = connection, who
        self._waiting = b""

    def next(self) -> bytes:
        """The next line, without its end."""
        while b"\n" not in self._waiting:
            try:
                got = self._connection.recv(1 << 20)
            except TimeoutError:
                raise EmulatorError(f"{self._who} does not answer: see console.log in the run's folder") from None
            except OSError as error:
                raise EmulatorError(f"{self._who} has gone: start the emulated unit again ({error})") from None
            if not got:
                raise EmulatorError(f"{self._who} has gone: start the emulated unit again")
            self._waiting += got
        line, self._waiting = self._waiting.split(b"\n", 1)
        return line
