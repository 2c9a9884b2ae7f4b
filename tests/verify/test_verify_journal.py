"""What a journal may say and may not, from recordings made to say it; and journals that are no journals."""

import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs
from verify_build import Maker, Unit, dead, sealed

from kuager.catalogue.reading import Reader
from kuager.evidence import cbor, certificates
from kuager.evidence.journal import JournalWriter
from kuager.evidence.keys import RecordingKey
from kuager.evidence.records import Body, Checkpoint, ClockStep, Event, TornFile
from kuager.evidence.rules_walk import Damage, walk
from kuager.evidence.verdict import Outcome, Span, Verdict
from kuager.verify import sentences
from kuager.verify.recording import judge

ENGLISH = Reader("en")

Check = Callable[[Path], Verdict]
JOURNAL = "journal-01.cborseq"


class Later(Body, frozen=True, kw_only=True):
    """A record type of a later version."""

    words: str


def started(root: Path, unit: Unit, **more: Any) -> Maker:
    maker = Maker(root, unit, **more)
    maker.begin()
    maker.run(4)
    return maker


def ended(maker: Maker, **more: Any) -> Path:
    maker.end()
    maker.close(**more)
    return maker.seal()


def test_what_was_promised_and_is_missing_ends_early(tmp_path: Path, unit: Unit, check: Check) -> None:
    verdict = check(ended(started(tmp_path, unit), cause="heat", missing=["closing dialogue"]))
    assert verdict.outcome is Outcome.ENDS_EARLY
    assert "overheating; without: closing dialogue (K501)" in sentences.reason(verdict, ENGLISH)


def test_records_of_an_unknown_type_are_chained_and_ignored(tmp_path: Path, unit: Unit, check: Check) -> None:
    maker = started(tmp_path, unit)
    maker.record("hologram", Later(words="x"))
    verdict = check(ended(maker))
    assert verdict.outcome is Outcome.AUTHENTIC
    assert "K310" in verdict.codes


def test_an_undeclared_step_of_utc_is_told(tmp_path: Path, unit: Unit, check: Check) -> None:
    for number, declared in ((1, False), (2, True)):
        maker = started(tmp_path, unit, number=number)
        before = maker.stamp()
        maker.utc_step_us = 86_400_000_000
        if declared:
            maker.record("clock-step", ClockStep(step_us=86_400_000_000, before=before, after=maker.stamp()))
        maker.run(2)
        verdict = check(ended(maker))
        assert verdict.outcome is Outcome.AUTHENTIC
        assert ("K311" in verdict.codes) is not declared


def test_boot_time_runs_forward(tmp_path: Path, unit: Unit, check: Check) -> None:
    maker = started(tmp_path, unit)
    maker.now_us -= 10_000_000
    maker.record("event", Event(code="late"))
    maker.now_us += 10_000_000
    verdict = check(ended(maker))
    assert verdict.outcome is Outcome.NOT_AUTHENTIC
    assert "K305" in verdict.codes


def test_an_interval_left_open(tmp_path: Path, unit: Unit, check: Check) -> None:
    maker = started(tmp_path, unit)
    maker.end("died")  # no record of its end
    maker.close()
    assert "K505" in check(maker.seal()).codes


def test_a_chunk_outside_its_interval(tmp_path: Path, unit: Unit, check: Check) -> None:
    maker = started(tmp_path, unit)
    begun = maker._begun
    maker.end()
    maker._begun = begun
    maker.chunk()
    maker.close()
    verdict = check(maker.seal())
    assert verdict.outcome is Outcome.NOT_AUTHENTIC
    assert "K406" in verdict.codes


def test_numbers_follow_one_another(tmp_path: Path, unit: Unit, check: Check) -> None:
    maker = started(tmp_path, unit)
    maker.writer.seq += 1
    maker.run(2)
    verdict = check(ended(maker))
    assert verdict.outcome is Outcome.NOT_AUTHENTIC
    assert "K302" in verdict.codes


def test_a_bad_signature_that_others_follow(tmp_path: Path, unit: Unit, check: Check) -> None:
    maker = started(tmp_path, unit)
    key, maker.key = maker.key, RecordingKey()
    maker.checkpoint()
    maker.key = key
    path = ended(maker)
    assert check(path).outcome is Outcome.AUTHENTIC, "a later good signature covers it"
    maker = started(tmp_path, unit, number=7)
    maker.key = RecordingKey()
    maker.record("checkpoint", Checkpoint(), signer=maker.key)
    maker.record("event", Event(code="after"))
    maker.save()
    verdict = check(maker.path)
    assert verdict.outcome is Outcome.NOT_AUTHENTIC
    assert "K303" in verdict.codes


def test_a_bad_signature_at_the_very_end_is_a_torn_tail(tmp_path: Path, unit: Unit, check: Check) -> None:
    maker = started(tmp_path, unit)
    proven = len(maker.journals[JOURNAL])
    maker.record("checkpoint", Checkpoint(), signer=RecordingKey())
    maker.save()
    verdict = check(maker.path)
    assert verdict.outcome is Outcome.CANNOT
    tail = next(found for found in verdict.findings if found.code == "K309")
    assert tail.bytes
    assert tail.bytes.begin == proven


def test_a_hole_in_the_last_batch_is_what_a_power_cut_leaves(tmp_path: Path, unit: Unit, check: Check) -> None:
    maker = started(tmp_path, unit)
    proven = len(maker.journals[JOURNAL])
    maker.run(2)
    data = maker.journals[JOURNAL]
    holed = data[: proven + 20] + bytes(60) + data[proven + 80 :]
    maker.journals[JOURNAL] = holed
    maker.save()
    verdict = check(maker.path)
    assert verdict.outcome is Outcome.CANNOT
    assert next(found for found in verdict.findings if found.code == "K309").bytes == Span(proven, len(data))
    maker.journals[JOURNAL] = data
    maker.run(2)
    data = maker.journals[JOURNAL]
    maker.journals[JOURNAL] = data[: proven + 20] + bytes(60) + data[proven + 80 :]
    maker.save()
    verdict = check(maker.path)
    assert verdict.outcome is Outcome.NOT_AUTHENTIC, "a synced batch stands behind the hole"
    assert "K301" in verdict.codes


def test_recovery_may_itself_be_cut_short(tmp_path: Path, unit: Unit, check: Check) -> None:
    maker = dead(tmp_path, unit, torn=b"torn")
    first, second = maker.journals[JOURNAL], maker.journals.pop("journal-02.cborseq")
    maker.writer = JournalWriter(maker.id, *maker.proven_end(first[:-4]))
    torn = [
        TornFile(file=JOURNAL, length=len(first), proven=len(first) - 4, tail_sha256=sha256(b"torn").digest()),
        TornFile(file="journal-02.cborseq", length=100, proven=0, tail_sha256=sha256(second[:100]).digest()),
    ]
    maker.journals |= {"journal-02.cborseq": second[:100], "journal-03.cborseq": b""}
    maker.record("died", structs.replace(maker._end, journals=torn), signer=unit.key)
    verdict = check(maker.save())
    assert verdict.outcome is Outcome.ENDS_EARLY
    assert [found.file for found in verdict.findings if found.code == "K309"] == [JOURNAL, "journal-02.cborseq"]
    (maker.path / "journal-02.cborseq").write_bytes(second[:99] + b"x")
    assert "K504" in check(maker.path).codes


def test_a_later_version_can_not_be_checked_and_nothing_else_is_said(tmp_path: Path, unit: Unit, check: Check) -> None:
    maker = Maker(tmp_path, unit, version=2)
    maker.begin()
    maker.run(2)
    verdict = check(ended(maker))
    assert verdict.outcome is Outcome.CANNOT
    assert verdict.codes == {"K104"}


def test_the_kind_of_action_may_be_stated_after_opening(tmp_path: Path, unit: Unit, check: Check) -> None:
    maker = started(tmp_path, unit)
    procedure = structs.replace(maker.opened.procedure, action="search", action_stated="chosen")
    maker.record("event", Event(code="procedure", data={k: str(v) for k, v in structs.asdict(procedure).items()}))
    maker.procedure = procedure
    assert check(ended(maker)).outcome is Outcome.AUTHENTIC
    other = started(tmp_path, unit, number=7)
    other.procedure = procedure
    verdict = check(ended(other))
    fields = next(dict(found.values)["fields"] for found in verdict.findings if found.code == "K603")
    assert fields == ("procedure",)


def test_another_authority_can_not_be_trusted(tmp_path: Path, unit: Unit, check: Check) -> None:
    path = sealed(tmp_path, Unit()).path
    verdict = check(path)
    assert verdict.outcome is Outcome.CANNOT
    assert "K202" in verdict.codes
    assert judge(path, None).verdict.codes >= {"K201"}


def test_tampering_is_tampering_even_where_nobody_is_trusted(recording: Path) -> None:
    assert judge(recording, None).verdict.outcome is Outcome.CANNOT
    data = bytearray((recording / "video-01.mp4").read_bytes())
    data[100] ^= 1
    (recording / "video-01.mp4").write_bytes(data)
    assert judge(recording, None).verdict.outcome is Outcome.NOT_AUTHENTIC


def test_certificates_are_judged_for_the_date_of_the_recording(tmp_path: Path) -> None:
    late = Unit(not_before=datetime(2027, 1, 1, tzinfo=UTC))
    anchors = certificates.load_pem(late.anchor)
    verdict = judge(sealed(tmp_path / "known", late).path, anchors).verdict
    assert verdict.outcome is Outcome.CANNOT
    assert "K203" in verdict.codes
    unset = sealed(tmp_path / "unset", late, state="unset", uncertainty=2**52)
    verdict = judge(unset.path, anchors).verdict
    assert verdict.outcome is Outcome.AUTHENTIC
    assert "K204" in verdict.codes


def test_a_unit_can_not_sign_for_another(tmp_path: Path, unit: Unit, check: Check) -> None:
    maker = started(tmp_path, unit)
    path = ended(maker)
    other = Unit(name="KZ9999")
    other.chain, other.key, other.name = unit.chain, unit.key, "KZ9999"
    stranger = sealed(tmp_path, other)
    assert check(path).outcome is Outcome.AUTHENTIC
    verdict = check(stranger.path)
    assert verdict.outcome is Outcome.NOT_AUTHENTIC
    assert "K205" in verdict.codes


def test_p256_units(tmp_path: Path) -> None:
    unit = Unit(alg=-7)
    path = sealed(tmp_path, unit).path
    verdict = judge(path, certificates.load_pem(unit.anchor)).verdict
    assert verdict.outcome is Outcome.AUTHENTIC


STAMP = [1, 2, "unset", 3]
HOSTILE = {
    "duplicate keys": b"\xd9\xd9\xf7\x85\x00\x58\x20" + bytes(32) + b"\x84\x01\x02\x65unset\x03\x61x"
                      b"\xa2\x61a\x01\x61a\x02",
    "indefinite length": b"\xd9\xd9\xf7\x9f\x00\xff",
    "indefinite text": b"\xd9\xd9\xf7\x85\x00\x58\x20" + bytes(32) + b"\x84\x01\x02\x7f\x65unset\xff\x03\x61x\xa0",
    "huge count": b"\xd9\xd9\xf7\x9b\xff\xff\xff\xff\xff\xff\xff\xff",
    "huge string": b"\xd9\xd9\xf7\x85\x00\x5b\x7f\xff\xff\xff\xff\xff\xff\xff",
    "deep nesting": b"\xd9\xd9\xf7" + b"\x81" * 50_000,
    "floats": b"\xd9\xd9\xf7\x85\xfb" + bytes(8),
    "zeros": bytes(100_000),
    "tags only": b"\xd9\xd9\xf7" * 20_000,
    "text": b"not a journal at all\n" * 100,
}  # fmt: skip


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_journal_is_no_journal(tmp_path: Path, check: Check, what: str) -> None:
    (tmp_path / JOURNAL).write_bytes(HOSTILE[what])
    tracemalloc.start()
    verdict = check(tmp_path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert verdict.outcome is Outcome.CANNOT
    assert "K102" in verdict.codes
    assert peak < 16_000_000


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_bytes_inside_a_journal_are_damage_with_all_behind_them_still_checked(
    recording: Path, check: Check, what: str
) -> None:
    journal = recording / JOURNAL
    data = journal.read_bytes()
    at = data.index(b"\xd9\xd9\xf7", len(data) // 2)
    journal.write_bytes(data[:at] + HOSTILE[what] + data[at:])
    verdict = check(recording)
    assert verdict.outcome is Outcome.NOT_AUTHENTIC
    damage = next(found for found in verdict.findings if found.code == "K301")
    assert damage.bytes
    assert damage.bytes.begin == at
    assert damage.bytes.end in (at + len(HOSTILE[what]), at + len(HOSTILE[what]) - 1)


def test_another_recordings_journal_behind_a_torn_end_is_torn_tail(tmp_path: Path, unit: Unit, check: Check) -> None:
    """What a carrier may show where it wrote nothing yet: what it held before."""
    earlier = sealed(tmp_path, unit, 1).path / JOURNAL
    stale = earlier.read_bytes()
    for torn in (stale, stale[2000:], b"\xd9" + stale[2000:5000]):
        path = dead(tmp_path / str(len(torn)), unit, torn=torn).seal()
        verdict = check(path)
        assert verdict.outcome is Outcome.ENDS_EARLY, [found.code for found in verdict.weighty]
        assert "K309" in verdict.codes


def test_where_a_record_was_cut_out_is_told_though_nothing_is_left_there(recording: Path, check: Check) -> None:
    journal = recording / JOURNAL
    with journal.open("rb", buffering=0) as file:
        records = [item for item in walk(file) if not isinstance(item, Damage)]
    # Behind a signature, so that all before the cut is proven.
    at = next(place for place, record in enumerate(records) if record.type == "checkpoint") + 1
    journal.write_bytes(b"".join(record.raw for record in (*records[:at], *records[at + 1 :])))
    broken = next(found for found in check(recording).findings if found.code == "K301")
    assert broken.bytes == Span(records[at].offset, records[at].offset + records[at + 1].length)
    assert broken.time == Span(records[at - 1].stamp.utc_us, records[at + 1].stamp.utc_us)


def test_much_rubble_costs_bounded_time_and_memory(tmp_path: Path, check: Check) -> None:
    rubble = (b"\xd9\xd9\xf7\x85\x00\x58\x20" + bytes(range(64))) * 20_000
    (tmp_path / JOURNAL).write_bytes(rubble)
    assert check(tmp_path).outcome is Outcome.CANNOT


def test_a_journal_without_checkpoints_is_not_remembered_whole(tmp_path: Path, unit: Unit, check: Check) -> None:
    maker = Maker(tmp_path, unit)
    writer = JournalWriter(maker.id, maker.writer.seq, maker.writer.head)
    filler = [writer.append("event", Event(code="x", data={"a": "b" * 60_000}), maker.stamp()) for _ in range(900)]
    maker.journals[JOURNAL] += b"".join(filler)
    maker.save()
    tracemalloc.start()
    verdict = check(maker.path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert verdict.outcome is Outcome.CANNOT
    assert peak < 120_000_000
    maker.writer = writer
    maker.begin()
    maker.end()
    maker.close()
    maker.save()
    assert "K312" in check(maker.path).codes


def test_the_walk_tiles_the_file_whatever_is_in_it(recording: Path) -> None:
    data = (recording / JOURNAL).read_bytes()
    for cut, junk in ((0, b""), (1, b""), (500, b"\xd9\xd9"), (700, b"\xd9\xd9\xf7\x86" * 9), (len(data) - 3, b"")):
        broken = data[: cut // 2] + junk + data[cut:]
        at = 0
        for item in walk(_Drip(broken)):
            begin, end = (item.begin, item.end) if isinstance(item, Damage) else (item.offset, item.end)
            assert begin == at
            at = end
        assert at == len(broken)


class _Drip:
    """Gives at most 100 bytes at a time, as a pipe may."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def read(self, size: int, /) -> bytes:
        piece, self._data = self._data[: min(size, 100)], self._data[min(size, 100) :]
        return piece


def test_the_cbor_of_the_hostile_journals_is_refused_for_what_they_are_named_after() -> None:
    for what, data in HOSTILE.items():
        if what in ("zeros", "text", "tags only"):
            continue
        with pytest.raises(cbor.MalformedError):
            cbor.decode_first(data, 3)
