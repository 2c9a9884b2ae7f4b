"""The journal: what is written is read back in order, and the first byte that does not follow is named."""

import hashlib
import io
import tracemalloc
from itertools import pairwise

import pytest
from evidence_samples import ED25519, OTHER, P256, RECORDING, RECORDING_KEY, STAMP, bodies, journal, signer_of, stamp
from msgspec.structs import replace

from kuager.evidence import cbor
from kuager.evidence import journal as journals
from kuager.evidence.cbor import MalformedError
from kuager.evidence.journal import BrokenError, JournalWriter, Record, iterate
from kuager.evidence.keys import BadSignature
from kuager.evidence.record import parse
from kuager.evidence.records import BODIES, Checkpoint, Closed, Event, Opened, Procedure, Stamp

CHAIN = [b"certificate"]
RECORDS = journal(ED25519, CHAIN)
RAW = b"".join(raw for _, raw in RECORDS)
STARTS = [sum(len(raw) for _, raw in RECORDS[:place]) for place in range(len(RECORDS) + 1)]


class Slow:
    """A source that gives a few bytes at a time."""

    def __init__(self, data: bytes, piece: int) -> None:
        self._stream, self._piece, self.asked = io.BytesIO(data), piece, 0

    def read(self, size: int, /) -> bytes:
        self.asked = max(self.asked, size)
        return self._stream.read(min(size, self._piece))


def broken(data: bytes) -> tuple[str, int, int]:
    """Reason and offset of the break, and how many records came before it."""
    records: list[Record] = []
    with pytest.raises(BrokenError) as caught:
        records.extend(iterate(data))
    return caught.value.reason, caught.value.offset, len(records)


def test_every_body_is_read_back_as_it_was_written() -> None:
    writer = JournalWriter(RECORDING)
    written = bodies(CHAIN)
    raw = b"".join(writer.append(type_, body, STAMP, signer_of(type_)) for type_, body in written)
    read = list(iterate(raw))
    assert [(record.type, record.typed()) for record in read] == written
    assert {record.stamp for record in read} == {STAMP}
    assert [record.seq for record in read] == list(range(writer.seq))
    assert read[-1].digest == writer.head


def test_a_value_that_is_the_default_is_left_out_wherever_it_comes_from() -> None:
    assembled = "-".join(["not", "obligatory"])  # equal, and another object
    procedure = Procedure(id="x", title="x", action_stated="-".join(["not", "stated"]), witnesses=assembled)  # type: ignore[arg-type]
    (opened,) = (body for _, body in bodies(CHAIN) if isinstance(body, Opened))
    raw = JournalWriter(RECORDING).append("opened", replace(opened, procedure=procedure), STAMP, signer_of("opened"))
    assert parse(raw).body["procedure"] == {"id": "x", "title": "x"}


def test_records_are_linked_by_the_digest_of_all_their_bytes() -> None:
    records = list(iterate(RAW))
    assert records[0].prev == bytes(32)
    for before, after in pairwise(records):
        assert after.prev == hashlib.sha256(before.raw).digest() == before.digest
        assert after.offset == before.end
    assert b"".join(record.raw for record in records) == RAW


def test_sources_of_any_grain_give_the_same() -> None:
    for piece in (1, 7, 1000, 1 << 20):
        assert list(iterate(Slow(RAW, piece))) == list(iterate(RAW))


def test_no_more_is_asked_for_than_four_of_the_longest_records() -> None:
    writer = JournalWriter(RECORDING)
    raw = b"".join(writer.append("event", filled(60_000), STAMP) for _ in range(20))
    source = Slow(raw, 100_000)
    assert [record.seq for record in iterate(source)] == list(range(20))
    assert source.asked == 4 * cbor.MAX_BYTES


def test_a_break_is_told_in_words() -> None:
    with pytest.raises(BrokenError, match=r"^journal broken at byte 0: a record must begin"):
        list(iterate(b"junk"))


def test_signatures_are_good_for_their_record_key_and_recording() -> None:
    for key in (ED25519, P256):
        for record in iterate(b"".join(raw for _, raw in journal(key, CHAIN))):
            signer = signer_of(record.type, key)
            if signer is None:
                assert record.signature is None
                with pytest.raises(MalformedError, match="not signed"):
                    record.verify(RECORDING, ED25519.public)
                continue
            record.verify(RECORDING, signer.public)
            with pytest.raises(BadSignature):
                record.verify(OTHER, signer.public)
            with pytest.raises(BadSignature):
                record.verify(RECORDING, (RECORDING_KEY if signer is key else key).public)
            with pytest.raises(BadSignature):
                record.verify(RECORDING, signer.public, kind="unit")


def test_a_signature_can_not_be_moved_to_another_record() -> None:
    writer = JournalWriter(RECORDING)
    first, second = (parse(writer.append("checkpoint", Checkpoint(bytes=n), STAMP, RECORDING_KEY)) for n in (1, 2))
    moved = parse(first.raw[:-76] + second.raw[-76:])
    assert moved.signature == second.signature
    with pytest.raises(BadSignature):
        moved.verify(RECORDING, RECORDING_KEY.public)


def test_what_is_signed_is_the_record_without_its_signature() -> None:
    for record in iterate(RAW):
        plain = [
            record.seq,
            record.prev,
            [record.stamp.boot_us, record.stamp.utc_us, *RECORDED],
            record.type,
            record.body,
        ]
        assert record.payload() == cbor.encode(plain)


RECORDED = (STAMP.state, STAMP.uncertainty_us)


def test_torn_at_every_byte() -> None:
    for cut in range(len(RAW)):
        whole = sum(start <= cut for start in STARTS) - 1
        if cut in STARTS:
            assert len(list(iterate(RAW[:cut]))) == whole
        else:
            assert broken(RAW[:cut]) == ("torn", STARTS[whole], whole)


def test_no_bit_can_be_changed_unseen() -> None:
    for bit in range(0, len(RAW) * 8, 5):
        data = bytearray(RAW)
        data[bit // 8] ^= 1 << bit % 8
        changed = sum(start <= bit // 8 for start in STARTS) - 1
        read: list[Record] = []
        broke_at = None
        try:
            read.extend(iterate(bytes(data)))
        except BrokenError as error:
            broke_at = error.offset
        if broke_at is None:
            assert changed == len(RECORDS) - 1  # nothing links to the last record: its signature is what covers it
            with pytest.raises((BadSignature, MalformedError)):
                read[-1].verify(RECORDING, ED25519.public)
        else:
            # Seen in the record itself, or at the next one, which does not link to it.
            assert broke_at >= STARTS[changed]
            assert len(read) <= changed + 1
        assert [record.raw for record in read[:changed]] == [raw for _, raw in RECORDS[:changed]]


def test_records_left_out_moved_or_doubled() -> None:
    raws = [raw for _, raw in RECORDS]
    assert broken(b"".join(raws[:2] + raws[3:])) == ("link", STARTS[2], 2)
    assert broken(b"".join([raws[1], raws[0], *raws[2:]])) == ("link", 0, 0)
    assert broken(b"".join([raws[0], raws[0], *raws[1:]])) == ("link", STARTS[1], 1)
    assert broken(b"".join(raws[1:])) == ("link", 0, 0)
    other = b"".join(raw for _, raw in journal(P256, CHAIN))
    assert broken(raws[0] + other[len(journal(P256, CHAIN)[0][1]) :])[0] == "link"


def test_a_number_that_does_not_follow() -> None:
    first = JournalWriter(RECORDING).append("event", Event(code="a"), STAMP)
    second = JournalWriter(RECORDING, seq=2, prev=hashlib.sha256(first).digest()).append(
        "event", Event(code="b"), STAMP
    )
    assert broken(first + second) == ("sequence", len(first), 1)


def test_a_later_journal_file_continues_the_chain() -> None:
    raws = [raw for _, raw in RECORDS]
    later = b"".join(raws[4:])
    assert len(list(iterate(later, seq=4, prev=hashlib.sha256(raws[3]).digest()))) == len(raws) - 4
    with pytest.raises(BrokenError):
        list(iterate(later))


@pytest.mark.parametrize(
    "content",
    [
        [],
        [0, bytes(32), [1, 2, "holdover", 3], "event"],
        [0, bytes(32), [1, 2, "holdover", 3], "event", {"code": "x"}, b"", 0],
        [-1, bytes(32), [1, 2, "holdover", 3], "event", {}],
        [True, bytes(32), [1, 2, "holdover", 3], "event", {}],
        [2**53, bytes(32), [1, 2, "holdover", 3], "event", {}],
        [0, bytes(31), [1, 2, "holdover", 3], "event", {}],
        [0, "0" * 32, [1, 2, "holdover", 3], "event", {}],
        [0, bytes(32), [1, 2, "holdover"], "event", {}],
        [0, bytes(32), [1, 2, "holdover", 3, 4], "event", {}],
        [0, bytes(32), [1, 2, "guessed", 3], "event", {}],
        [0, bytes(32), [-1, 2, "holdover", 3], "event", {}],
        [0, bytes(32), [1, 2**53, "holdover", 3], "event", {}],
        [0, bytes(32), {}, "event", {}],
        [0, bytes(32), [1, 2, "holdover", 3], b"event", {}],
        [0, bytes(32), [1, 2, "holdover", 3], "", {}],
        [0, bytes(32), [1, 2, "holdover", 3], "e" * 101, {}],
        [0, bytes(32), [1, 2, "holdover", 3], "event", []],
        [0, bytes(32), [1, 2, "holdover", 3], "event", {1: 2}],
        [0, bytes(32), [1, 2, "holdover", 3], "event", {}, "signature"],
        [0, bytes(32), [1, 2, "holdover", 3], "event", {}, None],
        {"seq": 0},
        "text",
    ],
)
def test_records_of_another_shape_are_malformed(content: object) -> None:
    assert broken(journals.MARKER + cbor.encode(content)) == ("malformed", 0, 0)


@pytest.mark.parametrize("type_", ["e", "e" * 100])
def test_a_type_has_1_to_100_characters(type_: str) -> None:
    record = parse(journals.MARKER + cbor.encode([0, bytes(32), [1, 2, "holdover", 3], type_, {}]))
    assert (record.type, record.offset) == (type_, 0)


def of_length(length: int) -> bytes:
    """A record of so many bytes."""
    raw = journals.MARKER + cbor.encode([0, bytes(32), [1, 2, "holdover", 3], "event", {"x": bytes(60_000)}])
    filler = bytes(60_000 + length - len(raw))
    return journals.MARKER + cbor.encode([0, bytes(32), [1, 2, "holdover", 3], "event", {"x": filler}])


def test_the_longest_record_there_may_be() -> None:
    assert parse(of_length(cbor.MAX_BYTES)).length == cbor.MAX_BYTES
    with pytest.raises(MalformedError, match="longer than"):
        parse(of_length(cbor.MAX_BYTES + 1))
    spare = cbor.MAX_BYTES - len(JournalWriter(RECORDING).append("event", filled(60_000), STAMP))
    assert len(JournalWriter(RECORDING).append("event", filled(60_000 + spare), STAMP)) == cbor.MAX_BYTES
    with pytest.raises(MalformedError, match="65537 bytes"):
        JournalWriter(RECORDING).append("event", filled(60_001 + spare), STAMP)


def filled(length: int) -> Event:
    return Event(code="x", data={"text": "x" * length})


def test_unknown_types_and_keys_are_kept_and_chained() -> None:
    raw = journals.MARKER + cbor.encode([0, bytes(32), [1, 2, "holdover", 3], "smell", {"of": ["tea"]}])
    (record,) = iterate(raw)
    assert record.typed() is None
    assert record.body == {"of": ["tea"]}
    known = journals.MARKER + cbor.encode([0, bytes(32), [1, 2, "holdover", 3], "event", {"code": "x", "new": 1}])
    (record,) = iterate(known)
    assert record.typed() == Event(code="x")


@pytest.mark.parametrize("name", ["../x", "", "a/b", ".hidden", "a\n", "a\0b", "x" * 101, "а"])
def test_names_that_are_none(name: str) -> None:
    raw = journals.MARKER + cbor.encode([0, bytes(32), [1, 2, "holdover", 3], "event", {"code": name}])
    (record,) = iterate(raw)
    with pytest.raises(MalformedError):
        record.typed()


def test_the_writer_refuses_what_a_reader_would() -> None:
    writer = JournalWriter(RECORDING)
    for type_, body, signer in (
        ("event", Event(code="a b"), None),
        ("event", Event(code="x", data={"text": "x" * 66_000}), None),
        ("checkpoint", Checkpoint(bytes=-1), RECORDING_KEY),
        ("checkpoint", Checkpoint(), None),
        ("closed", Closed(cause="closing", dialogue=True), None),
        ("event", Event(code="x"), ED25519),
    ):
        with pytest.raises(MalformedError):
            writer.append(type_, body, STAMP, signer)
    assert (writer.seq, writer.head) == (0, bytes(32))
    assert parse(writer.append("event", Event(code="x"), STAMP)).seq == 0


def test_the_units_own_journal_signs_any_type_with_one_kind() -> None:
    writer = JournalWriter(RECORDING, kind="unit")
    signed, unsigned = (parse(writer.append("event", Event(code="refused"), STAMP, key)) for key in (P256, None))
    signed.verify(RECORDING, P256.public, kind="unit")
    assert unsigned.signature is None


def test_every_type_is_signed_as_the_table_says() -> None:
    assert set(BODIES) >= {"opened", "died", "closed", "checkpoint"}
    for record in iterate(RAW):
        assert (record.signature is not None) == (record.type in {"opened", "died", "closed", "checkpoint"})


def test_a_long_journal_is_read_in_bounded_memory() -> None:
    class Endless:
        """Some 12 MB of records, made as they are read."""

        def __init__(self) -> None:
            self.writer, self.left, self.data = JournalWriter(RECORDING), 1200, b""

        def read(self, size: int, /) -> bytes:
            while len(self.data) < size and self.left:
                self.left -= 1
                self.data += self.writer.append("event", Event(code="x", data={"text": "x" * 10_000}), stamp(1))
            piece, self.data = self.data[:size], self.data[size:]
            return piece

    tracemalloc.start()
    count = sum(1 for _ in iterate(Endless()))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 1200
    assert peak < 3 << 20


def test_stamps_keep_their_four_parts() -> None:
    odd = Stamp(0, 2**53 - 1, "unset", 2**52)
    assert parse(JournalWriter(RECORDING).append("event", Event(code="x"), odd)).stamp == odd
