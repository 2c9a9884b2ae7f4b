"""Makes small, valid recordings with made-up media, for tests that then change them."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from kuager.evidence import certificates, manifest
from kuager.evidence.authority import issue_unit_certificate, make_development_authority
from kuager.evidence.journal import JournalWriter, iterate
from kuager.evidence.keys import RecordingKey, SoftwareKey
from kuager.evidence.manifest import File, Manifest
from kuager.evidence.records import (
    VERSION,
    Body,
    Chapter,
    Checkpoint,
    Chunk,
    Closed,
    Continues,
    Device,
    Died,
    Event,
    Gap,
    IntervalBegun,
    IntervalEnded,
    Opened,
    Photo,
    Previous,
    Procedure,
    Prompt,
    Stamp,
    TornFile,
)

UNIT = "KZ0417"
BOOT = bytes(range(16))
BASE_UTC = int(datetime(2026, 11, 22, 5, 15, tzinfo=UTC).timestamp()) * 1_000_000
BASE_BOOT = 1_000_000_000
CARRIER = Device(make="Test", model="Card", serial="0001")
CHUNK = 700  # bytes


@dataclass
class Unit:
    """A unit with its authority."""

    alg: int = -8
    name: str = UNIT
    not_before: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    anchor: bytes = b""
    key: SoftwareKey = field(init=False)
    chain: list[bytes] = field(init=False)

    def __post_init__(self) -> None:
        self.key = SoftwareKey.generate(self.alg)
        self.anchor, secret = make_development_authority("Test Authority", self.not_before)
        pem = issue_unit_certificate(self.anchor, secret, self.name, self.key.public, self.not_before)
        self.chain = certificates.to_der(certificates.load_pem(pem))


class Maker:
    """Writes one recording below `root`, step by step."""

    def __init__(
        self,
        root: Path,
        unit: Unit,
        number: int = 42,
        previous: Previous | None = None,
        continues: Continues | None = None,
        state: str = "synchronised",
        uncertainty: int = 1000,
        carrier: Device = CARRIER,
        salt: str = "",
        version: int = VERSION,
    ) -> None:
        self.unit, self.number = unit, number
        self.now_us, self.state, self.uncertainty = number * 600_000_000, state, uncertainty
        self.id = hashlib.sha256(f"{unit.name}{number}{salt}".encode()).digest()[:16]
        start = datetime.fromtimestamp((BASE_UTC + self.now_us) // 1_000_000, UTC)
        self.name = f"{unit.name}-{number:06d}-{start:%Y%m%dT%H%M%SZ}"
        self.path = root / self.name
        self.path.mkdir(parents=True)
        self.key = RecordingKey()
        self.writer = JournalWriter(self.id)
        self.media: dict[str, bytes] = {}
        self.journals: dict[str, bytes] = {"journal-01.cborseq": b""}
        self.proven: dict[str, int] = {}
        self.intervals: list[manifest.Interval] = []
        self.chapters: list[Chapter] = []
        self.frame = 0
        self.utc_step_us = 0
        self._begun: tuple[IntervalBegun, Stamp, list[str]] | None = None
        self._last = (0, 0)
        self.opened = Opened(
            version=version, id=self.id, name=self.name, unit=unit.name, number=number, boot=BOOT, board="virtual",
            firmware="0.1.0", device=Device(make="Kuager", model="Virtual", serial=unit.name), carrier=carrier,
            camera=Device(make="Test", model="Camera"), mode="video", language="ru",
            procedure=Procedure(id="kz-2012-68", title="Instruction", citation="No. 68"), recording_key=self.key.raw,
            certificates=unit.chain, previous=previous, continues=continues, pre_roll_us=1_000_000,
        )  # fmt: skip
        self.opened_at, self.procedure = self.stamp(), self.opened.procedure
        self.record("opened", self.opened, signer=self.unit.key)

    def stamp(self) -> Stamp:
        utc_us = BASE_UTC + self.now_us + self.utc_step_us
        return Stamp(BASE_BOOT + self.now_us, utc_us, self.state, self.uncertainty)  # type: ignore[arg-type]

    def record(self, kind: str, body: Body, signer: SoftwareKey | RecordingKey | None = None) -> bytes:
        raw = self.writer.append(kind, body, self.stamp(), signer)
        last = sorted(self.journals)[-1]
        self.journals[last] += raw
        self.now_us += 1000
        return raw

    def checkpoint(self) -> None:
        last = sorted(self.journals)[-1]
        self.record("checkpoint", Checkpoint(durable_us=self._last[0]), signer=self.key)
        self.proven[last] = len(self.journals[last])
        self.proven.update({name: len(data) for name, data in self.media.items()})

    def begin(self, interval: int = 1, cause: str = "press") -> None:
        body = IntervalBegun(
            interval=interval, cause=cause, streams=["video", "sound"], first_us=BASE_BOOT + self.now_us,  # type: ignore[arg-type]
            first_utc_us=BASE_UTC + self.now_us, width=1280, height=720, rate_millihertz=30_000, sample_rate=48_000,
        )  # fmt: skip
        self._begun = (body, self.stamp(), [])
        self.record("interval-begun", body)

    def chunk(self, file: str = "video-01.mp4", data: bytes | None = None, frames: int = 15) -> None:
        assert self._begun
        content = self.media.setdefault(file, b"")
        kind = "fragment" if content else "init"
        first_us, first_utc_us = BASE_BOOT + self.now_us, BASE_UTC + self.now_us
        if kind == "fragment":
            self.now_us += 500_000
        if data is None:
            data = hashlib.sha256(f"{self.number} {file} {len(content)}".encode()).digest() * (CHUNK // 32)
        if file not in self._begun[2]:
            self._begun[2].append(file)
        body = Chunk(
            file=file, interval=self._begun[0].interval, kind=kind, offset=len(content), length=len(data),  # type: ignore[arg-type]
            sha256=hashlib.sha256(data).digest(), first_us=first_us, last_us=BASE_BOOT + self.now_us,
            first_utc_us=first_utc_us, key=kind == "fragment", frames=frames, first_frame=self.frame,
        )  # fmt: skip
        self._last = (body.last_us, first_utc_us + body.last_us - first_us)
        self.frame += frames
        self.media[file] = content + data
        self.record("chunk", body)

    def run(self, chunks: int, file: str = "video-01.mp4") -> None:
        """So many chunks with a checkpoint after each two."""
        for index in range(chunks):
            self.chunk(file)
            if index % 2:
                self.checkpoint()

    def photo(self, name: str = "photo-0001.jpg") -> None:
        data = b"\xff\xd8" + name.encode() * 50
        self.media[name] = data
        self.record(
            "photo",
            Photo(
                file=name, length=len(data), sha256=hashlib.sha256(data).digest(), at_us=BASE_BOOT + self.now_us,
                at_utc_us=BASE_UTC + self.now_us,
            ),
        )  # fmt: skip

    def extras(self) -> None:
        """A record of each remaining kind."""
        at = BASE_BOOT + self.now_us
        self.record(
            "prompt", Prompt(prompt="recording-on", language="ru", text="Запись включена", from_us=at, to_us=at)
        )
        chapter = Chapter(chapter=len(self.chapters) + 1, item="place", title="Место", clause="7", at_us=at)
        self.chapters.append(chapter)
        self.record("chapter", chapter)
        self.record("event", Event(code="battery-low", data={"percent": 20}))
        self.record("gap", Gap(interval=1, stream="video", cause="limit", from_us=at, to_us=at + 40_000, frames=1))

    def end(self, cause: str = "closing") -> None:
        assert self._begun
        begun, stamp, files = self._begun
        if cause != "died":
            self.record(
                "interval-ended",
                IntervalEnded(interval=begun.interval, cause=cause, last_us=self._last[0], last_utc_us=self._last[1]),  # type: ignore[arg-type]
            )
        self.intervals.append(
            manifest.Interval(
                interval=begun.interval, streams=begun.streams, begun=begun.cause,
                ended="power" if cause == "died" else cause,  # type: ignore[arg-type]
                first_us=begun.first_us, first_utc_us=begun.first_utc_us, last_us=self._last[0],
                last_utc_us=self._last[1], state=stamp.state, uncertainty_us=stamp.uncertainty_us, files=files,
            )
        )  # fmt: skip
        self._begun = None

    def close(self, cause: str = "closing", missing: list[str] | None = None) -> None:
        self.checkpoint()
        self.key.destroy()
        self._end: Closed | Died = Closed(cause=cause, dialogue=not missing, missing=missing or [])  # type: ignore[arg-type]
        self._ended_at = self.stamp()
        self.record("closed", self._end, signer=self.unit.key)
        self.proven["journal-01.cborseq"] = len(self.journals["journal-01.cborseq"])

    def die(self, torn: bytes = b"") -> None:
        """What recovery leaves after the vault died: `torn` stands after the last checkpoint."""
        self.key.destroy()
        first = "journal-01.cborseq"
        proven = self.proven[first]
        self.journals[first] = self.journals[first][:proven] + torn
        # The writer may have gone on after the last checkpoint; recovery continues the proven chain.
        last = list(iterate(self.journals[first][:proven]))[-1]
        self.writer = JournalWriter(self.id, *self.proven_end(self.journals[first][:proven]))
        self._end = Died(
            version=VERSION, id=self.id, boot=BOOT, cause="power", last=last.stamp,
            journals=[TornFile(file=first, length=proven + len(torn), proven=proven,
                               tail_sha256=hashlib.sha256(torn).digest())],
            certificates=self.unit.chain,
        )  # fmt: skip
        self._ended_at = last.stamp
        self.journals["journal-02.cborseq"] = b""
        self.now_us += 60_000_000
        self.record("died", self._end, signer=self.unit.key)
        self.proven["journal-02.cborseq"] = len(self.journals["journal-02.cborseq"])

    def save(self) -> Path:
        """Write media and journals."""
        for name, data in {**self.media, **self.journals}.items():
            (self.path / name).write_bytes(data)
        return self.path

    def seal(self) -> Path:
        """Write everything, manifest and companions included."""
        self.save()
        pem = certificates.to_pem(self.unit.chain)
        (self.path / "unit.pem").write_bytes(pem)
        files = [
            File(
                name=name, format="application/octet-stream", bytes=len(data),
                proven=len(data) if name == "unit.pem" else self.proven.get(name, 0),
                sha256=hashlib.sha256(data).digest(),
            )
            for name, data in {**self.media, **self.journals, "unit.pem": pem}.items()
        ]  # fmt: skip
        sums = manifest.sums_text(files)
        opened, end = self.opened, self._end
        content = Manifest(
            version=VERSION, id=self.id, name=self.name, unit=opened.unit, number=self.number, board=opened.board,
            firmware=opened.firmware, device=opened.device, camera=opened.camera, carrier=opened.carrier,
            mode=opened.mode, language=opened.language, procedure=self.procedure, opened=self.opened_at,
            ending="closed" if isinstance(end, Closed) else "died", cause=end.cause,
            dialogue=isinstance(end, Closed) and end.dialogue,
            missing=end.missing if isinstance(end, Closed) else [], ended=self._ended_at, intervals=self.intervals,
            files=files, chapters=self.chapters, head=self.writer.head, records=self.writer.seq,
            sums=manifest.sums_digest(sums), previous=opened.previous, continues=opened.continues,
        )  # fmt: skip
        signed = manifest.sign(content, self.unit.key)
        (self.path / "SHA256SUMS").write_text(sums)
        (self.path / "manifest.cbor").write_bytes(signed.cbor)
        (self.path / "manifest.tbs").write_bytes(signed.tbs)
        (self.path / "manifest.sig").write_bytes(signed.sig)
        return self.path

    @staticmethod
    def proven_end(data: bytes) -> tuple[int, bytes]:
        """Number of the next record, and its link."""
        last = list(iterate(data))[-1]
        return last.seq + 1, last.digest

    @property
    def as_previous(self) -> Previous:
        return Previous(number=self.number, id=self.id, head=self.writer.head)


def sealed(root: Path, unit: Unit, number: int = 42, previous: Previous | None = None, **more: object) -> Maker:
    """A closed and sealed recording: two intervals, two files, a photograph and every kind of record."""
    maker = Maker(root, unit, number, previous, **more)  # type: ignore[arg-type]
    maker.begin()
    maker.run(6)
    maker.extras()
    maker.photo()
    maker.end("camera")
    maker.begin(2, "camera")
    maker.run(4, "video-02.mp4")
    maker.end()
    maker.close()
    maker.seal()
    return maker


def dead(root: Path, unit: Unit, number: int = 42, torn: bytes = b"", **more: object) -> Maker:
    """A recording that lost power, recovered; not sealed yet."""
    maker = Maker(root, unit, number, **more)  # type: ignore[arg-type]
    maker.begin()
    maker.run(6)
    maker.end("died")
    maker.die(torn)
    maker.save()
    return maker
