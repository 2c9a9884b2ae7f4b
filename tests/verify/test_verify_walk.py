"""A damaged journal is walked once, from end to end: what can be read, and between it what can not, and why."""

import io
from itertools import repeat

import pytest
from verify_build import UNIT

from kuager.evidence.cbor import MAX_BYTES
from kuager.evidence.journal import MARKER, JournalWriter
from kuager.evidence.records import Event, Stamp
from kuager.evidence.rules_walk import MAX_TRIES, Damage, walk

TAG = "a record must begin with tag 55799"
NUMBER = "a record's number must be an unsigned integer below 2^53"
PARTS = "a record has five parts, or six with its signature"
CUT = "the bytes end within an item"


def records(count: int, filler: int = 0) -> list[bytes]:
    writer = JournalWriter(UNIT.encode())
    data: dict[str, str | int | bool] = {"text": "x" * filler}
    return [writer.append("event", Event(code="x", data=data), Stamp(n, n, "unset", 1)) for n in range(count)]


def walked(data: bytes, grain: int = 1 << 30) -> list[int | Damage]:
    """Numbers of the records that are read, and damage, one after another without a gap."""
    items: list[int | Damage] = []
    at = 0
    for item in walk(Source(data, grain)):
        begin, seq = (item.begin, item) if isinstance(item, Damage) else (item.offset, item.seq)
        assert begin == at
        at = item.end
        items.append(seq)
    assert at == len(data)
    return items


class Source:
    """Gives at most so many bytes at a time; keeps the most that it was asked for."""

    def __init__(self, data: bytes, grain: int) -> None:
        self._stream, self._grain, self.asked = io.BytesIO(data), grain, 0

    def read(self, size: int, /) -> bytes:
        self.asked = max(self.asked, size)
        return self._stream.read(min(size, self._grain))


ONE, TWO, THREE = records(3)
A, B = len(ONE), len(ONE) + len(TWO)


@pytest.mark.parametrize("grain", [1, 7, 1 << 20])
@pytest.mark.parametrize(
    ("data", "items"),
    [
        (b"", []),
        (ONE + TWO + THREE, [0, 1, 2]),
        (b"x" + ONE, [Damage(0, 1, TAG), 0]),
        (ONE + b"junk" + TWO, [0, Damage(A, A + 4, TAG), 1]),
        (ONE + TWO[1:] + THREE, [0, Damage(A, B - 1, TAG), 2]),
        (ONE + TWO[:-1], [0, Damage(A, B - 1, CUT)]),
        (ONE + MARKER, [0, Damage(A, A + 3, CUT)]),
        (ONE + MARKER[:2], [0, Damage(A, A + 2, "the bytes end within a record's tag")]),
        (ONE + MARKER + b"\x85\x20\0\0\0\0" + TWO, [0, Damage(A, A + 9, NUMBER), 1]),
        (MARKER + b"\x81\x00" + ONE, [Damage(0, 5, PARTS), 0]),
        (ONE + b"junk" + MARKER + b"\x86" + TWO + b"junk", [0, Damage(A, A + 8, TAG), 1, Damage(B + 8, B + 12, TAG)]),
    ],
)
def test_records_and_damage_tile_the_file(data: bytes, items: list[int | Damage], grain: int) -> None:
    assert walked(data, grain) == items


WINDOW = 4 * MAX_BYTES


@pytest.mark.parametrize("short", [*range(8), len(ONE), len(ONE) + 1, MAX_BYTES, MAX_BYTES + 1])
def test_a_record_is_found_wherever_it_begins_in_what_is_read_at_once(short: int) -> None:
    begin = WINDOW - short
    assert walked(b"x" * begin + ONE) == [Damage(0, begin, TAG), 0]


def test_damage_longer_than_what_is_held() -> None:
    begin = 3 * WINDOW + 5
    assert walked(ONE + bytes(begin) + TWO) == [0, Damage(A, A + begin, TAG), 1]
    assert walked(ONE + bytes(begin)) == [0, Damage(A, A + begin, TAG)]


def test_no_more_is_asked_for_than_four_of_the_longest_records() -> None:
    long = records(20, 60_000)
    source = Source(b"".join(long), 1 << 30)
    assert [item.seq for item in walk(source) if not isinstance(item, Damage)] == list(range(20))
    assert source.asked == WINDOW
    slow = Source(b"".join(long), 100_000)
    assert len(list(walk(slow))) == 20


def test_a_record_of_the_greatest_length_is_read_behind_damage() -> None:
    spare = MAX_BYTES - len(records(1, 60_000)[0])
    (longest,) = records(1, 60_000 + spare)
    assert len(longest) == MAX_BYTES
    for before in (1, WINDOW - MAX_BYTES, WINDOW - 10):
        assert walked(bytes(before) + longest) == [Damage(0, before, TAG), 0]


FALSE = MARKER + b"\x86\x00"


@pytest.mark.parametrize(("tries", "read"), [(MAX_TRIES - 1, [0]), (MAX_TRIES, [])])
def test_beginnings_are_tried_so_often_in_one_journal(tries: int, read: list[int]) -> None:
    rubble = b"x" + b"".join(repeat(FALSE, tries))
    end = len(rubble) + (0 if read else len(ONE))
    assert walked(rubble + ONE) == [Damage(0, end, TAG), *read]


def test_where_the_walk_itself_stood_is_no_try() -> None:
    rubble = b"".join(repeat(FALSE, MAX_TRIES))
    damage, *read = walked(rubble + ONE)
    assert isinstance(damage, Damage)
    assert (damage.begin, damage.end, read) == (0, len(rubble), [0])


def test_tries_are_counted_over_all_damage_of_a_journal() -> None:
    half = b"x" + b"".join(repeat(FALSE, MAX_TRIES // 2))
    raws = records(3)
    data = half + raws[0] + half + raws[1] + b"x" + raws[2]
    assert walked(data) == [Damage(0, len(half), TAG), 0, Damage(len(half) + len(raws[0]), len(data), TAG)]
