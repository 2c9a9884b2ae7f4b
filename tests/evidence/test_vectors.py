"""The published vectors say what this implementation does, and this implementation does what they say."""

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from evidence_samples import ED25519, UTC_US
from make_vectors import VECTORS, all_vectors, written

from kuager.evidence import cbor, certificates, cose, keys, manifest
from kuager.evidence.cbor import MalformedError
from kuager.evidence.certificates import When
from kuager.evidence.journal import BrokenError, iterate, tail
from kuager.evidence.keys import BadSignature, PublicKey


def load(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((VECTORS / name).read_text())
    return content


def public(pem: str) -> PublicKey:
    return load_pem_public_key(pem.encode())  # type: ignore[return-value]


@pytest.mark.parametrize("name", sorted(path.name for path in Path(VECTORS).glob("*.json")))
def test_the_published_files_are_what_is_made_today(name: str) -> None:
    assert (VECTORS / name).read_text() == written(all_vectors()[name])


def test_cbor() -> None:
    content = load("cbor.json")
    for case in content["valid"]:
        assert cbor.decode(bytes.fromhex(case["hex"])) == case["value"]
        assert cbor.encode(case["value"]).hex() == case["hex"]
    for case in content["invalid"]:
        with pytest.raises(MalformedError):
            cbor.decode(bytes.fromhex(case["hex"]))


def check_cose(case: dict[str, Any]) -> None:
    payload = bytes.fromhex(case["payload"]) if case["detached"] else None
    data, recording = bytes.fromhex(case["sign1"]), bytes.fromhex(case["recording"])
    got = cose.verify1(case["kind"], recording, data, public(case["public"]), payload=payload)
    assert got.hex() == case["payload"]


def test_cose() -> None:
    content = load("cose.json")
    for case in content["valid"]:
        check_cose(case)
        signature = bytes.fromhex(case["sign1"])[-64:]
        key = public(case["public"])
        keys.verify(key, keys.alg_of(key), bytes.fromhex(case["sig_structure"]), signature)
    for case in content["invalid"]:
        with pytest.raises((MalformedError, BadSignature)):
            check_cose(case)


def test_journal() -> None:
    content = load("journal.json")
    recording = bytes.fromhex(content["recording"])
    for case, record in zip(content["records"], iterate(bytes.fromhex(content["journal"])), strict=True):
        assert (record.offset, record.length, record.seq, record.type) == (
            case["offset"],
            case["length"],
            case["seq"],
            case["type"],
        )
        assert record.digest.hex() == case["sha256"]
        assert record.typed() is not None
        if case["signed"]:
            assert record.payload().hex() == case["signed"]
            record.verify(
                recording, public(content["recording_public" if case["type"] == "checkpoint" else "unit_public"])
            )
    for case in content["broken"]:
        records = []
        with pytest.raises(BrokenError) as caught:
            records.extend(iterate(bytes.fromhex(case["journal"])))
        assert caught.value.offset == case["offset"], case["what"]
    for case in content["tails"]:
        assert [record.offset for record in tail(bytes.fromhex(case["data"]), case["base"])] == case["offsets"], case[
            "what"
        ]


def test_manifest() -> None:
    content = load("manifest.json")
    recording = bytes.fromhex(content["recording"])
    for case in content["valid"]:
        whole = manifest.verify(bytes.fromhex(case["cbor"]), recording, public(case["public"]))
        assert manifest.sums_text(whole.files) == content["sha256sums"]
        assert whole.sums == manifest.sums_digest(content["sha256sums"])
        assert bytes.fromhex(case["tbs"])[54:] == bytes.fromhex(case["cbor"])[7:-66]
    for case in content["invalid"]:
        with pytest.raises(MalformedError):
            manifest.verify(bytes.fromhex(case["cbor"]), recording, public(case["public"]))


def test_certificates() -> None:
    chain = certificates.load_pem((VECTORS / "unit.pem").read_bytes())
    proven = certificates.check_chain(
        chain, certificates.load_pem((VECTORS / "ca.pem").read_bytes()), When.at(UTC_US, 1500)
    )
    assert (proven.unit, proven.development, proven.public) == ("KZ0417", True, ED25519.public)
