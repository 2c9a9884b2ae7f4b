"""The vault's sockets and thread, in this process: who is heard, what waits, what the parent is told, how it ends."""

import select
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from vault_start import Link, Start
from vault_world import PROCEDURE, fragment_chunk, init_chunk

from kuager import clock, notify, sockets, wire
from kuager.evidence import journal
from kuager.evidence.records import IntervalEnded
from kuager.vault.inbox import Source
from kuager.vault.server import Server

WAIT_S = 20.0


class Served:
    """The server of a vault with its parent's end; `control` and `media` are connected."""

    def __init__(self, unit: Start, parent: notify.Listener) -> None:
        self.unit, self.parent = unit, parent
        self.server = Server(unit.run, unit.build(), unit.inbox, unit.threads)
        self.links: list[Link] = []
        self.server.start()
        self.control, self.media = self.supervisor(), self.capture()
        self.told: dict[str, str] = {}

    def supervisor(self) -> Link:
        return self._link("vault-control", wire.FromVaultControl)

    def capture(self) -> Link:
        return self._link("vault-media", wire.FromVaultMedia)

    def _link(self, name: sockets.Name, messages: object) -> Link:
        self.links.append(Link(sockets.path(self.unit.run, name), messages))
        return self.links[-1]

    def open(self) -> wire.Opened:
        self.control.connection.send(wire.OpenRecording(request=1, mode="video", language="ru", procedure=PROCEDURE))
        opened: wire.Opened = self.control.wait(wire.Opened)
        return opened

    def record(self, opened: wire.Opened, data: bytes) -> None:
        """One fragment in a take that has begun, durable."""
        now, utc = clock.boot_us(), clock.utc_us()
        times: dict[str, Any] = {"first_us": now, "first_utc_us": utc}
        media = self.media.connection
        media.send(wire.TakeBegin(sequence=1, recording=opened.id, take=1, cause="press", streams=["video"], **times))
        piece: dict[str, Any] = {"take": 1, "file": 0, "last_us": now} | times
        media.send(wire.Fragment(sequence=2, kind="init", data=init_chunk(), **piece))
        media.send(wire.Fragment(sequence=3, kind="fragment", data=data, **piece))
        while self.media.wait(wire.Acknowledged).sequence < 3:
            pass

    def close(self, opened: wire.Opened) -> wire.Sealed:
        self.control.connection.send(wire.CloseRecording(request=2, cause="closing", dialogue=True))
        sealed: wire.Sealed = self.control.wait(wire.Sealed)
        assert sealed.id == opened.id
        return sealed

    def sizes(self, source: Source, count: int) -> list[int]:
        """Of the next calls that this source queues, its connecting and its end included."""
        waiting = self.unit.inbox.sizes[source]
        return [waiting.get(timeout=WAIT_S) for _ in range(count)]

    def hear(self, key: str) -> str:
        """What the parent is told under this key."""
        watched = select.poll()
        watched.register(self.parent)
        while key not in self.told:
            assert watched.poll(WAIT_S * 1000), f"the parent was not told {key}"
            self.told |= self.parent.receive()
        return self.told.pop(key)

    def end(self) -> None:
        self.server.stop()
        self.server.join()
        for link in self.links:
            link.connection.close()


@pytest.fixture
def served(started: Start, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    parent = notify.Listener(started.root / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", str(parent.path))
    made = Served(started, parent)
    yield made
    made.end()
    parent.close()


def records(directory: Path) -> list[journal.Record]:
    return [each for path in sorted(directory.glob("*.cborseq")) for each in journal.iterate(path.read_bytes())]


def test_each_message_waits_with_the_bytes_that_it_brings(served: Served) -> None:
    opened = served.open()
    data = fragment_chunk(1, 50_000)
    served.record(opened, data)
    photo = b"\xff\xd8\xff\xe1" + bytes(900) + b"\xff\xd9"
    now, utc = clock.boot_us(), clock.utc_us()
    served.media.connection.send(wire.Still(sequence=4, recording=opened.id, data=photo, at_us=now, at_utc_us=utc))
    served.control.connection.send(wire.Remember(session=bytes(700)))
    assert served.media.wait(wire.Acknowledged).sequence == 4
    served.close(opened)
    assert served.sizes("media", 5) == [0, 0, len(init_chunk()), len(data), len(photo)]
    assert served.sizes("control", 4) == [0, 4096, 700, 4096]


def test_the_parent_hears_of_the_start_of_every_second_and_of_the_end(served: Served) -> None:
    assert served.hear("READY") == "1"
    assert served.hear("STATUS") == "the carrier is looked after"
    assert served.hear("WATCHDOG") == "1"
    assert served.hear("WATCHDOG") == "1"
    assert served.server.alive()
    assert [each.name for each in threading.enumerate()].count("vault") == 1
    served.server.stop()
    assert served.hear("STOPPING") == "1"
    served.server.join()
    assert not served.server.alive()


def test_a_supervisor_that_connects_again_is_told_and_given_its_session(served: Served) -> None:
    assert served.control.wait(wire.VaultState).session == b""
    served.control.connection.send(wire.Remember(session=b"what I was doing"))
    opened = served.open()
    served.control.connection.close()
    state = served.supervisor().wait(wire.VaultState)
    assert (state.session, state.open_id) == (b"what I was doing", opened.id)


def test_a_take_whose_capture_is_gone_has_ended(served: Served) -> None:
    opened = served.open()
    served.record(opened, fragment_chunk(1))
    served.sizes("media", 4)
    served.media.connection.close()
    served.sizes("media", 1)
    served.control.connection.send(wire.CloseRecording(request=2, cause="closing", dialogue=True))
    served.control.wait(wire.Sealed)
    ends = [each.typed() for each in records(served.unit.carrier / opened.name) if each.type == "interval-ended"]
    assert [(end.cause, end.detail) for end in ends if isinstance(end, IntervalEnded)] == [
        ("software", "capture's connection closed")
    ]


def test_the_end_waits_for_the_manifest_of_what_it_closed(served: Served) -> None:
    gate = threading.Event()

    def hold() -> None:
        gate.wait(WAIT_S)

    served.unit.threads.submit(hold, lambda _: None, long=False)
    opened = served.open()
    served.record(opened, fragment_chunk(1))
    served.server.stop()
    served.hear("STOPPING")
    gate.set()
    served.server.join()
    assert (served.unit.carrier / opened.name / "manifest.cbor").exists()
    told = [each.type for each in records(served.unit.state / "KZ0418-unit")]
    assert told[-3:] == ["recording-ended", "recording-sealed", "not-recording"]
