"""Whose word counts on which recording of a set, and what is said of a recording that another contradicts."""

from typing import Any

import pytest

from kuager.evidence import rules_unit
from kuager.evidence.records import Continues, Device, Previous
from kuager.evidence.rules_recording import Identity
from kuager.evidence.rules_set import MAX_TOLD, SetJudge
from kuager.evidence.verdict import Finding, Span, Value, iso

UNIT = "KZ0417"
CARD, OTHER_CARD = Device(make="Test", model="Card", serial="1"), Device(make="Test", model="Card", serial="2")
HOUR_US = 3_600_000_000


def id_of(number: int) -> bytes:
    return bytes([number] * 16)


def head_of(number: int) -> bytes:
    return bytes([number] * 32)


def member(number: int = 1, /, **fields: Any) -> Identity:
    """A recording that ended an hour after the one before."""
    fields = {
        "id": id_of(number), "unit": UNIT, "number": number, "name": f"{UNIT}-{number:06d}", "head": head_of(number),
        "heads": frozenset({head_of(number)}), "ended": True, "last_utc_us": number * HOUR_US, "previous": None,
        "continues": None, "carrier": CARD, "whole": True, "certificate": b"unit", "trusted": True,
    } | fields  # fmt: skip
    return Identity(**fields)


def after(number: int, head: bytes = b"") -> Previous:
    return Previous(number=number, id=id_of(number), head=head or head_of(number))


def continuing(number: int, head: bytes, until_us: int) -> Continues:
    return Continues(id=id_of(number), head=head, cause="power", until_utc_us=until_us)


def told(
    number: int = 1, /, **fields: Any
) -> rules_unit.Testimony:  # not imported by its name, which pytest would take for that of a test
    fields = {
        "id": id_of(number), "unit": UNIT, "certificate": b"unit", "trusted": True, "number": number,
        "name": f"{UNIT}-{number:06d}", "carrier": CARD, "opened_us": 5, "heads": {head_of(number)}, "ended_us": 7,
    } | fields  # fmt: skip
    return rules_unit.Testimony(**fields)


def judged(
    members: list[Identity], testimony: list[rules_unit.Testimony] | None = None, whole: list[str] | None = None
) -> tuple[dict[str, list[Finding]], list[Finding]]:
    """What is found of each recording, by its path `1`, `2` and so on, and of the set."""
    judge = SetJudge({str(place): each for place, each in enumerate(members, 1)})
    judge.judge(testimony or [], whole or [])
    return {path: list(found) for path, found in judge.of.items() if list(found)}, list(judge.findings)


def cut(says: str, since_us: int, until_us: int, **values: Value) -> Finding:
    return Finding(
        code="K701", says=says, values=(("since", iso(since_us)), *values.items()), time=Span(since_us, until_us)
    )


LOST = head_of(99)
"""The last record of what was cut off."""


def test_recordings_that_name_one_another_as_they_are() -> None:
    members = [
        member(1),
        member(2, previous=after(1)),
        member(3, previous=after(2), continues=continuing(2, head_of(2), 5)),
    ]
    assert judged(members, [told(1), told(2), told(3)], ["1"]) == ({}, [])


@pytest.mark.parametrize(
    ("successor", "until_us"),
    [
        ({"previous": after(1, LOST)}, HOUR_US),
        ({"continues": continuing(1, LOST, 3 * HOUR_US)}, 3 * HOUR_US),
        ({"continues": continuing(1, LOST, 5)}, HOUR_US),
        ({"continues": continuing(1, LOST, 3 * HOUR_US), "previous": after(1, LOST)}, 3 * HOUR_US),
        ({"continues": continuing(1, head_of(1), 3 * HOUR_US), "previous": after(1, LOST)}, HOUR_US),
        ({"continues": continuing(1, LOST, 3 * HOUR_US), "previous": after(1)}, 3 * HOUR_US),
    ],
)
def test_a_successor_names_the_head_of_the_one_before(successor: dict[str, Any], until_us: int) -> None:
    found = judged([member(1), member(2, **successor)])
    assert found == ({"1": [cut("successor", HOUR_US, until_us, name="KZ0417-000002")]}, [])


def test_what_is_cut_off_where_no_time_is_known() -> None:
    assert judged([member(1, last_utc_us=0), member(2, previous=after(1, LOST))])[0] == {
        "1": [cut("successor", 0, 0, name="KZ0417-000002")]
    }


def test_successor_and_journal_are_both_heard() -> None:
    found, _ = judged([member(1), member(2, previous=after(1, LOST)), member(3)], [told(2), told(3, heads={LOST})])
    assert [(path, each.says) for path, told_of in found.items() for each in told_of] == [
        ("1", "successor"),
        ("3", "journal"),
    ]


def test_a_recording_may_follow_one_and_continue_another() -> None:
    follower = member(3, previous=after(2, LOST), continues=continuing(1, LOST, 5))
    found, _ = judged([member(1), member(2), follower])
    assert list(found) == ["1", "2"]


def test_a_different_head_named_twice_is_told_of_the_one_it_is_not() -> None:
    follower = member(2, previous=after(1, LOST), continues=continuing(1, head_of(98), 3 * HOUR_US))
    found, _ = judged([member(1), follower])
    name = "KZ0417-000002"
    assert found["1"] == [
        cut("successor", HOUR_US, 3 * HOUR_US, name=name),
        cut("successor", HOUR_US, HOUR_US, name=name),
    ]


def test_the_units_journal_names_the_head_too() -> None:
    found = judged([member(1)], [told(1, heads={LOST}, ended_us=4 * HOUR_US)])
    assert found == ({"1": [cut("journal", HOUR_US, 4 * HOUR_US)]}, [])


def test_an_earlier_witness_may_name_an_earlier_signed_record() -> None:
    grown = member(1, heads=frozenset({head_of(1), LOST}))
    assert judged([grown, member(2, previous=after(1, LOST))], [told(1, heads={LOST})]) == ({}, [])


def test_of_a_recording_that_could_not_be_read_to_its_end_nothing_is_said() -> None:
    assert judged([member(1, whole=False), member(2, previous=after(1, LOST))]) == ({}, [])


STRANGER = {"certificate": b"other", "trusted": False}


@pytest.mark.parametrize(
    ("speaker", "of", "heard"),
    [
        ({}, {}, True),
        ({"unit": "KZ0418"}, {}, False),
        (STRANGER, {}, False),
        ({"certificate": b"other"}, {}, True),
        ({"trusted": False}, {}, True),
        (STRANGER, {"trusted": False}, True),
    ],
)
def test_whose_word_counts(speaker: dict[str, Any], of: dict[str, Any], heard: bool) -> None:
    by_recording, _ = judged([member(1, **of), member(2, previous=after(1, LOST), **speaker)])
    by_journal, _ = judged([member(1, **of)], [told(1, heads={LOST}, **speaker)])
    assert ("1" in by_recording, "1" in by_journal) == (heard, heard)


def gone(opened_us: int, until_us: int) -> Finding:
    return Finding(code="K702", says="gone", file="KZ0417-000002", time=Span(opened_us, until_us))


@pytest.mark.parametrize(
    ("testimony", "found"),
    [
        ({}, [gone(5, 7)]),
        ({"ended_us": 0}, [gone(5, 5)]),
        ({"ended_us": 3}, [gone(5, 5)]),
        ({"carrier": None}, []),
        ({"carrier": OTHER_CARD}, []),
        ({"unit": "KZ0418"}, []),
        (STRANGER, []),
    ],
)
def test_a_recording_that_must_be_here_is_gone(testimony: dict[str, Any], found: list[Finding]) -> None:
    assert judged([member(1)], [told(2, **testimony)], ["1"]) == ({}, found)


def test_only_beside_a_copy_of_the_journal_must_all_be_here() -> None:
    assert judged([member(1)], [told(2)], []) == ({}, [])
    assert judged([member(1), member(3, carrier=OTHER_CARD)], [told(2)], ["2"]) == ({}, [])
    assert judged([member(1)], [told(2)], ["elsewhere"]) == ({}, [])
    assert judged([member(1), member(3, carrier=OTHER_CARD)], [told(2)], ["2", "1"]) == ({}, [gone(5, 7)])


def test_a_recording_that_is_elsewhere_in_the_set_is_not_gone() -> None:
    assert judged([member(1), member(2, carrier=OTHER_CARD)], [told(2)], ["1"]) == ({}, [])
    of_another_unit = member(2, unit="KZ0418", certificate=b"other")
    assert judged([member(1), of_another_unit], [told(2)], ["1"]) == ({}, [gone(5, 7)])


def twice(number: int = 1) -> Finding:
    return Finding(code="K704", says="number", values=(("number", number), ("unit", UNIT)))


@pytest.mark.parametrize(
    ("other", "paths"),
    [
        ({}, ["1", "2"]),
        ({"unit": "KZ0418"}, []),
        ({"number": 2}, []),
        ({"id": id_of(1)}, []),
        (STRANGER, ["2"]),
    ],
)
def test_one_number_of_one_unit_is_given_once(other: dict[str, Any], paths: list[str]) -> None:
    found, _ = judged([member(1), member(1, **{"id": id_of(9)} | other)])
    assert found == {path: [twice()] for path in paths}


ID_TWICE = Finding(code="K704", says="id")
LONGER = {"head": LOST, "heads": frozenset({LOST, head_of(1)}), "last_utc_us": 3 * HOUR_US}
ELSE = {"head": LOST, "heads": frozenset({LOST})}


@pytest.mark.parametrize(
    ("copy", "found"),
    [
        ({}, {}),
        (LONGER, {"1": [cut("copy", HOUR_US, 3 * HOUR_US)]}),
        (ELSE, {"1": [ID_TWICE], "2": [ID_TWICE]}),
        (ELSE | {"whole": False}, {}),
        (ELSE | STRANGER, {"2": [ID_TWICE]}),
        (LONGER | STRANGER, {}),
    ],
)
def test_two_recordings_of_one_id_are_one(copy: dict[str, Any], found: dict[str, list[Finding]]) -> None:
    assert judged([member(1), member(1, **copy)])[0] == found


def test_a_copy_that_could_not_be_read_hides_no_other() -> None:
    found, _ = judged([member(1, whole=False), member(1), member(1, **LONGER)])
    assert found == {"2": [cut("copy", HOUR_US, 3 * HOUR_US)]}


def missing(number: int, name: str) -> Finding:
    values: tuple[tuple[str, Value], ...] = (("number", number), ("unit", UNIT), ("name", name))
    return Finding(code="K703", says="previous", values=values)


def test_what_is_missing_between_two_is_noted_and_before_the_first_it_is_not() -> None:
    members = [member(2, previous=after(1)), member(4, previous=after(3)), member(5, previous=after(4)), member(6)]
    assert judged(members) == ({}, [missing(3, "KZ0417-000004")])
    assert judged(list(reversed(members))) == ({}, [missing(3, "KZ0417-000004")])


def test_units_are_followed_each_by_itself_and_notes_are_bounded() -> None:
    other = {"unit": "KZ0418", "certificate": b"other"}
    assert judged([member(2, previous=after(1)), member(4, previous=after(3), **other)]) == ({}, [])
    judge = SetJudge({str(number): member(number, previous=after(200)) for number in range(MAX_TOLD + 9)})
    judge.judge([], [])
    assert (len(list(judge.findings)), judge.findings.left_out) == (MAX_TOLD, 0)


def groups(*members: Identity) -> list[list[str]]:
    return SetJudge({str(place): each for place, each in enumerate(members, 1)}).groups()


def test_recordings_that_continue_one_another_are_one_action() -> None:
    second = member(2, continues=continuing(1, head_of(1), 5))
    third = member(3, continues=continuing(2, head_of(2), 5))
    fifth = member(5, continues=continuing(4, head_of(4), 5))
    assert groups(third, second, member(1), member(9)) == [["3", "2", "1"]]
    assert groups(member(1), second, member(4), fifth) == [["1", "2"], ["3", "4"]]
    assert groups(fifth, member(1)) == [], "what it continues is not here"


def test_actions_stand_in_the_order_of_number_and_path() -> None:
    first, twin = member(1, id=id_of(9)), member(1)
    after_first, after_twin = (member(2, id=id_of(10 + n), continues=continuing(n, LOST, 5)) for n in (9, 1))
    assert groups(first, twin, after_twin, after_first) == [["1", "4"], ["2", "3"]]


def test_recordings_that_continue_each_other_in_a_ring_are_no_action() -> None:
    ring = [member(1, continues=continuing(2, head_of(2), 5)), member(2, continues=continuing(1, head_of(1), 5))]
    assert groups(*ring) == []
