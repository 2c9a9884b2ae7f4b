"""Signatures are of one form only, and good only for what, whom and which recording they were made."""

import pytest
from evidence_samples import ED25519, OTHER, P256, RECORDING, UNIT_KEYS
from hypothesis import given
from hypothesis import strategies as st

from kuager.evidence import cbor, cose
from kuager.evidence.cbor import MalformedError
from kuager.evidence.keys import BadSignature, SoftwareKey

PAYLOAD = b"payload"
KEYS = pytest.mark.parametrize("key", UNIT_KEYS.values(), ids=UNIT_KEYS)


@KEYS
def test_attached_and_detached(key: SoftwareKey) -> None:
    attached = cose.sign1("manifest", RECORDING, PAYLOAD, key, detached=False)
    detached = cose.sign1("opened", RECORDING, PAYLOAD, key, detached=True)
    assert cose.verify1("manifest", RECORDING, attached, key.public) == PAYLOAD
    assert cose.verify1("opened", RECORDING, detached, key.public, payload=PAYLOAD) == PAYLOAD
    assert PAYLOAD not in detached
    assert len(detached) == 74


def test_the_bytes_are_those_that_the_format_promises() -> None:
    data = cose.sign1("manifest", RECORDING, PAYLOAD, ED25519, detached=False)
    signature = ED25519.sign(cose.tbs("manifest", RECORDING, PAYLOAD, -8))
    assert data == bytes.fromhex("d28443a10127a0") + b"\x47payload" + b"\x58\x40" + signature
    aad = b"\x82\x71kuager/manifest/1\x50" + RECORDING
    assert cose.tbs("manifest", RECORDING, PAYLOAD, -8) == (
        b"\x84\x6aSignature1" + bytes.fromhex("43a10127") + b"\x58\x24" + aad + b"\x47payload"
    )
    assert cose.sign1("manifest", RECORDING, PAYLOAD, P256, detached=False).startswith(bytes.fromhex("d28443a10126a0"))


@KEYS
def test_good_for_nothing_else(key: SoftwareKey) -> None:
    good = cose.sign1("closed", RECORDING, PAYLOAD, key, detached=True)
    other_key = SoftwareKey.generate(key.alg)
    other_kind = P256 if key is ED25519 else ED25519
    for kind, recording, public, payload in (
        ("died", RECORDING, key.public, PAYLOAD),
        ("closed", OTHER, key.public, PAYLOAD),
        ("closed", RECORDING, other_key.public, PAYLOAD),
        ("closed", RECORDING, other_kind.public, PAYLOAD),
        ("closed", RECORDING, key.public, PAYLOAD + b"\0"),
        ("closed", RECORDING, key.public, b""),
    ):
        with pytest.raises(BadSignature):
            cose.verify1(kind, recording, good, public, payload=payload)  # type: ignore[arg-type]


@KEYS
@given(bit=st.integers(0, 74 * 8 - 1))
def test_no_bit_of_it_can_be_changed(key: SoftwareKey, bit: int) -> None:
    data = bytearray(cose.sign1("closed", RECORDING, PAYLOAD, key, detached=True))
    data[bit // 8] ^= 1 << bit % 8
    with pytest.raises((BadSignature, MalformedError)):
        cose.verify1("closed", RECORDING, bytes(data), key.public, payload=PAYLOAD)


def test_a_long_payload_is_read_where_it_may_be_long() -> None:
    payload = bytes(cbor.MAX_BYTES)
    data = cose.sign1("manifest", RECORDING, payload, ED25519, detached=False)
    assert cose.parse(data, len(data)) == (-8, payload, data[-64:])
    assert cose.verify1("manifest", RECORDING, data, ED25519.public, max_bytes=len(data)) == payload
    for read in (cose.parse, lambda given: cose.verify1("manifest", RECORDING, given, ED25519.public)):
        with pytest.raises(MalformedError, match="more than the 65536 allowed"):
            read(data)


def test_attached_where_detached_is_due_and_the_other_way_round() -> None:
    attached = cose.sign1("manifest", RECORDING, PAYLOAD, ED25519, detached=False)
    detached = cose.sign1("manifest", RECORDING, PAYLOAD, ED25519, detached=True)
    with pytest.raises(MalformedError):
        cose.verify1("manifest", RECORDING, attached, ED25519.public, payload=PAYLOAD)
    with pytest.raises(MalformedError):
        cose.verify1("manifest", RECORDING, detached, ED25519.public)


@pytest.mark.parametrize(
    ("what", "parts"),
    [
        ("no array", {}),
        ("three parts", [b"\xa1\x01\x27", {}, b""]),
        ("protected header is a map", [{1: -8}, {}, b"", bytes(64)]),
        ("another algorithm", [cbor.encode({1: -35}), {}, b"", bytes(64)]),
        ("no algorithm", [b"", {}, b"", bytes(64)]),
        ("empty protected header", [b"\xa0", {}, b"", bytes(64)]),
        ("a second header", [cbor.encode({1: -8, 4: b"k"}), {}, b"", bytes(64)]),
        ("a critical header", [cbor.encode({1: -8, 2: [1]}), {}, b"", bytes(64)]),
        ("an unprotected header", [b"\xa1\x01\x27", {4: b"k"}, b"", bytes(64)]),
        ("a short signature", [b"\xa1\x01\x27", {}, b"", bytes(63)]),
        ("a long signature", [b"\xa1\x01\x27", {}, b"", bytes(65)]),
        ("text for a payload", [b"\xa1\x01\x27", {}, "", bytes(64)]),
    ],
)
def test_other_forms_are_refused(what: str, parts: object) -> None:
    with pytest.raises(MalformedError):
        cose.parse(b"\xd2" + cbor.encode(parts))


def test_a_protected_header_in_another_encoding_is_refused() -> None:
    with pytest.raises(MalformedError):
        cose.parse(b"\xd2" + cbor.encode([bytes.fromhex("a11801 27".replace(" ", "")), {}, b"", bytes(64)]))


@given(st.binary(max_size=100))
def test_any_bytes_are_refused_without_a_crash(data: bytes) -> None:
    with pytest.raises(MalformedError):
        cose.verify1("manifest", RECORDING, b"\xd2" + data, ED25519.public)


def test_untagged_and_wrongly_tagged_are_refused() -> None:
    data = cose.sign1("manifest", RECORDING, PAYLOAD, ED25519, detached=False)
    for wrong in (data[1:], b"\xd1" + data[1:], b"\xd8\x12" + data[1:], data + b"\0", b""):
        with pytest.raises(MalformedError):
            cose.parse(wrong)
