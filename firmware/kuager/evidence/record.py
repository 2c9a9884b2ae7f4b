"""One journal record: 55799([seq, prev, stamp, type, body, ?signature]), its reading and what its signature is over."""

import hashlib
from collections.abc import Mapping
from typing import Any, Final, cast

import msgspec

from kuager.evidence import cbor, cose
from kuager.evidence.cbor import MalformedError, TruncatedError
from kuager.evidence.cose import Kind
from kuager.evidence.keys import PublicKey
from kuager.evidence.records import BODIES, Body, Stamp

MARKER: Final = b"\xd9\xd9\xf7"
"""Tag 55799, 'self-described CBOR' (RFC 8949 section 3.4.6)."""
NO_PREVIOUS: Final = bytes(32)
"""`prev` of a journal's very first record."""
UNSIGNED: Final = b"\x85"
"""Head of an array of five: an unsigned record, and what a signature is over."""
SIGNED: Final = b"\x86"
"""Head of an array of six: a record with its signature."""

_MAX_SEQ = 2**53
_MAX_TYPE = 100  # characters

Bodies = Mapping[str, type[Body]]


class Record(msgspec.Struct, frozen=True, gc=False):
    """A record as it stands in the journal; `body` is plain and unchecked until typed()."""

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

    @property
    def end(self) -> int:
        """Offset of the byte after it."""
        return self.offset + len(self.raw)

    def typed(self, bodies: Bodies = BODIES) -> Body | None:
        """The body by its type, or None for a type unknown here; raises MalformedError for a body against its rules."""
        kind = bodies.get(self.type)
        if kind is None:
            return None
        try:
            return msgspec.convert(self.body, kind)
        except msgspec.ValidationError as error:
            raise MalformedError(f"record {self.seq}, {self.type}: {error}") from None

    def payload(self) -> bytes:
        """What the record's signature is over: the encoding of [seq, prev, stamp, type, body]."""
        tail = 0 if self.signature is None else len(cbor.encode(self.signature))
        return UNSIGNED + self.raw[len(MARKER) + 1 : len(self.raw) - tail]

    def verify(self, recording_id: bytes, public: PublicKey, kind: Kind | None = None) -> None:
        """Check the signature, of the kind that the record's type names unless `kind` says otherwise.

        Raises BadSignature; MalformedError where there is none, or none of ours.
        """
        if self.signature is None:
            raise MalformedError(f"record {self.seq}, {self.type}, is not signed")
        cose.verify1(kind or signed_kind(self.type), recording_id, self.signature, public, payload=self.payload())


def signed_kind(type_: str) -> Kind:
    """The kind of signature that a recording's record of this type carries; raises MalformedError where it has none."""
    if type_ in cose.JOURNAL_KINDS:
        return cast(Kind, type_)
    raise MalformedError(f"records of type {type_} are not signed")


def parse(data: bytes, at: int = 0, base: int = 0) -> Record:
    """The record that begins at data[at]; data[0] is byte `base` of the journal.

    Raises MalformedError; TruncatedError where the data end too early to tell.
    """
    begin = data[at : at + len(MARKER)]
    if begin != MARKER:
        if MARKER.startswith(begin):
            raise TruncatedError("the bytes end within a record's tag")
        raise MalformedError("a record must begin with tag 55799")
    fields, end = cbor.decode_first(data, at + len(MARKER), cbor.MAX_BYTES - len(MARKER))
    if type(fields) is not list or not 5 <= len(fields) <= 6:
        raise MalformedError("a record has five parts, or six with its signature")
    seq, prev, stamp, type_, body = fields[:5]
    signature = fields[5] if len(fields) == 6 else None
    if type(seq) is not int or not 0 <= seq < _MAX_SEQ:
        raise MalformedError("a record's number must be an unsigned integer below 2^53")
    if type(prev) is not bytes or len(prev) != len(NO_PREVIOUS):
        raise MalformedError("a record's link must be 32 bytes")
    if type(type_) is not str or not 1 <= len(type_) <= _MAX_TYPE or type(body) is not dict:
        raise MalformedError("a record's type must be text, its body a map")
    if body and type(next(iter(body))) is not str:
        raise MalformedError("the keys of a record's body must be text")
    if len(fields) == 6 and type(signature) is not bytes:
        raise MalformedError("a record's signature must be bytes")
    raw = data[at:end]
    return Record(seq, prev, _stamp(stamp), type_, body, signature, base + at, raw, hashlib.sha256(raw).digest())


def _stamp(plain: object) -> Stamp:
    try:
        return msgspec.convert(plain, Stamp)
    except msgspec.ValidationError as error:
        raise MalformedError(f"a record's stamp: {error}") from None
