"""The unit's own journal in its state directory, and its copies on carriers.

It never stands in a recording's way: where the state directory fails, records wait in memory, bounded, and a further
file is begun when it works again.
"""

import hashlib
import logging
import os
from collections import deque

from kuager.errors import InputError
from kuager.evidence.cbor import MalformedError
from kuager.evidence.journal import NO_PREVIOUS, JournalWriter
from kuager.evidence.records import VERSION, Body, Device, Previous, Stamp, TornFile
from kuager.evidence.unit import UnitBegun
from kuager.vault import layout, unit_memory
from kuager.vault.files import Entry, Files, append
from kuager.vault.identity import Identity
from kuager.vault.survey import Part
from kuager.vault.unit_memory import JournalPart, Memory

_log = logging.getLogger(__name__)

_MAX_WAITING = 1000  # records kept while the state directory fails; then the oldest are dropped
_PIECE = 1 << 18
_COMPARED = _PIECE  # the end of a copy, all that can have holes: it must be the journal's before it is continued


class UnitJournal:
    """One unit's journal; `memory` is what it knows of recordings. Writes are durable when `flush` returns True."""

    def __init__(self, state: Files, identity: Identity, device: Device, now: Stamp) -> None:
        self._state, self._identity, self._device = state, identity, device
        self._directory = layout.unit_directory(identity.unit)
        self._waiting: deque[tuple[str, Body, Stamp]] = deque(maxlen=_MAX_WAITING)
        self._handle: int | None = None
        self._writer = JournalWriter(b"")
        if all(entry.name != self._directory for entry in state.entries()):
            state.mkdir(self._directory)
            state.sync_directory()
        self.memory = unit_memory.remember(state, self._directory, self._parts())
        self.length = 0
        """Grows with every record; a copy made at another length is out of date."""
        self._open(now)

    def _parts(self) -> list[JournalPart]:
        return unit_memory.parts(self._state, self._directory, self._identity.unit)

    def _open(self, now: Stamp) -> None:
        """Go on with the last file if it is whole and our key's, else begin a further one that tells of it."""
        found = self._parts()
        proven = next((part for part in reversed(found) if part.last), None)
        after = found if proven is None else found[found.index(proven) :]
        self._settle(after)
        if proven is None or proven.last is None or proven.begun is None:
            self._begin(os.urandom(16), found, found, now)
            return
        seq, prev = proven.last.seq + 1, proven.last.digest
        if len(after) > 1 or proven.torn or proven.public != self._identity.signer.public:
            self._begin(proven.begun.id, found, after, now, seq, prev)
            return
        self._writer = JournalWriter(proven.begun.id, seq, prev, kind="unit")
        self._handle = self._state.reopen(f"{self._directory}/{proven.name}")

    def _settle(self, parts: list[JournalPart]) -> None:
        """Make durable what a vault wrote that then died, before any of it is told of, copied or continued."""
        for part in parts:
            handle = self._state.reopen(f"{self._directory}/{part.name}")
            try:
                self._state.sync(handle)
            finally:
                self._state.close(handle)
        self._state.sync_directory(self._directory)

    def _begin(
        self,
        identity: bytes,
        found: list[JournalPart],
        earlier: list[JournalPart],
        now: Stamp,
        seq: int = 0,
        prev: bytes = NO_PREVIOUS,
    ) -> None:
        self._writer = JournalWriter(identity, seq, prev, kind="unit")
        number = 1 + max((part.number for part in found), default=0)
        path = f"{self._directory}/{layout.unit_journal(identity, number)}"
        body = UnitBegun(
            version=VERSION,
            id=identity,
            unit=self._identity.unit,
            device=self._device,
            certificates=self._identity.chain,
            next_number=self.memory.number + 1,
            earlier=[self._torn(part) for part in earlier],
        )
        raw = self._writer.append("unit-begun", body, now, self._identity.signer)
        handle = self._state.create(path)
        try:
            self._state.protect(path, "append-only")
            self._write(handle, raw)
            self._state.sync_directory(self._directory)
        except OSError:
            self._state.close(handle)
            raise
        self._handle = handle

    def _torn(self, part: JournalPart) -> TornFile:
        digest = hashlib.sha256()
        tail = Part(self._state, f"{self._directory}/{part.name}", part.size)
        tail.skip(part.proven)
        while piece := tail.read(_PIECE):
            digest.update(piece)
        return TornFile(file=part.name, length=part.size, proven=part.proven, tail_sha256=digest.digest())

    def _write(self, handle: int, data: bytes) -> None:
        append(self._state, handle, data)
        self._state.sync(handle)
        self.length += len(data)

    def note(self, kind: str, body: Body, now: Stamp) -> None:
        """Put a record in line; raises InputError where its body is against its rules."""
        try:
            JournalWriter(self._writer.recording_id, kind="unit").append(kind, body, now)
        except MalformedError as error:
            raise InputError(str(error)) from None
        self._waiting.append((kind, body, now))

    def learn(self, previous: Previous) -> None:
        """A recording's newest known head."""
        self.memory.learn(previous)

    def flush(self, now: Stamp) -> bool:
        """Write what waits. False, and it waits on, where the state directory fails."""
        if not self._waiting:
            return True
        try:
            if self._handle is None:
                self._open(now)
            assert self._handle is not None
            signer = self._identity.signer
            self._write(self._handle, b"".join([self._writer.append(*each, signer) for each in self._waiting]))
        except OSError as error:
            _log.warning("the unit's own journal can't be written: %s", error)
            self.close()
            return False
        self._waiting.clear()
        return True

    def close(self) -> None:
        """Let go of the file; what waits is not written."""
        if self._handle is not None:
            self._state.close(self._handle)
            self._handle = None

    def copy_to(self, carrier: Files) -> None:
        """Bring the carrier's copy up to date, byte for byte; raises OSError from either side."""
        there = {entry.name: entry.size for entry in _entries(carrier, self._directory)}
        if not there and all(entry.name != self._directory for entry in carrier.entries()):
            carrier.mkdir(self._directory)
            carrier.protect(self._directory, "append-only")
            carrier.sync_directory()
        for entry in self._state.entries(self._directory):
            if layout.unit_journal_part(entry.name) is not None:
                self._copy(carrier, entry.name, entry.size, there)

    def _copy(self, carrier: Files, name: str, size: int, there: dict[str, int]) -> None:
        attempt = 1
        while (copy := layout.unit_copy(name, attempt)) in there and not self._begins(carrier, name, size, copy, there):
            attempt += 1
        path, at = f"{self._directory}/{copy}", there.get(copy, 0)
        if at == size:
            return
        handle = carrier.reopen(path) if copy in there else carrier.create(path)
        try:
            carrier.protect(path, "append-only")
            while at < size and (piece := self._state.read(f"{self._directory}/{name}", at, min(_PIECE, size - at))):
                append(carrier, handle, piece)
                carrier.sync(handle)
                at += len(piece)
        finally:
            carrier.close(handle)
        if copy not in there:
            carrier.sync_directory(self._directory)

    def _begins(self, carrier: Files, name: str, size: int, copy: str, there: dict[str, int]) -> bool:
        """Whether the copy is a beginning of the journal, by its length and its last bytes."""
        length = there[copy]
        if length > size:
            return False
        at = max(0, length - _COMPARED)
        ours = self._state.read(f"{self._directory}/{name}", at, length - at)
        return ours == carrier.read(f"{self._directory}/{copy}", at, length - at)


def learn_from(carrier: Files, unit: str) -> Memory:
    """What a carrier knows of this unit's recordings, from the copies of its journal; for a unit whose state was
    lost.
    """
    directory = layout.unit_directory(unit)
    known = Memory()
    for part in unit_memory.parts(carrier, directory, unit):
        found = unit_memory.remember(carrier, directory, [part])
        if found.last is not None and found.number <= unit_memory.MAX_NUMBER:
            known.learn(found.last)
    return known


def _entries(files: Files, directory: str) -> list[Entry]:
    try:
        return files.entries(directory)
    except FileNotFoundError:
        return []
