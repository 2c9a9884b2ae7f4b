"""Signing keys: the unit's (Ed25519 or ECDSA P-256), and the recording's, which lives in memory only.

A signature here is always 64 bytes: Ed25519's own, or r and s of ECDSA, 32 bytes each, big-endian (RFC 9053 section
2.1).
"""

from typing import Final, Protocol

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

EDDSA: Final = -8
ES256: Final = -7

PublicKey = Ed25519PublicKey | ec.EllipticCurvePublicKey
PrivateKey = Ed25519PrivateKey | ec.EllipticCurvePrivateKey

_HALF = 32
_ECDSA = ec.ECDSA(hashes.SHA256())


class BadSignature(ValueError):  # noqa: N818 - the word of the field
    """A signature that does not fit what it stands under."""


class KeyUseError(ValueError):
    """A key of a kind that the format does not use, or one already destroyed."""


class Signer(Protocol):
    """Something that signs: a key in software, in a TPM, or the recording's own."""

    @property
    def alg(self) -> int:
        """COSE algorithm: EDDSA or ES256."""
        ...

    @property
    def public(self) -> PublicKey:
        """The public half."""
        ...

    def sign(self, data: bytes) -> bytes:
        """64 bytes over these data."""
        ...


def alg_of(public: PublicKey) -> int:
    """The COSE algorithm that goes with a public key; raises KeyUseError for other kinds."""
    if isinstance(public, Ed25519PublicKey):
        return EDDSA
    if isinstance(public, ec.EllipticCurvePublicKey) and isinstance(public.curve, ec.SECP256R1):
        return ES256
    raise KeyUseError("only Ed25519 and ECDSA P-256 keys are used")


def verify(public: PublicKey, alg: int, data: bytes, signature: bytes) -> None:
    """Check 64 bytes of signature; raises BadSignature where they or the algorithm do not fit the key and the data."""
    if alg != alg_of(public) or len(signature) != 2 * _HALF:
        raise BadSignature("the signature's algorithm is not the key's")
    try:
        if isinstance(public, Ed25519PublicKey):
            public.verify(signature, data)
        else:
            public.verify(to_der(signature), data, _ECDSA)
    except InvalidSignature:
        raise BadSignature("the signature does not fit") from None


def to_der(signature: bytes) -> bytes:
    """An ECDSA signature in the form openssl reads: r and s as a DER sequence."""
    return encode_dss_signature(int.from_bytes(signature[:_HALF], "big"), int.from_bytes(signature[_HALF:], "big"))


def from_raw(raw: bytes) -> Ed25519PublicKey:
    """The recording's public key from the 32 bytes in `opened`; raises KeyUseError."""
    try:
        return Ed25519PublicKey.from_public_bytes(raw)
    except ValueError as error:
        raise KeyUseError(str(error)) from None


class SoftwareKey:
    """The unit's key where there is no TPM: Ed25519 or ECDSA P-256."""

    def __init__(self, private: PrivateKey) -> None:
        self._private = private
        self._alg = alg_of(private.public_key())

    @classmethod
    def generate(cls, alg: int = EDDSA) -> "SoftwareKey":
        """A fresh key."""
        return cls(Ed25519PrivateKey.generate() if alg == EDDSA else ec.generate_private_key(ec.SECP256R1()))

    @classmethod
    def from_pem(cls, pem: bytes) -> "SoftwareKey":
        """From PKCS #8 PEM without a password; raises KeyUseError."""
        try:
            private = serialization.load_pem_private_key(pem, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise KeyUseError(f"not a private key in PEM form: {error}") from None
        if not isinstance(private, Ed25519PrivateKey | ec.EllipticCurvePrivateKey):
            raise KeyUseError("only Ed25519 and ECDSA P-256 keys are used")
        return cls(private)

    def pem(self) -> bytes:
        """PKCS #8 PEM without a password: for a file that only its owner may read."""
        return self._private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    @property
    def alg(self) -> int:
        """COSE algorithm."""
        return self._alg

    @property
    def public(self) -> PublicKey:
        """The public half."""
        return self._private.public_key()

    def sign(self, data: bytes) -> bytes:
        """64 bytes over these data."""
        if isinstance(self._private, Ed25519PrivateKey):
            return self._private.sign(data)
        r, s = decode_dss_signature(self._private.sign(data, _ECDSA))
        return r.to_bytes(_HALF, "big") + s.to_bytes(_HALF, "big")


class RecordingKey:
    """One recording's Ed25519 key: made at opening, never written anywhere, destroyed at closing.

    After that nobody, the unit included, can sign another checkpoint of that recording. (libcrypto overwrites the key's
    memory when its last holder lets go of it.)
    """

    alg: Final = EDDSA

    def __init__(self) -> None:
        self._private: Ed25519PrivateKey | None = Ed25519PrivateKey.generate()
        self._public = self._private.public_key()

    @property
    def public(self) -> Ed25519PublicKey:
        """The public half."""
        return self._public

    @property
    def raw(self) -> bytes:
        """The public half's 32 bytes, as `opened` names it."""
        return self._public.public_bytes_raw()

    def sign(self, data: bytes) -> bytes:
        """64 bytes over these data; raises KeyUseError after destroy()."""
        if self._private is None:
            raise KeyUseError("the recording's key was destroyed when the recording was closed")
        return self._private.sign(data)

    def destroy(self) -> None:
        """Let go of the private half for good."""
        self._private = None
