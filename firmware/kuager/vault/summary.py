"""What the manifest will say of a recording, gathered record by record, while it is made or when a dead one is read.
Pure.
"""

from collections.abc import Iterable

import msgspec

from kuager.evidence import manifest
from kuager.evidence.manifest import File, Manifest
from kuager.evidence.records import (
    VERSION,
    Body,
    Cause,
    Chapter,
    Chunk,
    Closed,
    Died,
    Event,
    IntervalBegun,
    IntervalEnded,
    Opened,
    Photo,
    Procedure,
    Stamp,
)

MAX_INTERVALS = MAX_CHAPTERS = MAX_FILES_OF_INTERVAL = 1024
MAX_MEDIA, MAX_PHOTOS = 6000, 9999
PROCEDURE = "procedure"
"""Code of the event that tells the kind of action when it became known after opening; its data are Procedure's
fields.
"""


class Summary:
    """Takes a recording's records in order, from `opened` on."""

    def __init__(self, opened: Opened, stamp: Stamp) -> None:
        self.opened, self.stamp = opened, stamp
        self.procedure = opened.procedure
        self._camera, self._microphone = opened.camera, opened.microphone
        self.intervals: list[manifest.Interval] = []
        self.chapters: list[Chapter] = []
        self.proven: dict[str, int] = {}
        """Bytes proven by records, by file name."""
        self._running: IntervalBegun | None = None
        self._begun_at = stamp
        self._files: list[str] = []
        self._last = (0, 0)
        self._ended: tuple[Closed | Died, Stamp] | None = None

    def add(self, body: Body, stamp: Stamp) -> None:
        """One more record."""
        match body:
            case Chunk():
                self._chunk(body)
            case Photo():
                self.proven[body.file] = body.length
            case IntervalBegun():
                self._finish("software")
                self._running, self._begun_at, self._files = body, stamp, []
                # Pressed before they were known: the first interval that was made with them names them.
                self._camera = self._camera or body.camera
                self._microphone = self._microphone or body.microphone
                self._last = (body.first_us, body.first_utc_us)
            case IntervalEnded():
                self._last = (body.last_us, body.last_utc_us)
                self._finish(body.cause)
            case Chapter() if len(self.chapters) < MAX_CHAPTERS:
                self.chapters.append(body)
            case Event(code="procedure"):
                self._restate(body)
            case Closed():
                self._ended = (body, stamp)
            case Died():
                self._finish(body.cause)
                self._ended = (body, body.last)
            case _:
                pass

    def _chunk(self, chunk: Chunk) -> None:
        self.proven[chunk.file] = chunk.offset + chunk.length
        if chunk.file not in self._files and len(self._files) < MAX_FILES_OF_INTERVAL:
            self._files.append(chunk.file)
        if chunk.kind == "fragment":
            self._last = (chunk.last_us, chunk.first_utc_us + chunk.last_us - chunk.first_us)

    def _finish(self, cause: Cause) -> None:
        begun, self._running = self._running, None
        if begun is None or len(self.intervals) >= MAX_INTERVALS:
            return
        self.intervals.append(
            manifest.Interval(
                interval=begun.interval,
                streams=begun.streams,
                begun=begun.cause,
                ended=cause,
                first_us=begun.first_us,
                first_utc_us=begun.first_utc_us,
                last_us=self._last[0],
                last_utc_us=self._last[1],
                state=self._begun_at.state,
                uncertainty_us=self._begun_at.uncertainty_us,
                files=self._files,
            )
        )

    def _restate(self, event: Event) -> None:
        try:
            self.procedure = msgspec.convert(event.data, Procedure)
        except msgspec.ValidationError:
            return

    def manifest(self, files: Iterable[File], protections: list[str], head: bytes, records: int) -> Manifest:
        """The manifest; `head` and `records` are those of the journal's last record. Only after `closed` or `died`."""
        assert self._ended is not None
        end, ended = self._ended
        opened = self.opened
        listed = sorted(files, key=lambda file: file.name)
        return Manifest(
            version=VERSION,
            id=opened.id,
            name=opened.name,
            unit=opened.unit,
            number=opened.number,
            board=opened.board,
            firmware=opened.firmware,
            device=opened.device,
            camera=self._camera,
            microphone=self._microphone,
            carrier=opened.carrier,
            mode=opened.mode,
            language=opened.language,
            procedure=self.procedure,
            operator=opened.operator,
            opened=self.stamp,
            ending="closed" if isinstance(end, Closed) else "died",
            cause=end.cause,
            dialogue=isinstance(end, Closed) and end.dialogue,
            missing=end.missing if isinstance(end, Closed) else [],
            ended=ended,
            intervals=self.intervals,
            files=listed,
            chapters=self.chapters,
            protections=protections,
            head=head,
            records=records,
            sums=manifest.sums_digest(manifest.sums_text(listed)),
            previous=opened.previous,
            continues=opened.continues,
        )
