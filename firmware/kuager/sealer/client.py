"""The vault's end of the sealer: in place where the vault itself has the privileges, else over the sealer's socket."""

import contextlib
import logging
import os
import socket
import threading
import time
from pathlib import Path

from kuager.sealer import LEVELS, Level, attributes

_log = logging.getLogger(__name__)

_WAIT_S = 2.0
_START_S = 10.0  # vault and sealer start side by side: what is recovered at the start must not go without
_AGAIN_S = 0.1
_VERITY_WAIT_S = 600.0  # the kernel reads the whole file


class LocalSealer:
    """Protects in this process: the virtual board, where one person runs all."""

    def add(self, descriptor: int, level: Level) -> bool:
        """See Sealer."""
        try:
            return attributes.add(descriptor, level, os.fstat(descriptor).st_dev)
        except OSError:
            return False


class RemoteSealer:
    """Hands descriptors to the sealer's process; one connection, made again whenever it is lost. From any thread.

    Recording never waits long for it: a sealer that does not answer costs the protection, which the manifest says.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._sock: socket.socket | None = None
        self._told = False
        self._patience = _START_S

    def add(self, descriptor: int, level: Level) -> bool:
        """See Sealer."""
        self._wait_for_start()
        if level == "verity":
            # On a connection of its own: what is recorded meanwhile must not wait for a long file.
            with contextlib.suppress(OSError), self._connect(_VERITY_WAIT_S) as sock:
                return _ask(sock, descriptor, level)
            return False
        with self._lock:
            for _ in range(2):  # a connection from before the sealer's restart is found dead by its first use
                try:
                    self._sock = self._sock or self._connect(_WAIT_S)
                    answer = _ask(self._sock, descriptor, level)
                except OSError as error:
                    self._drop(error)
                else:
                    self._told = False
                    return answer
            return False

    def close(self) -> None:
        """Let go of the connection."""
        with self._lock:
            if self._sock is not None:
                self._sock.close()
            self._sock = None

    def _wait_for_start(self) -> None:
        """Give a sealer that has not begun to listen some time, once."""
        with self._lock:
            until = time.monotonic() + self._patience
            while self._patience:
                try:
                    self._sock = self._sock or self._connect(_WAIT_S)
                    self._patience = 0.0
                except OSError:
                    if time.monotonic() >= until:
                        self._patience = 0.0
                    else:
                        time.sleep(_AGAIN_S)

    def _connect(self, wait_s: float) -> socket.socket:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        sock.settimeout(wait_s)
        try:
            sock.connect(str(self._path))
        except OSError:
            sock.close()
            raise
        return sock

    def _drop(self, error: OSError) -> None:
        if self._sock is not None:
            self._sock.close()
        self._sock = None
        if not self._told:
            self._told = True
            _log.warning("the sealer does not answer, files stay without attributes: %s", error)


def _ask(sock: socket.socket, descriptor: int, level: Level) -> bool:
    socket.send_fds(sock, [bytes([LEVELS.index(level)])], [descriptor])
    answer = sock.recv(2)
    if not answer:
        raise ConnectionResetError("the sealer has closed its connection")
    return answer == b"\x01"
