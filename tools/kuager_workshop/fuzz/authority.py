"""The fixed keys of the fuzzer's own unit: a kept input means the same in every run. Its certificates are made anew."""

import hashlib
from datetime import UTC, datetime
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kuager.evidence import certificates
from kuager.evidence.authority import issue_unit_certificate, make_development_authority
from kuager.evidence.keys import SoftwareKey

UNIT = "KZ0417"
ID = bytes(range(16))
"""Of the recording that the fuzzer signs."""
_BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
UTC_US = int(datetime(2026, 11, 22, 5, 15, tzinfo=UTC).timestamp()) * 1_000_000
"""A moment at which its certificates are valid."""


def _key(role: str) -> SoftwareKey:
    return SoftwareKey(Ed25519PrivateKey.from_private_bytes(hashlib.sha256(f"kuager fuzz {role}".encode()).digest()))


KEY, RECORDING_KEY = _key("unit"), _key("recording")


@cache
def _made() -> tuple[bytes, bytes]:
    anchor, secret = make_development_authority("Fuzz Authority", _BEGIN)
    return anchor, issue_unit_certificate(anchor, secret, UNIT, KEY.public, _BEGIN)


def anchor() -> bytes:
    """The authority's certificate, PEM."""
    return _made()[0]


@cache
def anchors() -> tuple[x509.Certificate, ...]:
    """The same as a checker trusts it."""
    return tuple(certificates.load_pem(anchor()))


def unit_pem() -> bytes:
    """The unit's certificate, PEM."""
    return _made()[1]


@cache
def chain() -> list[bytes]:
    """The same as `opened` carries it."""
    return certificates.to_der(certificates.load_pem(unit_pem()))
