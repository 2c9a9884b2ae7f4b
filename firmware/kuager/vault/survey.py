"""Finds out how a recording on the carrier stands, from its head and its tail only; reads, never writes.

`opened` says who may sign; the last 256 KiB yield the last linked records, and the newest good signature among them
is where the proven part ends, if there is another one before it: what was being written when power was cut holds one at
most, so such a run does not begin behind a hole. Only where the tail shows none is the whole journal followed from its
beginning.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from kuager.evidence import cbor, certificates, journal, keys
from kuager.evidence.cbor import MalformedError
from kuager.evidence.certificates import CertificateError
from kuager.evidence.journal import Record
from kuager.evidence.keys import BadSignature, KeyUseError, PublicKey
from kuager.evidence.records import Checkpoint, Died, Opened
from kuager.vault import layout
from kuager.vault.files import Entry, Files
from kuager.vault.summary import Summary

Ending = Literal["stillborn", "open", "closed", "died"]
_FIRST_LOOK = cbor.MAX_BYTES + 32 * 1024  # some dozens of records behind the first one that tail() may begin with
_BAD = (MalformedError, BadSignature, KeyUseError, CertificateError)


@dataclass
class Survey:
    """How a recording stands. `stillborn`: not even `opened` is whole, so nothing was ever acknowledged.

    `open`: neither closed nor died. `last` is the last proven record of the recording, in journal part `part`.
    """

    name: str
    ending: Ending
    sealed: bool
    journals: list[Entry]
    opened: Opened | None = None
    signer: PublicKey | None = None
    """The key under which `opened` was found good; whose it is the certificates in `opened` say."""
    first: Record | None = None
    last: Record | None = None
    part: int = 1
    proven: dict[str, int] = field(default_factory=dict)
    """Journal file -> bytes up to the end of its last proven record."""
    checkpoint: Record | None = None
    """The newest checkpoint, or `opened` where there is none yet."""

    @property
    def durable_us(self) -> int:
        """Newest moment of media that the last checkpoint covers; 0 where there is none, or it does not say."""
        try:
            body = self.checkpoint.typed() if self.checkpoint else None
        except MalformedError:
            return 0
        return body.durable_us if isinstance(body, Checkpoint) else 0

    @property
    def until_utc_us(self) -> int:
        """UTC of the last proven moment."""
        assert self.checkpoint is not None
        stamp = self.checkpoint.stamp
        return max(0, stamp.utc_us - max(0, stamp.boot_us - self.durable_us)) if self.durable_us else stamp.utc_us


def recordings(files: Files, unit: str | None = None) -> list[layout.RecordingName]:
    """All recordings on the carrier, of one unit if it is named, oldest number first."""
    found = [
        name for entry in files.entries() if entry.kind == "directory" and (name := layout.parse_recording(entry.name))
    ]
    return sorted((each for each in found if unit in (None, each.unit)), key=lambda each: (each.number, each.text))


def is_sealed(files: Files, name: str) -> bool:
    """Whether everything that sealing writes is there; False where the directory can't be read."""
    try:
        return {entry.name for entry in files.entries(name)} >= layout.SEALED
    except OSError:
        return False


def survey(files: Files, name: str) -> Survey:
    """How the recording in directory `name` stands; raises OSError from the carrier, never for what the bytes are."""
    entries = files.entries(name)
    journals = [entry for entry in entries if entry.kind == "file" and layout.journal_part(entry.name)]
    sealed = {entry.name for entry in entries} >= layout.SEALED
    found = Survey(name, "stillborn", sealed, sorted(journals, key=lambda entry: layout.journal_part(entry.name) or 0))
    head = files.read(f"{name}/{layout.journal(1)}", 0, cbor.MAX_BYTES) if _has(journals, layout.journal(1)) else b""
    try:
        record = journal.parse(head)
        opened = record.typed()
        if record.type != "opened" or record.seq != 0 or not isinstance(opened, Opened):
            return found
        unit_key = _certified(opened.certificates)
        record.verify(opened.id, unit_key)
        recording_key = keys.from_raw(opened.recording_key)
    except _BAD:
        return found
    found.opened, found.signer, found.first, found.ending = opened, unit_key, record, "open"
    _prove(files, found, record, opened, {"checkpoint": recording_key, "closed": unit_key})
    if found.ending == "open":
        _look_for_death(files, found, opened)
    return found


def _prove(files: Files, found: Survey, first: Record, opened: Opened, public: dict[str, PublicKey]) -> None:
    path = layout.journal(1)
    size = next(entry.size for entry in found.journals if entry.name == path)
    runs = tails(files, f"{found.name}/{path}", size)
    last = next((signed for run in runs if (signed := _newest_signed(run, opened, public))), None)
    if last is None and size > journal.TAIL_BYTES:
        last = _newest_signed(_followed(files, found.name, path, size), opened, public)
    found.last = last or first
    found.proven[path] = found.last.end
    found.ending = "closed" if found.last.type == "closed" else "open"
    if found.last.type != "closed":
        found.checkpoint = found.last


def tails(files: Files, path: str, size: int) -> Iterator[list[Record]]:
    """The linked records at the end of a journal of `size` bytes: from a short look at it, then from a longer one."""
    for window in (_FIRST_LOOK, journal.TAIL_BYTES):
        base = max(0, size - window)
        yield journal.tail(files.read(path, base, size - base), base)
        if base == 0:
            return


def _newest_signed(run: list[Record], opened: Opened, public: dict[str, PublicKey]) -> Record | None:
    """None where there is a single one, in a run that is not known to begin before what was last written."""
    newest: Record | None = None
    for record in reversed(run):
        if record.type in public and record.signature is not None:
            try:
                record.verify(opened.id, public[record.type])
            except _BAD:
                continue
            if newest is not None or run[0].offset == 0:
                return newest or record
            newest = record
    return None


def _followed(files: Files, name: str, path: str, size: int) -> list[Record]:
    """The signed records of a journal that is followed from its beginning."""
    signed = []
    try:
        for record in journal.iterate(Part(files, f"{name}/{path}", size)):
            if record.signature is not None:
                signed.append(record)
    except MalformedError:
        pass
    return signed


def _look_for_death(files: Files, found: Survey, opened: Opened) -> None:
    """A later journal that begins with a good `died` ends the recording; one that does not is a recovery cut short."""
    for entry in reversed(found.journals[1:]):
        try:
            record = journal.parse(files.read(f"{found.name}/{entry.name}", 0, cbor.MAX_BYTES))
            died = record.typed()
            if record.type != "died" or not isinstance(died, Died) or died.id != opened.id:
                continue
            record.verify(opened.id, _certified(died.certificates, opened.unit))
        except _BAD:
            continue
        found.ending, found.last, found.part = "died", record, layout.journal_part(entry.name) or 0
        found.proven[entry.name] = record.end
        return


def entomb(found: Survey, died: Record, journal_name: str) -> None:
    """`died` was written for this recording, into this file."""
    found.ending, found.last = "died", died
    found.part = layout.journal_part(journal_name) or 0
    found.proven[journal_name] = died.end
    found.journals.append(Entry(journal_name, "file", died.end))


def _certified(chain: list[bytes], unit: str | None = None) -> PublicKey:
    leaf = certificates.load_der(chain[:1])[0]
    if unit is not None and certificates.unit_name(leaf) != unit:
        raise CertificateError("malformed", "the certificate is another unit's")
    return certificates.unit_key(leaf)


def _has(entries: list[Entry], name: str) -> bool:
    return any(entry.name == name for entry in entries)


class Part:
    """The first `length` bytes of a file, read in pieces."""

    def __init__(self, files: Files, path: str, length: int) -> None:
        self._files, self._path, self._length, self._at = files, path, length, 0

    def skip(self, size: int) -> None:
        """Leave out the next bytes."""
        self._at += size

    def read(self, size: int, /) -> bytes:
        """At most so many bytes; none at the end."""
        data = self._files.read(self._path, self._at, max(0, min(size, self._length - self._at)))
        self._at += len(data)
        return data


def proven_records(files: Files, found: Survey) -> Iterator[Record]:
    """All proven records in order; raises MalformedError where the journal is damaged before its proven end."""
    first = layout.journal(1)
    seq, prev = 0, journal.NO_PREVIOUS
    for record in journal.iterate(Part(files, f"{found.name}/{first}", found.proven[first])):
        seq, prev = record.seq + 1, record.digest
        yield record
    if found.part > 1:
        path = layout.journal(found.part)
        yield from journal.iterate(Part(files, f"{found.name}/{path}", found.proven[path]), seq, prev)


def summarise(files: Files, found: Survey) -> Summary:
    """What the proven records of a recording say; raises MalformedError as proven_records, OSError from the carrier."""
    assert found.opened is not None
    assert found.first is not None
    summary = Summary(found.opened, found.first.stamp)
    for record in proven_records(files, found):
        try:
            body = record.typed()
        except MalformedError:
            continue  # the checker will say so; the rest of the recording still gets its manifest
        if body is not None and record.seq > 0:
            summary.add(body, record.stamp)
    return summary
