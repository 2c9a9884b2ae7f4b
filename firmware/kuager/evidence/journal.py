"""The journal: a CBOR sequence (RFC 8742) of hash-linked records.

`prev` is the SHA-256 of the whole record before, its tag included, so a signature covers all that stands before it. The
tag's three bytes at the beginning of each record are what a reader looks for who must begin at the end (recovery).
"""

import hashlib
import io
import re
from collections.abc import Iterator
from typing import Final, Literal, Protocol

import msgspec

from kuager.evidence import cbor, cose
from kuager.evidence.cbor import MalformedError, TruncatedError
from kuager.evidence.cose import Kind
from kuager.evidence.keys import Signer
from kuager.evidence.record import MARKER, NO_PREVIOUS, SIGNED, UNSIGNED, Record, parse, signed_kind
from kuager.evidence.records import Body, Stamp

__all__ = [
    "MARKER", "NO_PREVIOUS", "TAIL_BYTES", "BrokenError", "JournalWriter", "Record", "encode_body", "iterate", "parse",
    "tail",
]  # fmt: skip

TAIL_BYTES: Final = 256 * 1024
"""How much of a journal's end recovery reads: several records of the greatest length."""

_WINDOW = 4 * cbor.MAX_BYTES

# How every record begins, up to its stamp: tag, array of five or six, number, link, array of four. The tag's bytes
# alone stand by chance in one tail of a hundred, for half of a journal is digests and signatures.
_BEGINNING = re.compile(
    rb"(?=" + MARKER + rb"[\x85\x86](?:[\x00-\x17]|\x18.|\x19..|\x1a.{4}|\x1b.{8})\x58\x20.{32}\x84)", re.DOTALL
)


class Source(Protocol):
    """A file open for reading, or anything like it."""

    def read(self, size: int, /) -> bytes:
        """At most so many bytes; none at the end."""
        ...


class BrokenError(MalformedError):
    """The journal can't be followed past byte `offset`. What stood before has been given out and stays good.

    reason: `torn` (the data end within a record), `malformed`, `link` (prev is not the digest of the record before) or
    `sequence` (its number does not follow).
    """

    def __init__(self, reason: Literal["torn", "malformed", "link", "sequence"], offset: int, detail: str) -> None:
        super().__init__(f"journal broken at byte {offset}: {detail}")
        self.reason, self.offset = reason, offset


def encode_body(type_: str, body: Body) -> bytes:
    """A body as it will stand in its record; raises MalformedError where it breaks its own rules."""
    try:
        checked = msgspec.convert(msgspec.to_builtins(body, builtin_types=(bytes,)), type(body))
    except msgspec.ValidationError as error:
        raise MalformedError(f"{type_}: {error}") from None
    # A default is left out only where it is that very object, as it is in what was converted.
    plain = msgspec.to_builtins(checked, builtin_types=(bytes,))
    # Within an array, as in the record: how deep it is nested is then judged as a reader will.
    return cbor.encode([plain])[1:]


class JournalWriter:
    """Makes a journal's records in order; writes nothing anywhere.

    In a recording's journal the types opened, checkpoint, died and closed are signed, no others. In the unit's own
    journal (`kind` given) any record may be, all with that kind.
    """

    def __init__(self, recording_id: bytes, seq: int = 0, prev: bytes = NO_PREVIOUS, kind: Kind | None = None) -> None:
        self.recording_id = recording_id
        self.seq = seq
        """Number of the next record."""
        self.head = prev
        """Digest of the last record."""
        self._kind = kind

    def append(self, type_: str, body: Body | bytes, stamp: Stamp, signer: Signer | None = None) -> bytes:
        """The next record's bytes; a body may come as `encode_body` made it.

        Raises MalformedError, and stays as it was, where the body breaks its own rules, the record would be longer than
        cbor.MAX_BYTES, or a signature is missing or out of place.
        """
        encoded = body if isinstance(body, bytes) else encode_body(type_, body)
        # An array's items stand one after another: the body takes the place of an empty one.
        before = cbor.encode([self.seq, self.head, list(msgspec.structs.astuple(stamp)), type_, {}])[:-1]
        payload = before + encoded
        if signer is not None:
            kind = self._kind or signed_kind(type_)
            signature = cose.sign1(kind, self.recording_id, payload, signer, detached=True)
            raw = MARKER + SIGNED + payload[len(UNSIGNED) :] + cbor.encode(signature)
        elif self._kind is None and type_ in cose.JOURNAL_KINDS:
            raise MalformedError(f"records of type {type_} must be signed")
        else:
            raw = MARKER + payload
        if len(raw) > cbor.MAX_BYTES:
            raise MalformedError(f"a record of {len(raw)} bytes, more than the {cbor.MAX_BYTES} allowed")
        self.seq += 1
        self.head = hashlib.sha256(raw).digest()
        return raw


def iterate(source: bytes | Source, seq: int = 0, prev: bytes = NO_PREVIOUS) -> Iterator[Record]:
    """All records from the first byte on, each checked to follow the one before; holds some 256 KiB at most.

    `seq` and `prev` are what the first record must have: give those that follow the proven chain for a later journal
    file. Ends where the data end after a whole record; raises BrokenError at the first byte from which nothing follows.
    """
    data, base, at = b"", 0, 0
    read = io.BytesIO(source).read if isinstance(source, bytes) else source.read
    ended = False
    while True:
        if not ended and len(data) - at < cbor.MAX_BYTES:
            data, base, at = data[at:], base + at, 0
            while len(data) < _WINDOW and not ended:
                piece = read(_WINDOW - len(data))
                data, ended = data + piece, not piece
        if at == len(data):
            return
        record = _next(data, at, base, seq, prev)
        yield record
        at, seq, prev = at + len(record.raw), record.seq + 1, record.digest


def _next(data: bytes, at: int, base: int, seq: int, prev: bytes) -> Record:
    try:
        record = parse(data, at, base)
    except TruncatedError as error:
        raise BrokenError("torn", base + at, str(error)) from None
    except MalformedError as error:
        raise BrokenError("malformed", base + at, str(error)) from None
    if record.prev != prev:
        raise BrokenError("link", base + at, f"record {record.seq} does not continue the record before it")
    if record.seq != seq:
        raise BrokenError("sequence", base + at, f"record {record.seq} where {seq} was due")
    return record


def tail(data: bytes, base: int = 0) -> list[Record]:
    """The linked records that reach furthest towards the end of `data`, from among those that what precedes it can lead
    to.

    data[0] is byte `base` of the journal. No record is longer than cbor.MAX_BYTES, so in a journal that is whole up to
    here one begins within the first so many bytes (at byte 0 of the journal, if `base` is 0). Records after a hole in
    what was not yet synced begin later, link to nothing and are left out: like all after the run's last record they are
    torn tail. The run proves nothing until a signature in it is checked; it is empty where nothing fits, and then only
    iterate() from the start can tell.
    """
    ends: dict[int, int] = {}  # offset of a record -> end of the run that it begins
    records: dict[int, Record] = {}
    latest = base + (cbor.MAX_BYTES if base else 0)
    best: int | None = None
    for at in reversed([found.start() for found in _BEGINNING.finditer(data)]):
        try:
            record = parse(data, at, base)
        except MalformedError:
            continue
        ends[record.offset] = ends[record.end] if _follower(records, record) else record.end
        records[record.offset] = record
        if record.offset <= latest and (best is None or ends[record.offset] >= ends[best]):
            best = record.offset
    return list(_run(records, best)) if best is not None else []


def _run(records: dict[int, Record], at: int) -> Iterator[Record]:
    record: Record | None = records[at]
    while record is not None:
        yield record
        record = _follower(records, record)


def _follower(records: dict[int, Record], record: Record) -> Record | None:
    found = records.get(record.end)
    return found if found and found.prev == record.digest and found.seq == record.seq + 1 else None
