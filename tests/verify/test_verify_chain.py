"""Which records are proven, and what is said where they are not: exactly which bytes, from when to when."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from verify_build import Maker, Unit

from kuager.evidence.journal import JournalWriter, Record, iterate
from kuager.evidence.keys import PublicKey, RecordingKey, SoftwareKey
from kuager.evidence.record import parse
from kuager.evidence.records import Checkpoint, Closed, Died, Event
from kuager.evidence.rules_chain import MAX_PENDING, MAX_PENDING_BYTES, Chain
from kuager.evidence.rules_walk import walk
from kuager.evidence.verdict import Finding, Findings, Span, Value

FIRST, SECOND = "journal-01.cborseq", "journal-02.cborseq"

Make = Callable[..., list[bytes]]


def chained(*journals: bytes, claimed: tuple[bytes, PublicKey | None] = (b"", None)) -> tuple[Chain, list[Finding]]:
    """A chain fed with these journals, and what it found; `chain.proven` says how far each is good."""
    findings = Findings()
    chain = Chain(findings, *claimed)
    for place, data in enumerate(journals, 1):
        chain.begin(f"journal-{place:02d}.cborseq")
        for item in walk(io.BytesIO(data)):
            chain.feed(item)
        chain.finish()
    return chain, list(findings)


class Writer:
    """Writes journals by a plan: o opened, e event, c checkpoint, d died, C closed; x, D and X those badly signed;
    E a signed event, u an unsigned checkpoint; - leaves out a number.
    """

    def __init__(self, maker: Maker) -> None:
        self.maker = maker
        self.died = Died(
            version=1, id=maker.id, boot=bytes(16), cause="power", last=maker.stamp(), journals=[],
            certificates=maker.unit.chain,
        )  # fmt: skip

    def write(self, plan: str) -> list[bytes]:
        return [self._one(letter) for letter in plan if letter != "-" or self._skip()]

    def _skip(self) -> bool:
        self.maker.writer.seq += 1
        return False

    def _one(self, letter: str) -> bytes:
        maker, closed = self.maker, Closed(cause="closing", dialogue=True)
        match letter:
            case "o":
                return maker.journals[FIRST]
            case "e":
                return maker.record("event", Event(code="x"))
            case "c":
                return maker.record("checkpoint", Checkpoint(), maker.key)
            case "x":
                return maker.record("checkpoint", Checkpoint(), RecordingKey())
            case "C":
                return maker.record("closed", closed, maker.unit.key)
            case "X":
                return maker.record("closed", closed, SoftwareKey.generate())
            case "d":
                return maker.record("died", self.died, maker.unit.key)
            case "D":
                return maker.record("died", self.died, SoftwareKey.generate())
        odd = JournalWriter(maker.id, maker.writer.seq, maker.writer.head, kind="checkpoint")
        raw = (
            odd.append("event", Event(code="x"), maker.stamp(), maker.key)
            if letter == "E"
            else odd.append("checkpoint", Checkpoint(), maker.stamp())
        )
        maker.writer = JournalWriter(maker.id, odd.seq, odd.head)
        return raw


@pytest.fixture
def writer(tmp_path: Path, unit: Unit) -> Writer:
    return Writer(Maker(tmp_path, unit))


def at(raws: list[bytes], place: int) -> tuple[int, int]:
    """Where that one stands in the file that these make."""
    begin = sum(map(len, raws[:place]))
    return begin, begin + len(raws[place])


def utc(raw: bytes) -> int:
    return parse(raw).stamp.utc_us


def of(
    code: str, says: str, span: tuple[int, int] | None, time: tuple[int, int] | None, file: str = FIRST, **values: Value
) -> Finding:
    return Finding(
        code=code, says=says, values=tuple(values.items()), file=file,
        bytes=Span(*span) if span else None, time=Span(*time) if time else None,
    )  # fmt: skip


def signature(code: str, raws: list[bytes], place: int, **values: Value) -> Finding:
    return of(code, "signature", at(raws, place), (utc(raws[place]), utc(raws[place])), **values)


def length(raws: list[bytes], count: int) -> int:
    return sum(map(len, raws[:count]))


@pytest.mark.parametrize(
    ("plan", "proven"),
    [
        ("oececC", 6), ("oecece", 5), ("oece", 3), ("oee", 1), ("oecx", 3), ("oxec", 4), ("oecxC", 5), ("oeX", 1),
        ("oecEe", 3), ("oecue", 3),
    ],
)  # fmt: skip
def test_a_record_is_proven_by_a_good_signature_on_it_or_behind_it(writer: Writer, plan: str, proven: int) -> None:
    raws = writer.write(plan)
    chain, found = chained(b"".join(raws))
    last = parse(raws[proven - 1])
    assert found == []
    assert (chain.records, chain.head, chain.proven) == (proven, last.digest, {FIRST: length(raws, proven)})
    assert chain.closed is (last.type == "closed")


@pytest.mark.parametrize(
    ("plan", "bad", "kind", "proven"),
    [
        ("oecxe", 3, "checkpoint", 3), ("oecxeX", 3, "checkpoint", 3), ("oecxX", 3, "checkpoint", 3),
        ("oxe", 1, "checkpoint", 1), ("oecXe", 3, "closed", 3),
    ],
)  # fmt: skip
def test_the_newest_signature_is_good_or_nothing_stands_behind_it(
    writer: Writer, plan: str, bad: int, kind: str, proven: int
) -> None:
    raws = writer.write(plan)
    chain, found = chained(b"".join(raws))
    assert found == [signature("K303", raws, bad, number=bad, type=kind)]
    assert chain.records == proven


def test_a_bad_signature_of_opened_is_told_once_something_follows_it(tmp_path: Path, unit: Unit) -> None:
    forger = Unit()
    forger.chain = unit.chain
    raws = Writer(Maker(tmp_path, forger)).write("oec")
    assert chained(raws[0])[1] == []
    chain, found = chained(b"".join(raws))
    assert found == [signature("K207", raws, 0, number=0, type="opened")]
    assert chain.records == 3


def test_a_bad_signature_is_not_told_where_what_follows_is_no_continuation(writer: Writer) -> None:
    raws = writer.write("oeXe" + "e")
    assert chained(b"".join([*raws[:3], raws[4]]))[1] == []


@pytest.mark.parametrize(
    ("plan", "left_out", "until", "number"),
    [("oceecec", 2, 1, 3), ("oecceC", 3, 2, 4), ("oeeC", 1, 0, 2)],
)
def test_a_record_cut_out_before_others_that_are_signed(
    writer: Writer, plan: str, left_out: int, until: int, number: int
) -> None:
    raws = writer.write(plan)
    kept = [*raws[:left_out], *raws[left_out + 1 :]]
    chain, found = chained(b"".join(kept))
    span = (at(kept, until)[1], at(kept, left_out)[1])
    assert found == [of("K301", "link", span, (utc(raws[until]), utc(raws[number])), number=number)]
    assert (chain.records, chain.proven) == (len(raws), {FIRST: length(kept, len(kept))})


def test_where_unproven_records_stand_before_the_cut_they_are_what_may_be_changed(writer: Writer) -> None:
    raws = writer.write("oceeececC")
    kept = [*raws[:3], *raws[4:]]
    _, found = chained(b"".join(kept))
    span = (at(kept, 1)[1], at(kept, 3)[0])
    assert found == [of("K301", "link", span, (utc(raws[1]), utc(raws[4])), number=4)]


@pytest.mark.parametrize(("plan", "proven"), [("oceec", 2), ("oceece", 2), ("oceee", 2)])
def test_a_cut_in_the_last_batch_is_a_torn_tail(writer: Writer, plan: str, proven: int) -> None:
    raws = writer.write(plan)
    chain, found = chained(b"".join([*raws[:2], *raws[3:]]))
    assert found == []
    assert (chain.records, chain.proven) == (proven, {FIRST: length(raws, 2)})


@pytest.mark.parametrize(("plan", "proven"), [("oceececx", 7), ("oceeXec", 7), ("oceeDec", 7)])
def test_a_cut_is_told_though_a_bad_signature_stands_behind_it(writer: Writer, plan: str, proven: int) -> None:
    raws = writer.write(plan)
    kept = [*raws[:2], *raws[3:]]
    chain, found = chained(b"".join(kept))
    assert found == [of("K301", "link", at(kept, 2), (utc(raws[1]), utc(raws[3])), number=3)]
    assert chain.records == proven


def test_behind_a_cut_a_bad_signature_is_no_finding_of_its_own(writer: Writer) -> None:
    raws = writer.write("oceexexe")
    chain, found = chained(b"".join([*raws[:2], *raws[3:]]))
    assert found == []
    assert chain.records == 2


JUNK = b"no record at all"


def test_damage_is_told_with_its_reason_up_to_the_last_of_it(writer: Writer) -> None:
    raws = writer.write("oceeececC")
    kept = [*raws[:2], JUNK, raws[3], JUNK, *raws[4:]]
    chain, found = chained(b"".join(kept))
    (damaged,) = found
    assert (damaged.code, damaged.says, damaged.values) == ("K301", "damaged", ())
    assert damaged.detail == "a record must begin with tag 55799"
    assert (damaged.bytes, damaged.time) == (
        Span(at(kept, 2)[0], at(kept, 4)[1]),
        Span(utc(raws[1]), utc(raws[4])),
    )
    assert chain.records == len(raws)


def test_a_record_replaced_by_something_else_is_damage_alone(writer: Writer) -> None:
    raws = writer.write("oceececC")
    kept = [*raws[:2], JUNK, *raws[3:]]
    chain, found = chained(b"".join(kept))
    assert [(each.says, each.bytes) for each in found] == [("damaged", Span(*at(kept, 2)))]
    assert chain.records == len(raws)


def test_damage_proves_first_what_stands_before_it(writer: Writer) -> None:
    raws = writer.write("oec")
    findings = Findings()
    chain = Chain(findings)
    chain.begin(FIRST)
    proven = [[record.seq for record in chain.feed(item)] for item in walk(io.BytesIO(b"".join(raws) + JUNK))]
    assert proven == [[0], [], [], [1, 2]]
    assert list(findings) == []


def test_a_break_is_told_once_and_the_next_anew(writer: Writer) -> None:
    raws = writer.write("oceC")
    more = writer.write("eecceC")
    kept = [*raws[:2], raws[3], *more[1:]]
    _, found = chained(b"".join(kept))
    first = of("K301", "link", (at(kept, 1)[1], at(kept, 2)[1]), (utc(raws[1]), utc(raws[3])), number=3)
    second = of("K301", "link", (at(kept, 2)[1], at(kept, 3)[1]), (utc(raws[3]), utc(more[1])), number=5)
    assert [each for each in found if each.code == "K301"] == [first, second]


def test_a_number_left_out_in_linked_records(writer: Writer) -> None:
    raws = writer.write("oce-eC")
    chain, found = chained(b"".join(raws))
    span = (at(raws, 1)[1], at(raws, 3)[0])
    assert found == [of("K302", "number", span, (utc(raws[1]), utc(raws[3])), number=4, due=3)]
    assert chain.records == 6


def test_a_journal_without_its_beginning(writer: Writer, unit: Unit) -> None:
    raws = writer.write("oeeC")
    chain, found = chained(b"".join(raws[2:]), claimed=(writer.maker.id, unit.key.public))
    assert found == [of("K301", "link", (0, len(raws[2])), (0, utc(raws[2])), number=2)]
    assert chain.records == 4


@pytest.mark.parametrize("claims", ["nothing", "the id", "the key"])
def test_without_opened_nothing_is_proven_unless_both_id_and_key_are_claimed(
    writer: Writer, unit: Unit, claims: str
) -> None:
    raws = writer.write("oecC")
    claimed = (writer.maker.id if claims == "the id" else b"", unit.key.public if claims == "the key" else None)
    chain, found = chained(b"".join(raws[1:]), claimed=claimed)
    assert found == []
    assert (chain.records, chain.proven) == (0, {FIRST: 0})


def test_what_opened_says_of_itself_counts_before_what_is_claimed(writer: Writer) -> None:
    raws = writer.write("oec")
    chain, found = chained(b"".join(raws), claimed=(bytes(16), SoftwareKey.generate().public))
    assert (chain.records, found) == (3, [])


def test_a_second_opened_introduces_nobody(tmp_path: Path, unit: Unit) -> None:
    raws = Writer(Maker(tmp_path, unit)).write("oc")
    other = Writer(Maker(tmp_path, Unit(), number=43)).write("ocecC")
    chain, _ = chained(b"".join([*raws, *other]))
    assert (chain.records, chain.proven) == (2, {FIRST: length(raws, 2)})


def test_a_further_journal_continues_the_one_before(writer: Writer) -> None:
    first, second = writer.write("oec"), writer.write("de")
    chain, found = chained(b"".join(first), b"".join(second))
    assert found == []
    assert (chain.records, chain.proven) == (4, {FIRST: length(first, 3), SECOND: length(second, 1)})


def test_a_further_journal_that_continues_another_record(writer: Writer) -> None:
    first, second = writer.write("oec"), writer.write("edCe")[1:]
    chain, found = chained(b"".join(first), b"".join(second))
    says = of("K301", "journal", (0, len(second[0])), (utc(first[2]), utc(second[0])), SECOND, number=2)
    assert found == [says]
    assert chain.proven == {FIRST: length(first, 3), SECOND: length(second, 2)}


@pytest.mark.parametrize(("plan", "left_out", "number"), [("eedC", 1, 5), ("deC", 1, 5)])
def test_within_a_further_journal_a_record_cut_out_is_one_of_its_own(
    writer: Writer, plan: str, left_out: int, number: int
) -> None:
    first, raws = writer.write("oec"), writer.write(plan)
    kept = [*raws[:left_out], *raws[left_out + 1 :]]
    _, found = chained(b"".join(first), b"".join(kept))
    assert [(each.says, each.values, each.file) for each in found] == [("link", (("number", number),), SECOND)]


def test_what_follows_closed_is_told(writer: Writer) -> None:
    first, second = writer.write("oeC"), writer.write("de")
    chain, found = chained(b"".join(first), b"".join(second))
    assert found == [of("K307", "after-closed", None, None, SECOND, number=3, type="died")]
    assert chain.closed


def test_death_is_proven_by_the_certificate_that_it_brings_along(writer: Writer) -> None:
    first = writer.write("oec")
    other = Unit()
    writer.died = Died(
        version=1, id=writer.maker.id, boot=bytes(16), cause="power", last=writer.maker.stamp(), journals=[],
        certificates=other.chain,
    )  # fmt: skip
    writer.maker.unit = other
    assert chained(b"".join(first), writer.write("d")[0])[0].records == 4


@pytest.mark.parametrize(("letter", "kind"), [("E", "event"), ("u", "checkpoint")])
def test_exactly_certain_types_are_signed(writer: Writer, letter: str, kind: str) -> None:
    raws = writer.write(f"o{letter}c")
    assert chained(b"".join(raws))[1] == [of("K304", "signed", None, None, number=1, type=kind)]


def steps(writer: Writer, plan: str) -> list[int]:
    """How many records are proven with each that is fed; at last those that the end proves."""
    chain = Chain(Findings())
    chain.begin(FIRST)
    counts = [len(chain.feed(record)) for record in iterate(b"".join(writer.write(plan)))]
    return [*counts, len(chain.finish())]


def test_the_newest_of_128_checkpoints_is_checked(writer: Writer) -> None:
    counts = steps(writer, "o" + "ec" * 129)
    assert {place: count for place, count in enumerate(counts) if count} == {0: 1, 256: 256, 259: 2}


def long_and_checkpoint(writer: Writer, held: int) -> tuple[Record, Record]:
    """An event and a checkpoint of so many bytes together."""
    event, checkpoint = map(parse, writer.write("ec"))
    raw = bytes(held - checkpoint.length)
    event = Record(
        event.seq, event.prev, event.stamp, event.type, event.body, None, event.offset, raw, event.digest
    )  # fmt: skip
    return event, checkpoint


@pytest.mark.parametrize("journal", [FIRST, SECOND])
@pytest.mark.parametrize(("more", "proven"), [(0, [0, 0, 2]), (1, [0, 2, 0])])
def test_a_checkpoint_is_checked_once_more_than_a_mebibyte_is_held(
    writer: Writer, journal: str, more: int, proven: list[int]
) -> None:
    chain = Chain(Findings())
    chain.begin(FIRST)
    assert len(chain.feed(parse(writer.maker.journals[FIRST]))) == 1
    if journal == SECOND:
        chain.begin(SECOND)
    counts = [len(chain.feed(record)) for record in long_and_checkpoint(writer, 1024 * 1024 + more)]
    assert [*counts, len(chain.finish())] == proven


@pytest.mark.parametrize(("more", "found"), [(0, []), (1, ["unsigned"])])
def test_so_many_bytes_without_a_signature_are_forgotten(writer: Writer, more: int, found: list[str]) -> None:
    findings = Findings()
    chain = Chain(findings)
    chain.begin(FIRST)
    chain.feed(parse(writer.maker.journals[FIRST]))
    for record in long_and_checkpoint(writer, MAX_PENDING_BYTES + more):
        chain.feed(record)
    chain.finish()
    assert [each.says for each in findings] == found
    assert chain.records == 3


def test_a_record_badly_signed_is_proven_by_what_follows(writer: Writer) -> None:
    assert steps(writer, "oecXec") == [1, 0, 0, 2, 0, 0, 3]


@pytest.mark.parametrize(("events", "found"), [(MAX_PENDING - 1, []), (MAX_PENDING, ["unsigned"])])
def test_so_many_records_without_a_signature_are_forgotten(writer: Writer, events: int, found: list[str]) -> None:
    findings, maker = Findings(), writer.maker
    chain = Chain(findings)
    chain.begin(FIRST)
    (before,) = chain.feed(parse(maker.journals[FIRST]))
    for number in range(1, events + 1):
        digest = number.to_bytes(32)
        before = Record(number, before.digest, before.stamp, "event", {}, None, before.end, bytes(9), digest)
        chain.feed(before)
    maker.writer = JournalWriter(maker.id, events + 1, before.digest)
    chain.feed(parse(writer.write("c")[0]))
    proven = chain.finish()
    assert list(findings) == [of("K312", says, None, None) for says in found]
    assert (chain.records, len(proven)) == (events + 2, 1 if found else events + 1)


def test_a_recording_key_that_is_none_proves_no_checkpoint(writer: Writer) -> None:
    chain = Chain(Findings())
    chain.begin(FIRST)
    opened, checkpoint = map(parse, writer.write("oc"))
    opened.body["recording_key"] = bytes(31)
    chain.feed(opened)
    chain.feed(checkpoint)
    assert chain.finish() == []
