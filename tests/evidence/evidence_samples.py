"""A small world for the evidence's tests: keys that never change, one body of each type, a whole sealed recording."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from kuager.evidence import certificates, manifest
from kuager.evidence.authority import issue_unit_certificate, make_development_authority
from kuager.evidence.journal import JournalWriter
from kuager.evidence.keys import EDDSA, PublicKey, SoftwareKey
from kuager.evidence.records import (
    Battery,
    Body,
    Chapter,
    Checkpoint,
    Chunk,
    ClockStep,
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

RECORDING = bytes(range(16))
OTHER = bytes(range(16, 32))
BOOT = bytes([0xB0] * 16)
UTC_US = 1_795_324_500_000_000  # 2026-11-22T05:15:00Z
STAMP = Stamp(60_000_000, UTC_US, "synchronised", 1500)
NAME = "KZ0417-000042-20261122T051500Z"
NOT_BEFORE = datetime(2026, 1, 1, tzinfo=UTC)

ED25519 = SoftwareKey(Ed25519PrivateKey.from_private_bytes(bytes([1] * 32)))
P256 = SoftwareKey(ec.derive_private_key(0x0102030405060708, ec.SECP256R1()))
RECORDING_KEY = SoftwareKey(Ed25519PrivateKey.from_private_bytes(bytes([2] * 32)))
UNIT_KEYS = {"Ed25519": ED25519, "P-256": P256}

CAMERA = Device(make="Raspberry Pi", model="imx708", serial="1234")
PROCEDURE = Procedure(
    id="kz-2012-68",
    title="Инструкция",
    citation="приказ № 68",
    action="осмотр",
    action_stated="chosen",
    witnesses="obligatory",
)


FORMATS = {
    "video": "video/mp4",
    "photo": "image/jpeg",
    "journal": "application/cbor-seq",
    "unit": "application/pem-certificate-chain",
}


def public_pem(public: PublicKey) -> bytes:
    """SubjectPublicKeyInfo in PEM."""
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def stamp(seconds: float) -> Stamp:
    """So many seconds after STAMP."""
    return Stamp(STAMP.boot_us + int(seconds * 1e6), STAMP.utc_us + int(seconds * 1e6), STAMP.state, 1500)


def opened(chain: list[bytes], public: bytes) -> Opened:
    """With every field there is."""
    return Opened(
        version=1,
        id=RECORDING,
        name=NAME,
        unit="KZ0417",
        number=42,
        boot=BOOT,
        board="virtual",
        firmware="0.1.0",
        device=Device(make="Kuager", model="virtual", serial="KZ0417"),
        camera=CAMERA,
        microphone=Device(make="any", model="any"),
        carrier=Device(make="SanDisk", model="SD64G", serial="0xdeadbeef"),
        mode="video",
        language="ru",
        procedure=PROCEDURE,
        operator="7",
        pre_roll_us=30_000_000,
        recording_key=public,
        certificates=chain,
        previous=Previous(number=41, id=OTHER, head=bytes([7] * 32)),
        continues=Continues(id=OTHER, head=bytes([7] * 32), cause="power", until_utc_us=UTC_US - 1),
    )


def bodies(chain: list[bytes]) -> list[tuple[str, Body]]:
    """One body of each type with all its fields, and one with none of the optional ones where there are such."""
    public = RECORDING_KEY.public
    return [
        ("opened", opened(chain, public.public_bytes_raw())),  # type: ignore[union-attr]
        ("interval-begun", begun()),
        ("interval-begun", IntervalBegun(interval=2, cause="camera", streams=["sound"], first_us=1, first_utc_us=2)),
        ("chunk", chunk(b"init", 0, "init")),
        ("chunk", chunk(b"fragment", 4, "fragment")),
        (
            "gap",
            Gap(
                interval=1,
                stream="sound",
                cause="microphone",
                from_us=1,
                to_us=2,
                first_sample=5,
                samples=96,
                detail="silent",
            ),
        ),
        ("gap", Gap(interval=1, stream="video", cause="limit", from_us=1, to_us=2)),
        ("event", Event(code="rate-step", data={"from": 30, "why": "тепло", "again": True, "by": -5})),
        ("event", Event(code="press")),
        (
            "prompt",
            Prompt(prompt="recording-on", language="kk", text="Жазба жүріп жатыр", from_us=1, to_us=2, audible=False),
        ),
        ("chapter", Chapter(chapter=1, item="place", title="Место", clause="7", at_us=61_000_000)),
        ("clock-step", ClockStep(step_us=-86_400_000_000, before=STAMP, after=stamp(1))),
        ("battery", Battery(percent=80, millivolts=3900, charging=True)),
        ("photo", Photo(file="photo-0001.jpg", interval=1, length=4, sha256=digest(b"JPEG"), at_us=3, at_utc_us=4)),
        ("checkpoint", Checkpoint(durable_us=61_000_000, bytes=12)),
        ("checkpoint", Checkpoint()),
        (
            "interval-ended",
            IntervalEnded(interval=1, cause="closing", last_us=62_000_000, last_utc_us=UTC_US, detail="x"),
        ),
        ("closed", Closed(cause="closing", dialogue=True, missing=["sound from 05:15:01"])),
        (
            "died",
            Died(
                version=1,
                id=RECORDING,
                boot=BOOT,
                cause="power",
                last=STAMP,
                durable_us=5,
                journals=[TornFile(file="journal-01.cborseq", length=90, proven=80, tail_sha256=digest(b"tail"))],
                certificates=chain,
            ),
        ),
    ]


def begun() -> IntervalBegun:
    """A first interval with picture and sound."""
    return IntervalBegun(
        interval=1,
        cause="press",
        streams=["video", "sound"],
        first_us=60_000_000,
        first_utc_us=UTC_US,
        width=1280,
        height=720,
        rate_millihertz=30_000,
        sample_rate=48_000,
        camera=CAMERA,
    )


def chunk(data: bytes, offset: int, kind: str) -> Chunk:
    """A chunk of video-01.mp4 with all fields."""
    return Chunk(
        file="video-01.mp4",
        interval=1,
        kind=kind,  # type: ignore[arg-type]
        offset=offset,
        length=len(data),
        sha256=digest(data),
        first_us=60_000_000,
        last_us=60_500_000,
        first_utc_us=UTC_US,
        key=kind == "fragment",
        standby=kind == "fragment",
        frames=15 if kind == "fragment" else 0,
        first_frame=100 if kind == "fragment" else 0,
        samples=24_000 if kind == "fragment" else 0,
        first_sample=9 if kind == "fragment" else 0,
    )


def digest(data: bytes) -> bytes:
    """SHA-256."""
    return hashlib.sha256(data).digest()


def signer_of(type_: str, unit: SoftwareKey = ED25519) -> SoftwareKey | None:
    """Who signs records of this type."""
    return {"opened": unit, "died": unit, "closed": unit, "checkpoint": RECORDING_KEY}.get(type_)


@dataclass
class Sealed:
    """A recording sealed under a directory, with what made it."""

    path: Path
    authority: Path
    key: SoftwareKey
    manifest: manifest.Manifest
    chain: list[bytes]
    records: list[tuple[str, bytes]] = field(default_factory=list)


def chain_for(key: SoftwareKey) -> tuple[bytes, list[bytes]]:
    """A fresh development authority (PEM) and the chain (DER) that it gives this key."""
    authority, authority_key = make_development_authority("Test authority", NOT_BEFORE)
    pem = issue_unit_certificate(authority, authority_key, "KZ0417", key.public, NOT_BEFORE)
    return authority, certificates.to_der(certificates.load_pem(pem))


def journal(key: SoftwareKey, chain: list[bytes]) -> list[tuple[str, bytes]]:
    """A whole small journal: types and records in order."""
    writer = JournalWriter(RECORDING)
    public = RECORDING_KEY.public.public_bytes_raw()  # type: ignore[union-attr]
    plan: list[tuple[str, Body]] = [
        ("opened", opened(chain, public)),
        ("interval-begun", begun()),
        ("chunk", chunk(b"init", 0, "init")),
        ("chunk", chunk(b"fragment", 4, "fragment")),
        ("checkpoint", Checkpoint(durable_us=60_500_000, bytes=12)),
        ("chapter", Chapter(chapter=1, item="place", title="Место", clause="7", at_us=60_200_000)),
        ("photo", Photo(file="photo-0001.jpg", interval=1, length=4, sha256=digest(b"JPEG"), at_us=3, at_utc_us=4)),
        (
            "interval-ended",
            IntervalEnded(interval=1, cause="closing", last_us=60_500_000, last_utc_us=UTC_US + 500_000),
        ),
        ("checkpoint", Checkpoint(durable_us=60_500_000, bytes=16)),
        ("closed", Closed(cause="closing", dialogue=True)),
    ]
    return [
        (type_, writer.append(type_, body, stamp(place / 10), signer_of(type_, key)))
        for place, (type_, body) in enumerate(plan)
    ]


def manifest_for(files: dict[str, bytes], records: list[tuple[str, bytes]]) -> manifest.Manifest:
    """A manifest of these files and this journal."""
    listed = [
        manifest.File(
            name=name,
            format=FORMATS[name.split("-")[0].split(".")[0]],
            bytes=len(data),
            proven=len(data),
            sha256=digest(data),
        )
        for name, data in sorted(files.items())
    ]
    return manifest.Manifest(
        version=1,
        id=RECORDING,
        name=NAME,
        unit="KZ0417",
        number=42,
        board="virtual",
        firmware="0.1.0",
        device=Device(make="Kuager", model="virtual"),
        camera=CAMERA,
        microphone=CAMERA,
        carrier=CAMERA,
        mode="video",
        language="ru",
        procedure=PROCEDURE,
        operator="7",
        opened=STAMP,
        ending="closed",
        cause="closing",
        dialogue=True,
        missing=["nothing"],
        ended=stamp(1),
        intervals=[
            manifest.Interval(
                interval=1,
                streams=["video", "sound"],
                begun="press",
                ended="closing",
                first_us=60_000_000,
                first_utc_us=UTC_US,
                last_us=60_500_000,
                last_utc_us=UTC_US + 500_000,
                state="synchronised",
                uncertainty_us=1500,
                files=["video-01.mp4"],
            )
        ],
        files=listed,
        chapters=[Chapter(chapter=1, item="place", title="Место", clause="7", at_us=60_200_000)],
        protections=["append-only", "immutable"],
        head=digest(records[-1][1]),
        records=len(records),
        sums=manifest.sums_digest(manifest.sums_text(listed)),
        previous=Previous(number=41, id=OTHER, head=bytes([7] * 32)),
        continues=Continues(id=OTHER, head=bytes([7] * 32), cause="power", until_utc_us=UTC_US - 1),
    )


def seal(root: Path, alg: int = EDDSA) -> Sealed:
    """A sealed recording as a directory of files, signed by a fresh authority's unit."""
    key = SoftwareKey.generate(alg)
    authority, chain = chain_for(key)
    records = journal(key, chain)
    path = root / NAME
    path.mkdir()
    files = {
        "video-01.mp4": b"init" + b"fragment",
        "photo-0001.jpg": b"JPEG",
        "journal-01.cborseq": b"".join(raw for _, raw in records),
        "unit.pem": certificates.to_pem(chain),
    }
    whole = manifest_for(files, records)
    signed = manifest.sign(whole, key)
    files |= {
        "SHA256SUMS": manifest.sums_text(whole.files).encode(),
        "manifest.cbor": signed.cbor,
        "manifest.tbs": signed.tbs,
        "manifest.sig": signed.sig,
    }
    for name, data in files.items():
        (path / name).write_bytes(data)
    (root / "ca.pem").write_bytes(authority)
    return Sealed(path, root / "ca.pem", key, whole, chain, records)
