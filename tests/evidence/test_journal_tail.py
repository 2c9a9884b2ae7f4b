"""Recovery reads the end only: the tail finds the records that connect, whatever the bytes around them hold."""

import time

import pytest
from evidence_samples import ED25519, RECORDING, RECORDING_KEY, STAMP, journal

from kuager.evidence import cbor
from kuager.evidence.journal import MARKER, TAIL_BYTES, JournalWriter, iterate, tail
from kuager.evidence.records import Battery, Checkpoint, Event

RAW = b"".join(raw for _, raw in journal(ED25519, [b"certificate"]))
RECORDS = list(iterate(RAW))


def long_journal(count: int) -> bytes:
    writer = JournalWriter(RECORDING)
    return b"".join(
        writer.append("checkpoint", Checkpoint(bytes=n), STAMP, RECORDING_KEY)
        if n % 4 == 3
        else writer.append("event", Event(code="x", data={"n": n}), STAMP)
        for n in range(count)
    )


def test_a_whole_short_journal() -> None:
    assert tail(RAW) == RECORDS


def test_torn_at_every_byte() -> None:
    for cut in range(len(RAW) + 1):
        whole = [record for record in RECORDS if record.end <= cut]
        assert tail(RAW[:cut]) == whole


@pytest.mark.parametrize("skip", [1, 100, 65_000, 200_000])
def test_a_window_that_begins_anywhere(skip: int) -> None:
    raw = long_journal(2500)
    assert len(raw) > TAIL_BYTES
    expected = [record for record in iterate(raw) if record.offset >= len(raw) - TAIL_BYTES]
    assert tail(raw[-TAIL_BYTES:], len(raw) - TAIL_BYTES) == expected
    shifted = [record for record in expected if record.offset >= len(raw) - TAIL_BYTES + skip]
    assert tail(raw[-TAIL_BYTES + skip :], len(raw) - TAIL_BYTES + skip) == shifted


def with_inner(inner: bytes) -> bytes:
    """A journal with these bytes inside a record, where a byte string may hold anything."""
    writer = JournalWriter(RECORDING)
    first = writer.append("event", Event(code="before"), STAMP)
    middle = MARKER + cbor.encode([1, writer.head, [1, 2, "holdover", 3], "smell", {"of": inner}])
    writer = JournalWriter(RECORDING, 2, cbor_digest(middle))
    return first + middle + writer.append("checkpoint", Checkpoint(), STAMP, RECORDING_KEY)


def cbor_digest(data: bytes) -> bytes:
    import hashlib

    return hashlib.sha256(data).digest()


@pytest.mark.parametrize(
    "inner",
    [
        MARKER,
        MARKER * 50,
        MARKER + b"\x85\x00\x58\x20",
        RAW,  # a whole other journal
        RAW[: RECORDS[3].end - 5],
        MARKER + cbor.encode([0, bytes(32), [1, 2, "holdover", 3], "event", {"code": "x"}]),
        # The head of a record that would swallow all that follows.
        MARKER + cbor.encode([0, bytes(32), [1, 2, "holdover", 3], "event", {"code": bytes(500)}])[:-480],
    ],
)
def test_markers_inside_a_byte_string_are_no_records(inner: bytes) -> None:
    data = with_inner(inner)
    assert tail(data) == list(iterate(data))
    assert len(tail(data)) == 3


@pytest.mark.parametrize("garbage", [bytes(5000), b"\xff" * 10, MARKER * 3, MARKER + b"\x85\x03\x58\x20", RAW])
def test_garbage_after_the_end_is_left_out(garbage: bytes) -> None:
    assert tail(RAW + garbage) == RECORDS


def test_records_after_a_hole_in_what_was_not_synced_are_left_out() -> None:
    for first_lost, last_lost in ((5, 5), (1, 7), (8, 8)):
        hole = bytearray(RAW)
        hole[RECORDS[first_lost].offset : RECORDS[last_lost].end] = bytes(
            RECORDS[last_lost].end - RECORDS[first_lost].offset
        )
        assert tail(bytes(hole)) == RECORDS[:first_lost]
    raw = long_journal(2500)
    window, base = bytearray(raw[-TAIL_BYTES:]), len(raw) - TAIL_BYTES
    window[-4096:-2048] = bytes(2048)
    assert tail(bytes(window), base) == [r for r in iterate(raw) if base <= r.offset and r.end <= len(raw) - 4096]


def test_nothing_connects() -> None:
    assert tail(b"") == []
    assert tail(bytes(1000)) == []
    assert tail(RAW[1:]) == []  # base 0 says that this is the journal's beginning, and it begins with no record
    assert tail(b"\0" + RAW) == []
    lost = bytes(70_000) + RAW
    assert tail(lost, 5_000_000) == []


def test_a_tail_made_to_take_long_is_given_up_soon() -> None:
    head = MARKER + b"\x85\x00\x58\x20" + bytes(32) + b"\x84\x00\x00\x68holdover\x00\x65event\xa1\x64code\x99\xff\xff"
    begun = time.monotonic()
    assert tail((head + bytes(10)) * (TAIL_BYTES // (len(head) + 10)), 1 << 20) == []
    assert time.monotonic() - begun < 10


def test_a_journal_of_hours_takes_no_longer_than_its_last_256_kib() -> None:
    writer = JournalWriter(RECORDING, seq=2**32)
    raw = b"".join(writer.append("battery", Battery(percent=5), STAMP) for _ in range(3000))
    begun = time.monotonic()
    found = tail(raw[-TAIL_BYTES:], 1 << 30)
    assert found[-1].digest == writer.head
    assert time.monotonic() - begun < 1
