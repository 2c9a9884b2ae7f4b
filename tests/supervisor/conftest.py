"""A supervisor in this process, with a vault and a capture that answer over real sockets as the real ones do."""

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kuager import channel, sockets, wire
from kuager.board.lamp import Lamp
from kuager.board.virtual import VirtualBoard
from kuager.clock import Clock, boot_us, utc_us
from kuager.errors import PeerError
from kuager.evidence.records import Device
from kuager.peer import Peer
from kuager.procedure import pack
from kuager.settings import Settings
from kuager.supervisor.door import Door
from kuager.supervisor.fittings import Fittings
from kuager.supervisor.mouth import Mouth
from kuager.supervisor.operators import Operators
from kuager.supervisor.unit import Item, Stop, Unit
from kuager.voice.player import Spoken

ID = bytes(range(16))


class Listener:
    """One fake process: remembers what it hears, answers through `answer`."""

    def __init__(self, path: Path, decoder: wire.Decoder) -> None:
        self.path, self.decoder = path, decoder
        self.heard: list[Any] = []
        self.guests: list[channel.Connection] = []
        self.start()

    def start(self) -> None:
        self.server = channel.listen(self.path, self.decoder, self._accepted, self._receive, lambda _: None)

    def stop(self) -> None:
        self.server.close()
        self.path.unlink(missing_ok=True)
        for guest in self.guests:
            guest.close()
        self.guests.clear()

    def _accepted(self, guest: channel.Connection) -> None:
        self.guests.append(guest)
        self.welcome(guest)

    def _receive(self, guest: channel.Connection, message: Any) -> None:
        self.heard.append(message)
        self.answer(guest, message)

    def welcome(self, guest: channel.Connection) -> None: ...

    def answer(self, guest: channel.Connection, message: Any) -> None: ...

    def say(self, message: wire.Message) -> None:
        for guest in self.guests:
            with contextlib.suppress(PeerError):  # one that has gone
                guest.send(message)

    def of(self, kind: type) -> list[Any]:
        return [message for message in self.heard if isinstance(message, kind)]


class FakeVault(Listener):
    def __init__(self, path: Path) -> None:
        self.remembered = b""
        self.open: bytes | None = None
        self.number = 7
        self.dead: wire.DeadRecording | None = None
        self.quiet = False
        self.carrier_state = "ready"
        super().__init__(path, wire.Decoder(wire.ToVaultControl))

    def state(self) -> wire.VaultState:
        return wire.VaultState(
            unit="KZ0417", next_number=self.number, open_id=self.open, open_number=self.number - 1 if self.open else 0,
            open_name="KZ0417-000007" if self.open else "", carrier=Device(make="a", model="b"), dead=self.dead,
            carrier_state=self.carrier_state, free_bytes=10**12, session=self.remembered,
        )  # fmt: skip

    def welcome(self, guest):
        if not self.quiet:
            guest.send(self.state())

    def answer(self, guest, message):
        match message:
            case wire.OpenRecording():
                self.open, self.number = ID, self.number + 1
                name = f"KZ0417-{self.number - 1:06}"
                continues = self.dead if message.continues else None
                guest.send(
                    wire.Opened(
                        request=message.request,
                        id=ID,
                        name=name,
                        number=self.number - 1,
                        path="/c",
                        continues=continues,
                    )
                )
                guest.send(self.state())
            case wire.CloseRecording():
                self.open = None
                guest.send(
                    wire.Sealed(
                        request=message.request, id=ID, name="n", path="/c/n", sha256=bytes(32), files=1, bytes=1
                    )
                )
                guest.send(self.state())
            case wire.PrepareCarrier():
                self.carrier_state = "ready"
                guest.send(self.state())
            case wire.Remember():
                self.remembered = message.session

    def die(self) -> None:
        self.stop()
        self.remembered, self.open = b"", None


class FakeCapture(Listener):
    def __init__(self, path: Path, vault: FakeVault) -> None:
        self.vault, self.take, self.recording = vault, 0, None
        super().__init__(path, wire.Decoder(wire.ToCapture))

    def state(self) -> wire.CaptureState:
        device, take = Device(make="Test", model="device"), self.take if self.recording else None
        return wire.CaptureState(
            at_us=boot_us(), camera=device, microphone=device, width=1280, height=720, level_db=-20, take=take,
            recording=self.recording,
        )  # fmt: skip

    def welcome(self, guest):
        guest.send(self.state())

    def answer(self, guest, message):
        match message:
            case wire.StartTake():
                self.take, self.recording = self.take + 1, message.recording
                streams = ["video", "sound"]
                guest.send(
                    wire.TakeStarted(
                        take=self.take, recording=ID, streams=streams, cause=message.cause, first_us=boot_us()
                    )
                )
                self.durable()
            case wire.FinishTake():
                self.recording = None
                guest.send(wire.TakeEnded(take=self.take, cause=message.cause, last_us=boot_us(), acknowledged=True))

    def durable(self) -> None:
        self.vault.say(wire.Durable(id=ID, durable_us=boot_us(), bytes=1000, interval=1))

    def die(self) -> None:
        self.stop()
        self.recording = None


class QuickMouth(Mouth):
    """Says everything at once, silently: the session hears that it was spoken."""

    def start(self) -> None: ...

    def say(self, speak):
        now = boot_us()
        self.said.append(speak.prompt)
        self._post(Spoken(speak.prompt, None, now, now, "whole", audible=False))

    said: list[str]


class World:
    def __init__(self, run: Path, settings: Settings) -> None:
        self.run, self.settings = run, settings
        self.vault = FakeVault(sockets.path(run, "vault-control"))
        self.capture = FakeCapture(sockets.path(run, "capture"), self.vault)
        self.panels: list[wire.Panel] = []
        self.told: list[Any] = []
        self.start()

    def start(self, complaint: str | None = None, held: tuple[str, ...] = (), gnss: Any = None) -> None:
        """A supervisor; `held`: buttons that are down when it begins to look."""
        self.inbox: queue.SimpleQueue[Item] = queue.SimpleQueue()
        post = self.inbox.put
        clock = Clock(boot_us, utc_us, lambda: (True, 10))
        self.board, self.gnss = VirtualBoard(), gnss
        for button in held:
            self.board.drive(button, True)
        self.operators = self.run / "operators.toml"
        fittings = Fittings(self.board, Operators(self.operators), hold_up_us=3_000_000, gnss=gnss)
        self.unit = Unit(self.settings, pack(), fittings, self.inbox, clock)
        self.peers = [
            Peer("vault", sockets.path(self.run, "vault-control"), wire.Decoder(wire.FromVaultControl), post),
            Peer("capture", sockets.path(self.run, "capture"), wire.Decoder(wire.FromCapture), post),
        ]
        self.mouth = QuickMouth(self.settings, clock, lambda *_: None, post)
        self.mouth.said = []
        self.door = Door(sockets.path(self.run, "board"), post)
        self.lamp = Lamp(self.board)
        self.unit.attach(*self.peers, self.mouth, self.door, self.lamp)
        self.board.start(post)
        for peer in self.peers:
            peer.start()
        self.thread = threading.Thread(target=self.unit.run, args=(complaint,))
        self.thread.start()
        self.hand = channel.connect(
            sockets.path(self.run, "board"), wire.Decoder(wire.FromBoard), self._shown, lambda _: None
        )
        self.hand.start()

    def _shown(self, _: Any, message: Any) -> None:
        (self.panels if isinstance(message, wire.Panel) else self.told).append(message)

    def until(self, condition: Callable[[], Any]) -> None:
        end = time.monotonic() + 10
        while not condition():
            shown = self.panels[-1] if self.panels else None
            assert time.monotonic() < end, (shown, self.vault.heard, self.capture.heard)
            time.sleep(0.005)

    def state(self) -> str:
        return self.panels[-1].state if self.panels else ""

    def press(self, button: str = "record", seconds: float = 0.06) -> None:
        self.hand.send(wire.Pin(name=button, level=True))
        time.sleep(seconds)
        self.hand.send(wire.Pin(name=button, level=False))
        time.sleep(0.04)

    def kill(self) -> None:
        """As SIGKILL would: nothing is said to anybody."""
        self.unit._ends_us = 0
        self._end()

    def stop(self) -> None:
        self.inbox.put(Stop())
        self._end()

    def _end(self) -> None:
        self.thread.join(20)
        assert not self.thread.is_alive()
        self.hand.close()
        self.lamp.close()
        self.door.close()
        for peer in self.peers:
            peer.close()
        self.board.close()


@pytest.fixture
def world(tmp_path) -> Iterator[World]:
    made = World(tmp_path, Settings())
    yield made
    if made.thread.is_alive():
        made.kill()
    made.vault.stop()
    made.capture.stop()
