"""What an attacker works with: keys and an authority of his own, another unit's key, journals linked and signed anew,
and the files for standard tools made to agree again.
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec.structs import replace

from kuager.evidence import cbor, certificates, cose, manifest
from kuager.evidence.authority import issue_unit_certificate, make_development_authority
from kuager.evidence.cose import Kind
from kuager.evidence.journal import MARKER, NO_PREVIOUS, Record, parse
from kuager.evidence.keys import Signer, SoftwareKey
from kuager.evidence.manifest import File, Manifest
from kuager.evidence.record import SIGNED, UNSIGNED
from kuager.evidence.rules_manifest import COMPANIONS
from kuager.vault.identity import AUTHORITY
from kuager_workshop.torture.attacks.anatomy import JOURNAL, SECOND
from kuager_workshop.torture.attacks.scene import Scene
from kuager_workshop.torture.simulated.moment import START_UTC_US

Sign = Callable[[Record], Signer | None]
"""Who signs a record anew; None: what stands there stays."""

_PEM = b"-----BEGIN CERTIFICATE-----"


@dataclass(frozen=True)
class Signatory:
    """A key, and the certificates that go with it (or that he says go with it)."""

    key: SoftwareKey
    chain: list[bytes]


def impostor(name: str) -> Signatory:
    """A unit of this name under an authority that has the true one's name and is the attacker's own."""
    since = datetime.fromtimestamp(START_UTC_US / 1e6, UTC) - timedelta(days=60)
    certificate, secret = make_development_authority(AUTHORITY, since)
    key = SoftwareKey.generate()
    pem = issue_unit_certificate(certificate, secret, name, key.public, since)
    return Signatory(key, certificates.to_der(certificates.load_pem(pem)))


def borrower(scene: Scene) -> Signatory:
    """A key of his own with the true unit's certificates."""
    return Signatory(SoftwareKey.generate(), true_chain(scene))


def insider(scene: Scene) -> Signatory:
    """Another unit of the same authority, with all its rights."""
    bundle = scene.master.others_key
    at = bundle.find(_PEM)
    return Signatory(SoftwareKey.from_pem(bundle[:at]), certificates.to_der(certificates.load_pem(bundle[at:])))


def true_chain(scene: Scene) -> list[bytes]:
    """The certificates in `opened`."""
    chain: list[bytes] = scene.anatomy.records[0].body["certificates"]
    return chain


def linked(
    records: Iterable[Record],
    sign: Sign = lambda _: None,
    identity: bytes = b"",
    seq: int = 0,
    prev: bytes = NO_PREVIOUS,
    kind: Kind | None = None,
) -> list[Record]:
    """The records numbered and linked anew, whatever they now say; signed anew by whom `sign` names."""
    made: list[Record] = []
    offset = 0
    for number, record in enumerate(records, seq):
        encoded = _encoded(replace(record, seq=number, prev=prev), sign(record), identity, kind)
        made.append(replace(parse(encoded), offset=offset))
        prev, offset = made[-1].digest, made[-1].end
    return made


def raw(records: Iterable[Record]) -> bytes:
    """A journal of these records."""
    return b"".join(record.raw for record in records)


def _encoded(record: Record, signer: Signer | None, identity: bytes, kind: Kind | None) -> bytes:
    stamp = record.stamp
    fields = [
        record.seq, record.prev, [stamp.boot_us, stamp.utc_us, stamp.state, stamp.uncertainty_us], record.type,
        record.body,
    ]  # fmt: skip
    payload, signature = cbor.encode(fields), record.signature
    if signer:
        signature = cose.sign1(kind or record.type, identity, payload, signer, detached=True)  # type: ignore[arg-type]
    if signature is None:
        return MARKER + payload
    return MARKER + SIGNED + payload[len(UNSIGNED) :] + cbor.encode(signature)


def sum_up(path: Path) -> None:
    """SHA256SUMS as it would be with the files as they are."""
    (path / "SHA256SUMS").write_text(manifest.sums_text(_files(path, read_manifest(path))))


def read_manifest(path: Path) -> Manifest:
    """What manifest.cbor says."""
    return manifest.read((path / "manifest.cbor").read_bytes())


def sign_manifest(path: Path, said: Manifest, signer: Signer) -> None:
    """The manifest of the files as they are, and all that follows from it."""
    files = _files(path, said)
    sums = manifest.sums_text(files)
    signed = manifest.sign(replace(said, files=files, sums=manifest.sums_digest(sums)), signer)
    for name, data in zip(COMPANIONS, (signed.cbor, signed.tbs, signed.sig, sums.encode()), strict=False):
        (path / name).write_bytes(data)


def after_journal(said: Manifest, records: list[Record]) -> Manifest:
    """A manifest that agrees with these records of the first journal, as far as that is easy to have."""
    return replace(said, head=records[-1].digest, records=len(records), opened=records[0].stamp)


def _files(path: Path, said: Manifest) -> list[File]:
    """Those that are listed and there; what was proven stays so, as far as there are bytes for it."""
    files = []
    for file in said.files:
        if (path / file.name).is_file():
            data = (path / file.name).read_bytes()
            whole = file.name in (JOURNAL, SECOND, "unit.pem") and file.proven == file.bytes
            proven = len(data) if whole else min(file.proven, len(data))
            digest = hashlib.sha256(data).digest()
            files.append(replace(file, bytes=len(data), proven=proven, sha256=digest))
    return files


def pem(chain: list[bytes]) -> bytes:
    """unit.pem of these certificates."""
    return certificates.to_pem(chain)
