"""Who the unit is: its signing key and certificate chain, kept with the unit's state.

On the virtual board both are made at the first run, with a development authority whose certificates say what they
are. Each lies in one file, key before certificate, so that no power cut can part them.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509

from kuager.errors import UsageError
from kuager.evidence import certificates
from kuager.evidence.authority import issue_unit_certificate, make_development_authority
from kuager.evidence.keys import KeyUseError, Signer, SoftwareKey
from kuager.vault.files import Files

AUTHORITY = "Kuager development authority"
_BUNDLE, _PUBLIC = "authority/ca-key.pem", "authority/ca.pem"
_CERTIFICATE = b"-----BEGIN CERTIFICATE-----"
_EARLIEST = datetime(2025, 1, 1, tzinfo=UTC)
_AGO = timedelta(days=30)  # a clock set back by less than this still makes recordings within the certificate's dates


@dataclass(frozen=True)
class Identity:
    """The unit's name, what signs for it, and its certificates in DER, the unit's own first, without the root."""

    unit: str
    signer: Signer
    chain: list[bytes]


def load_or_make(state: Files, unit: str, now: datetime) -> Identity:
    """The unit's identity from its state directory; made there, by a development authority, where there is none.

    Raises UsageError where what lies there is no key with its certificate for this unit; OSError from the disk.
    """
    path = f"keys/{unit}.pem"
    if not _exists(state, path):
        _make(state, unit, path, now)
    bundle = state.read(path, 0, 1 << 16)
    key, chain = bundle[: bundle.find(_CERTIFICATE)], bundle[bundle.find(_CERTIFICATE) :]
    try:
        signer = SoftwareKey.from_pem(key)
        loaded = certificates.load_pem(chain)
        if certificates.unit_key(loaded[0]) != signer.public or certificates.unit_name(loaded[0]) != unit:
            raise KeyUseError("the certificate is another key's or another unit's")
    except (KeyUseError, certificates.CertificateError) as error:
        raise UsageError(f"{path} in the unit's state does not hold its key and certificate: {error}") from None
    return Identity(unit, signer, certificates.to_der(loaded))


def _make(state: Files, unit: str, path: str, now: datetime) -> None:
    since = max(now, _EARLIEST + _AGO) - _AGO
    if not _exists(state, _BUNDLE):
        _directory(state, "authority")
        certificate, key = make_development_authority(AUTHORITY, since)
        state.put(_BUNDLE, key + certificate, 0o600)
    bundle = state.read(_BUNDLE, 0, 1 << 16)
    key, certificate = bundle[: bundle.find(_CERTIFICATE)], bundle[bundle.find(_CERTIFICATE) :]
    if not _exists(state, _PUBLIC):
        state.put(_PUBLIC, certificate)
    since = max(since, x509.load_pem_x509_certificate(certificate).not_valid_before_utc)
    mine = SoftwareKey.generate()
    _directory(state, "keys")
    state.put(path, mine.pem() + issue_unit_certificate(certificate, key, unit, mine.public, since), 0o600)


def _directory(state: Files, name: str) -> None:
    if not _exists(state, name):
        state.mkdir(name, 0o700)
        state.sync_directory()


def _exists(state: Files, path: str) -> bool:
    directory, _, name = path.rpartition("/")
    try:
        return any(entry.name == name for entry in state.entries(directory))
    except FileNotFoundError:
        return False
