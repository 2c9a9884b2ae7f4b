"""Makes recordings of hours in seconds: the real vault, on a clock that is moved and without syncing.

``python -m kuager_workshop.bench.hours make ...`` is a process of its own, so that it can die with its recording open;
``... recover ...`` is the next vault on that carrier, and prints what it needed.
"""

import os
import struct
import sys
import time
from pathlib import Path
from unittest import mock

from kuager import clock, settings, wire
from kuager.evidence.records import Procedure, Stamp
from kuager.vault import __main__ as entry
from kuager.vault.disk import DiskFiles
from kuager.vault.inbox import Inbox
from kuager.vault.worker import Threads

_HALF_US = 500_000


class MovedClock:
    """Stands in for clock.Clock; begins `hours` ago by UTC and goes on only when told to."""

    def __init__(self, hours: float) -> None:
        self.boot_us = 1_000_000_000
        self._offset_us = clock.utc_us() - int(hours * 3_600_000_000) - self.boot_us

    def now(self) -> Stamp:
        """The moment it stands at."""
        return Stamp(self.boot_us, self.boot_us + self._offset_us, "synchronised", 1000)


class Peer:
    """The vault's other end: keeps the opened recording."""

    opened: wire.Opened | None = None
    sealed: wire.Sealed | None = None

    def send(self, message: wire.Message) -> None:
        """Remember what matters."""
        if isinstance(message, wire.Opened):
            self.opened = message
        elif isinstance(message, wire.Sealed):
            self.sealed = message

    def close(self) -> None:
        """Nothing to drop."""


def make(file: Path, hours: float, fragment_bytes: int, close: bool) -> None:
    """Record so long with fragments of this size; `close` and seal it, or leave it open."""
    moved, inbox, peer = MovedClock(hours), Inbox(), Peer()
    with mock.patch.object(clock, "Clock", return_value=moved), mock.patch.object(DiskFiles, "sync", _nothing):
        vault = entry.build(settings.load(file), file.parent, Threads(inbox))
        vault.start()
        vault.control_opened(peer)
        vault.media_opened(peer)
        procedure = Procedure(id="bench", title="Benchmark")
        vault.control_message(peer, wire.OpenRecording(request=1, mode="video", language="en", procedure=procedure))
        if peer.opened is None:
            raise SystemExit("no recording was opened")
        now = moved.now()
        vault.media_message(
            peer,
            wire.TakeBegin(
                sequence=1, recording=peer.opened.id, take=1, cause="press", streams=["video", "sound"],
                first_us=now.boot_us, first_utc_us=now.utc_us, width=1280, height=720, rate_millihertz=30_000,
                sample_rate=48_000,
            ),
        )  # fmt: skip
        noise = os.urandom(fragment_bytes + 65536)
        for index in range(int(hours * 7200) + 1):
            vault.media_message(peer, _chunk(index, moved, noise, fragment_bytes))
        if close:
            vault.control_message(peer, wire.CloseRecording(request=2, cause="closing", dialogue=True))
            while peer.sealed is None:
                if call := inbox.get(1.0):
                    call()
            vault.finish()
    sys.stdout.flush()
    os._exit(0)  # as killed: nothing more is written


def _chunk(index: int, moved: MovedClock, noise: bytes, size: int) -> wire.Fragment:
    """The init chunk, then fragments of half a second each, which goes by."""
    before = moved.now()
    if index:
        moved.boot_us += _HALF_US
        begin = index * 7919 % 65536
        data = _box(b"prft", bytes(24)) + _box(b"moof", bytes(900)) + _box(b"mdat", noise[begin : begin + size])
    else:
        data = _box(b"ftyp", b"iso6") + _box(b"moov", bytes(1200))
    return wire.Fragment(
        sequence=index + 2, take=1, file=0, kind="fragment" if index else "init", data=data, first_us=before.boot_us,
        last_us=moved.boot_us, first_utc_us=before.utc_us, key=bool(index % 2), frames=15 if index else 0,
        first_frame=max(0, index - 1) * 15, samples=24_000 if index else 0, first_sample=max(0, index - 1) * 24_000,
    )  # fmt: skip


def _nothing(*_: object) -> None:
    """In place of fdatasync."""


def _box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", 8 + len(body)) + kind + body


def recover(file: Path) -> None:
    """Start a vault on the carrier; prints the milliseconds until a recording could be opened."""
    inbox = Inbox()
    begun = time.perf_counter()
    vault = entry.build(settings.load(file), file.parent, Threads(inbox))
    vault.start()
    print((time.perf_counter() - begun) * 1000, flush=True)
    os._exit(0)


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(Path(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]), sys.argv[5] == "close")
    else:
        recover(Path(sys.argv[2]))
