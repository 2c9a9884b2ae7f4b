"""What proven records add up to, record by record: each contradiction with its place, its time and its values."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from rules_build import (
    UTC_US,
    begun,
    chapter,
    chunk,
    closed,
    died,
    ended,
    gap,
    of_record,
    opened,
    photo,
    record,
    stamp,
)

from kuager.evidence.journal import Record
from kuager.evidence.records import Body, Checkpoint, ClockStep, Event, Procedure, Stamp, TornFile
from kuager.evidence.rules_files import Check
from kuager.evidence.rules_story import MAX_CHAPTERS, MAX_INTERVALS, Story
from kuager.evidence.verdict import Finding, Findings, Span

FIRST, SECOND_FILE = "journal-01.cborseq", "journal-02.cborseq"

Kind = tuple[str, Body]


def telling(*journals: Sequence[Record]) -> tuple[Story, list[Finding]]:
    """A story of these journals, and what is found in it."""
    findings = Findings()
    story = Story(findings)
    for place, records in enumerate(journals, 1):
        story.begin(f"journal-{place:02d}.cborseq")
        for each in records:
            story.record(each)
    story.finish()
    return story, list(findings)


def numbered(*bodies: Kind) -> list[Record]:
    return [record(kind, body, number) for number, (kind, body) in enumerate(bodies)]


OPENED: Kind = ("opened", opened())
BEGUN: Kind = ("interval-begun", begun())
ENDED: Kind = ("interval-ended", ended())
CHUNK: Kind = ("chunk", chunk())
MORE: Kind = ("chunk", chunk(kind="fragment", offset=10))
OTHER: Kind = ("chunk", chunk(file="sound-01.mp4"))
CLOSED: Kind = ("closed", closed())


def test_a_story_without_contradiction_is_kept_and_nothing_is_found() -> None:
    story, found = telling(
        numbered(
            OPENED, BEGUN, CHUNK, ("gap", gap(1)), ENDED, ("interval-begun", begun(2)), ("gap", gap(1)),
            ("chapter", chapter()), ("interval-ended", ended(2)), ("checkpoint", Checkpoint()), CLOSED,
        )
    )  # fmt: skip
    assert found == []
    assert (story.opened, story.opened_at, story.procedure) == (opened(), stamp(0), opened().procedure)
    assert [(each.begun, each.stamp, each.ended) for each in story.intervals] == [
        (begun(), stamp(1), ended()),
        (begun(2), stamp(5), ended(2)),
    ]
    assert [each.files for each in story.intervals] == [["video-01.mp4"], []]
    assert (story.chapters, story.closed, story.died) == ([chapter()], closed(), None)
    assert (story.ended_at, story.last_at) == (stamp(10), stamp(9))


@pytest.mark.parametrize(
    ("bodies", "found"),
    [
        ([OPENED, OPENED], of_record("K307", "opened", 1, FIRST)),
        ([("event", Event(code="x")), OPENED], of_record("K307", "opened", 1, FIRST)),
        ([BEGUN, ("interval-begun", begun(2))], of_record("K406", "begins", 1, FIRST, interval=2)),
        ([BEGUN, ENDED, BEGUN], of_record("K406", "begins", 2, FIRST, interval=1)),
        ([ENDED], of_record("K406", "ends", 0, FIRST, interval=1)),
        ([BEGUN, ENDED, ENDED], of_record("K406", "ends", 2, FIRST, interval=1)),
        ([BEGUN, ("interval-ended", ended(2))], of_record("K406", "ends", 1, FIRST, interval=2)),
        ([CHUNK], of_record("K406", "chunk", 0, FIRST, name="video-01.mp4", interval=1)),
        ([BEGUN, ENDED, CHUNK], of_record("K406", "chunk", 2, FIRST, name="video-01.mp4", interval=1)),
        (
            [BEGUN, ("chunk", chunk(interval=2))],
            of_record("K406", "chunk", 1, FIRST, name="video-01.mp4", interval=2),
        ),
        ([BEGUN, CHUNK, OTHER, MORE], of_record("K406", "file", 3, FIRST, name="video-01.mp4")),
        ([("gap", gap(1))], of_record("K406", "gap", 0, FIRST, interval=1)),
        ([BEGUN, ("gap", gap(2))], of_record("K406", "gap", 1, FIRST, interval=2)),
        ([BEGUN, CLOSED], of_record("K505", "open", 1, FIRST, interval=1)),
        (
            [("opened", opened(number=41))],
            of_record("K103", "name", 0, FIRST, name="KZ0417-000042-20261122T051500Z", unit="KZ0417", number=41),
        ),
        (
            [("opened", opened(unit="KZ0418"))],
            of_record("K103", "name", 0, FIRST, name="KZ0417-000042-20261122T051500Z", unit="KZ0418", number=42),
        ),
    ],
)
def test_a_contradiction_is_named_with_its_record(bodies: list[Kind], found: Finding) -> None:
    assert telling(numbered(*bodies))[1] == [found]


def test_a_file_may_be_begun_in_each_interval_but_returned_to_in_none() -> None:
    again: Kind = ("chunk", chunk(interval=2, kind="fragment", offset=20))
    two = [BEGUN, CHUNK, MORE, ENDED, ("interval-begun", begun(2)), again]
    story, found = telling(numbered(*two))
    assert found == []
    assert [each.files for each in story.intervals] == [["video-01.mp4"], ["video-01.mp4"]]


def test_what_breaks_the_rules_of_its_type_is_told_with_the_reason_and_not_counted() -> None:
    story, found = telling([record("event", {}, 3)])
    reason = "record 3, event: Object missing required field `code`"
    assert found == [of_record("K306", "form", 3, FIRST, reason, number=3, type="event")]
    assert story.last_at is None


@pytest.mark.parametrize(("version", "said"), [(2, "2"), ("a" * 30, "a" * 20), (None, "None")])
def test_a_version_that_is_not_known_is_all_that_is_said(version: object, said: str) -> None:
    story, found = telling([record("opened", {"version": version}, 0)])
    assert found == [of_record("K104", "version", 0, FIRST, version=said, known=1)]
    assert story.opened is None


def test_what_was_promised_and_is_missing_is_listed() -> None:
    _, found = telling([record("closed", closed("sound", "closing dialogue"), 5)])
    missing = ("sound", "closing dialogue")
    values = (("end", "2026-11-22T05:15:05.000Z"), ("cause", "heat"), ("missing", missing))
    assert found == [Finding(code="K501", says="missing", values=values)]


TORN = TornFile(file=FIRST, length=90, proven=80, tail_sha256=bytes(32))
WHOLE = TornFile(file=SECOND_FILE, length=80, proven=80, tail_sha256=bytes(32))
DIED = Finding(code="K502", says="died", values=(("cause", "power"), ("until", "2026-11-22T05:15:07.000Z")))


def test_death_gives_the_torn_tails_to_check_and_ends_at_the_last_proven_moment() -> None:
    findings = Findings()
    story = Story(findings)
    story.begin(SECOND_FILE)
    last_us = stamp(7).utc_us
    check = Check("K504", FIRST, 80, 10, bytes(32), (last_us, last_us))
    assert story.record(record("died", died(TORN, WHOLE), 9)) == [check]
    assert list(findings) == [DIED]
    assert (story.died, story.ended_at, story.last_at) == (died(TORN, WHOLE), stamp(7), None)


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        ([OPENED], ("died", died()), [DIED]),
        ([OPENED], ("died", died(id_=bytes(16))), [of_record("K306", "died", 9, SECOND_FILE), DIED]),
        ([OPENED, CLOSED], ("died", died()), [of_record("K307", "died", 9, SECOND_FILE), DIED]),
        ([OPENED], ("checkpoint", Checkpoint()),
         [of_record("K308", "begins", 9, SECOND_FILE, type="checkpoint")]),
    ],
)  # fmt: skip
def test_a_further_journal_is_begun_by_recovery_of_the_same_recording(
    first: list[Kind], second: Kind, found: list[Finding]
) -> None:
    later = [record(*second, 9), record("event", Event(code="x"), 10)]
    assert telling(numbered(*first), later)[1] == found


def timed(*stamps: Stamp) -> list[Record]:
    return [record("event", Event(code="x"), number, at) for number, at in enumerate(stamps)]


@pytest.mark.parametrize(
    ("step_us", "seconds"),
    [(2_000_000, ""), (2_000_001, "+2.0"), (-2_000_000, ""), (-3_540_000, "-3.5"), (86_400_000_000, "+86400.0")],
)
def test_a_step_of_utc_by_more_than_two_seconds_is_told(step_us: int, seconds: str) -> None:
    after = stamp(1, step_us)
    _, found = telling(timed(stamp(0), after, stamp(2, step_us)))
    if not seconds:
        assert found == []
        return
    step = Finding(
        code="K311", says="step", values=(("seconds", seconds),), file=FIRST, bytes=Span(100, 140),
        time=Span(after.utc_us, after.utc_us),
    )  # fmt: skip
    assert found == [step]


def test_a_step_that_is_declared_is_none() -> None:
    declared = record(
        "clock-step", ClockStep(step_us=5_000_000, before=stamp(1), after=stamp(1)), 1, stamp(1, 5_000_000)
    )
    assert telling([record("event", Event(code="x"), 0), declared])[1] == []


def test_the_clock_since_boot_never_runs_back() -> None:
    same, before = (Stamp(each, UTC_US, "synchronised", 1000) for each in (5_000_000, 4_999_999))
    assert telling(timed(same, same))[1] == []
    place: dict[str, Any] = {"file": FIRST, "bytes": Span(100, 140), "time": Span(UTC_US, UTC_US)}
    assert telling(timed(same, before))[1] == [Finding(code="K305", says="backwards", **place)]


def test_clocks_are_compared_within_one_journal_only() -> None:
    after_boot = record("died", died(), 9, stamp(0, 86_400_000_000))
    assert telling([record(*OPENED, 0, stamp(500))], [after_boot])[1] == [DIED]


def test_types_that_are_not_known_are_told_in_order_and_at_most_twenty() -> None:
    names = [f"type-{number:02d}" for number in range(25)]
    _, found = telling([record(name, {}, 1) for name in reversed(names)])
    assert found == [Finding(code="K310", says="type", values=(("type", name),)) for name in names[:20]]


def test_the_procedure_is_as_the_last_good_event_states_it() -> None:
    chosen: dict[str, str | int | bool] = {"id": "kz", "title": "t", "action": "search", "action_stated": "chosen"}
    story, found = telling(
        numbered(
            OPENED,
            ("event", Event(code="procedure", data=chosen)),
            ("event", Event(code="procedure", data={"id": "kz"})),
            ("event", Event(code="other", data=chosen | {"action": "else"})),
        )
    )
    assert story.procedure == Procedure(id="kz", title="t", action="search", action_stated="chosen")
    assert found == []


def many(make: Callable[[int], list[Kind]], count: int) -> tuple[Story, list[Finding]]:
    return telling(numbered(*(body for number in range(1, count + 1) for body in make(number))))


def limit(what: str, count: int) -> Finding:
    return Finding(code="K312", says=what, values=(("count", count),))


def test_chapters_are_bounded() -> None:
    story, found = many(lambda number: [("chapter", chapter(number))], MAX_CHAPTERS)
    assert found == []
    story, found = many(lambda number: [("chapter", chapter(number))], MAX_CHAPTERS + 1)
    assert found == [limit("chapters", 1024)]
    assert len(story.chapters) == 1024


def test_intervals_are_bounded() -> None:
    def interval(number: int) -> list[Kind]:
        return [("interval-begun", begun(number)), ("interval-ended", ended(number))]

    story, found = many(interval, MAX_INTERVALS)
    assert found == []
    story, found = many(interval, MAX_INTERVALS + 1)
    assert found[0] == limit("intervals", 1024)
    assert len(story.intervals) == 1024


def test_files_of_one_interval_are_bounded() -> None:
    chunks: list[Kind] = [("chunk", chunk(file=f"video-{number:04d}.mp4")) for number in range(MAX_INTERVALS + 1)]
    story, found = telling(numbered(BEGUN, *chunks))
    assert found == [of_record("K406", "file", MAX_INTERVALS + 1, FIRST, name="video-1024.mp4")]
    assert len(story.intervals[0].files) == MAX_INTERVALS


def test_media_are_digested_in_the_order_of_their_records() -> None:
    story = Story(Findings())
    story.begin(FIRST)
    checks = [
        story.record(each)
        for each in numbered(BEGUN, CHUNK, ("photo", photo()), ("photo", photo()), ("chunk", chunk(file="x")))
    ]
    assert [[(check.code, check.file) for check in found] for found in checks] == [
        [], [("K401", "video-01.mp4")], [("K407", "photo-0001.jpg")], [], [],
    ]  # fmt: skip
