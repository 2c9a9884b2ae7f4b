"""The story that `kuager show` tells, made of records whose clock misbehaves."""

from types import SimpleNamespace
from typing import Any

import pytest

from kuager.catalogue.reading import Reader
from kuager.evidence.records import Body, ClockStep, Closed, Died, IntervalBegun, IntervalEnded, Stamp
from kuager.verify import timeline

UTC_US = 1_795_000_000_000_000
DAY_US = 86_400_000_000


def stamp(second: int, step_us: int = 0) -> Stamp:
    return Stamp(second * 1_000_000, UTC_US + second * 1_000_000 + step_us, "synchronised", 1000)


def begun(second: int, **fields: Any) -> IntervalBegun:
    at = stamp(second)
    fields = {"cause": "press", "interval": 1, "streams": ["sound"]} | fields
    return IntervalBegun(first_us=at.boot_us, first_utc_us=at.utc_us, **fields)


def told(*records: tuple[Stamp, Body]) -> timeline.Timeline:
    return timeline.build([(SimpleNamespace(stamp=at), body) for at, body in records], Reader("en"))  # type: ignore[misc]


@pytest.mark.parametrize("step_us", [DAY_US, -DAY_US])
def test_a_clock_that_jumps_a_day_changes_neither_order_nor_lengths(step_us: int) -> None:
    before, after, last = stamp(15), stamp(15, step_us), stamp(20, step_us)
    ended = IntervalEnded(interval=1, cause="closing", last_us=last.boot_us, last_utc_us=last.utc_us)
    found = told(
        (stamp(10), begun(10)),
        (after, ClockStep(step_us=step_us, before=before, after=after)),
        (last, ended),
        (stamp(21, step_us), Closed(cause="closing", dialogue=True)),
    )
    assert [entry.kind for entry in found.entries] == ["interval", "clock", "interval", "end"]
    assert "after 10 s" in found.entries[2].text
    (interval,) = found.intervals
    assert interval.end.boot_us - interval.begin.boot_us == 10_000_000
    assert interval.end.utc_us == last.utc_us


def test_recovery_after_a_new_start_comes_last() -> None:
    died = Died(
        version=1, id=bytes(16), boot=bytes(16), cause="power", last=stamp(10), durable_us=0, journals=[],
        certificates=[bytes(1)],
    )  # fmt: skip
    found = told((stamp(500), begun(500)), (stamp(3, DAY_US), died))
    assert [entry.kind for entry in found.entries] == ["interval", "end"]


@pytest.mark.parametrize(("cause", "words"), [("press", "recorded before the press"), ("software", "waited in memory")])
def test_what_is_older_than_its_beginning_is_said_to_be(cause: str, words: str) -> None:
    (entry,) = told((stamp(17), begun(10, cause=cause))).entries
    assert f"7 s {words}" in entry.text
