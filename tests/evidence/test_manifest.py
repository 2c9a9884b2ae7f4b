"""The manifest and the files that say the same for standard tools."""

import hashlib
from pathlib import Path
from typing import Any

import msgspec
import pytest
from evidence_samples import ED25519, OTHER, P256, RECORDING, UNIT_KEYS, journal, manifest_for, seal
from hypothesis import given
from hypothesis import strategies as st

from kuager.evidence import cbor, cose, keys, manifest
from kuager.evidence.cbor import MalformedError
from kuager.evidence.keys import BadSignature, SoftwareKey

RECORDS = journal(ED25519, [b"certificate"])
WHOLE = manifest_for({"video-01.mp4": b"video", "journal-01.cborseq": b"journal", "unit.pem": b"pem"}, RECORDS)
KEYS = pytest.mark.parametrize("key", UNIT_KEYS.values(), ids=UNIT_KEYS)


@KEYS
def test_there_and_back(key: SoftwareKey) -> None:
    signed = manifest.sign(WHOLE, key)
    assert manifest.verify(signed.cbor, RECORDING, key.public) == WHOLE
    assert manifest.read(signed.cbor) == WHOLE


def test_a_value_that_is_the_default_is_left_out_wherever_it_comes_from() -> None:
    witnesses: Any = "-".join(["not", "obligatory"])  # equal, and another object
    procedure = msgspec.structs.replace(WHOLE.procedure, witnesses=witnesses)
    said = cbor.decode(manifest.encode(msgspec.structs.replace(WHOLE, procedure=procedure)), manifest.MAX_BYTES)
    assert "witnesses" not in said["procedure"]


@KEYS
def test_the_three_files_agree(key: SoftwareKey) -> None:
    signed = manifest.sign(WHOLE, key)
    payload = manifest.encode(WHOLE)
    assert signed.tbs.endswith(payload)
    assert len(signed.tbs) - len(signed.tbs.removesuffix(payload)) == len(payload)
    assert signed.cbor[7:-66] == signed.tbs[54:]
    raw = signed.cbor[-64:]
    assert signed.sig == (keys.to_der(raw) if key is P256 else raw)


@KEYS
def test_good_for_its_recording_and_key_only(key: SoftwareKey) -> None:
    signed = manifest.sign(WHOLE, key)
    with pytest.raises(BadSignature):
        manifest.verify(signed.cbor, OTHER, key.public)
    with pytest.raises(BadSignature):
        manifest.verify(signed.cbor, RECORDING, SoftwareKey.generate(key.alg).public)
    lying = cose.sign1("manifest", OTHER, manifest.encode(WHOLE), key, detached=False)
    with pytest.raises(MalformedError, match="another recording"):
        manifest.verify(lying, OTHER, key.public)


def signed_plain(**changes: Any) -> bytes:
    plain = msgspec.to_builtins(WHOLE, builtin_types=(bytes,)) | changes
    return cose.sign1("manifest", RECORDING, cbor.encode(plain), ED25519, detached=False)


@pytest.mark.parametrize(
    "changes",
    [
        {"version": "1"},
        {"ending": "perhaps"},
        {"files": [{"name": "../x", "format": "video/mp4", "bytes": 1, "proven": 1, "sha256": bytes(32)}]},
        {"files": [{"name": "x", "format": "video/mp4", "bytes": -1, "proven": 1, "sha256": bytes(32)}]},
        {"files": [{"name": "x", "format": "video/mp4", "bytes": 1, "proven": 2, "sha256": bytes(32)}]},
        {"files": [{"name": "x", "format": "video/mp4", "bytes": 1, "proven": 1, "sha256": bytes(32)}] * 2},
        {"head": bytes(31)},
        {"sums": "a" * 63},
        {"sums": "A" * 64},
        {"sums": "a" * 64 + "\n"},
        {"id": bytes(15)},
    ],
)
def test_wrong_manifests_are_refused_though_well_signed(changes: dict[str, Any]) -> None:
    with pytest.raises(MalformedError):
        manifest.verify(signed_plain(**changes), RECORDING, ED25519.public)


def test_unknown_keys_are_ignored_and_stay_signed() -> None:
    assert manifest.verify(signed_plain(sha512=b"x"), RECORDING, ED25519.public) == WHOLE


def test_a_detached_or_overlong_manifest_is_refused() -> None:
    detached = cose.sign1("manifest", RECORDING, manifest.encode(WHOLE), ED25519, detached=True)
    with pytest.raises(MalformedError):
        manifest.read(detached)
    with pytest.raises(MalformedError):
        manifest.read(bytes.fromhex("d28443a10127a05a00500000") + bytes(0x500000) + b"\x58\x40" + bytes(64))


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_without_a_crash(data: bytes) -> None:
    with pytest.raises(MalformedError):
        manifest.read(data)


def test_as_many_files_as_there_may_be_fit() -> None:
    files = [
        manifest.File(name=f"photo-{n:05d}.jpg", format="image/jpeg", bytes=2**40, proven=2**40, sha256=bytes(32))
        for n in range(manifest.MAX_FILES)
    ]
    most = msgspec.structs.replace(WHOLE, files=files)
    signed = manifest.sign(most, ED25519).cbor
    assert manifest.verify(signed, RECORDING, ED25519.public) == manifest.read(signed) == most
    with pytest.raises(MalformedError):
        manifest.encode(msgspec.structs.replace(WHOLE, files=[*files, WHOLE.files[0]]))


def test_room_is_left_for_the_signature(monkeypatch: pytest.MonkeyPatch) -> None:
    payload = manifest.encode(WHOLE)
    monkeypatch.setattr(manifest, "MAX_BYTES", len(payload) + 1024)
    assert manifest.encode(WHOLE) == payload
    monkeypatch.setattr(manifest, "MAX_BYTES", len(payload) + 1023)
    with pytest.raises(MalformedError, match="longer than the format allows"):
        manifest.encode(WHOLE)


def test_digests_and_ids_are_bytes() -> None:
    said = cbor.decode(manifest.encode(WHOLE), manifest.MAX_BYTES)
    assert (said["id"], said["head"], said["files"][0]["sha256"]) == (WHOLE.id, WHOLE.head, WHOLE.files[0].sha256)


def test_sums() -> None:
    text = manifest.sums_text(WHOLE.files)
    assert [line[66:] for line in text.splitlines()] == ["journal-01.cborseq", "unit.pem", "video-01.mp4"]
    assert text.splitlines()[2].startswith(hashlib.sha256(b"video").hexdigest() + "  ")
    assert manifest.sums_digest(text) == WHOLE.sums


def test_a_sealed_sample_is_whole(tmp_path: Path) -> None:
    sealed = seal(tmp_path)
    names = {path.name for path in sealed.path.iterdir()}
    assert names == {file.name for file in sealed.manifest.files} | {
        "SHA256SUMS",
        "manifest.cbor",
        "manifest.tbs",
        "manifest.sig",
    }
    read = manifest.verify((sealed.path / "manifest.cbor").read_bytes(), RECORDING, sealed.key.public)
    assert read == sealed.manifest
