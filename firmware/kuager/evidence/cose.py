"""COSE_Sign1 (RFC 9052 section 4.2): the only form of signature in the evidence.

The protected header is exactly {1: alg}, the unprotected one is empty, the signature is 64 bytes: Ed25519 (alg -8, RFC
9053 section 2.2) or r and s of ECDSA P-256 with SHA-256 (alg -7, section 2.1). What is signed is bound to what it is
for: the external_aad is ["kuager/<kind>/1", recording id], so a signature can't be moved to another recording or
another role.
"""

from functools import cache, lru_cache
from typing import Final, Literal

from kuager.evidence import cbor, keys
from kuager.evidence.cbor import MalformedError
from kuager.evidence.keys import BadSignature, PublicKey, Signer

Kind = Literal["opened", "checkpoint", "died", "closed", "manifest", "unit"]
JOURNAL_KINDS: Final = frozenset({"opened", "checkpoint", "died", "closed"})
"""Kinds that are also the types of the records that they sign."""

_TAG = b"\xd2"  # tag 18, COSE_Sign1
_SIGNATURE_BYTES = 64

__all__ = ["JOURNAL_KINDS", "BadSignature", "Kind", "MalformedError", "parse", "sign1", "tbs", "verify1"]


def tbs(kind: Kind, recording_id: bytes, payload: bytes, alg: int) -> bytes:
    """The Sig_structure (RFC 9052 section 4.4): exactly the bytes that are signed."""
    return cbor.encode(["Signature1", _protected(alg), _aad(kind, recording_id), payload])


@lru_cache(maxsize=16)  # a recording's journal asks for the same two or three thousands of times
def _aad(kind: Kind, recording_id: bytes) -> bytes:
    return cbor.encode([f"kuager/{kind}/1", recording_id])


@cache
def _protected(alg: int) -> bytes:
    return cbor.encode({1: alg})


def sign1(kind: Kind, recording_id: bytes, payload: bytes, signer: Signer, *, detached: bool) -> bytes:
    """A tagged COSE_Sign1 over the payload; a detached one holds null in its place."""
    signature = signer.sign(tbs(kind, recording_id, payload, signer.alg))
    return _TAG + cbor.encode([_protected(signer.alg), {}, None if detached else payload, signature])


def parse(data: bytes, max_bytes: int = cbor.MAX_BYTES) -> tuple[int, bytes | None, bytes]:
    """Algorithm, payload (None: detached) and signature of a COSE_Sign1; raises MalformedError for any other form."""
    if not data.startswith(_TAG):
        raise MalformedError("not a COSE_Sign1: its tag is missing")
    parts = cbor.decode(data[1:], max_bytes)
    match parts:
        case [bytes() as protected, dict() as unprotected, (bytes() | None) as payload, bytes() as signature]:
            pass
        case _:
            raise MalformedError("not a COSE_Sign1: four parts are needed")
    if unprotected:
        raise MalformedError("the unprotected header must be empty")
    if len(signature) != _SIGNATURE_BYTES:
        raise MalformedError(f"a signature has {_SIGNATURE_BYTES} bytes, not {len(signature)}")
    header = cbor.decode(protected, max_bytes=16)
    if header not in ({1: keys.EDDSA}, {1: keys.ES256}):
        raise MalformedError("the protected header must be exactly {1: -8} or {1: -7}")
    return header[1], payload, signature


def verify1(
    kind: Kind,
    recording_id: bytes,
    data: bytes,
    public: PublicKey,
    payload: bytes | None = None,
    max_bytes: int = cbor.MAX_BYTES,
) -> bytes:
    """The payload, once its signature is found good. Give `payload` for a detached one, and only then.

    Raises MalformedError where the bytes are no COSE_Sign1 of ours, BadSignature where the signature does not fit the
    payload, the key, the kind or the recording.
    """
    alg, attached, signature = parse(data, max_bytes)
    if (attached is None) == (payload is None):
        raise MalformedError("the payload must be either attached or detached, as this place asks")
    content = attached if payload is None else payload
    assert content is not None
    keys.verify(public, alg, tbs(kind, recording_id, content, alg), signature)
    return content
