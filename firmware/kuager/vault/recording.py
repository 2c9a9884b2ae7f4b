"""One open recording: takes what capture and supervisor say, and makes it durable batch by batch.

A batch is media written and synced, then their records and a checkpoint signed by the recording key written and
synced. Records are chained only after their media are synced, so a failed sync leaves the journal as the last
checkpoint proved it. Every method raises OSError where the carrier fails; after that only `close` (if there was no
room for media) or `abandon` may follow.
"""

import msgspec

from kuager import wire
from kuager.errors import InputError
from kuager.evidence.keys import RecordingKey, Signer
from kuager.evidence.records import (
    BODIES,
    Cause,
    Checkpoint,
    Closed,
    Event,
    IntervalEnded,
    Opened,
    Procedure,
    Stamp,
)
from kuager.vault import bodies, intake, layout
from kuager.vault.files import Files
from kuager.vault.finished import Finished
from kuager.vault.intake import Take
from kuager.vault.journal_file import JournalFile, Written
from kuager.vault.media_file import MediaFile
from kuager.vault.summary import MAX_CHAPTERS, MAX_INTERVALS, MAX_MEDIA, MAX_PHOTOS, PROCEDURE, Summary

BATCH_US = 450_000
"""From the end of a batch to the next one, a little under the half second by which fragments come."""
PAUSE_US = 100_000
"""The same for a fragment, or as long as the last batch took if that is longer: what is said between two fragments must
not hold up the second one. What comes in a crowd, or to a slow carrier, still goes into one batch."""
MAX_DIRTY = 8 << 20
"""Bytes of media written and not yet synced, at which a batch does not wait."""


class Recording:
    """Open from construction until `close` or `abandon`; `files` is the carrier, `stamp` the moment of opening."""

    def __init__(self, files: Files, opened: Opened, key: RecordingKey, unit: Signer, stamp: Stamp) -> None:
        self._files, self._key = files, key
        self._journal = JournalFile(files, opened, unit, stamp)
        self.id, self.name, self.number = opened.id, opened.name, opened.number
        self.summary = Summary(opened, stamp)
        self.take: Take | None = None
        self.durable_us = 0
        """Newest moment of media that is acknowledged."""
        self.bytes = self.interval = 0
        """Media bytes so far; number of the running or last interval, 0 before the first."""
        self._urgent = self._new_names = False
        self._media_count = self._photo_count = self._chapters = 0
        self._current: MediaFile | None = None
        self._media: list[MediaFile] = []
        self._written: dict[str, Written] = {}
        self._append_only = self._journal.append_only
        self._dirty = self._newest_us = 0
        self._flushed_us = self._began_us = stamp.boot_us
        self._pause_us, self._fragments = PAUSE_US, False

    @property
    def head(self) -> bytes:
        """Digest of the last record that is durable."""
        return self._journal.head

    @property
    def protections(self) -> list[str]:
        """Attributes in force on everything that was created so far."""
        return ["append-only"] if self._append_only else []

    def due(self, now_us: int) -> bool:
        """Whether a batch should be made now."""
        at_once = self._urgent or self._journal.full or self._dirty >= MAX_DIRTY
        return self.due_us is not None and (at_once or now_us >= self.due_us)

    @property
    def due_us(self) -> int | None:
        """When the next batch is due, if there is anything to write."""
        wait_us = self._pause_us if self._fragments else BATCH_US
        return self._flushed_us + wait_us if self._journal.waiting else None

    # what capture says

    def begin_interval(self, begin: wire.TakeBegin, now: Stamp) -> None:
        """A take begins; raises InputError where it may not."""
        if begin.recording != self.id:
            raise InputError("the take is for another recording")
        if self.interval >= MAX_INTERVALS:
            raise InputError(f"a recording has at most {MAX_INTERVALS} intervals")
        take = Take(begin, self.interval + 1)
        if self.take is not None:
            raise InputError(f"take {self.take.number} still runs")
        self._journal.note("interval-begun", bodies.interval_begun(begin, take.interval), now)
        self.take, self.interval = take, take.interval

    def fragment(self, fragment: wire.Fragment, max_bytes: int, now: Stamp) -> None:
        """Write one chunk; raises InputError, and then nothing of it was written."""
        take, file = self.take, self._current
        if take is None:
            raise InputError("no take runs")
        take.check(fragment, file.length if file else 0, max_bytes, now.boot_us)
        if fragment.kind == "init":
            file = self._roll(take)
        assert file is not None
        chunk = bodies.chunk(fragment, take.interval, file.name, file.length)
        file.append(fragment.data)
        self.bytes += len(fragment.data)
        self._dirty += len(fragment.data)
        take.took(fragment)
        if fragment.kind == "fragment":
            # From the press on, nothing is to wait for the first media.
            self._urgent |= take.fragments == 1
            self._newest_us = max(self._newest_us, fragment.last_us)
            self._fragments = True
        self._journal.note("chunk", chunk, now)

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
        self._journal.note("gap", bodies.gap(gap, self.take.interval), now)

    def end_take(self, end: wire.TakeEnd, now: Stamp) -> None:
        """Capture ends its take."""
        take = self.take
        if take is None or take.number != end.take:
            raise InputError(f"take {end.take} does not run")
        # What capture says of the end must not be before what it has sent, nor beyond what can be.
        last_us = min(max(end.last_us, take.last_us), max(now.boot_us, take.last_us))
        last_utc_us = end.last_utc_us if last_us == end.last_us else take.last_utc_us
        self._end(take, end.cause, last_us, last_utc_us, end.detail, now)

    def end_interval(self, cause: Cause, detail: str, now: Stamp) -> None:
        """End the running interval, if there is one, with the last chunk that came."""
        if self.take is not None:
            self._end(self.take, cause, self.take.last_us, self.take.last_utc_us, detail, now)

    def _end(self, take: Take, cause: Cause, last_us: int, last_utc_us: int, detail: str, now: Stamp) -> None:
        self.take, self._current, self._urgent = None, None, True
        body = IntervalEnded(
            interval=take.interval, cause=cause, last_us=last_us, last_utc_us=last_utc_us, detail=detail[:200]
        )
        self._journal.note("interval-ended", body, now)

    def photo(self, still: wire.Still, now: Stamp) -> None:
        """Write a photograph, whole and durable at once; its record follows in the next batch, which does not wait."""
        if still.recording != self.id:
            raise InputError("the photograph is for another recording")
        if self._photo_count >= MAX_PHOTOS:
            raise InputError(f"a recording has at most {MAX_PHOTOS} photographs")
        intake.check_photo(still.data)
        self._photo_count += 1
        name = layout.photo(self._photo_count)
        body = bodies.photo(still, self.take.interval if self.take else None, name)
        self._files.put(f"{self.name}/{name}", still.data)
        self._files.protect(f"{self.name}/{name}", "immutable")
        self._written[name] = Written(body.length, body.sha256)
        self.bytes += body.length
        self._urgent = True
        self._journal.note("photo", body, now)

    # what the supervisor says

    def event(self, code: str, data: dict[str, str | int | bool], now: Stamp) -> None:
        """Journal that something happened; raises InputError where it is beyond what a record may hold."""
        self._journal.note("event", Event(code=code, data=data), now)

    def note(self, note: wire.Note, now: Stamp) -> None:
        """Journal what the supervisor says; raises InputError where it is not what its type asks for."""
        try:
            body = msgspec.convert(note.body, BODIES[note.type])
        except msgspec.ValidationError as error:
            raise InputError(f"{note.type}: {error}") from None
        if note.type == "chapter" and self._chapters >= MAX_CHAPTERS:
            raise InputError(f"a recording has at most {MAX_CHAPTERS} chapters")
        self._journal.note(note.type, body, now)
        self._chapters += note.type == "chapter"

    def set_procedure(self, procedure: Procedure, now: Stamp) -> None:
        """The kind of action became known; raises InputError where it is of another pack than `opened` names."""
        opened = self.summary.opened.procedure
        if (procedure.id, procedure.title) != (opened.id, opened.title):
            raise InputError(f"the recording goes by {opened.id}, not by {procedure.id}")
        self.event(PROCEDURE, {key: str(value) for key, value in msgspec.structs.asdict(procedure).items()}, now)

    # how it becomes durable

    def flush(self, now: Stamp) -> None:
        """Make the batch durable: first the media, then their records with a checkpoint."""
        for file in self._media:
            file.sync()
        if self._new_names:
            self._files.sync_directory(self.name)
        self._retire()
        self._began_us, self._fragments = now.boot_us, False
        self._dirty, self._new_names, self._urgent = 0, False, False
        checkpoint = Checkpoint(durable_us=self._newest_us, bytes=self.bytes)
        for body, stamp in self._journal.commit(checkpoint, self._key, now):
            self.summary.add(body, stamp)
        self.durable_us = self._newest_us

    def flushed(self, now_us: int) -> None:
        """A batch has just become durable: the next one is counted from now."""
        self._flushed_us = now_us
        self._pause_us = min(max(PAUSE_US, now_us - self._began_us), BATCH_US)

    def _retire(self) -> None:
        """Let go of files that are synced and finished."""
        for file in self._media:
            if file is not self._current:
                file.close()
                self._written[file.name] = Written(file.length, file.digest)
        self._media = [file for file in self._media if file is self._current]

    def close(self, cause: Cause, dialogue: bool, missing: list[str], now: Stamp) -> Finished:
        """End in order: last batch, checkpoint, `closed` by the unit key; the recording key is gone after this."""
        self.end_interval(cause, "", now)
        self._journal.look_at_clock(now)
        if self._journal.waiting:
            self.flush(now)
        self._key.destroy()
        closed = Closed(cause=cause, dialogue=dialogue, missing=missing)
        self._journal.close(closed, now)
        self.summary.add(closed, now)
        self._written[layout.journal(1)] = self._journal.written
        journal = self._journal
        return Finished(self.name, self.summary, self._written, journal.head, journal.records, self._append_only)

    def abandon(self) -> None:
        """The carrier failed: let go of everything. What was acknowledged is on it, for recovery to find."""
        self._key.destroy()
        for file in self._media:
            file.close()
        self._journal.release()
