"""What is where in a recording, as anyone reads it who knows the format: records, and the chunks of each file."""

from dataclasses import dataclass
from pathlib import Path

from kuager.evidence.journal import Record
from kuager.evidence.records import Chunk, Photo, Stamp
from kuager.evidence.rules_walk import Damage, walk

JOURNAL, SECOND = "journal-01.cborseq", "journal-02.cborseq"

Span = tuple[int, int]
"""From, inclusive, to, exclusive: bytes of a file, or UTC us."""


@dataclass(frozen=True)
class Place:
    """A chunk or a photograph: which bytes of which file, and when it was recorded."""

    file: str
    bytes: Span
    time: Span
    chunk: Chunk | None


@dataclass(frozen=True)
class Anatomy:
    """Of one recording that is whole."""

    path: Path
    records: list[Record]
    """Of journal-01."""
    died: Record | None
    """The one in journal-02."""
    places: list[Place]
    """Chunks and photographs in the order of the journal."""

    @classmethod
    def of(cls, path: Path) -> "Anatomy":
        """Read it; what is no record, or stands after the last signed one, is left out."""
        records = _records(path / JOURNAL)
        while records[-1].signature is None:
            records.pop()
        died = _records(path / SECOND) if (path / SECOND).exists() else []
        places = [place for record in records if (place := _place(record))]
        return cls(path, records, died[0] if died else None, places)

    @property
    def final(self) -> Record:
        """`closed` or `died`."""
        return self.died or self.records[-1]

    @property
    def ended(self) -> Stamp:
        """The last moment of what was recorded, as the journal stamps it."""
        return self.records[-1].stamp

    @property
    def checkpoints(self) -> list[int]:
        """Places among the records of those that the recording key signed."""
        return [place for place, record in enumerate(self.records) if record.type == "checkpoint"]

    def fragments(self, file: str) -> list[Place]:
        """Those of a media file."""
        return [each for each in self.places if each.file == file and each.chunk and each.chunk.kind == "fragment"]

    def proven(self, file: str) -> int:
        """How many bytes of a media file, photograph or journal the journal vouches for."""
        if file == JOURNAL:
            return self.records[-1].end
        if file == SECOND:
            return self.died.end if self.died else 0
        return max((each.bytes[1] for each in self.places if each.file == file), default=0)

    def touched(self, file: str, begin: int, end: int) -> list[Place]:
        """What these bytes are of."""
        return [each for each in self.places if each.file == file and begin < each.bytes[1] and end > each.bytes[0]]

    def record_at(self, offset: int) -> Record | None:
        """The record of journal-01 in which this byte stands; None in its torn tail."""
        return next((record for record in self.records if record.offset <= offset < record.end), None)


def _records(path: Path) -> list[Record]:
    with path.open("rb", buffering=0) as file:
        return [item for item in walk(file) if not isinstance(item, Damage)]


def _place(record: Record) -> Place | None:
    match record.typed():
        case Chunk() as chunk:
            time = (chunk.first_utc_us, chunk.first_utc_us + max(0, chunk.last_us - chunk.first_us))
            return Place(chunk.file, (chunk.offset, chunk.offset + chunk.length), time, chunk)
        case Photo() as photo:
            return Place(photo.file, (0, photo.length), (photo.at_utc_us, photo.at_utc_us), None)
    return None
