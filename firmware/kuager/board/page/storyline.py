"""A recording's story in words and places: what the page draws as a line of time, and lists below it.

Places are percent of the whole time from left to right, `at` is seconds since it began; both by CLOCK_BOOTTIME. Clocks
are UTC. Pure.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from kuager.board.page.story import Story
from kuager.catalogue.reading import Reader
from kuager.evidence.records import Cause, Chapter, Event, Gap, IntervalBegun, IntervalEnded, Photo
from kuager.evidence.verdict import iso
from kuager.verify import timeline
from kuager.verify.plain import plain
from kuager.verify.timeline import Timeline

_MAX_DRAWN = 500  # of one kind
_TOGETHER_US = 100_000  # gaps of one cause, and intervals, that follow one another as closely are one
_QUARTERS = (0, 25, 50, 75, 100)


@dataclass(frozen=True)
class Mark:
    """A moment: where it is drawn, when it was, and what it is. `at` is None where nothing can be played."""

    at: str | None
    x: str
    clock: str
    text: str
    kind: str
    file: str = ""


@dataclass(frozen=True)
class Span:
    """From one moment to another; `file` of a media file, `kind`: video, sound, or between (neither)."""

    begin: str
    end: str
    x: str
    width: str
    clock: str
    text: str = ""
    kind: str = ""
    file: str = ""


@dataclass(frozen=True)
class Entry:
    """One line of what happened; `day` where another day begins."""

    at: str | None
    clock: str
    day: str
    kind: str
    text: str


@dataclass
class Shown:
    """All that is drawn and listed."""

    end: str
    clocks: list[str]  # at the quarters of the line
    streams: list[Span] = field(default_factory=list)
    parts: list[Span] = field(default_factory=list)
    gaps: list[Span] = field(default_factory=list)
    chapters: list[Mark] = field(default_factory=list)
    warnings: list[Mark] = field(default_factory=list)
    photos: list[Mark] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    left_out: int = 0

    @property
    def pictures(self) -> bool:
        """Whether there is anything to see, not only to hear."""
        return any(part.file.startswith("video") for part in self.parts)


def show(story: Story, words: Reader) -> Shown:
    """The story in the reader's language."""
    told = timeline.build(story.records, words)
    line = _Line(story, told)
    shown = Shown(line.seconds(line.end_us), [line.clock(line.begin_us + line.span_us * at // 100) for at in _QUARTERS])
    shown.parts = [line.span(part.begin_us, part.end_us, file=part.file) for part in story.parts]
    streams = _streams(story, told)[:_MAX_DRAWN]
    shown.streams = [line.span(each.begin_us, each.end_us, kind=each.kind) for each in streams]
    for gap in _gaps(story, told)[:_MAX_DRAWN]:
        text = words(f"recorded.gap-{gap.kind}", seconds=_lasts(gap.end_us - gap.begin_us), cause=gap.cause)
        shown.gaps.append(line.span(gap.begin_us, gap.end_us, text, gap.kind))
    marks = list(_marks(story, line, words))
    shown.chapters = [mark for mark in marks if mark.kind == "chapter"][:_MAX_DRAWN]
    shown.warnings = [mark for mark in marks if mark.kind == "warning"][:_MAX_DRAWN]
    shown.photos = [mark for mark in marks if mark.kind == "photo"]
    warned = {(mark.at or mark.x, mark.text) for mark in shown.warnings}
    shown.entries = list(_entries(told, line, warned))
    shown.left_out = told.left_out + story.left_out
    return shown


class _Stretch(NamedTuple):
    begin_us: int
    end_us: int
    kind: str
    cause: Cause


class _Line:
    """The line of time: from the first moment that was recorded to the last."""

    def __init__(self, story: Story, told: Timeline) -> None:
        moments = [(each.begin, each.end) for each in told.intervals]
        stamps = [record.stamp for record, _ in story.records if record.type != "died"]
        if moments:
            self.begin_us, self._utc_us = moments[0][0]
            ends = [end.boot_us for _, end in moments]
        else:
            self.begin_us, self._utc_us = (stamps[0].boot_us, stamps[0].utc_us) if stamps else (0, 0)
            ends = [stamp.boot_us for stamp in stamps]
        self.end_us = max([*ends, self.begin_us + 1])
        self.span_us = self.end_us - self.begin_us
        self._plays = bool(story.parts)

    def seconds(self, boot_us: int) -> str:
        return f"{(boot_us - self.begin_us) / 1e6:.3f}"

    def at(self, boot_us: int) -> str | None:
        return self.seconds(boot_us) if self._plays and boot_us < timeline.AFTER_ALL else None

    def clock(self, boot_us: int) -> str:
        """By the clock as it was when the line begins."""
        return clock(self._utc_us + boot_us - self.begin_us)

    def x(self, boot_us: int) -> float:
        return min(100.0, max(0.0, (boot_us - self.begin_us) * 100 / self.span_us))

    def span(self, begin_us: int, end_us: int, text: str = "", kind: str = "", file: str = "") -> Span:
        begin, end = self.x(begin_us), self.x(max(begin_us, end_us))
        return Span(
            self.seconds(begin_us), self.seconds(max(begin_us, end_us)), f"{begin:.3f}%", f"{end - begin:.3f}%",
            self.clock(begin_us), text, kind, file,
        )  # fmt: skip

    def mark(self, boot_us: int, utc_us: int, text: str, kind: str, file: str = "") -> Mark:
        return Mark(self.at(boot_us), f"{self.x(boot_us):.3f}%", clock(utc_us), plain(text), kind, file)


def _streams(story: Story, told: Timeline) -> list[_Stretch]:
    """What was recorded when: a stretch of picture, of sound, or of both for each interval, in order."""
    begun = (body for _, body in story.records if isinstance(body, IntervalBegun))
    return [
        _Stretch(each.begin.boot_us, each.end.boot_us, stream, body.cause)
        for body, each in zip(begun, told.intervals, strict=False)
        for stream in body.streams
    ]


def _gaps(story: Story, told: Timeline) -> list[_Stretch]:
    """Declared gaps, intervals that lack what others have, and what lies between intervals, as far as each goes on."""
    found = [
        _Stretch(body.from_us, body.to_us, body.stream, body.cause)
        for _, body in story.records
        if isinstance(body, Gap)
    ]
    begun = [body for _, body in story.records if isinstance(body, IntervalBegun)]
    due = {stream for body in begun for stream in body.streams}
    for body, each in zip(begun, told.intervals, strict=False):
        lacking = due - set(body.streams)
        found += [_Stretch(each.begin.boot_us, each.end.boot_us, stream, body.cause) for stream in lacking]
    found += _between(story)
    joined: list[_Stretch] = []
    for gap in sorted(found, key=lambda gap: (gap.kind, gap.begin_us)):
        last = joined[-1] if joined else None
        alike = last is not None and (last.kind, last.cause) == (gap.kind, gap.cause)
        if last and alike and gap.begin_us - last.end_us <= _TOGETHER_US:
            joined[-1] = last._replace(end_us=max(last.end_us, gap.end_us))
        else:
            joined.append(gap)
    return sorted(joined, key=lambda gap: gap.begin_us)


def _between(story: Story) -> Iterator[_Stretch]:
    ended: IntervalEnded | None = None
    for _, body in story.records:
        match body:
            case IntervalEnded():
                ended = body
            case IntervalBegun() if ended and body.first_us - ended.last_us > _TOGETHER_US:
                yield _Stretch(ended.last_us, body.first_us, "between", ended.cause)
            case _:
                pass


def _marks(story: Story, line: _Line, words: Reader) -> Iterator[Mark]:
    for record, body in story.records:
        stamp = record.stamp
        match body:
            case Chapter():
                utc_us = stamp.utc_us + body.at_us - stamp.boot_us
                yield line.mark(body.at_us, utc_us, timeline.chapter(body, words), "chapter")
            case Event(code="warning") if body.data.get("active"):
                yield line.mark(stamp.boot_us, stamp.utc_us, timeline.event(body, words), "warning")
            case Photo() if body.file in story.proven:
                yield line.mark(body.at_us, body.at_utc_us, body.file, "photo", body.file)
            case _:
                pass


def _entries(told: Timeline, line: _Line, warned: set[tuple[str, str]]) -> Iterator[Entry]:
    day = ""
    for each in told.entries:
        at, text, today = line.at(each.at.boot_us), plain(each.text), iso(each.at.utc_us)[:10]
        place = at or f"{line.x(each.at.boot_us):.3f}%"
        kind = "warning" if each.kind == "event" and (place, text) in warned else each.kind
        yield Entry(at, clock(each.at.utc_us), today if today != day else "", kind, text)
        day = today


def clock(utc_us: int) -> str:
    """Hours, minutes and seconds, UTC."""
    return iso(utc_us)[11:19]


def lasting(us: int) -> str:
    """Hours, minutes and seconds that something lasted."""
    seconds = us // 1_000_000
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def _lasts(us: int) -> str:
    """Seconds, the more exactly the fewer they are."""
    return f"{max(0, us) / 1e6:.{1 if us >= 1_000_000 else 2}f}"
