"""The journal: a CBOR sequence (RFC 8742) of hash-linked records, 55799([seq, prev, stamp, type, body, ?signature]).

`prev` is the SHA-256 of the whole record before, its tag included; a signature therefore covers all that stands before it. The tag's
three bytes at the beginning of each record are what a reader looks for who must begin at the end (recovery).
"""

import hashlib
from collections.abc import Iterator
from typing import Any, Final, Literal, Protocol, cast

import msgspec

from kuager.evidence import cbor, cose
from kuager.evidence.cbor import MalformedError, TruncatedError
from kuager.evidence.cose import Kind
from kuager.evidence.keys import PublicKey, Signer
from kuager.evidence.records import BODIES, Body, Stamp

MARKER: Final = b"\xd9\xd9\xf7"
"""Tag 55799, 'self-described CBOR' (RFC 8949 section 3.4.6)."""
NO_PREVIOUS: Final = bytes(32)
"""`prev` of a recording's first record."""

_UNSIGNED, _SIGNED = 0x85, 0x86  # head of an array of five, of six
_WINDOW = 4 * cbor.MAX_BYTES


class Source(Protocol):
    """A file open for reading, or anything like it."""

    def read(self, size: int, /) -> bytes:
        """At most so many bytes; none at the end."""
        ...


class BrokenError(MalformedError):
    """The journal can't be followed past this byte. What stood before has been given out and stays good.

    reason: `torn` (the data end within a record), `malformed`, `link` (prev is not the digest of the record before) or
    `sequence` (its number does not follow).
    """

    def __init__(self, reason: Literal["torn", "malformed", "link", "sequence"], offset: int, detail: str) -> None:
        super().__init__(f"journal broken at byte {offset}: {detail}")
        self.reason, self.offset = reason, offset


class Record(msgspec.Struct, frozen=True, gc=False):
    """One record as it stands in the journal; `body` is plain and unchecked until typed()."""

    seq: int
    prev: bytes
    stamp: Stamp
    type: str
    body: dict[str, Any]
    signature: bytes | None
    offset: int
    raw: bytes
    digest: bytes

    @property
    def length(self) -> int:
        """Bytes, tag included."""
        return len(self.raw)

    def typed(self, bodies: dict[str, type[Body]] = BODIES) -> Body | None:
        """The body by its type; None where this reader does not know the type. Raises MalformedError for a body against its rules."""
        kind = bodies.get(self.type)
        if kind is None:
            return None
        try:
            return msgspec.convert(self.body, kind)
        except msgspec.ValidationError as error:
            raise MalformedError(f"record {self.seq}, {self.type}: {error}") from None

    def payload(self) -> bytes:
        """What the record's signature is over: the encoding of [seq, prev, stamp, type, body]."""
        tail = len(cbor.encode(self.signature)) if self.signature is not None else 0
        return bytes((_UNSIGNED,)) + self.raw[len(MARKER) + 1 : len(self.raw) - tail]

    def verify(self, recording_id: bytes, public: PublicKey, kind: Kind | None = None) -> None:
        """Check the signature, of the kind the record's type names; raises BadSignature, MalformedError (none there, too)."""
        if self.signature is None:
            raise MalformedError(f"record {self.seq}, {self.type}, is not signed")
        cose.verify1(kind or _kind(self.type), recording_id, self.signature, public, payload=self.payload())


class JournalWriter:
    """Makes a journal's records in order; writes nothing. `kind`: one kind for all signatures (the unit's own journal)."""

    def __init__(self, recording_id: bytes, seq: int = 0, prev: bytes = NO_PREVIOUS, kind: Kind | None = None) -> None:
        self.recording_id = recording_id
        self.seq = seq
        """Number of the next record."""
        self.head = prev
        """Digest of the last record."""
        self._kind = kind

    def append(self, type: str, body: Body, stamp: Stamp, signer: Signer | None = None) -> bytes:  # noqa: A002
        """The next record's bytes; raises MalformedError where the body is against its own rules or too long."""
        fields = [self.seq, self.head, list(msgspec.structs.astuple(stamp)), type, msgspec.to_builtins(body, builtin_types=(bytes,))]
        payload = cbor.encode(fields)
        if signer is None:
            raw = MARKER + payload
        else:
            signature = cose.sign1(self._kind or _kind(type), self.recording_id, payload, signer, detached=True)
            raw = MARKER + bytes((_SIGNED,)) + payload[1:] + cbor.encode(signature)
        if len(raw) > cbor.MAX_BYTES:
            raise MalformedError(f"a record of {len(raw)} bytes, more than the {cbor.MAX_BYTES} allowed")
        self.seq += 1
        self.head = hashlib.sha256(raw).digest()
        return raw


def parse(data: bytes, at: int = 0, base: int = 0) -> Record:
    """The record that begins at data[at]; `base` is the offset of data[0] in its file. Raises MalformedError, TruncatedError."""
    begin = data[at : at + len(MARKER)]
    if begin != MARKER:
        if MARKER.startswith(begin):
            raise TruncatedError("the bytes end within a record's tag")
        raise MalformedError("a record must begin with tag 55799")
    fields, end = cbor.decode_first(data, at + len(MARKER), cbor.MAX_BYTES - len(MARKER))
    if not isinstance(fields, list) or not 5 <= len(fields) <= 6:
        raise MalformedError("a record has five parts, or six with its signature")
    seq, prev, stamp, kind, body = fields[:5]
    signature = fields[5] if len(fields) == 6 else None
    if type(seq) is not int or not 0 <= seq < 2**53:
        raise MalformedError("a record's number must be an unsigned integer")
    if type(prev) is not bytes or len(prev) != hashlib.sha256().digest_size:
        raise MalformedError("a record's link must be 32 bytes")
    if type(kind) is not str or type(body) is not dict or (len(fields) == 6 and type(signature) is not bytes):
        raise MalformedError("a record's type must be text, its body a map, its signature bytes")
    raw = data[at:end]
    return Record(seq, prev, _stamp(stamp), kind, body, signature, base + at, raw, hashlib.sha256(raw).digest())


def iterate(source: bytes | Source, seq: int = 0, prev: bytes = NO_PREVIOUS) -> Iterator[Record]:
    """All records from the beginning, each checked to follow the one before; holds at most some 256 KiB.

    Ends where the data end after a whole record; raises BrokenError at the first byte from which nothing follows.
    """
    data, base, at, ended = b"", 0, 0, False
    if isinstance(source, bytes):
        data, ended = source, True
    while True:
        if not ended and len(data) - at < cbor.MAX_BYTES:
            assert not isinstance(source, bytes)
            data, base, at = data[at:], base + at, 0
            while len(data) < _WINDOW and not ended:
                piece = source.read(_WINDOW - len(data))
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
    """The longest linked run of records that ends nearest the end of `data`, whose first byte is byte `base` of the journal.

    Bytes after its last record are the torn tail. A marker inside a byte string begins no record that links to its neighbours,
    so it can't be taken for one unless the data hold nothing better.
    """
    starts: dict[int, Record] = {}
    at = data.find(MARKER)
    while at >= 0:
        try:
            starts[at] = parse(data, at, base)
        except MalformedError:
            pass
        at = data.find(MARKER, at + 1)
    runs: dict[int, list[Record]] = {}
    for at in sorted(starts, reverse=True):
        record = starts[at]
        following = runs.get(at + len(record.raw), [])
        linked = bool(following) and following[-1].prev == record.digest and following[-1].seq == record.seq + 1
        runs[at] = [*following, record] if linked else [record]
    best = max(runs.values(), key=lambda run: (run[0].offset + len(run[0].raw), len(run)), default=[])
    return best[::-1]


def _kind(type: str) -> Kind:  # noqa: A002
    if type in cose.KINDS:
        return cast(Kind, type)
    raise MalformedError(f"records of type {type} are never signed")


def _stamp(plain: object) -> Stamp:
    try:
        return msgspec.convert(plain, Stamp)
    except msgspec.ValidationError as error:
        raise MalformedError(f"a record's stamp: {error}") from None
