"""A unit as `python -m kuager.vault` starts it, in this process: all of it is real but for what the kernel is asked to
protect.
"""

import contextlib
import os
import queue
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from vault_world import PROCEDURE, FakePeer

from kuager import hardware, wire
from kuager.channel import Connection, connect
from kuager.errors import PeerError
from kuager.evidence.records import Opened
from kuager.sealer import Level
from kuager.sealer.client import RemoteSealer
from kuager.sealer.service import Service
from kuager.settings import Carrier, Paths, Settings, Unit
from kuager.vault import __main__ as start
from kuager.vault.core import Vault
from kuager.vault.disk import DiskFiles
from kuager.vault.inbox import LIMITS, Call, Inbox, Source
from kuager.vault.survey import survey
from kuager.vault.worker import Threads

SEALERS = -7


class CountedInbox(Inbox):
    """Keeps how large each call was said to be, by its source."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes: dict[Source, queue.Queue[int]] = {source: queue.Queue() for source in LIMITS}

    def put(self, source: Source, call: Call, size: int = 0) -> None:
        super().put(source, call, size)
        self.sizes[source].put(size)


class Start:
    """Settings below `root`, and the vault that is built from them; `asked` is what the kernel was to protect."""

    def __init__(self, root: Path) -> None:
        self.root, self.run = root, root / "run"
        self.run.mkdir()
        self.state, self.carrier = root / "var/lib/state", root / "media/carrier"
        self.vault: Vault | None = None
        self.asked: list[tuple[str, Level, int]] = []
        self.inbox = CountedInbox()
        self.threads = Threads(self.inbox)

    def build(self, board: str = hardware.VIRTUAL, serial: str = "") -> Vault:
        """The vault, not started yet."""
        settings = Settings(
            unit=Unit(name="KZ0418", make="Maker", model="virtual unit", serial=serial, board=board),
            carrier=Carrier(path=self.carrier, max_file_bytes=3_000_000),
            paths=Paths(state=self.state, run=self.run),
        )
        self.vault = start.build(settings, self.run, self.threads)
        return self.vault

    def boot(self, board: str = hardware.VIRTUAL, serial: str = "") -> FakePeer:
        """Start the vault; the supervisor that it tells."""
        self.vault = self.build(board, serial)
        self.vault.start()
        supervisor = FakePeer()
        self.vault.control_opened(supervisor)
        return supervisor

    def say(self, supervisor: FakePeer, message: wire.Message) -> None:
        assert self.vault is not None
        self.vault.control_message(supervisor, message)

    def open(self, supervisor: FakePeer) -> Opened:
        """A new recording, and what it says of itself."""
        self.say(supervisor, wire.OpenRecording(request=1, mode="video", language="ru", procedure=PROCEDURE))
        files = DiskFiles(self.carrier, exclusive=False)
        opened = survey(files, supervisor.last(wire.Opened).name).opened
        files.release()
        assert opened is not None
        return opened

    def end(self) -> None:
        """As at the end of a process."""
        if self.vault is not None:
            keeper = self.vault._keeper
            if isinstance(files := keeper.bay.files, DiskFiles) and isinstance(files._sealer, RemoteSealer):
                files._sealer.close()
            keeper.bay.lose("missing", "")
            keeper.journal.close()
            state = keeper.journal._state
            assert isinstance(state, DiskFiles)
            state.release()
            self.vault = None

    def protect(self, descriptor: int, level: Level, device: int) -> bool:
        """In the kernel's place."""
        where = Path(os.readlink(f"/proc/self/fd/{descriptor}"))
        self.asked.append((str(where.relative_to(self.root)), level, device))
        return True

    @contextlib.contextmanager
    def sealing(self) -> Iterator[None]:
        """The sealer's process runs, and takes SEALERS for the carrier's device."""
        service = Service(self.run, lambda: SEALERS)
        thread = threading.Thread(target=service.serve)
        thread.start()
        yield
        service.close()
        thread.join()


class Link:
    """One connection to the vault; what comes is queued."""

    def __init__(self, path: Path, messages: object) -> None:
        self.heard: queue.Queue[Any] = queue.Queue()
        until, decoder = time.monotonic() + 20, wire.Decoder(messages)
        while True:
            try:
                self.connection: Connection = connect(path, decoder, self._hear, self._end)
                break
            except PeerError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.01)
        self.connection.start()

    def _hear(self, _: Connection, message: Any) -> None:
        self.heard.put(message)

    def _end(self, _: Connection) -> None:
        self.heard.put(None)

    def wait(self, kind: type) -> Any:
        while True:
            message = self.heard.get(timeout=20)
            assert message is not None, "the vault closed the connection"
            if isinstance(message, kind):
                return message
