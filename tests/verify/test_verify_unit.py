"""The unit's own journal as a witness: what it is believed, and what it is not and why."""

import io
from typing import Any

import pytest
from msgspec.structs import replace
from verify_build import CARRIER, Unit

from kuager.evidence import certificates, rules_unit
from kuager.evidence.journal import JournalWriter, Record
from kuager.evidence.keys import SoftwareKey
from kuager.evidence.record import parse
from kuager.evidence.records import VERSION, Body, Device, Event, Stamp
from kuager.evidence.rules_unit import Witness
from kuager.evidence.rules_walk import Damage, walk
from kuager.evidence.unit import RecordingEnded, RecordingOpened, UnitBegun
from kuager.evidence.verdict import Finding, Findings, Span, Value

ID, RECORDING = bytes(range(16)), bytes(range(16, 32))
FILE = "KZ0417-unit/unit-00010203-01.cborseq"
NAME = "KZ0417-000042-20261122T051500Z"

OPENED = RecordingOpened(number=42, id=RECORDING, name=NAME, head=bytes(32), carrier=CARRIER)
ENDED = RecordingEnded(number=42, id=RECORDING, name=NAME, head=bytes([7] * 32), ending="closed", cause="closing")


def begun(unit: Unit, /, **fields: Any) -> UnitBegun:
    fields = {
        "version": VERSION, "id": ID, "unit": unit.name, "device": Device(make="a", model="b"),
        "certificates": unit.chain, "next_number": 42,
    } | fields  # fmt: skip
    return UnitBegun(**fields)


KINDS = {
    UnitBegun: "unit-begun",
    RecordingOpened: "recording-opened",
    RecordingEnded: "recording-ended",
    Event: "event",
}


def written(unit: Unit, *bodies: Body, key: SoftwareKey | None = None) -> list[bytes]:
    """Records of the unit's journal, each a second after the one before; `key` signs all but the first."""
    writer = JournalWriter(ID, kind="unit")
    return [
        writer.append(
            KINDS[type(body)], body, Stamp(1, second * 1_000_000, "unset", 1), key if key and second else unit.key
        )
        for second, body in enumerate(bodies)
    ]  # fmt: skip


def heard(
    witness_of: Unit | None, raw: bytes, *more: bytes, known: list[bytes] | None = None
) -> tuple[list[rules_unit.Testimony], list[Finding]]:
    """What is testified, and what is found, where this unit's authority is trusted."""
    findings = Findings()
    anchors = certificates.load_pem(witness_of.anchor) if witness_of else None
    witness = Witness(findings, anchors, known or [])
    for data in (raw, *more):
        witness.file(FILE, walk(io.BytesIO(data)))
    assert list(witness.recordings) == [(told.id, told.certificate) for told in witness.recordings.values()]
    return list(witness.recordings.values()), list(findings)


def of(says: str, span: tuple[int, int] | None = None, detail: str = "", **values: Value) -> Finding:
    return Finding(
        code="K705", says=says, file=FILE, bytes=Span(*span) if span else None, detail=detail,
        values=tuple(values.items()),
    )  # fmt: skip


def told_of(unit: Unit, /, **fields: Any) -> rules_unit.Testimony:
    fields = {
        "id": RECORDING, "unit": unit.name, "certificate": unit.chain[0], "trusted": True, "number": 42, "name": NAME,
        "carrier": CARRIER, "opened_us": 1_000_000, "heads": {ENDED.head}, "ended_us": 2_000_000,
    } | fields  # fmt: skip
    return rules_unit.Testimony(**fields)


def test_a_recording_is_told_of_from_its_opening_to_its_end(unit: Unit) -> None:
    raw = b"".join(written(unit, begun(unit), OPENED, ENDED))
    assert heard(unit, raw) == ([told_of(unit)], [])


def test_either_may_be_told_alone(unit: Unit) -> None:
    opened, ended = written(unit, begun(unit), OPENED), written(unit, begun(unit), ENDED)
    never: dict[str, Any] = {"heads": set(), "ended_us": 0}
    assert heard(unit, b"".join(opened)) == ([told_of(unit, **never)], [])
    from_nowhere: dict[str, Any] = {"carrier": None, "opened_us": 0, "ended_us": 1_000_000}
    assert heard(unit, b"".join(ended)) == ([told_of(unit, **from_nowhere)], [])


def test_a_further_file_adds_to_what_is_told(unit: Unit) -> None:
    later = replace(ENDED, head=bytes([8] * 32), ending="died")
    first, second = (
        written(unit, begun(unit), OPENED, ENDED),
        written(unit, begun(unit), Event(code="x"), OPENED, later),
    )
    told, found = heard(unit, b"".join(first), b"".join([second[0], second[3]]))
    assert told == [told_of(unit, heads={ENDED.head, later.head}, ended_us=3_000_000)]
    assert found == []


def test_heads_are_bounded(unit: Unit) -> None:
    many = [replace(ENDED, head=bytes([place] * 32)) for place in range(20)]
    (told,), _ = heard(unit, b"".join(written(unit, begun(unit), *many)))
    assert told.heads == {each.head for each in many[:16]}
    assert told.ended_us == 20_000_000


def test_recordings_are_bounded_and_those_already_told_of_go_on(unit: Unit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules_unit, "MAX_RECORDINGS", 1)
    other = replace(OPENED, id=bytes(16))
    told, found = heard(unit, b"".join(written(unit, begun(unit), OPENED, other, ENDED)))
    assert told == [told_of(unit, ended_us=3_000_000)]
    assert found == []


JUNK = b"junk" * 5


def test_damage_is_told_and_what_stands_around_it_still_counts(unit: Unit) -> None:
    raws = written(unit, begun(unit), OPENED, ENDED)
    begin = len(raws[0])
    told, found = heard(unit, b"".join([raws[0], JUNK, *raws[1:]]))
    assert told == [told_of(unit)]
    assert found == [of("damaged", (begin, begin + 20), "a record must begin with tag 55799")]


def test_a_file_without_its_beginning_is_no_witness(unit: Unit) -> None:
    raws = written(unit, begun(unit), OPENED, ENDED)
    assert heard(unit, b"".join(raws[1:])) == ([], [of("begins")])
    whole = b"".join(raws)
    assert heard(unit, whole, b"".join(raws[1:]))[1] == [of("begins")], "each file must begin with its own"
    told, found = heard(unit, JUNK + whole)
    assert told == []
    assert found == [of("damaged", (0, 20), "a record must begin with tag 55799")]


def test_a_beginning_that_breaks_the_rules_of_its_type_is_none(unit: Unit) -> None:
    raws = written(unit, Event(code="x"), OPENED)
    assert heard(unit, b"".join(raws)) == ([], [of("begins")])


def test_a_record_that_the_unit_did_not_sign_is_told_and_ignored(unit: Unit) -> None:
    raws = written(unit, begun(unit), OPENED, ENDED, key=SoftwareKey.generate())
    begin, end = len(raws[0]), len(raws[0]) + len(raws[1])
    told, found = heard(unit, b"".join(raws))
    assert told == []
    assert found == [of("unsigned", (begin, end), number=1), of("unsigned", (end, end + len(raws[2])), number=2)]


def test_other_records_are_not_asked_for_their_signatures(unit: Unit) -> None:
    raws = written(unit, begun(unit), Event(code="x"), key=SoftwareKey.generate())
    assert heard(unit, b"".join(raws)) == ([], [])


class _Odd(Body, frozen=True, kw_only=True):
    number: str


def test_a_signed_record_against_the_rules_of_its_type_tells_nothing(unit: Unit) -> None:
    writer = JournalWriter(ID, kind="unit")
    stamp = Stamp(1, 1, "unset", 1)
    raw = writer.append("unit-begun", begun(unit), stamp, unit.key)
    raw += writer.append("recording-opened", _Odd(number="x"), stamp, unit.key)
    assert heard(unit, raw) == ([], [])


def test_a_journal_is_believed_where_its_key_signed_a_recording_of_the_set(unit: Unit) -> None:
    stranger = Unit()
    raw = b"".join(written(stranger, begun(stranger), OPENED, ENDED))
    for trusted in (unit, None):
        told, found = heard(trusted, raw, known=[stranger.chain[0]])
        assert told == [told_of(stranger, trusted=False)]
        assert found == []
    assert heard(unit, b"".join(written(unit, begun(unit), OPENED, ENDED)), known=[unit.chain[0]])[0] == [told_of(unit)]


def test_a_strangers_journal_is_not_believed(unit: Unit) -> None:
    stranger = Unit()
    raw = b"".join(written(stranger, begun(stranger), OPENED))
    for trusted in (unit, None):
        told, (found,) = heard(trusted, raw, known=[unit.chain[0]])
        assert told == []
        assert found == of("unbelieved", None, "the chain leads to CN=Test Authority, which is not a trusted authority")


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"unit": "KZ0001"}, "the certificate is not that of KZ0001"),
        ({"id": bytes(16)}, "the signature does not fit"),
        ({"certificates": [b"x"]}, "not a certificate: "),
    ],
)
def test_a_beginning_that_contradicts_its_certificate_is_not_believed(
    unit: Unit, fields: dict[str, Any], reason: str
) -> None:
    told, (found,) = heard(unit, b"".join(written(unit, begun(unit, **fields), OPENED)))
    assert told == []
    assert found.detail.startswith(reason)
    assert found == of("unbelieved", None, found.detail)


def test_a_record_whose_signature_is_left_out_is_not_believed(unit: Unit) -> None:
    writer = JournalWriter(ID, kind="unit")
    raw = writer.append("unit-begun", begun(unit), Stamp(1, 1, "unset", 1))
    assert heard(unit, raw) == ([], [of("unbelieved", None, "record 0, unit-begun, is not signed")])


def test_a_file_is_taken_as_it_was_walked(unit: Unit) -> None:
    findings = Findings()
    items: list[Record | Damage] = [parse(written(unit, begun(unit))[0]), Damage(5, 9, "why")]
    Witness(findings, certificates.load_pem(unit.anchor), []).file("other", items)
    assert list(findings) == [Finding(code="K705", says="damaged", file="other", bytes=Span(5, 9), detail="why")]
