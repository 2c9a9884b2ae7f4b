"""The connection to the vault: sought for ever, one at a time; and what its answers mean."""

import logging
import threading
from collections.abc import Callable
from pathlib import Path

from kuager import channel, wire
from kuager.capture.delivery import Delivery
from kuager.capture.recorder import Recorder
from kuager.channel import Connection
from kuager.errors import PeerError

_log = logging.getLogger(__name__)

_RETRY_S = 0.1


class VaultLink:
    """Callbacks come from threads of its own, for each connection in order: `found`, `answered`..., `lost`."""

    def __init__(
        self,
        path: Path,
        found: Callable[[Connection], None],
        answered: Callable[[Connection, wire.Message], None],
        lost: Callable[[Connection], None],
    ) -> None:
        self._path, self._found, self._answered, self._lost = path, found, answered, lost

    def run(self, stop: threading.Event) -> None:
        """Until `stop`."""
        decoder = wire.Decoder(wire.FromVaultMedia)
        while not stop.is_set():
            gone = threading.Event()

            def closed(connection: Connection, gone: threading.Event = gone) -> None:
                self._lost(connection)
                gone.set()

            try:
                connection = channel.connect(self._path, decoder, self._answered, closed)
            except PeerError:
                stop.wait(_RETRY_S)
                continue
            self._found(connection)
            connection.start()
            while not gone.wait(0.5) and not stop.is_set():
                pass


class VaultAnswers:
    """Tells recorder and delivery what a vault says; only the connection found last counts. Used from one thread."""

    def __init__(self, recorder: Recorder, delivery: Delivery) -> None:
        self._recorder, self._delivery = recorder, delivery
        self._vault: Connection | None = None
        self._refused = ""

    def found(self, connection: Connection, now_us: int) -> None:
        """A vault listens."""
        self._vault = connection
        self._delivery.found(connection.send, lambda: connection.waiting, now_us)
        self._recorder.vault_found(now_us)

    def lost(self, connection: Connection, now_us: int) -> None:
        """A connection was closed."""
        if connection is self._vault:
            self._vault = None
            self._recorder.vault_lost(now_us)

    def said(self, connection: Connection, message: wire.Message, now_us: int) -> None:
        """The vault answers."""
        if connection is not self._vault:
            return
        if isinstance(message, wire.Acknowledged):
            self._refused = ""
            self._delivery.acknowledged(message.sequence)
        elif isinstance(message, wire.Refused):
            if message.reason != self._refused:  # each of many that were on their way is refused alike
                self._refused = message.reason
                _log.error("the vault refused a message: %s", message.reason)
            self._recorder.refused(message.sequence, message.reason, now_us, over=message.over)
