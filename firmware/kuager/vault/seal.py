"""Seals a recording that has ended: attributes, SHA256SUMS, unit.pem and the signed manifest, each a whole object.

It may be cut short at any point and begun again: what is there already must be the same, and manifest.cbor is written
before the two files that follow from it, so it is signed once. Runs in the background; a new recording never waits
for it.
"""

import errno
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from kuager.errors import CarrierError
from kuager.evidence import certificates, cose, keys, manifest
from kuager.evidence.cbor import MalformedError
from kuager.evidence.keys import BadSignature
from kuager.evidence.manifest import File
from kuager.sealer import Level
from kuager.vault import layout
from kuager.vault.files import Files
from kuager.vault.finished import Finished
from kuager.vault.identity import Identity
from kuager.vault.journal_file import Written
from kuager.vault.survey import Survey, summarise

_PIECE = 1 << 20


@dataclass(frozen=True)
class SealedRecording:
    """A recording whose manifest is on the carrier; `protections` are the attributes in force when all was done."""

    name: str
    number: int
    id: bytes
    sha256: bytes
    files: int
    bytes: int
    protections: list[str]


def seal(files: Files, finished: Finished, identity: Identity) -> SealedRecording:
    """Write and sign all that stands beside media and journals. Raises OSError; CarrierError where other bytes are
    there.
    """
    name = finished.name
    written: dict[str, Written] = dict(finished.files)
    chain = certificates.to_pem(identity.chain)
    _put(files, f"{name}/{layout.CHAIN}", chain)
    written[layout.CHAIN] = Written(len(chain), hashlib.sha256(chain).digest())
    immutable = _protect_all(files, name, written, "immutable")
    listed = [_file(each, *written[each], finished.summary.proven) for each in written]
    if _has(files, name, layout.MANIFEST):
        signed = _signed_before(files, name, finished.summary.opened.id, identity)
    else:
        _put(files, f"{name}/{layout.SUMS}", manifest.sums_text(listed).encode())
        in_force = _names(finished.append_only, immutable)
        content = finished.summary.manifest(listed, in_force, finished.head, finished.records)
        signed = manifest.sign(content, identity.signer)
        _put(files, f"{name}/{layout.MANIFEST}", signed.cbor)
    _put(files, f"{name}/{layout.MANIFEST_TBS}", signed.tbs)
    _put(files, f"{name}/{layout.MANIFEST_SIGNATURE}", signed.sig)
    beside = (layout.SUMS, layout.MANIFEST, layout.MANIFEST_TBS, layout.MANIFEST_SIGNATURE)
    immutable &= _protect_all(files, name, dict.fromkeys(beside), "immutable")
    immutable &= files.protect(name, "immutable")
    return SealedRecording(
        name=name,
        number=finished.summary.opened.number,
        id=finished.summary.opened.id,
        sha256=hashlib.sha256(signed.cbor).digest(),
        files=len(listed),
        bytes=sum(file.bytes for file in listed),
        protections=_names(finished.append_only, immutable),
    )


def seal_dead(
    files: Files, found: Survey, identity: Identity, stopped: Callable[[], bool] = lambda: False
) -> SealedRecording | None:
    """Read and digest the files of a recording that died, or was closed and not yet sealed, and seal it.

    None when `stopped` said so meanwhile. Raises OSError, MalformedError where the journal is damaged before its
    proven end.
    """
    assert found.last is not None
    summary = summarise(files, found)
    written: dict[str, Written] = {}
    for entry in files.entries(found.name):
        if entry.kind == "file" and layout.format_of(entry.name) and entry.name != layout.CHAIN:
            digest = _digest(files, f"{found.name}/{entry.name}", stopped)
            if digest is None:
                return None
            written[entry.name] = digest
    append_only = _protect_all(files, found.name, written, "append-only") and files.protect(found.name, "append-only")
    for journal in found.journals:
        summary.proven[journal.name] = found.proven.get(journal.name, 0)
    finished = Finished(found.name, summary, written, found.last.digest, found.last.seq + 1, append_only)
    return seal(files, finished, identity)


def _digest(files: Files, path: str, stopped: Callable[[], bool]) -> Written | None:
    digest, length = hashlib.sha256(), 0
    while piece := files.read(path, length, _PIECE):
        if stopped():
            return None
        digest.update(piece)
        length += len(piece)
    return Written(length, digest.digest())


def _file(name: str, length: int, sha256: bytes, proven: Mapping[str, int]) -> File:
    # The chain and the journal of a closed recording are covered as a whole by signatures of their own.
    whole = name == layout.CHAIN or (layout.journal_part(name) is not None and name not in proven)
    form = layout.format_of(name)
    assert form is not None
    return File(name=name, format=form, bytes=length, proven=length if whole else proven.get(name, 0), sha256=sha256)


def _signed_before(files: Files, name: str, recording_id: bytes, identity: Identity) -> manifest.Signed:
    """What an earlier sealing, cut short, had signed already.

    Its signature is looked at before anything else: four megabytes of what anybody wrote would unfold to hundreds.
    """
    data = files.read(f"{name}/{layout.MANIFEST}", 0, manifest.MAX_BYTES + 1)
    try:
        content = manifest.verify(data, recording_id, identity.signer.public)
        alg, payload, signature = cose.parse(data, manifest.MAX_BYTES)
    except (MalformedError, BadSignature) as error:
        raise CarrierError(errno.EIO, f"{name}/{layout.MANIFEST} is damaged: {error}") from None
    assert payload is not None
    sig = keys.to_der(signature) if alg == keys.ES256 else signature
    return manifest.Signed(data, cose.tbs("manifest", content.id, payload, alg), sig)


def _put(files: Files, path: str, data: bytes) -> None:
    try:
        files.put(path, data)
    except FileExistsError:
        if files.read(path, 0, len(data) + 1) != data:
            raise CarrierError(errno.EEXIST, f"{path}: other bytes are there already; nothing is overwritten") from None


def _protect_all(files: Files, name: str, each: Mapping[str, object], level: Level) -> bool:
    # Every file gets what can be had, also where an earlier one could not.
    return min([files.protect(f"{name}/{file}", level) for file in each])


def _has(files: Files, directory: str, name: str) -> bool:
    return any(entry.name == name for entry in files.entries(directory))


def _names(append_only: bool, immutable: bool) -> list[str]:
    return [name for name, there in (("append-only", append_only), ("immutable", immutable)) if there]
