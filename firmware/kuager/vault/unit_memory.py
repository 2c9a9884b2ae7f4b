"""What a unit's own journal remembers: the last number given, and the last recording with its head. Reads, never
writes.

The same reading serves the journal in the unit's state and its copies on carriers, from which a unit whose state was
lost learns its number again.
"""

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass

from kuager.evidence import cbor, certificates, journal
from kuager.evidence.cbor import MalformedError
from kuager.evidence.certificates import CertificateError
from kuager.evidence.journal import Record
from kuager.evidence.keys import BadSignature, KeyUseError, PublicKey
from kuager.evidence.records import Previous
from kuager.evidence.unit import UNIT_BODIES, RecordingEnded, RecordingOpened, UnitBegun
from kuager.vault import layout
from kuager.vault.files import Files
from kuager.vault.survey import Part, tails

MAX_NUMBER = 999_999
"""A number above this on a carrier is not believed: it would use up the counter."""

_FOLLOWED = 1 << 24  # bytes, years of records: what anybody has put on a carrier holds nobody up for long
_BAD = (MalformedError, BadSignature, KeyUseError, CertificateError)


@dataclass
class JournalPart:
    """One file of the unit's journal: how much of it, from the first byte, good signatures prove."""

    name: str
    number: int
    size: int
    begun: UnitBegun | None = None
    public: PublicKey | None = None
    last: Record | None = None
    """The last proven record; None where nothing is."""

    @property
    def proven(self) -> int:
        """Bytes."""
        return self.last.end if self.last else 0

    @property
    def torn(self) -> bool:
        """Whether anything stands behind the proven part."""
        return self.proven < self.size


@dataclass
class Memory:
    """The highest recording number, and that recording as its successor's `opened` will name it."""

    number: int = 0
    last: Previous | None = None

    def take(self, records: Iterable[Record]) -> bool:
        """Learn from records in order; whether a recording was among them."""
        found = False
        for record in records:
            try:
                body = record.typed(UNIT_BODIES)
            except MalformedError:
                continue
            if isinstance(body, RecordingOpened | RecordingEnded):
                self.learn(Previous(number=body.number, id=body.id, head=body.head))
                found = True
        return found

    def learn(self, previous: Previous) -> None:
        """A recording's newest known head."""
        if self.number <= previous.number:
            self.number, self.last = previous.number, previous


def parts(files: Files, directory: str, unit: str) -> list[JournalPart]:
    """All files of a unit's journal in a directory, in order; none where the directory is missing."""
    try:
        entries = files.entries(directory)
    except FileNotFoundError:
        return []
    found = [
        _part(files, directory, JournalPart(entry.name, number, entry.size), unit)
        for entry in entries
        if entry.kind == "file" and (number := layout.unit_journal_part(entry.name))
    ]
    return sorted(found, key=lambda each: (each.number, each.name))


def _part(files: Files, directory: str, part: JournalPart, unit: str) -> JournalPart:
    path = f"{directory}/{part.name}"
    try:
        first = journal.parse(files.read(path, 0, cbor.MAX_BYTES))
        begun = first.typed(UNIT_BODIES)
        if not isinstance(begun, UnitBegun):
            return part
        leaf = certificates.load_der(begun.certificates[:1])[0]
        public = certificates.unit_key(leaf)
        if certificates.unit_name(leaf) != unit:
            return part
        first.verify(begun.id, public, "unit")
    except _BAD:
        return part
    part.begun, part.public = begun, public
    part.last = next((record for run in tails(files, path, part.size) if (record := _signed(run, part))), None)
    if part.last is None:
        part.last = _followed(files, path, part, first) if part.size > journal.TAIL_BYTES else first
    return part


def _followed(files: Files, path: str, part: JournalPart, first: Record) -> Record:
    """The last proven record of a file that is followed from its beginning: its whole tail is a hole."""
    last = first
    with contextlib.suppress(MalformedError):
        for record in journal.iterate(Part(files, path, min(part.size, _FOLLOWED)), first.seq, first.prev):
            last = _signed([record], part) or last
    return last


def _signed(run: list[Record], part: JournalPart) -> Record | None:
    for record in reversed(run):
        try:
            if part.begun and part.public:
                record.verify(part.begun.id, part.public, "unit")
                return record
        except _BAD:
            continue
    return None


def remember(files: Files, directory: str, found: list[JournalPart]) -> Memory:
    """What these files remember: from the tail of the newest that tells of a recording, else from all of them."""
    memory = Memory()
    for part in reversed(found):
        runs = tails(files, f"{directory}/{part.name}", part.proven) if part.last else iter(())
        if any(memory.take(run) for run in runs):
            return memory
    for part in found:
        if part.last is None:
            continue
        path = f"{directory}/{part.name}"
        first = journal.parse(files.read(path, 0, cbor.MAX_BYTES))
        with contextlib.suppress(MalformedError):  # damaged before its proven end: what stood before was learnt
            memory.take(journal.iterate(Part(files, path, part.proven), first.seq, first.prev))
    return memory
