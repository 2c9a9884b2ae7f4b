"""Targets of what the evidence is written in: CBOR, journals, manifests, signatures, certificates."""

import io
from contextlib import suppress
from itertools import pairwise

import msgspec
from cryptography import x509

from kuager.evidence import cbor, certificates, cose, journal, manifest
from kuager.evidence.cbor import MalformedError, TruncatedError
from kuager.evidence.certificates import CertificateError, When
from kuager.evidence.journal import BrokenError, Record
from kuager.evidence.keys import BadSignature
from kuager.evidence.records import BODIES, Body
from kuager.evidence.rules_unit import Witness
from kuager.evidence.rules_walk import Damage, walk
from kuager.evidence.unit import UNIT_BODIES
from kuager.evidence.verdict import Findings
from kuager_workshop.fuzz import authority, structured
from kuager_workshop.fuzz.mutate import record_mutated
from kuager_workshop.fuzz.target import expect, refusing, table

_HEADS = (
    b"\xd9\xd9\xf7\x85",
    b"\xd9\xd9\xf7\x86",
    b"\x9f",
    b"\xbf",
    b"\xff",
    b"\xc2",
    b"\x5b\xff\xff\xff\xff",
    b"\xf6",
)


def _cbor(data: bytes) -> None:
    try:
        value, end = cbor.decode_first(data)
    except TruncatedError:
        expect(len(data) < cbor.MAX_BYTES, "what is longer than an item may be is not a beginning")
    except MalformedError:
        pass
    else:
        expect(cbor.encode(value) == data[:end], "an item that is read has one encoding, which is what was read")
    with refusing(MalformedError):
        value = cbor.decode(data)
    expect(cbor.encode(value) == data, "what is read has one encoding, which is what was read")


def _journal(data: bytes) -> None:
    records, broken = _followed(data)
    for record in records:
        again = journal.parse(record.raw)
        expect(again.raw == record.raw and again.digest == record.digest, "a record is the same wherever it stands")
        _typed(record, BODIES)
    at = 0
    for item in walk(io.BytesIO(data)):
        begin, end = (item.begin, item.end) if isinstance(item, Damage) else (item.offset, item.end)
        expect(begin == at < end, "records and damage tile the journal")
        at = end
    expect(at == len(data), "records and damage tile the journal to its end")
    run = journal.tail(data)
    for before, after in pairwise(run):
        expect(after.prev == before.digest and after.seq == before.seq + 1, "a tail is linked")
        expect(after.offset == before.end, "a tail has no holes")
    if records and not broken:
        expect(bool(run) and run[-1].raw == records[-1].raw, "the tail of a whole journal ends where the journal does")


def _followed(data: bytes) -> tuple[list[Record], bool]:
    records: list[Record] = []
    try:
        for record in journal.iterate(data):
            expect(record.offset == (records[-1].end if records else 0), "records follow without holes")
            records.append(record)
    except BrokenError as error:
        expect(error.offset == (records[-1].end if records else 0), "a journal is broken where its last record ends")
        return records, True
    expect((records[-1].end if records else 0) == len(data), "a journal that is not broken is read to its end")
    return records, False


def _typed(record: Record, bodies: dict[str, type[Body]]) -> None:
    try:
        body = record.typed(bodies)
    except MalformedError:
        return
    if body is not None:
        again = msgspec.convert(cbor.decode(journal.encode_body(record.type, body)), type(body))
        expect(again == body, "a body that is read can be written again")
    if record.signature is not None:
        with suppress(BadSignature, MalformedError):
            record.verify(authority.ID, authority.KEY.public, "unit")


def _manifest(data: bytes) -> None:
    with refusing(MalformedError):
        alg, payload, signature = cose.parse(data, manifest.MAX_BYTES)
    expect(len(signature) == 64, "a signature has 64 bytes")
    again = b"\xd2" + cbor.encode([cbor.encode({1: alg}), {}, payload, signature])
    expect(again == data, "a COSE_Sign1 has one encoding")
    with suppress(BadSignature, MalformedError):
        manifest.verify(data, authority.ID, authority.KEY.public)
    with refusing(MalformedError):
        read = manifest.read(data)
    expect(msgspec.convert(cbor.decode(manifest.encode(read)), type(read)) == read, "a manifest can be written again")
    text = manifest.sums_text(read.files)
    expect(len(text.splitlines()) == len(read.files), "SHA256SUMS has a line a file")
    manifest.sums_digest(text)


def _certificates(data: bytes) -> None:
    chain: list[x509.Certificate] = []
    try:
        chain = certificates.load_pem(data)
    except CertificateError:
        with refusing(CertificateError):
            chain = certificates.load_der([data])
    expect(certificates.load_der(certificates.to_der(chain)) == chain, "certificates are the same in DER")
    pem = certificates.to_pem(certificates.to_der(chain))
    expect(certificates.load_pem(pem) == chain, "certificates are the same in PEM")
    for each in chain:
        certificates.unit_name(each).encode()
        certificates.is_development(each)
    for anchors in (authority.anchors(), tuple(chain)):
        for when in (When(), When.at(authority.UTC_US, 1000)):
            try:
                proven = certificates.check_chain(chain, list(anchors), when)
            except CertificateError as error:
                str(error).encode()
            else:
                (proven.unit + proven.authority).encode()


def _unit_journal(data: bytes) -> None:
    items = list(walk(io.BytesIO(data)))
    for item in items:
        if not isinstance(item, Damage):
            _typed(item, UNIT_BODIES)
    known = {each for item in items if not isinstance(item, Damage) for each in _chain(item)}
    for trusted in (frozenset[bytes](), known):
        findings = Findings()
        witness = Witness(findings, list(authority.anchors()), trusted)
        witness.file("unit-00000000-01.cborseq", items)
        for told in witness.recordings.values():
            expect(bool(told.id) and len(told.heads) <= 16, "testimony is bounded")


def _chain(record: Record) -> list[bytes]:
    found = record.body.get("certificates")
    return [each for each in found if isinstance(each, bytes)] if isinstance(found, list) else []


TARGETS = table(
    ("cbor", _cbor, {"words": _HEADS, "mutate": structured.item}),
    ("journal", _journal, {"longest": 65536, "words": _HEADS, "mutate": record_mutated}),
    ("manifest", _manifest, {"longest": 16384, "words": _HEADS, "mutate": structured.signed}),
    ("certificates", _certificates, {"mutate": structured.certificate}),
    ("unit-journal", _unit_journal, {"longest": 16384, "words": _HEADS, "mutate": record_mutated}),
)
