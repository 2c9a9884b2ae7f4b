"""The socket at which the supervisor speaks to capture. Whoever connects is told all, and whoever asks is shown it."""

import contextlib
from collections.abc import Callable
from pathlib import Path

from kuager import channel, wire
from kuager.capture.agenda import Event
from kuager.channel import Connection
from kuager.errors import PeerError


class Supervisors:
    """`put` hands an event to the one thread that calls `tell`; `joined` is called there for each new peer."""

    def __init__(
        self, put: Callable[[Event], None], obey: Callable[[wire.Message, int], None], joined: Callable[[int], None]
    ) -> None:
        self._put, self._obey, self._joined = put, obey, joined
        self._peers: set[Connection] = set()
        self._watchers: frozenset[Connection] = frozenset()  # replaced whole: read from other threads

    @property
    def watched(self) -> bool:
        """Whether anybody wants to see pictures."""
        return bool(self._watchers)

    def listen(self, path: Path) -> Callable[[], None]:
        """Serve at this socket; gives what ends it."""
        return channel.listen(path, wire.Decoder(wire.ToCapture), self._accepted, self._ordered, self._left).close

    def tell(self, message: wire.Message) -> None:
        """Say this to all who listen; one that does not read is dropped."""
        for peer in list(self._peers):
            try:
                peer.send(message)
            except PeerError:
                self._peers.discard(peer)
                with contextlib.suppress(OSError):
                    peer.close()

    def show(self, preview: wire.Preview) -> None:
        """Send a picture to those who watch and keep up; from any thread."""
        for peer in self._watchers:
            if not peer.waiting:
                with contextlib.suppress(PeerError):  # the loop finds out that it is gone
                    peer.send(preview)

    def _accepted(self, peer: Connection) -> None:
        def join(now_us: int) -> None:
            self._peers.add(peer)
            self._joined(now_us)

        self._put(join)

    def _left(self, peer: Connection) -> None:
        def leave(now_us: int) -> None:
            self._peers.discard(peer)
            self._watchers -= {peer}

        self._put(leave)

    def _ordered(self, peer: Connection, message: wire.Message) -> None:
        def take(now_us: int) -> None:
            if isinstance(message, wire.WatchPictures):
                self._watchers = self._watchers | {peer} if message.on else self._watchers - {peer}
            else:
                self._obey(message, now_us)

        self._put(take)
