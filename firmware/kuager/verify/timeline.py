"""A recording's story for people: what happened when, made of its proven records. No drawing here.

Order and lengths are by CLOCK_BOOTTIME, which nobody can set; UTC, which may step, is only told.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from kuager.catalogue.reading import Reader, Value
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
from kuager.verify.measured import readable

MAX_ENTRIES = 2000
AFTER_ALL = 2**53  # CLOCK_BOOTTIME us: recovery came in this or a later boot, after everything else
_BATTERY_STEP = 5  # percent by which a reading must differ from the last one told


class Moment(NamedTuple):
    """CLOCK_BOOTTIME us of the recording's boot, and UTC us as the unit believed it then."""

    boot_us: int
    utc_us: int


@dataclass(frozen=True)
class Entry:
    """One line of the timeline. kind: interval, end, gap, prompt, chapter, event, clock, photo."""

    at: Moment
    kind: str
    text: str


@dataclass
class Stretch:
    """An interval, or a gap in one."""

    begin: Moment
    end: Moment


@dataclass
class Timeline:
    """Everything in the order of its time; `left_out` entries did not fit."""

    entries: list[Entry] = field(default_factory=list)
    intervals: list[Stretch] = field(default_factory=list)
    gaps: list[Stretch] = field(default_factory=list)
    marks: list[Moment] = field(default_factory=list)
    left_out: int = 0


def build(records: Iterable[tuple[Record, Body]], words: Reader) -> Timeline:
    """The timeline of these records."""
    teller = _Teller(words)
    for record, body in records:
        teller.tell(record.stamp, body)
    teller.timeline.entries.sort(key=lambda entry: entry.at.boot_us)
    return teller.timeline


class _Teller:
    def __init__(self, words: Reader) -> None:
        self.timeline = Timeline()
        self._words = words
        self._percent = 1000

    def tell(self, stamp: Stamp, body: Body) -> None:
        match body:
            case IntervalBegun():
                self._begun(stamp, body)
            case IntervalEnded():
                self._ended(body)
            case Gap():
                self._gap(stamp, body)
            case Prompt():
                form = "prompt" if body.audible else "prompt-unheard"
                self._add(_at(stamp, body.from_us), "prompt", form, text=body.text)
            case Chapter():
                self._chapter(_at(stamp, body.at_us), body)
            case Event():
                self._put(_at(stamp), "event", event(body, self._words))
            case ClockStep():
                step, state = f"{body.step_us / 1e6:+.3f}", self._words.word("state", body.after.state)
                self._add(_at(stamp), "clock", "clock-step", seconds=step, state=state)
            case Battery() if abs(body.percent - self._percent) >= _BATTERY_STEP:
                self._percent = body.percent
                self._add(_at(stamp), "event", "battery", percent=body.percent)
            case Photo():
                self._add(Moment(body.at_us, body.at_utc_us), "photo", "photo", name=body.file, bytes=body.length)
            case Closed():
                self._closed(stamp, body)
            case Died():
                self._add(Moment(AFTER_ALL, stamp.utc_us), "end", "recovered", cause=body.cause)
            case _:
                self._stretch(body)

    def _begun(self, stamp: Stamp, body: IntervalBegun) -> None:
        words = self._words
        values: dict[str, Value] = {
            "number": body.interval, "streams": tuple(body.streams), "cause": body.cause
        }  # fmt: skip
        if body.width:
            rate = f"{body.rate_millihertz / 1000:g}"
            text = words("show.interval-begun-size", width=body.width, height=body.height, rate=rate, **values)
        else:
            text = words("show.interval-begun", **values)
        before = stamp.boot_us - body.first_us
        if before >= 1_000_000:
            form = "pre-roll" if body.cause == "press" else "held-over"
            text += f"; {words(f'show.{form}', seconds=_seconds(before))}"
        begin = Moment(body.first_us, body.first_utc_us)
        self._put(begin, "interval", text)
        self.timeline.intervals.append(Stretch(begin, begin))

    def _ended(self, body: IntervalEnded) -> None:
        words, intervals = self._words, self.timeline.intervals
        end = Moment(body.last_us, body.last_utc_us)
        length = end.boot_us - intervals[-1].begin.boot_us if intervals else 0
        text = words("show.interval-ended", number=body.interval, seconds=_seconds(length), cause=body.cause)
        self._put(end, "interval", text + _detail(body.detail, words))
        if intervals:
            intervals[-1].end = end

    def _gap(self, stamp: Stamp, body: Gap) -> None:
        begin, length = _at(stamp, body.from_us), body.to_us - body.from_us
        count = body.frames if body.stream == "video" else body.samples
        text = self._words(f"show.gap-{body.stream}", seconds=_seconds(length), count=count, cause=body.cause)
        self._put(begin, "gap", text + _detail(body.detail, self._words))
        self.timeline.gaps.append(Stretch(begin, _at(stamp, body.to_us)))
        del self.timeline.gaps[MAX_ENTRIES:]

    def _chapter(self, at: Moment, body: Chapter) -> None:
        name = chapter(body, self._words)
        self.timeline.marks.append(at)
        if body.clause:
            self._add(at, "chapter", "chapter-clause", number=body.chapter, name=name, clause=body.clause)
        else:
            self._add(at, "chapter", "chapter", number=body.chapter, name=name)

    def _closed(self, stamp: Stamp, body: Closed) -> None:
        words = self._words
        text = words("show.dialogue") if body.dialogue else words("show.no-dialogue", cause=body.cause)
        if body.missing:
            text += f"; {words('show.missing', missing=tuple(body.missing))}"
        self._put(_at(stamp), "end", text)

    def _stretch(self, body: Body) -> None:
        """A chunk carries the open interval on; one that death cut off has its end from its last chunk."""
        last, first = getattr(body, "last_us", None), getattr(body, "first_us", None)
        if self.timeline.intervals and last is not None and first is not None:
            end = Moment(last, getattr(body, "first_utc_us", 0) + last - first)
            self.timeline.intervals[-1].end = max(self.timeline.intervals[-1].end, end)

    def _add(self, at: Moment, kind: str, form: str, **values: Value) -> None:
        self._put(at, kind, self._words(f"show.{form}", **values))

    def _put(self, at: Moment, kind: str, text: str) -> None:
        if len(self.timeline.entries) < MAX_ENTRIES:
            self.timeline.entries.append(Entry(at, kind, text))
        else:
            self.timeline.left_out += 1


def chapter(body: Chapter, words: Reader) -> str:
    """Its title in the reader's language, where the catalogue knows the item; else as it was written."""
    known = f"title.{body.item}"
    return words(known) if known in words else body.title or body.item


def event(body: Event, words: Reader) -> str:
    """An event's sentence; one that the catalogue does not have, or has with other data, is told as it was written."""
    data: dict[str, Value] = {**body.data, **readable(body.code, body.data)}
    if body.code == "procedure":
        name = str(data.get("action") or words("show.not-stated"))
        return words("show.restated-chosen" if data.get("action_stated") == "chosen" else "show.restated", name=name)
    form = f"event.{body.code}"
    if body.code == "press" and data.get("answer") == "refused":
        form = "event.press-refused"
    elif body.code == "warning":
        form = "event.warning-on" if data.get("active") else "event.warning-over"
    if form in words and words.slots(form) <= data.keys():
        streams = body.code == "recording"
        return words(form, **{key: tuple(str(value).split()) if streams else value for key, value in data.items()})
    told = ", ".join(f"{key} {value}" for key, value in body.data.items())
    return f"{body.code}: {told}" if told else body.code


def _detail(detail: str, words: Reader) -> str:
    """What the unit wrote beside a cause: in the reader's language where it is a known phrase."""
    if not detail:
        return ""
    key = re.sub(r"[^a-z0-9]+", "-", detail.lower()).strip("-")
    known = f"detail.{key}"
    return f" ({words(known)})" if known in words else f" («{detail}»)"


def _at(stamp: Stamp, boot_us: int | None = None) -> Moment:
    """A moment of this boot, its UTC by the record that tells of it; without a time, that of the record itself."""
    at_us = stamp.boot_us if boot_us is None else boot_us
    return Moment(at_us, stamp.utc_us + at_us - stamp.boot_us)


def _seconds(us: int) -> str:
    return f"{us / 1e6:.3f}".rstrip("0").rstrip(".")
