"""The manifest: what a recording consists of when it is over, signed by the unit key, and its forms for standard tools.

manifest.cbor is the COSE_Sign1. manifest.tbs (the exact bytes signed), manifest.sig (the signature as openssl reads
it), SHA256SUMS and unit.pem say the same again for `sha256sum` and `openssl` alone.
"""

import hashlib
from collections.abc import Iterable
from typing import Annotated, Final, Literal, NamedTuple

import msgspec
from msgspec import Meta, field

from kuager.evidence import cbor, cose, keys
from kuager.evidence.cbor import MalformedError
from kuager.evidence.keys import PublicKey, Signer
from kuager.evidence.records import (
    Body,
    Cause,
    Chapter,
    Continues,
    Count,
    Device,
    Digest,
    Micros,
    Mode,
    Name,
    Previous,
    Procedure,
    RecordingId,
    Short,
    Stamp,
    State,
    Streams,
)

MAX_BYTES: Final = 4 * 1024 * 1024
"""Longest manifest.cbor, bytes: room for 16,384 photographs."""
MAX_FILES: Final = 16384


class File(Body, frozen=True, kw_only=True):
    """A file as it stands: exact size, digest of all its bytes, and how many of them, from the first, are proven."""

    name: Name
    format: Short
    bytes: Count
    proven: Count
    sha256: Digest


class Interval(Body, frozen=True, kw_only=True):
    """An uninterrupted stretch, switched on to switched off (clause 6.5); times by the clock in this state then."""

    interval: Count
    streams: Streams
    begun: Cause
    ended: Cause
    first_us: Micros
    first_utc_us: Micros
    last_us: Micros
    last_utc_us: Micros
    state: State
    uncertainty_us: Micros
    files: Annotated[list[Name], Meta(max_length=1024)] = field(default_factory=list)


class Manifest(Body, frozen=True, kw_only=True):
    """What the recording was made with, how it went, and each of its files.

    `head` is the digest of the journal's last record, `records` the number of records in all journal files.
    """

    version: Count
    id: RecordingId
    name: Name
    unit: Name
    number: Count
    board: Name
    firmware: Short
    device: Device
    camera: Device | None = None
    microphone: Device | None = None
    carrier: Device | None = None
    mode: Mode
    language: Short
    procedure: Procedure
    operator: Short = ""
    opened: Stamp
    ending: Literal["closed", "died"]
    cause: Cause
    dialogue: bool = False
    missing: Annotated[list[Short], Meta(max_length=64)] = field(default_factory=list)
    ended: Stamp
    intervals: Annotated[list[Interval], Meta(max_length=1024)] = field(default_factory=list)
    files: Annotated[list[File], Meta(max_length=MAX_FILES)]
    chapters: Annotated[list[Chapter], Meta(max_length=1024)] = field(default_factory=list)
    protections: Annotated[list[Short], Meta(max_length=16)] = field(default_factory=list)
    head: Digest
    records: Count
    sums: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
    previous: Previous | None = None
    continues: Continues | None = None


class Signed(NamedTuple):
    """The three files that a manifest becomes."""

    cbor: bytes
    tbs: bytes
    sig: bytes


def sums_text(files: Iterable[File]) -> str:
    """SHA256SUMS: one line a file, in the order of their names' bytes, as `sha256sum -c` reads it."""
    return "".join(f"{file.sha256.hex()}  {file.name}\n" for file in sorted(files, key=lambda file: file.name))


def sums_digest(text: str) -> str:
    """The manifest's `sums`: SHA-256 of the file SHA256SUMS, as text that grep finds."""
    return hashlib.sha256(text.encode()).hexdigest()


def encode(manifest: Manifest) -> bytes:
    """The payload; raises MalformedError where a field is against its rules."""
    checked = _convert(msgspec.to_builtins(manifest, builtin_types=(bytes,)))
    # A default is left out only where it is that very object, as it is in what was converted.
    payload = cbor.encode(msgspec.to_builtins(checked, builtin_types=(bytes,)))
    if len(payload) > MAX_BYTES - 1024:
        raise MalformedError("the manifest would be longer than the format allows")
    return payload


def sign(manifest: Manifest, signer: Signer) -> Signed:
    """manifest.cbor, manifest.tbs, manifest.sig."""
    payload = encode(manifest)
    signed = cose.sign1("manifest", manifest.id, payload, signer, detached=False)
    _, _, signature = cose.parse(signed, MAX_BYTES)
    return Signed(
        signed,
        cose.tbs("manifest", manifest.id, payload, signer.alg),
        keys.to_der(signature) if signer.alg == keys.ES256 else signature,
    )


def read(data: bytes) -> Manifest:
    """What manifest.cbor says, its signature NOT checked; raises MalformedError."""
    _, payload, _ = cose.parse(data, MAX_BYTES)
    if payload is None:
        raise MalformedError("manifest.cbor holds no payload")
    return _convert(cbor.decode(payload, MAX_BYTES))


def verify(data: bytes, recording_id: bytes, public: PublicKey) -> Manifest:
    """What manifest.cbor says, once the unit key's signature for this recording is found good.

    Raises BadSignature, MalformedError.
    """
    payload = cose.verify1("manifest", recording_id, data, public, max_bytes=MAX_BYTES)
    manifest = _convert(cbor.decode(payload, MAX_BYTES))
    if manifest.id != recording_id:
        raise MalformedError("the manifest names another recording than it is signed for")
    return manifest


def _convert(plain: object) -> Manifest:
    try:
        manifest = msgspec.convert(plain, Manifest)
    except msgspec.ValidationError as error:
        raise MalformedError(f"manifest: {error}") from None
    if len({file.name for file in manifest.files}) < len(manifest.files):
        raise MalformedError("manifest: a file is listed twice")
    if any(file.proven > file.bytes for file in manifest.files):
        raise MalformedError("manifest: more of a file is proven than there is")
    return manifest
