"""A development authority and the certificates that it issues: for the virtual board, training and tests. No I/O here.

Each certificate carries the critical DEVELOPMENT extension, so that software which does not know it refuses the chain,
and ours says 'development' in every verdict.
"""

from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from kuager.evidence.certificates import DEVELOPMENT, DEVELOPMENT_VALUE
from kuager.evidence.keys import KeyUseError, PublicKey, alg_of

_MARK = x509.UnrecognizedExtension(DEVELOPMENT, DEVELOPMENT_VALUE)


def make_development_authority(name: str, not_before: datetime, days: int = 3650) -> tuple[bytes, bytes]:
    """A new authority: its certificate and its private key, both PEM. `not_before` has a time zone."""
    key = Ed25519PrivateKey.generate()
    builder = _builder(name, name, not_before, days).public_key(key.public_key())
    certificate = (
        builder.add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
        .add_extension(_usage(key_cert_sign=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, None)
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return certificate.public_bytes(Encoding.PEM), pem


def issue_unit_certificate(
    authority: bytes, authority_key: bytes, unit: str, public: PublicKey, not_before: datetime, days: int = 1825
) -> bytes:
    """A unit's certificate, PEM, from the authority's certificate and key (PEM), its unit's name and public key.

    Raises ValueError for PEM that is none, or keys of another kind.
    """
    issuer = x509.load_pem_x509_certificate(authority)
    key = load_pem_private_key(authority_key, password=None)
    if not isinstance(key, Ed25519PrivateKey) or key.public_key() != issuer.public_key():
        raise KeyUseError("the authority's key does not belong to its certificate")
    alg_of(public)
    issuer_name = str(issuer.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)
    certificate = (
        _builder(unit, issuer_name, not_before, days)
        .public_key(public)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(key_cert_sign=False), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        .sign(key, None)
    )
    return certificate.public_bytes(Encoding.PEM)


def _builder(subject: str, issuer: str, not_before: datetime, days: int) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder(extensions=[x509.Extension(DEVELOPMENT, True, _MARK)])
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_before + timedelta(days=days))
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _usage(*, key_cert_sign: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not key_cert_sign,
        key_cert_sign=key_cert_sign,
        crl_sign=key_cert_sign,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
