"""Time and memory are bounded by the length of the input: four times as much takes about four times as long."""

import io
import time
import tracemalloc

import pytest
from growth import Case, cases, long_lists

from kuager.evidence import rules_walk
from kuager_workshop.fuzz.targets import TARGETS

MOST_PER_BYTE = 250
"""Bytes that a byte of input may cost: an empty map of one byte is an object of Python, and is held twice at times."""
MOST_AT_ALL = 10 << 20
"""Bytes that may be held whatever the input is: the longest frame of a socket is taken whole."""
GROWTH = 10  # of time, for four times the length: 4 is linear, 16 the square
UNSURE_S = 0.08


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("CRITICAL")


def seconds(case: Case, data: bytes) -> float:
    """Of this process alone: another one on the machine does not count."""
    begun = time.process_time()
    TARGETS[case.target].run(data)
    return time.process_time() - begun


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case.target}: {case.name}")
def test_it_costs_no_more_than_its_length_allows(case: Case) -> None:
    long, short = case.make(case.most), case.make(case.most // 4)
    TARGETS[case.target].run(case.make(100))
    most_s = GROWTH * min(seconds(case, short), seconds(case, short)) + UNSURE_S
    # What shares the processor's caches makes it dearer now and then, and never cheaper.
    assert any(seconds(case, long) <= most_s for _ in range(3))
    tracemalloc.start()
    try:
        TARGETS[case.target].run(long)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak <= MOST_PER_BYTE * len(long) + MOST_AT_ALL


def test_what_only_looks_like_records_is_tried_a_bounded_number_of_times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules_walk, "MAX_TRIES", 64)
    tried = 0
    parse = rules_walk.parse

    def counted(data: bytes, at: int, base: int) -> object:
        nonlocal tried
        tried += 1
        return parse(data, at, base)

    monkeypatch.setattr(rules_walk, "parse", counted)
    items = list(rules_walk.walk(io.BytesIO(long_lists(500_000))))
    assert len(items) == 1
    assert tried <= 65
