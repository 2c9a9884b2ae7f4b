"""Journals that were damaged or made up: what is read is what stands there, in order and without holes."""

import io
from itertools import pairwise
from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kuager.evidence import cbor, journal
from kuager.evidence.cbor import MalformedError
from kuager.evidence.journal import BrokenError, JournalWriter, Record
from kuager.evidence.records import BODIES, Body, Event, Stamp
from kuager.evidence.rules_walk import Damage, walk
from kuager.evidence.unit import UNIT_BODIES
from kuager_workshop.fuzz import typed
from kuager_workshop.fuzz.worker import CORPUS

WHOLE = (CORPUS / "journal" / "seed-sealed").read_bytes()
RECORDS = list(journal.iterate(WHOLE))
damage = st.tuples(
    st.integers(0, len(WHOLE) - 1), st.integers(0, 400), st.one_of(st.binary(max_size=30), st.just(b"\xd9\xd9\xf7\x85"))
)


def damaged(done: list[tuple[int, int, bytes]]) -> bytes:
    data = WHOLE
    for at, length, instead in done:
        data = data[:at] + instead + data[at + length :]
    return data


def spans(data: bytes) -> list[Record | Damage]:
    items = list(walk(io.BytesIO(data)))
    at = 0
    for item in items:
        begin, end = (item.begin, item.end) if isinstance(item, Damage) else (item.offset, item.end)
        assert begin == at < end
        at = end
    assert at == len(data)
    return items


@settings(deadline=None)
@given(st.lists(damage, max_size=4))
def test_records_and_damage_tile_any_journal(done: list[tuple[int, int, bytes]]) -> None:
    data = damaged(done)
    items = spans(data)
    for before, after in pairwise(items):
        assert not (isinstance(before, Damage) and isinstance(after, Damage))
    for item in items:
        if isinstance(item, Record):
            assert data[item.offset : item.end] == item.raw
            assert journal.parse(item.raw).digest == item.digest


@settings(deadline=None)
@given(st.lists(damage, max_size=3))
def test_a_journal_is_followed_up_to_its_first_wrong_byte_and_never_beyond(done: list[tuple[int, int, bytes]]) -> None:
    data = damaged(done)
    same = next((at for at, (a, b) in enumerate(zip(data, WHOLE, strict=False)) if a != b), min(len(data), len(WHOLE)))
    found: list[Record] = []
    try:
        found.extend(journal.iterate(data))
    except BrokenError as broken:
        stopped = broken.offset
        good = [record for record in RECORDS if record.end <= same]
        assert [record.raw for record in found[: len(good)]] == [record.raw for record in good]
        assert (good[-1].end if good else 0) <= stopped <= len(data)
    else:
        assert b"".join(record.raw for record in found) == data
        assert all(after.prev == before.digest for before, after in pairwise(found))


@settings(deadline=None)
@given(st.lists(damage, max_size=3), st.integers(0, 3000))
def test_a_tail_is_linked_and_without_holes(done: list[tuple[int, int, bytes]], base: int) -> None:
    data = damaged(done)
    for before, after in pairwise(journal.tail(data[base:], base)):
        assert (after.prev, after.seq, after.offset) == (before.digest, before.seq + 1, before.end)


def test_a_tail_goes_no_further_than_a_number_that_does_not_follow() -> None:
    writer = JournalWriter(bytes(16))
    first = writer.append("event", Event(code="first"), Stamp(1, 2, "unset", 3))
    writer.seq += 1  # the link is right, the number is not
    second = writer.append("event", Event(code="second"), Stamp(1, 2, "unset", 3))
    assert [record.raw for record in journal.tail(first + second)] == [first]
    with pytest.raises(BrokenError, match="record 2 where 1 was due"):
        list(journal.iterate(first + second))


@pytest.mark.parametrize("kind", [*BODIES, *UNIT_BODIES])
@settings(deadline=None)
@given(chance=st.randoms(use_true_random=False))
def test_a_body_within_its_rules_is_written_and_read_back(kind: str, chance: Random) -> None:
    bodies = UNIT_BODIES if kind in UNIT_BODIES else BODIES
    body = msgspec.convert(typed.plain(bodies[kind], chance), bodies[kind], builtin_types=(bytes,))
    writer = JournalWriter(bytes(16), kind="unit")
    record = journal.parse(writer.append(kind, body, Stamp(1, 2, "unset", 2**52)))
    assert record.typed(bodies) == body
    assert writer.head == record.digest


@pytest.mark.parametrize("kind", [*BODIES, *UNIT_BODIES])
@settings(deadline=None)
@given(chance=st.randoms(use_true_random=False), value=st.binary(max_size=40))
def test_a_body_with_a_part_of_another_kind_is_refused_or_keeps_its_rules(
    kind: str, chance: Random, value: bytes
) -> None:
    bodies = UNIT_BODIES if kind in UNIT_BODIES else BODIES
    plain = typed.plain(bodies[kind], chance)
    if plain:
        plain[chance.choice(list(plain))] = chance.choice((value, value.hex(), len(value), None, [], {"a": value}, -1))
    try:
        encoded = cbor.encode([0, bytes(32), [1, 2, "unset", 3], kind, plain])
    except MalformedError:
        return
    record = journal.parse(b"\xd9\xd9\xf7" + encoded)
    try:
        body = record.typed(bodies)
    except MalformedError as refusal:
        said = str(refusal)
        assert said.startswith(f"record 0, {kind}: ")
    else:
        assert isinstance(body, Body)
        assert msgspec.convert(cbor.decode(journal.encode_body(kind, body)), type(body)) == body
