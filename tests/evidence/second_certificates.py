"""The second checker's certificates: a chain to a trusted authority at a date. See second_checker.py."""

import datetime
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from second_forms import PublicKey

DEVELOPMENT = x509.ObjectIdentifier("2.25.12475802683283683841056117044170652652")
PLAIN = (x509.BasicConstraints, x509.KeyUsage, x509.ExtendedKeyUsage, x509.SubjectAlternativeName)
KNOWN = {DEVELOPMENT, *(extension.oid for extension in PLAIN)}
TROUBLE = (ValueError, TypeError, UnsupportedAlgorithm, x509.ExtensionNotFound, x509.DuplicateExtension)

Chain = list[x509.Certificate]


def load(ders: list[bytes]) -> Chain:
    """Certificates from DER, extensions parsed; none if one is malformed."""
    try:
        chain = [x509.load_der_x509_certificate(der) for der in ders]
        return chain if all(certificate.extensions for certificate in chain) else []
    except TROUBLE:
        return []


def from_pem(pem: bytes) -> Chain:
    """Certificates from PEM; none if one is malformed."""
    try:
        return x509.load_pem_x509_certificates(pem)
    except TROUBLE:
        return []


def key(chain: Chain) -> PublicKey | None:
    """The first one's public key, if it has one that can be used."""
    try:
        public: Any = chain[0].public_key() if chain else None
    except TROUBLE:
        return None
    return public if isinstance(public, PublicKey) else None


def names(certificate: x509.Certificate) -> list[str]:
    """Its common names."""
    return [str(each.value) for each in certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)]


def for_training(certificate: x509.Certificate) -> bool:
    """Whether it carries the development extension."""
    return any(extension.oid == DEVELOPMENT for extension in certificate.extensions)


def judge(chain: Chain, anchors: Chain, times: tuple[int, int] | None) -> tuple[str, bool]:
    """Why the chain does not lead to an authority, or nothing; and whether it was surely valid at the time.

    `times`: UTC us, from the earliest to the latest that it can have been; None if nothing is known.
    """
    try:
        refusal = refused(chain, anchors)
        dates = [(each.not_valid_before_utc, each.not_valid_after_utc) for each in chain]
    except TROUBLE as error:
        return f"a certificate can't be used: {error}", False
    begin, end = (microseconds(choose(side)) for choose, side in zip((max, min), zip(*dates, strict=True), strict=True))
    first, last = times or (begin, end)
    if not refusal and (first > end or last < begin or begin > end):
        refusal = "a certificate was not valid at the time of the recording"
    return refusal, times is not None and begin <= first and last <= end


def refused(chain: Chain, anchors: Chain) -> str:
    """Why the chain does not lead to an authority, dates aside; empty if it does."""
    for place, certificate in enumerate(chain):
        basic = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
        if basic.ca != (place > 0) or not (usage.key_cert_sign if place else usage.digital_signature):
            return "a certificate is not for this use"
        if place and basic.path_length is not None and basic.path_length < place - 1:
            return "the chain is too long for an authority in it"
        if any(extension.critical and extension.oid not in KNOWN for extension in certificate.extensions):
            return "a certificate has a critical extension that is not known"
        if place and not issued(chain[place - 1], certificate):
            return "a certificate is not issued by the next"
    if chain[-1] in anchors or any(issued(chain[-1], anchor) for anchor in anchors):
        return ""
    return "no trusted authority vouches for the unit"


def issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether one certificate was issued by another, with a digest that is sound."""
    try:
        certificate.verify_directly_issued_by(issuer)
        return not isinstance(certificate.signature_hash_algorithm, hashes.SHA1 | hashes.MD5)
    except (*TROUBLE, InvalidSignature):
        return False


def microseconds(date: datetime.datetime) -> int:
    """A date as microseconds since 1970."""
    return int(date.timestamp()) * 1_000_000
