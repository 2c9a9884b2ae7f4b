"""The sealer's process: a request is one byte, the level, with one descriptor; the answer one byte, done or not.

Each connection is served by a thread of its own, for verity may read a file for minutes. Whatever is not such a request
closes its connection.
"""

import contextlib
import logging
import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path

from kuager import sockets
from kuager.sealer import LEVELS, attributes

_log = logging.getLogger(__name__)

_MOST = 4  # connections at once: the vault, one that it is replaced by, and verity


class Service:
    """Listens until closed. `device` gives the carrier's device number, or None."""

    def __init__(self, run: Path, device: Callable[[], int | None]) -> None:
        self._device = device
        self._lock = threading.Lock()
        self._peers: set[socket.socket] = set()
        self._server = sockets.bind(sockets.path(run, "sealer"), socket.SOCK_SEQPACKET)

    def serve(self) -> None:
        """Until `close`."""
        while True:
            try:
                peer, _ = self._server.accept()
            except OSError:
                return
            with self._lock:
                taken = len(self._peers) < _MOST
                if taken:
                    self._peers.add(peer)
            if taken:
                threading.Thread(target=self._attend, args=(peer,), daemon=True).start()
            else:
                _log.warning("too many connections")
                peer.close()

    def close(self) -> None:
        """Listen no more, and send all away."""
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        with self._lock:
            for peer in self._peers:
                with contextlib.suppress(OSError):
                    peer.shutdown(socket.SHUT_RDWR)

    def _attend(self, peer: socket.socket) -> None:
        try:
            while self._answer(peer):
                pass
        except OSError as error:
            _log.warning("a connection failed: %s", error)
        finally:
            with self._lock:
                self._peers.remove(peer)
                peer.close()

    def _answer(self, peer: socket.socket) -> bool:
        asked, descriptors, _, _ = socket.recv_fds(peer, 2, 4)
        try:
            if len(asked) != 1 or asked[0] >= len(LEVELS) or len(descriptors) != 1:
                if asked:
                    _log.warning("a request that is none")
                return False
            device = self._device()
            done = device is not None and attributes.add(descriptors[0], LEVELS[asked[0]], device)
            peer.sendall(bytes([done]))
            return True
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
