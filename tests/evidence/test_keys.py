"""Keys: two kinds for the unit, one for the recording, and none of any other."""

import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, rsa
from evidence_samples import ED25519, P256, UNIT_KEYS, public_pem
from hypothesis import given
from hypothesis import strategies as st

from kuager.evidence import keys
from kuager.evidence.keys import BadSignature, KeyUseError, RecordingKey, SoftwareKey

KEYS = pytest.mark.parametrize("key", UNIT_KEYS.values(), ids=UNIT_KEYS)


@KEYS
@given(data=st.binary(max_size=100))
def test_signatures_have_64_bytes_and_fit_their_data_only(key: SoftwareKey, data: bytes) -> None:
    signature = key.sign(data)
    assert len(signature) == 64
    keys.verify(key.public, key.alg, data, signature)
    for wrong in (data + b"\0", data[:-1] if data else b"x"):
        with pytest.raises(BadSignature):
            keys.verify(key.public, key.alg, wrong, signature)


@KEYS
@pytest.mark.parametrize("signature", [b"", bytes(63), bytes(64), b"\xff" * 64, bytes(65)])
def test_signatures_that_are_none(key: SoftwareKey, signature: bytes) -> None:
    with pytest.raises(BadSignature):
        keys.verify(key.public, key.alg, b"data", signature)


def test_the_algorithm_must_be_the_keys() -> None:
    with pytest.raises(BadSignature):
        keys.verify(ED25519.public, keys.ES256, b"data", ED25519.sign(b"data"))
    with pytest.raises(BadSignature):
        keys.verify(ED25519.public, keys.EDDSA, b"data", P256.sign(b"data"))


@KEYS
def test_pem_there_and_back(key: SoftwareKey) -> None:
    again = SoftwareKey.from_pem(key.pem())
    assert again.alg == key.alg
    keys.verify(key.public, key.alg, b"data", again.sign(b"data"))


@pytest.mark.parametrize("alg", [keys.EDDSA, keys.ES256])
def test_a_fresh_key_is_of_the_kind_asked_for(alg: int) -> None:
    assert SoftwareKey.generate(alg).alg == alg


def pem_of(private: object) -> bytes:
    return private.private_bytes(  # type: ignore[attr-defined, no-any-return]
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


ENCRYPTED = ec.generate_private_key(ec.SECP256R1()).private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"password")
)


@pytest.mark.parametrize(
    "pem",
    [
        b"",
        b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        pem_of(rsa.generate_private_key(65537, 2048)),
        pem_of(ec.generate_private_key(ec.SECP384R1())),
        pem_of(ed448.Ed448PrivateKey.generate()),
        public_pem(ED25519.public),
        ENCRYPTED,
    ],
    ids=["nothing", "no key", "RSA", "P-384", "Ed448", "public", "encrypted"],
)
def test_other_keys_are_refused(pem: bytes) -> None:
    with pytest.raises(KeyUseError):
        SoftwareKey.from_pem(pem)


@pytest.mark.parametrize("private", [rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP384R1())])
def test_other_public_keys_are_refused(private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> None:
    with pytest.raises(KeyUseError):
        keys.alg_of(private.public_key())  # type: ignore[arg-type]


def test_the_recordings_key_is_gone_after_closing() -> None:
    key = RecordingKey()
    signature = key.sign(b"data")
    keys.verify(keys.from_raw(key.raw), keys.EDDSA, b"data", signature)
    key.destroy()
    key.destroy()
    with pytest.raises(KeyUseError):
        key.sign(b"data")
    keys.verify(key.public, keys.EDDSA, b"data", signature)  # what it signed stays good
    assert RecordingKey().raw != key.raw


@pytest.mark.parametrize("raw", [b"", bytes(31), bytes(33)])
def test_recording_keys_that_are_none(raw: bytes) -> None:
    with pytest.raises(KeyUseError):
        keys.from_raw(raw)


def test_der_form_is_what_openssl_reads(tmp_path: Path) -> None:
    data = b"data"
    for place in range(20):  # with and without leading zeros in r and s
        signature = keys.to_der(P256.sign(data + bytes([place])))
        (tmp_path / "key").write_bytes(public_pem(P256.public))
        (tmp_path / "sig").write_bytes(signature)
        subprocess.run(
            ["openssl", "dgst", "-sha256", "-verify", "key", "-signature", "sig"],
            input=data + bytes([place]),
            cwd=tmp_path,
            check=True,
            capture_output=True,
        )
