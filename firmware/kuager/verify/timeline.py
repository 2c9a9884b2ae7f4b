"""A recording's story for people: what happened when, made of its proven records. No drawing here."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from kuager.evidence.journal import Record
from kuager.evidence.records import (
    Battery,
    Body,
    Chapter,
    ClockStep,
    Closed,
    Died,
    Event,
    Gap,
    IntervalBegun,
    IntervalEnded,
    Photo,
    Prompt,
    Stamp,
)
from kuager.verify.texts import Words

MAX_ENTRIES = 2000
_BATTERY_STEP = 5  # percent by which a reading must differ from the last one told


@dataclass(frozen=True)
class Entry:
    """One line of the timeline. kind: interval, end, gap, prompt, chapter, event, clock, photo."""

    utc_us: int
    kind: str
    text: str


@dataclass
class Stretch:
    """An interval, or a gap in one, from..to UTC us."""

    begin_us: int
    end_us: int


@dataclass
class Timeline:
    """Everything in the order of its time; `left_out` entries did not fit."""

    entries: list[Entry] = field(default_factory=list)
    intervals: list[Stretch] = field(default_factory=list)
    gaps: list[Stretch] = field(default_factory=list)
    marks: list[int] = field(default_factory=list)
    left_out: int = 0


def build(records: Iterable[tuple[Record, Body]], words: Words) -> Timeline:
    """The timeline of these records."""
    teller = _Teller(words)
    for record, body in records:
        teller.tell(record.stamp, body)
    teller.timeline.entries.sort(key=lambda entry: entry.utc_us)
    return teller.timeline


class _Teller:
    def __init__(self, words: Words) -> None:
        self.timeline = Timeline()
        self._words = words
        self._percent = 1000

    def tell(self, stamp: Stamp, body: Body) -> None:
        words = self._words
        match body:
            case IntervalBegun():
                self._begun(stamp, body)
            case IntervalEnded():
                self._ended(body)
            case Gap():
                self._gap(stamp, body)
            case Prompt():
                text = words("prompt", text=body.text) + ("" if body.audible else f" {words('inaudible')}")
                self._add(_utc(stamp, body.from_us), "prompt", text)
            case Chapter():
                clause = f" ({words('clause', clause=body.clause)})" if body.clause else ""
                at = _utc(stamp, body.at_us)
                self.timeline.marks.append(at)
                self._add(at, "chapter", words("chapter", number=body.chapter, title=body.title or body.item) + clause)
            case Event(code="procedure"):
                stated = body.data.get("action_stated") == "chosen"
                text = words("restated", action=body.data.get("action") or words("not-stated"))
                self._add(stamp.utc_us, "event", f"{text} ({words('chosen')})" if stated else text)
            case Event():
                data = ", ".join(f"{key} {value}" for key, value in body.data.items())
                self._add(stamp.utc_us, "event", f"{body.code}: {data}" if data else body.code)
            case ClockStep():
                step = f"{body.step_us / 1e6:+.3f}"
                self._add(stamp.utc_us, "clock", words("clock-step", seconds=step, state=words(body.after.state)))
            case Battery() if abs(body.percent - self._percent) >= _BATTERY_STEP:
                self._percent = body.percent
                self._add(stamp.utc_us, "event", words("battery", percent=body.percent))
            case Photo():
                self._add(body.at_utc_us, "photo", words("photo", file=body.file, bytes=body.length))
            case Closed():
                self._closed(stamp, body)
            case Died():
                self._add(stamp.utc_us, "end", words("recovered", cause=words.cause(body.cause)))
            case _:
                self._stretch(body)

    def _begun(self, stamp: Stamp, body: IntervalBegun) -> None:
        words = self._words
        streams = ", ".join(words(stream) for stream in body.streams)
        if body.width:
            streams += f" {body.width}x{body.height}"
        if body.rate_millihertz:
            streams += f", {body.rate_millihertz / 1000:g}/s"
        text = words("interval-begun", number=body.interval, streams=streams, cause=words.cause(body.cause))
        before = stamp.boot_us - body.first_us
        if before >= 1_000_000:
            text += f"; {words('pre-roll', seconds=_seconds(before))}"
        self._add(body.first_utc_us, "interval", text)
        self.timeline.intervals.append(Stretch(body.first_utc_us, body.first_utc_us))

    def _ended(self, body: IntervalEnded) -> None:
        words, intervals = self._words, self.timeline.intervals
        length = body.last_utc_us - intervals[-1].begin_us if intervals else 0
        text = words("interval-ended", number=body.interval, seconds=_seconds(length), cause=words.cause(body.cause))
        self._add(body.last_utc_us, "interval", f"{text} ({body.detail})" if body.detail else text)
        if intervals:
            intervals[-1].end_us = body.last_utc_us

    def _gap(self, stamp: Stamp, body: Gap) -> None:
        begin, length = _utc(stamp, body.from_us), body.to_us - body.from_us
        count = body.frames if body.stream == "video" else body.samples
        text = self._words(
            f"gap-{body.stream}", seconds=_seconds(length), count=count, cause=self._words.cause(body.cause)
        )
        self._add(begin, "gap", f"{text} ({body.detail})" if body.detail else text)
        self.timeline.gaps.append(Stretch(begin, begin + length))
        del self.timeline.gaps[MAX_ENTRIES:]

    def _closed(self, stamp: Stamp, body: Closed) -> None:
        words = self._words
        text = words("dialogue") if body.dialogue else words("no-dialogue", cause=words.cause(body.cause))
        if body.missing:
            text += f"; {words('missing', list=', '.join(body.missing))}"
        self._add(stamp.utc_us, "end", text)

    def _stretch(self, body: Body) -> None:
        """A chunk carries the open interval on; one that death cut off has its end from its last chunk."""
        last, first = getattr(body, "last_us", None), getattr(body, "first_us", None)
        if self.timeline.intervals and last is not None and first is not None:
            end = getattr(body, "first_utc_us", 0) + last - first
            self.timeline.intervals[-1].end_us = max(self.timeline.intervals[-1].end_us, end)

    def _add(self, utc_us: int, kind: str, text: str) -> None:
        if len(self.timeline.entries) < MAX_ENTRIES:
            self.timeline.entries.append(Entry(utc_us, kind, text))
        else:
            self.timeline.left_out += 1


def _utc(stamp: Stamp, boot_us: int) -> int:
    """UTC of a moment of this boot, by the record that tells of it."""
    return stamp.utc_us + boot_us - stamp.boot_us


def _seconds(us: int) -> str:
    return f"{us / 1e6:.3f}".rstrip("0").rstrip(".")
