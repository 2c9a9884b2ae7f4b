"""One open recording: takes what capture and supervisor say, and makes it durable batch by batch.

A batch is media written and synced, then their records and a checkpoint signed by the recording key written and
synced. Records are chained only after their media are synced, so a failed sync leaves the journal as the last
checkpoint proved it. Every method raises OSError where the carrier fails; after that only `close` (if there was no
room) or `abandon` may follow.
"""

import hashlib
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from kuager import wire
from kuager.errors import InputError
from kuager.evidence import cbor
from kuager.evidence.cbor import MalformedError
from kuager.evidence.journal import JournalWriter
from kuager.evidence.keys import RecordingKey, Signer
from kuager.evidence.records import (
    BODIES,
    Body,
    Cause,
    Checkpoint,
    Chunk,
    Closed,
    Event,
    Gap,
    IntervalBegun,
    IntervalEnded,
    Opened,
    Photo,
    Procedure,
    Stamp,
)
from kuager.vault import intake, layout
from kuager.vault.clockwatch import ClockWatch
from kuager.vault.files import Files, append
from kuager.vault.intake import Take
from kuager.vault.media_file import MediaFile
from kuager.vault.summary import MAX_CHAPTERS, MAX_INTERVALS, MAX_MEDIA, MAX_PHOTOS, PROCEDURE, Summary

BATCH_US = 450_000
"""Shortest time between two batches, a little under the half second by which fragments come."""
MAX_DIRTY = 8 << 20
"""Bytes of media written and not yet synced, at which a batch does not wait."""
MAX_PENDING = 512
"""Records not yet written, at which a batch does not wait."""
MAX_PENDING_BYTES = 1 << 20
"""As much, in bytes of their bodies; a reader refuses more than 4 MiB between two signatures."""
_MAX_BODY = 60_000  # bytes of an encoded body, so that the record with chain and stamp stays below 64 KiB


class Written(NamedTuple):
    """A file of the recording as it stands: bytes and SHA-256 of all of them."""

    length: int
    sha256: bytes


@dataclass(frozen=True)
class Finished:
    """A recording that ended: all that its manifest needs, and its files' digests so that none is read again."""

    name: str
    summary: Summary
    files: dict[str, Written]
    head: bytes
    records: int
    append_only: bool


class Recording:
    """Open from construction until `close` or `abandon`; `files` is the carrier, `stamp` the moment of opening."""

    def __init__(self, files: Files, opened: Opened, key: RecordingKey, unit: Signer, stamp: Stamp) -> None:
        self._files, self._key, self._unit = files, key, unit
        self.id, self.name, self.number = opened.id, opened.name, opened.number
        self.summary = Summary(opened, stamp)
        self.take: Take | None = None
        self.durable_us = 0
        self.bytes = 0
        """Media bytes so far."""
        self.head = b""
        """Digest of the last record that is durable."""
        self.urgent = False
        """The next batch is not to wait."""
        self._interval = self._media_count = self._photo_count = self._chapters = 0
        self._current: MediaFile | None = None
        self._media: list[MediaFile] = []
        self._written: dict[str, Written] = {}
        self._pending: list[tuple[str, Body, Stamp]] = []
        self._dirty = self._pending_bytes = 0
        self._new_names = False
        self._newest_us = 0
        self._flushed_us = stamp.boot_us
        self._watch = ClockWatch(stamp)
        self._writer = JournalWriter(opened.id)
        self._sha256, self._length = hashlib.sha256(), 0
        self._begin(opened, stamp)

    def _begin(self, opened: Opened, stamp: Stamp) -> None:
        journal = f"{self.name}/{layout.journal(1)}"
        try:
            raw = self._writer.append("opened", opened, stamp, self._unit)
        except MalformedError as error:
            raise InputError(str(error)) from None
        self._files.mkdir(self.name)
        self._handle = self._files.create(journal)
        self._append_only = self._files.protect(journal, "append-only")
        self._append_only &= self._files.protect(self.name, "append-only")
        try:
            self._write(raw)
            self._files.sync_directory(self.name)
            self._files.sync_directory()
        except OSError:
            self.abandon()
            raise

    @property
    def protections(self) -> list[str]:
        """Attributes in force on everything that was created so far."""
        return ["append-only"] if self._append_only else []

    @property
    def interval(self) -> int:
        """Number of the running or last interval; 0 before the first."""
        return self._interval

    def due(self, now_us: int) -> bool:
        """Whether a batch should be made now."""
        if not self._pending:
            return False
        full = len(self._pending) >= MAX_PENDING or self._pending_bytes >= MAX_PENDING_BYTES
        return full or self._dirty >= MAX_DIRTY or self.urgent or now_us - self._flushed_us >= BATCH_US

    @property
    def due_us(self) -> int | None:
        """When the next batch is due, if there is anything to write."""
        return self._flushed_us + BATCH_US if self._pending else None

    def begin_interval(self, begin: wire.TakeBegin, now: Stamp) -> None:
        """A take begins; raises InputError where it may not."""
        if begin.recording != self.id:
            raise InputError("the take is for another recording")
        if self._interval >= MAX_INTERVALS:
            raise InputError(f"a recording has at most {MAX_INTERVALS} intervals")
        take = Take(begin, self._interval + 1)
        if self.take is not None:
            raise InputError(f"take {self.take.number} still runs")
        self._note(
            "interval-begun",
            IntervalBegun(
                interval=take.interval,
                cause=begin.cause,
                streams=begin.streams,
                first_us=begin.first_us,
                first_utc_us=begin.first_utc_us,
                width=begin.width,
                height=begin.height,
                rate_millihertz=begin.rate_millihertz,
                sample_rate=begin.sample_rate,
                camera=begin.camera,
                microphone=begin.microphone,
            ),
            now,
        )
        self.take, self._interval = take, take.interval

    def fragment(self, fragment: wire.Fragment, max_bytes: int, now: Stamp) -> None:
        """Write one chunk; raises InputError, and then nothing of it was written."""
        take, file = self.take, self._current
        if take is None:
            raise InputError("no take runs")
        take.check(fragment, file.length if file else 0, max_bytes, now.boot_us)
        if fragment.kind == "init":
            file = self._roll(take)
        assert file is not None
        chunk = Chunk(
            file=file.name,
            interval=take.interval,
            kind=fragment.kind,
            offset=file.length,
            length=len(fragment.data),
            sha256=hashlib.sha256(fragment.data).digest(),
            first_us=fragment.first_us,
            last_us=fragment.last_us,
            first_utc_us=fragment.first_utc_us,
            key=fragment.key,
            standby=fragment.standby,
            frames=fragment.frames,
            first_frame=fragment.first_frame,
            samples=fragment.samples,
            first_sample=fragment.first_sample,
        )
        file.append(fragment.data)
        self.bytes += len(fragment.data)
        self._dirty += len(fragment.data)
        take.took(fragment)
        if fragment.kind == "fragment":
            self.urgent |= take.fragments == 1
            self._newest_us = max(self._newest_us, fragment.last_us)
        self._note("chunk", chunk, now)

    def _roll(self, take: Take) -> MediaFile:
        """The take's next file. The one before stays open until the batch that holds its end is synced."""
        if self._media_count >= MAX_MEDIA:
            raise InputError(f"a recording has at most {MAX_MEDIA} media files")
        self._media_count += 1
        self._current = MediaFile(self._files, self.name, layout.media(take.streams, self._media_count))
        self._append_only &= self._current.append_only
        self._media.append(self._current)
        self._new_names = True
        return self._current

    def gap(self, gap: wire.GapFound, now: Stamp) -> None:
        """Something is missing, declared."""
        if self.take is None or self.take.number != gap.take:
            raise InputError(f"take {gap.take} does not run")
        if gap.to_us < gap.from_us:
            raise InputError("a gap ends before it begins")
        body = Gap(
            interval=self.take.interval,
            stream=gap.stream,
            cause=gap.cause,
            from_us=gap.from_us,
            to_us=gap.to_us,
            frames=gap.frames,
            first_sample=gap.first_sample,
            samples=gap.samples,
            detail=gap.detail,
        )
        self._note("gap", body, now)

    def end_take(self, end: wire.TakeEnd, now: Stamp) -> None:
        """Capture ends its take."""
        if self.take is None or self.take.number != end.take:
            raise InputError(f"take {end.take} does not run")
        # What capture says of the end must not be before what it has sent, nor beyond what can be.
        last_us = min(max(end.last_us, self.take.last_us), max(now.boot_us, self.take.last_us))
        last_utc_us = end.last_utc_us if last_us == end.last_us else self.take.last_utc_us
        self._end(self.take, end.cause, last_us, last_utc_us, end.detail, now)

    def end_interval(self, cause: Cause, detail: str, now: Stamp) -> None:
        """End the running interval, if there is one, with the last chunk that came."""
        if self.take is not None:
            self._end(self.take, cause, self.take.last_us, self.take.last_utc_us, detail, now)

    def _end(self, take: Take, cause: Cause, last_us: int, last_utc_us: int, detail: str, now: Stamp) -> None:
        self.take, self._current, self.urgent = None, None, True
        body = IntervalEnded(
            interval=take.interval, cause=cause, last_us=last_us, last_utc_us=last_utc_us, detail=detail[:200]
        )
        self._note("interval-ended", body, now)

    def photo(self, still: wire.Still, now: Stamp) -> None:
        """Write a photograph, whole and durable at once; its record follows in the next batch, which does not wait."""
        if still.recording != self.id:
            raise InputError("the photograph is for another recording")
        if self._photo_count >= MAX_PHOTOS:
            raise InputError(f"a recording has at most {MAX_PHOTOS} photographs")
        intake.check_photo(still.data)
        self._photo_count += 1
        name = layout.photo(self._photo_count)
        self._files.put(f"{self.name}/{name}", still.data)
        self._files.protect(f"{self.name}/{name}", "immutable")
        digest = hashlib.sha256(still.data).digest()
        self._written[name] = Written(len(still.data), digest)
        self.bytes += len(still.data)
        self.urgent = True
        body = Photo(
            file=name,
            interval=self.take.interval if self.take else None,
            length=len(still.data),
            sha256=digest,
            at_us=still.at_us,
            at_utc_us=still.at_utc_us,
        )
        self._note("photo", body, now)

    def event(self, code: str, data: dict[str, str | int | bool], now: Stamp) -> None:
        """Journal that something happened; raises InputError where it is beyond what a record may hold."""
        self._note("event", Event(code=code, data=data), now)

    def note(self, note: wire.Note, now: Stamp) -> None:
        """Journal what the supervisor says; raises InputError where it is not what its type asks for."""
        try:
            body = msgspec.convert(note.body, BODIES[note.type])
        except msgspec.ValidationError as error:
            raise InputError(f"{note.type}: {error}") from None
        if note.type == "chapter" and self._chapters >= MAX_CHAPTERS:
            raise InputError(f"a recording has at most {MAX_CHAPTERS} chapters")
        self._note(note.type, body, now)
        self._chapters += note.type == "chapter"

    def set_procedure(self, procedure: Procedure, now: Stamp) -> None:
        """The kind of action became known; raises InputError where it is of another pack than `opened` names."""
        opened = self.summary.opened.procedure
        if (procedure.id, procedure.title) != (opened.id, opened.title):
            raise InputError(f"the recording goes by {opened.id}, not by {procedure.id}")
        self.event(PROCEDURE, {key: str(value) for key, value in msgspec.structs.asdict(procedure).items()}, now)

    def _note(self, kind: str, body: Body, now: Stamp) -> None:
        """Put a record into the next batch, which must not fail on it later; raises InputError."""
        plain = msgspec.to_builtins(body, builtin_types=(bytes,))
        try:
            msgspec.convert(plain, type(body))
            size = len(cbor.encode(plain))
        except (msgspec.ValidationError, MalformedError) as error:
            raise InputError(f"{kind}: {error}") from None
        if size > _MAX_BODY:
            raise InputError(f"{kind}: {size} bytes are too long for a record")
        self._look_at_clock(now)
        self._pending.append((kind, body, now))
        self._pending_bytes += size

    def _look_at_clock(self, now: Stamp) -> None:
        """A step of the clock is journalled before the first record whose stamp shows it."""
        step = self._watch.look(now)
        if step is not None:
            self._pending.append(("clock-step", step, now))

    def flush(self, now: Stamp) -> None:
        """Make the batch durable: first the media, then their records with a checkpoint."""
        self._look_at_clock(now)
        for file in self._media:
            file.sync()
        if self._new_names:
            self._files.sync_directory(self.name)
        self._retire()
        records = [self._record(*each) for each in self._pending]
        self._pending, self._pending_bytes = [], 0
        self._dirty, self._new_names, self.urgent, self._flushed_us = 0, False, False, now.boot_us
        checkpoint = Checkpoint(durable_us=self._newest_us, bytes=self.bytes)
        records.append(self._writer.append("checkpoint", checkpoint, now, self._key))
        self._write(b"".join(records))
        self.durable_us = self._newest_us

    def _record(self, kind: str, body: Body, stamp: Stamp) -> bytes:
        raw = self._writer.append(kind, body, stamp)
        self.summary.add(body, stamp)
        return raw

    def _retire(self) -> None:
        """Let go of files that are synced and finished."""
        for file in self._media:
            if file is not self._current:
                file.close()
                self._written[file.name] = Written(file.length, file.digest)
        self._media = [file for file in self._media if file is self._current]

    def _write(self, data: bytes) -> None:
        append(self._files, self._handle, data)
        self._files.sync(self._handle)
        self._sha256.update(data)
        self._length += len(data)
        self.head = self._writer.head

    def close(self, cause: Cause, dialogue: bool, missing: list[str], now: Stamp) -> Finished:
        """End in order: last batch, checkpoint, `closed` by the unit key; the recording key is gone after this."""
        self.end_interval(cause, "", now)
        self._look_at_clock(now)
        if self._pending:
            self.flush(now)
        self._key.destroy()
        closed = Closed(cause=cause, dialogue=dialogue, missing=missing)
        self._write(self._writer.append("closed", closed, now, self._unit))
        self.summary.add(closed, now)
        self._files.close(self._handle)
        self._written[layout.journal(1)] = Written(self._length, self._sha256.digest())
        return Finished(self.name, self.summary, self._written, self._writer.head, self._writer.seq, self._append_only)

    def abandon(self) -> None:
        """The carrier failed: let go of everything. What was acknowledged is on it, for recovery to find."""
        self._key.destroy()
        for file in self._media:
            file.close()
        self._files.close(self._handle)
