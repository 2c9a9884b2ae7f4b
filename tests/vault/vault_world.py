"""The vault's world in tests: a clock that is moved by hand, a carrier in a folder on which faults are played, fake
peers.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kuager import wire
from kuager.evidence import certificates, journal
from kuager.evidence.records import Device, Procedure, Stamp
from kuager.evidence.unit import UNIT_BODIES
from kuager.evidence.verdict import Verdict
from kuager.sealer.client import LocalSealer
from kuager.vault import carrier, identity
from kuager.vault.carrier import Bay
from kuager.vault.core import Vault
from kuager.vault.desk import About
from kuager.vault.disk import DiskFiles
from kuager.vault.faults import Fault, FaultyFiles, RiggedCarrier
from kuager.vault.keeper import Keeper
from kuager.vault.sealing import Job, Outcome
from kuager.vault.unit_journal import UnitJournal
from kuager.verify.recording import judge

UTC_US = int(datetime(2026, 11, 22, 5, 15, tzinfo=UTC).timestamp()) * 1_000_000
UNIT = "KZ0417"
PROCEDURE = Procedure(id="kz-2012-68", title="Instruction")


class HandClock:
    """Moves only when told; `jump` sets UTC alone."""

    def __init__(self, boot_us: int = 1_000_000_000) -> None:
        self.boot_us, self.offset = boot_us, UTC_US - boot_us
        self.state: Any = "synchronised"

    def __call__(self) -> Stamp:
        return Stamp(self.boot_us, self.boot_us + self.offset, self.state, 1000)

    def advance(self, seconds: float) -> None:
        self.boot_us += int(seconds * 1_000_000)

    def jump(self, seconds: float) -> None:
        self.offset += int(seconds * 1_000_000)


class FakePeer:
    """Keeps what it is sent."""

    def __init__(self) -> None:
        self.sent: list[wire.Message] = []
        self.closed = False

    def send(self, message: wire.Message) -> None:
        self.sent.append(message)

    def close(self) -> None:
        self.closed = True

    def last(self, kind: type) -> Any:
        return next(message for message in reversed(self.sent) if isinstance(message, kind))

    def all(self, kind: type) -> list[Any]:
        return [message for message in self.sent if isinstance(message, kind)]


@dataclass
class InlineWorker:
    """Runs a job at once, or keeps it until `run` when `held`."""

    held: bool = False
    stopping: bool = False
    jobs: list[tuple[Job, Callable[[Outcome], None]]] = field(default_factory=list)

    def submit(self, job: Job, done: Callable[[Outcome], None], *, long: bool) -> None:
        self.jobs.append((job, done))
        if not self.held:
            self.run()

    def run(self) -> None:
        while self.jobs:
            job, done = self.jobs.pop(0)
            try:
                outcome: Outcome = job()
            except (OSError, ValueError) as error:
                outcome = error
            done(outcome)


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", 8 + len(body)) + kind + body


def init_chunk() -> bytes:
    return box(b"ftyp", b"iso6") + box(b"moov", bytes(64))


def fragment_chunk(fill: int, size: int = 2000) -> bytes:
    return box(b"prft", bytes(24)) + box(b"moof", bytes(100)) + box(b"mdat", bytes([fill % 256]) * size)


class World:
    """One unit with its state and carrier below `root`; `boot` starts a vault on them as after a start of the
    process.
    """

    def __init__(
        self, root: Path, *, attributes: bool = False, reserve: int = 1 << 20, max_bytes: int = 2**31 - 1
    ) -> None:
        self.root, self.attributes, self.reserve, self.max_bytes = root, attributes, reserve, max_bytes
        self.state, self.carrier = root / "state", root / "carrier"
        self.state.mkdir(exist_ok=True)
        self.carrier.mkdir(exist_ok=True)
        self.clock = HandClock()
        self.files: FaultyFiles | None = None
        self.state_files: DiskFiles | None = None
        self.faults: list[Fault] = []
        """Played from the next mount on."""
        self.worker = InlineWorker()
        self.sequence = 0
        self.requests = 0

    def boot(self, boot: bytes = bytes(15) + b"1", *, held: bool = False) -> Vault:
        """A new vault process; an older one is gone without a word."""
        self.kill()
        self.state_files = DiskFiles(self.state, sealer=None)
        who = identity.load_or_make(self.state_files, UNIT, datetime.fromtimestamp(self.clock().utc_us / 1e6, UTC))
        self.slot = RiggedCarrier(self.carrier, self._mount, lambda path: carrier.identify(path, virtual=True))
        bay = Bay(self.slot, self.reserve)
        device = Device(make="Kuager", model="virtual unit", serial=UNIT)
        self.journal = UnitJournal(self.state_files, who, device, self.clock())
        self.worker = InlineWorker(held)
        self.keeper = Keeper(bay, self.journal, who, self.worker, self.clock, boot)
        about = About(UNIT, "virtual", "0.1.0", device, self.max_bytes, boot)
        self.vault = Vault(about, self.keeper, self.clock)
        self.control, self.media = FakePeer(), FakePeer()
        self.vault.start()
        self.vault.control_opened(self.control)
        self.vault.media_opened(self.media)
        return self.vault

    def kill(self) -> None:
        """As kill -9: nothing is written, all descriptors and locks are gone."""
        if self.files is not None:
            self.files.release()
            self.files = None
        if self.state_files is not None:
            self.journal.close()
            self.state_files.release()
            self.state_files = None

    def _mount(self, path: Path) -> FaultyFiles:
        self.files = FaultyFiles(DiskFiles(path, sealer=LocalSealer() if self.attributes else None), list(self.faults))
        return self.files

    # what the supervisor says

    def open(self, **changes: Any) -> wire.Opened:
        self.requests += 1
        fields = {
            "mode": "video",
            "language": "ru",
            "procedure": Procedure(id="kz-2012-68", title="Instruction", witnesses="obligatory"),
        }
        self.say(wire.OpenRecording(request=self.requests, **(fields | changes)))
        answer = self.control.last(wire.Opened)
        assert answer.request == self.requests
        return answer

    def close(self, **changes: Any) -> wire.Sealed:
        self.requests += 1
        self.say(wire.CloseRecording(request=self.requests, **({"cause": "closing", "dialogue": True} | changes)))
        answer = self.control.last(wire.Sealed)
        assert answer.request == self.requests
        return answer

    def say(self, message: wire.Message) -> None:
        self.vault.control_message(self.control, message)

    # what capture says

    def hear(self, message: type, /, **fields: Any) -> int:
        self.sequence += 1
        self.vault.media_message(self.media, message(sequence=self.sequence, **fields))
        return self.sequence

    def begin(
        self, opened: wire.Opened, take: int = 1, streams: tuple[str, ...] = ("video", "sound"), **fields: Any
    ) -> int:
        now = self.clock()
        return self.hear(
            wire.TakeBegin,
            recording=opened.id,
            take=take,
            streams=list(streams),
            first_us=now.boot_us,
            first_utc_us=now.utc_us,
            **({"cause": "press", "width": 1280, "height": 720} | fields),
        )

    def init(self, take: int = 1, file: int = 0, **fields: Any) -> int:
        now = self.clock()
        times = {"first_us": now.boot_us, "last_us": now.boot_us, "first_utc_us": now.utc_us}
        return self.hear(wire.Fragment, take=take, file=file, kind="init", **({"data": init_chunk()} | times | fields))

    def fragment(self, take: int = 1, file: int = 0, **fields: Any) -> int:
        """Half a second goes by, and then its fragment comes."""
        before = self.clock()
        self.clock.advance(0.5)
        times = {"first_us": before.boot_us, "last_us": self.clock.boot_us, "first_utc_us": before.utc_us}
        data = {"data": fragment_chunk(self.sequence), "key": True, "frames": 15}
        return self.hear(wire.Fragment, take=take, file=file, kind="fragment", **(data | times | fields))

    def end(self, take: int = 1, cause: str = "closing") -> int:
        now = self.clock()
        return self.hear(wire.TakeEnd, take=take, cause=cause, last_us=now.boot_us, last_utc_us=now.utc_us)

    def record(self, opened: wire.Opened, fragments: int, take: int = 1) -> None:
        self.begin(opened, take)
        self.init(take)
        for _ in range(fragments):
            self.fragment(take)

    def whole(self, fragments: int) -> tuple[wire.Opened, wire.Sealed]:
        """A recording from the press to its seal."""
        opened = self.open()
        self.record(opened, fragments)
        self.end()
        return opened, self.close()

    def wait(self, seconds: float) -> None:
        """Time goes by and the vault's thread looks at it."""
        for _ in range(int(seconds * 10)):
            self.clock.advance(0.1)
            self.vault.tick()

    def verdict(self, name: str) -> Verdict:
        """What the checker says of a recording."""
        anchors = certificates.load_pem((self.state / "authority/ca.pem").read_bytes())
        return judge(self.slot.path / name, anchors).verdict

    def told(self, name: str, kind: str) -> list[Any]:
        """What a recording's own journal says in records of one type."""
        data = (self.slot.path / name / "journal-01.cborseq").read_bytes()
        return [record.typed() for record in journal.iterate(data) if record.type == kind]

    def unit_told(self, kind: str) -> list[Any]:
        """What the first file of the unit's own journal says in records of one type."""
        self.journal.flush(self.clock())
        first = min((self.state / f"{UNIT}-unit").iterdir())
        return [each.typed(UNIT_BODIES) for each in journal.iterate(first.read_bytes()) if each.type == kind]

    def recordings(self) -> list[str]:
        return sorted(path.name for path in self.carrier.iterdir() if not path.name.endswith("-unit"))

    @property
    def acknowledged(self) -> int:
        return max((message.sequence for message in self.media.all(wire.Acknowledged)), default=0)
