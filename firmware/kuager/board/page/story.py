"""What a recording's signed records tell, read once and kept without what only a checker needs.

Independent of any language; `storyline` puts it into words.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from kuager.evidence.journal import Record
from kuager.evidence.records import Body, Checkpoint, Chunk, Closed, Died, IntervalBegun, IntervalEnded, Opened
from kuager.verify import proven, recording

MAX_RECORDS = 5000
_MAX_PARTS = 1000
_FRAME = (IntervalBegun, IntervalEnded, Chunk, Closed, Died)  # without these the others would hang in the air


@dataclass
class Part:
    """A media file, and from when to when it plays: CLOCK_BOOTTIME us. Its own time begins at 0."""

    file: str
    begin_us: int
    end_us: int


@dataclass
class Story:
    """`records` in order, chunks and checkpoints left out; `proven` bytes of each file from its first.

    `left_out` records were too many.
    """

    opened: Opened | None = None
    parts: list[Part] = field(default_factory=list)
    records: list[tuple[Record, Body]] = field(default_factory=list)
    proven: dict[str, int] = field(default_factory=dict)
    left_out: int = 0


def read(path: Path) -> Story:
    """The story of the recording in this folder; raises OSError. It reads all of the journal."""
    judged = recording.read(path)
    lengths = {name: account.length for name, account in judged.judge.story.files.all.items()}
    return tell(proven.records(judged), judged.judge.story.opened, lengths)


def tell(records: Iterable[tuple[Record, Body]], opened: Opened | None, lengths: dict[str, int]) -> Story:
    """The story of these records; `lengths`: what is proven of each file."""
    story = Story(opened, proven=lengths)
    parts: dict[str, Part] = {}
    last: tuple[Record, Body] | None = None  # of an interval that has no end of its own
    for record, body in records:
        match body:
            case Chunk():
                _chunk(parts, body, lengths)
                last = (record, body)
                continue
            case Checkpoint():
                continue
            case IntervalEnded():
                last = None
            case IntervalBegun() if last:
                _keep(story, last)
                last = None
            case _:
                pass
        _keep(story, (record, body))
    if last:
        _keep(story, last)
    story.parts = sorted(parts.values(), key=lambda part: part.begin_us)
    return story


def _keep(story: Story, item: tuple[Record, Body]) -> None:
    limit = 2 * MAX_RECORDS if isinstance(item[1], _FRAME) else MAX_RECORDS
    if len(story.records) < limit:
        story.records.append(item)
    else:
        story.left_out += 1


def _chunk(parts: dict[str, Part], chunk: Chunk, lengths: dict[str, int]) -> None:
    if chunk.kind == "init" or chunk.file not in lengths:
        return
    part = parts.get(chunk.file)
    if part is None and len(parts) < _MAX_PARTS:
        parts[chunk.file] = Part(chunk.file, chunk.first_us, max(chunk.first_us, chunk.last_us))
    elif part:
        part.end_us = max(part.end_us, chunk.last_us)
