"""The connection to the vault: sought for ever, one at a time."""

import threading
from collections.abc import Callable
from pathlib import Path

from kuager import channel, wire
from kuager.channel import Connection
from kuager.errors import PeerError

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
