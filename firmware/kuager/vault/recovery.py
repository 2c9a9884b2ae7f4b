"""Brings recordings that were neither closed nor died into order: a further journal whose first record is `died`.

Nothing is cut off and no journal that this vault did not open is appended to. It happens before any new recording is
opened, so that the head which the next one names always exists; it reads tails only and takes milliseconds.
"""

import contextlib
import hashlib
from dataclasses import dataclass

from kuager.evidence.journal import JournalWriter, parse
from kuager.evidence.records import VERSION, Cause, Died, Stamp, TornFile
from kuager.vault import layout
from kuager.vault.files import Files, append
from kuager.vault.identity import Identity
from kuager.vault.survey import Part, Survey, entomb

_PIECE = 1 << 20


def settle(files: Files, found: Survey) -> None:
    """Make all that is in the recording durable, its names too; raises OSError from the carrier.

    What a vault wrote that then died is read from the kernel's memory, and may not be on the carrier: were it lost
    after we had signed for it, nothing would fit any more. What can't be opened is immutable, and so was synced before.
    """
    for entry in files.entries(found.name):
        if entry.kind != "file" or not (layout.journal_part(entry.name) or layout.is_media(entry.name)):
            continue
        with contextlib.suppress(PermissionError):
            handle = files.reopen(f"{found.name}/{entry.name}")
            try:
                files.sync(handle)
            finally:
                files.close(handle)
    files.sync_directory(found.name)
    files.sync_directory()


@dataclass(frozen=True)
class Death:
    """A recording that was found dead now: what `continues` and the unit's own journal say of it."""

    found: Survey
    cause: Cause
    head: bytes
    until_utc_us: int


def cause_of(found: Survey, boot: bytes, carrier_lost: bool) -> Cause:
    """Another boot: power was lost. The same boot: the carrier if this very vault lost it, else the vault itself
    died.
    """
    assert found.opened is not None
    if found.opened.boot != boot:
        return "power"
    return "carrier" if carrier_lost else "software"


def bury(files: Files, found: Survey, cause: Cause, identity: Identity, boot: bytes, now: Stamp) -> Death:
    """Write `died` for an open recording; raises OSError from the carrier, and then it is tried again another time."""
    assert found.opened is not None
    assert found.last is not None
    assert found.checkpoint is not None
    died = Died(
        version=VERSION,
        id=found.opened.id,
        boot=boot,
        cause=cause,
        last=found.checkpoint.stamp,
        durable_us=found.durable_us,
        journals=[_torn(files, found, entry.name, entry.size) for entry in found.journals],
        certificates=identity.chain,
    )
    writer = JournalWriter(found.opened.id, found.last.seq + 1, found.last.digest)
    raw = writer.append("died", died, now, identity.signer)
    part = 1 + max(layout.journal_part(entry.name) or 0 for entry in found.journals)
    path = f"{found.name}/{layout.journal(part)}"
    handle = files.create(path)
    try:
        files.protect(path, "append-only")
        append(files, handle, raw)
        files.sync(handle)
    finally:
        files.close(handle)
    files.sync_directory(found.name)
    entomb(found, parse(raw), layout.journal(part))
    return Death(found, cause, writer.head, found.until_utc_us)


def _torn(files: Files, found: Survey, name: str, size: int) -> TornFile:
    proven = found.proven.get(name, 0)
    digest = hashlib.sha256()
    tail = Part(files, f"{found.name}/{name}", size)
    tail.skip(proven)
    while piece := tail.read(_PIECE):
        digest.update(piece)
    return TornFile(file=name, length=size, proven=proven, tail_sha256=digest.digest())
