"""The journal of an open recording: records wait until their media are synced, then go to disk with a checkpoint."""

import hashlib
from typing import NamedTuple

from kuager.errors import InputError
from kuager.evidence.cbor import MalformedError
from kuager.evidence.journal import JournalWriter, encode_body
from kuager.evidence.keys import RecordingKey, Signer
from kuager.evidence.records import Body, Checkpoint, Closed, Opened, Stamp
from kuager.vault import layout
from kuager.vault.clockwatch import ClockWatch
from kuager.vault.files import Files, append

_MAX_WAITING = 512
_MAX_WAITING_BYTES = 1 << 20  # of bodies; a reader refuses more than 4 MiB between two signatures
_MAX_BODY = 60_000  # bytes of an encoded body, so that the record with chain and stamp stays below 64 KiB


class Written(NamedTuple):
    """A file of the recording as it stands: bytes and SHA-256 of all of them."""

    length: int
    sha256: bytes


class _Waiting(NamedTuple):
    """A record in line: its body, also as it will stand there."""

    kind: str
    body: Body
    encoded: bytes
    stamp: Stamp


class JournalFile:
    """Begins with `opened`, synced when the constructor returns. After an OSError only `release` may follow."""

    def __init__(self, files: Files, opened: Opened, unit: Signer, stamp: Stamp) -> None:
        self._files, self._unit = files, unit
        self._waiting: list[_Waiting] = []
        self._waiting_bytes = 0
        self._watch = ClockWatch(stamp)
        self._writer = JournalWriter(opened.id)
        self._sha256, self._length = hashlib.sha256(), 0
        self.head = b""
        """Digest of the last record that is durable."""
        try:
            raw = self._writer.append("opened", opened, stamp, unit)
        except MalformedError as error:
            raise InputError(str(error)) from None
        path = f"{opened.name}/{layout.journal(1)}"
        files.mkdir(opened.name)
        self._handle = files.create(path)
        try:
            both = files.protect(path, "append-only"), files.protect(opened.name, "append-only")
            self.append_only = all(both)
            self._write(raw)
            files.sync_directory(opened.name)
            files.sync_directory()
        except OSError:
            self.release()
            raise

    @property
    def waiting(self) -> bool:
        """Whether there are records to write."""
        return bool(self._waiting)

    @property
    def full(self) -> bool:
        """Whether so many records wait that they must be written now."""
        return len(self._waiting) >= _MAX_WAITING or self._waiting_bytes >= _MAX_WAITING_BYTES

    @property
    def records(self) -> int:
        """How many records there are."""
        return self._writer.seq

    @property
    def written(self) -> Written:
        """The file as it stands."""
        return Written(self._length, self._sha256.digest())

    def note(self, kind: str, body: Body, now: Stamp) -> None:
        """Put a record in line, which must not fail on its form later; raises InputError."""
        try:
            encoded = encode_body(kind, body)
        except MalformedError as error:
            raise InputError(str(error)) from None
        if len(encoded) > _MAX_BODY:
            raise InputError(f"{kind}: {len(encoded)} bytes are too long for a record")
        self.look_at_clock(now)
        self._waiting.append(_Waiting(kind, body, encoded, now))
        self._waiting_bytes += len(encoded)

    def look_at_clock(self, now: Stamp) -> None:
        """A step of the clock is journalled before the first record whose stamp shows it."""
        step = self._watch.look(now)
        if step is not None:
            self._waiting.append(_Waiting("clock-step", step, encode_body("clock-step", step), now))

    def commit(self, checkpoint: Checkpoint, key: RecordingKey, now: Stamp) -> list[tuple[Body, Stamp]]:
        """Write and sync what waits, with a checkpoint by the recording key; what was written, for the summary."""
        self.look_at_clock(now)
        told = [(each.body, each.stamp) for each in self._waiting]
        records = [self._writer.append(each.kind, each.encoded, each.stamp) for each in self._waiting]
        self._waiting, self._waiting_bytes = [], 0
        records.append(self._writer.append("checkpoint", checkpoint, now, key))
        self._write(b"".join(records))
        return told

    def close(self, closed: Closed, now: Stamp) -> None:
        """Write and sync the last record, by the unit key."""
        self._write(self._writer.append("closed", closed, now, self._unit))
        self.release()

    def _write(self, data: bytes) -> None:
        append(self._files, self._handle, data)
        self._files.sync(self._handle)
        self._sha256.update(data)
        self._length += len(data)
        self.head = self._writer.head

    def release(self) -> None:
        """Let go of the file."""
        self._files.close(self._handle)
