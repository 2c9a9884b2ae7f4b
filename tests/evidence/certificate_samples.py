"""Certificates as an agency's own authority might make them: a root, one between, and a unit's."""

from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import NameOID
from evidence_samples import ED25519, NOT_BEFORE

AFTER = NOT_BEFORE + timedelta(days=400)


def make(
    subject: str,
    public: Any,
    issuer: str,
    key: Any,
    *,
    ca: bool = False,
    path_length: int | None = None,
    extra: tuple[x509.ExtensionType, bool] | None = None,
    usage: bool = True,
    since: datetime = NOT_BEFORE,
    until: datetime = AFTER,
) -> x509.Certificate:
    """One certificate; `extra` is a further extension, and whether it is critical."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(until)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=path_length if ca else None), critical=True)
    )
    if usage:
        flags = dict.fromkeys(
            (
                "content_commitment",
                "key_encipherment",
                "data_encipherment",
                "key_agreement",
                "encipher_only",
                "decipher_only",
            ),
            False,
        )
        builder = builder.add_extension(
            x509.KeyUsage(digital_signature=not ca, key_cert_sign=ca, crl_sign=ca, **flags), critical=True
        )
    if extra:
        builder = builder.add_extension(extra[0], critical=extra[1])
    return builder.sign(key, None if isinstance(key, Ed25519PrivateKey) else hashes.SHA256())


ROOT_KEY = ec.generate_private_key(ec.SECP384R1())
MIDDLE_KEY = Ed25519PrivateKey.generate()
ROOT = make("root", ROOT_KEY.public_key(), "root", ROOT_KEY, ca=True, path_length=1)
MIDDLE = make("middle", MIDDLE_KEY.public_key(), "root", ROOT_KEY, ca=True, path_length=0)
LEAF = make("KZ0417", ED25519.public, "middle", MIDDLE_KEY)
