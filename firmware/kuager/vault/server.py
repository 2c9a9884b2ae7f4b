"""The vault's sockets and its thread: readers queue, one thread does everything in turn."""

import logging
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from kuager import clock, notify, sockets, wire
from kuager.channel import Connection, listen
from kuager.vault.core import Vault
from kuager.vault.inbox import Inbox, Source
from kuager.vault.worker import Threads

_log = logging.getLogger(__name__)

_SEALING_S = 20.0  # how long the end of the process waits for a manifest that is being written


class Server:
    """Serves `vault-media` and `vault-control` in the run directory until `stop`."""

    def __init__(self, run: Path, vault: Vault, inbox: Inbox, threads: Threads) -> None:
        self._vault, self._inbox, self._threads = vault, inbox, threads
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="vault")
        self._run = run

    def start(self) -> None:
        """Recover the carrier, then listen."""
        self._thread.start()

    def stop(self) -> None:
        """Close what is open in order, then end."""
        self._stopping.set()
        self._threads.stop()
        self._inbox.put("self", lambda: None)

    def alive(self) -> bool:
        """Whether the vault's thread still runs."""
        return self._thread.is_alive()

    def join(self) -> None:
        """Wait for the end."""
        self._thread.join()

    def _serve(self) -> None:
        vault = self._vault
        vault.start()
        listening = [
            listen(
                sockets.path(self._run, "vault-media"),
                wire.Decoder(wire.ToVaultMedia),
                partial(self._queue, "media", vault.media_opened),
                self._from_media,
                partial(self._queue, "media", vault.media_closed),
            ),
            listen(
                sockets.path(self._run, "vault-control"),
                wire.Decoder(wire.ToVaultControl),
                partial(self._queue, "control", vault.control_opened),
                self._from_control,
                partial(self._queue, "control", vault.control_closed),
            ),
        ]
        notify.ready("the carrier is looked after")
        while not self._stopping.is_set():
            self._step()
            vault.tick()
            notify.watchdog()  # at least each second, when carrier and clock are looked at
        notify.stopping()
        vault.stop()
        until = time.monotonic() + _SEALING_S
        while vault.sealing and time.monotonic() < until:
            self._step()
        vault.finish()
        self._inbox.shut()
        for each in listening:
            each.close()

    def _step(self) -> None:
        call = self._inbox.get((self._vault.due_us() - clock.boot_us()) / 1_000_000)
        if call is not None:
            call()

    def _queue(self, source: Source, call: Callable[[Connection], None], connection: Connection) -> None:
        self._inbox.put(source, partial(call, connection))

    def _from_media(self, connection: Connection, message: wire.Sequenced) -> None:
        size = len(message.data) if isinstance(message, wire.Fragment | wire.Still) else 0
        self._inbox.put("media", partial(self._vault.media_message, connection, message), size)

    def _from_control(self, connection: Connection, message: wire.Message) -> None:
        size = len(message.session) if isinstance(message, wire.Remember) else 4096
        self._inbox.put("control", partial(self._vault.control_message, connection, message), size)
