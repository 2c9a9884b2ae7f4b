"""The unit's certificate chain: X.509, from the unit's own up to an authority that the checker trusts.

A chain is judged for the time of the recording, not for today (RFC 5280 section 6 otherwise): evidence outlives
certificates. Where the unit did not know the time, bounds are used, and the answer says that the date was not known.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtensionOID, NameOID

from kuager.evidence.keys import KeyUseError, PublicKey, alg_of

DEVELOPMENT: Final = x509.ObjectIdentifier("2.25.12475802683283683841056117044170652652")
"""Critical extension of development authorities and of all that they issue: what is signed so is no evidence."""
DEVELOPMENT_VALUE: Final = b"\x0c\x0bdevelopment"
"""Its value, a DER UTF8String."""
MAX_CHAIN: Final = 8

_KNOWN = {
    ExtensionOID.BASIC_CONSTRAINTS, ExtensionOID.KEY_USAGE, ExtensionOID.EXTENDED_KEY_USAGE,
    ExtensionOID.SUBJECT_ALTERNATIVE_NAME, DEVELOPMENT,
}  # fmt: skip
_WEAK = (hashes.MD5, hashes.SHA1)
_FIELDS = ("version", "serial_number", "subject", "issuer", "extensions", "not_valid_before_utc", "not_valid_after_utc")
_PARSING = (
    ValueError, TypeError, Warning, UnsupportedAlgorithm,
    x509.InvalidVersion, x509.DuplicateExtension, x509.UnsupportedGeneralNameType,
)  # fmt: skip


class CertificateError(ValueError):
    """A chain that does not prove the unit's key.

    reason: `malformed`, `broken` (a certificate did not issue the one before it, or may not), `untrusted` (leads to no
    given authority; `issuer` is the last one's), `date` (not valid at the recording's time).
    """

    def __init__(
        self, reason: Literal["malformed", "broken", "untrusted", "date"], detail: str, issuer: str = ""
    ) -> None:
        super().__init__(detail)
        self.reason, self.issuer = reason, issuer


@dataclass(frozen=True)
class When:
    """The time for which a chain is judged, UTC us: earliest to latest; None where that side has no bound."""

    earliest_us: int | None = None
    latest_us: int | None = None

    @classmethod
    def at(cls, utc_us: int, uncertainty_us: int = 0) -> "When":
        """A known moment, give or take its uncertainty."""
        return cls(utc_us - uncertainty_us, utc_us + uncertainty_us)


@dataclass(frozen=True)
class Proven:
    """What a good chain shows.

    `development`: a certificate in it, or the authority's, carries the development extension. `date_known`: every
    certificate was valid at all the times that the bounds allow; otherwise at some of them only.
    """

    public: PublicKey
    unit: str
    authority: str
    development: bool
    date_known: bool


def load_pem(pem: bytes) -> list[x509.Certificate]:
    """Certificates of a PEM file in its order; raises CertificateError (malformed)."""
    with _strictly("not certificates in PEM form"):
        return [_parsed(certificate) for certificate in x509.load_pem_x509_certificates(pem)]


def load_der(chain: list[bytes]) -> list[x509.Certificate]:
    """Certificates from `opened` or `died`, the unit's first; raises CertificateError (malformed)."""
    with _strictly("not a certificate"):
        return [_parsed(x509.load_der_x509_certificate(der)) for der in chain]


@contextmanager
def _strictly(what: str) -> Iterator[None]:
    """Turns the library's errors, and its warnings of forms that RFC 5280 forbids, into CertificateError."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            yield
    except _PARSING as error:
        raise CertificateError("malformed", f"{what}: {error}") from None


def _parsed(certificate: x509.Certificate) -> x509.Certificate:
    # The library parses each field when it is first asked for: ask now, so that later questions can't fail.
    for field in _FIELDS:
        getattr(certificate, field)
    # A signature is whole octets. The library also takes a bit string that leaves out bits which are zero: another
    # encoding of the same certificate, and there must be only one.
    if not certificate.public_bytes(Encoding.DER).endswith(b"\0" + certificate.signature):
        raise ValueError("its signature is no whole number of octets")
    return certificate


def to_der(chain: list[x509.Certificate]) -> list[bytes]:
    """The certificates as `opened` and `died` carry them."""
    return [certificate.public_bytes(Encoding.DER) for certificate in chain]


def to_pem(chain: list[bytes]) -> bytes:
    """unit.pem from the DER certificates of `opened` or `died`: the unit's first, no root."""
    return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in load_der(chain))


def unit_key(leaf: x509.Certificate) -> PublicKey:
    """The unit's public key; raises CertificateError (malformed) for kinds that the format does not use."""
    try:
        public = leaf.public_key()
        alg_of(public)  # type: ignore[arg-type]
    except (KeyUseError, ValueError, UnsupportedAlgorithm) as error:
        raise CertificateError("malformed", f"the unit's certificate: {error}") from None
    return public  # type: ignore[return-value]


def unit_name(leaf: x509.Certificate) -> str:
    """The unit's name: its certificate's common name; empty where it has none, or several."""
    names = leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if len(names) == 1 else ""


def is_development(certificate: x509.Certificate) -> bool:
    """Whether it carries the development extension, critical or not."""
    return any(extension.oid == DEVELOPMENT for extension in certificate.extensions)


def check_chain(chain: list[x509.Certificate], anchors: list[x509.Certificate], when: When) -> Proven:
    """Follow the chain from the unit's certificate to one of the trusted authorities; raises CertificateError.

    Anchors are trusted as they stand: their dates and extensions are not judged, but an anchor for development marks
    what it issued.
    """
    if not 1 <= len(chain) <= MAX_CHAIN:
        raise CertificateError("malformed", f"a chain has 1 to {MAX_CHAIN} certificates, not {len(chain)}")
    public = unit_key(chain[0])
    for place, certificate in enumerate(chain):
        _check_profile(certificate, place)
        if place + 1 < len(chain):
            _check_issued(certificate, chain[place + 1])
    anchor = _anchor_of(chain[-1], anchors)
    development = any(map(is_development, [*chain, anchor]))
    return Proven(
        public,
        unit_name(chain[0]),
        anchor.subject.rfc4514_string(),
        development,
        _check_dates(chain, when),
    )


def _check_profile(certificate: x509.Certificate, place: int) -> None:
    critical = {extension.oid for extension in certificate.extensions if extension.critical}
    if critical - _KNOWN:
        raise CertificateError("broken", "a certificate has a critical extension that is not known")
    try:
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        raise CertificateError("broken", "a certificate lacks basic constraints or key usage") from None
    if constraints.ca != (place > 0):
        raise CertificateError("broken", "the unit's certificate must be no authority's, all others must be")
    if not (usage.key_cert_sign if place else usage.digital_signature):
        raise CertificateError("broken", "a certificate's key usage does not allow what it is used for")
    if constraints.path_length is not None and place - 1 > constraints.path_length:
        raise CertificateError("broken", "the chain is longer than an authority in it allows")


def _check_issued(certificate: x509.Certificate, issuer: x509.Certificate) -> None:
    try:
        weak = isinstance(certificate.signature_hash_algorithm, _WEAK)
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        raise CertificateError("broken", "a certificate was not issued by the next one in the chain") from None
    if weak:
        raise CertificateError("broken", "a certificate is signed with a digest that is no longer sound")


def _anchor_of(last: x509.Certificate, anchors: list[x509.Certificate]) -> x509.Certificate:
    for anchor in anchors:
        if anchor == last:
            return anchor
        if anchor.subject == last.issuer:
            try:
                _check_issued(last, anchor)
            except CertificateError:
                continue
            return anchor
    issuer = last.issuer.rfc4514_string()
    raise CertificateError("untrusted", f"the chain leads to {issuer}, which is not a trusted authority", issuer)


def _check_dates(chain: list[x509.Certificate], when: When) -> bool:
    begin = max(_us(certificate.not_valid_before_utc) for certificate in chain)
    end = min(_us(certificate.not_valid_after_utc) for certificate in chain)
    earliest = when.earliest_us if when.earliest_us is not None else begin
    latest = when.latest_us if when.latest_us is not None else end
    if earliest > end or latest < begin or begin > end:
        raise CertificateError(
            "date", "the unit's certificate, or one above it, was not valid when the recording was made"
        )
    return None not in (when.earliest_us, when.latest_us) and begin <= earliest and latest <= end


def _us(moment: datetime) -> int:
    return int((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()) * 1_000_000
