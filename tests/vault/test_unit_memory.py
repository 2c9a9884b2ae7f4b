"""What a unit's own journal remembers, by files that are made record by record."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from watched_files import WatchedFiles

from kuager.evidence import cbor, certificates
from kuager.evidence.authority import issue_unit_certificate, make_development_authority
from kuager.evidence.journal import NO_PREVIOUS, TAIL_BYTES, JournalWriter
from kuager.evidence.keys import SoftwareKey
from kuager.evidence.records import Body, Device, Event, Previous, Stamp
from kuager.evidence.unit import RecordingEnded, RecordingOpened, UnitBegun
from kuager.vault import layout
from kuager.vault.unit_journal import learn_from
from kuager.vault.unit_memory import JournalPart, Memory, parts, remember

UNIT, ID = "KZ0417", bytes(range(16))
SINCE = datetime(2026, 1, 1, tzinfo=UTC)
NOW = Stamp(60_000_000, 1_795_324_500_000_000, "synchronised", 1000)
DIRECTORY = layout.unit_directory(UNIT)
KEY, OTHERS_KEY = SoftwareKey.generate(), SoftwareKey.generate()
AUTHORITY, AUTHORITY_KEY = make_development_authority("Test authority", SINCE)


def certificates_of(unit: str, key: SoftwareKey) -> list[bytes]:
    pem = issue_unit_certificate(AUTHORITY, AUTHORITY_KEY, unit, key.public, SINCE)
    return certificates.to_der(certificates.load_pem(pem))


def head(number: int) -> bytes:
    return bytes([number % 256]) * 32


def opened(number: int) -> RecordingOpened:
    return RecordingOpened(number=number, id=ID, name=f"{UNIT}-{number:06d}-20261122T051500Z", head=head(number))


class Made:
    """Files of one unit's journal, made in turn."""

    def __init__(self, root: Path) -> None:
        self.root, self.here = root, root / DIRECTORY
        self.here.mkdir()
        self.writer = JournalWriter(ID, kind="unit")
        self.data, self.ends, self.part = b"", [0], 0

    def begin(self, *, unit: str = UNIT, key: SoftwareKey = KEY, more: tuple[bytes, ...] = ()) -> None:
        """A further file, which continues the one before."""
        self.data, self.ends, self.part = b"", [0], self.part + 1
        chain = [*certificates_of(unit, key), *more]
        device = Device(make="Kuager", model="virtual")
        begun = UnitBegun(version=1, id=ID, unit=UNIT, device=device, certificates=chain, next_number=1)
        self.add("unit-begun", begun, key)

    def add(self, kind: str, body: Body | bytes, key: SoftwareKey = KEY, *, times: int = 1) -> None:
        for _ in range(times):
            self.data += self.writer.append(kind, body, NOW, key)
            self.ends.append(len(self.data))
        self.write(self.data)

    def fill(self, size: int) -> None:
        """Records that tell of no recording, of so many bytes together."""
        self.add("event", Event(code="press-refused", data={"why": "x" * 820}), times=size // 1000)

    @property
    def path(self) -> Path:
        """Of the newest file."""
        return self.here / layout.unit_journal(ID, self.part)

    def write(self, data: bytes) -> None:
        self.path.write_bytes(data)

    def parts(self) -> list[JournalPart]:
        with WatchedFiles(self.root) as files:
            return parts(files, DIRECTORY, UNIT)

    def memory(self) -> Memory:
        with WatchedFiles(self.root) as files:
            memory = remember(files, DIRECTORY, parts(files, DIRECTORY, UNIT))
            assert all(length is not None and length <= TAIL_BYTES for _, length in files.reads)
        return memory


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return Made(tmp_path)


def test_the_newest_head_of_the_last_recording_is_remembered(made: Made) -> None:
    made.begin()
    made.add("recording-opened", opened(6))
    made.add("recording-opened", opened(7))
    name = f"{UNIT}-000007-20261122T051500Z"
    ended = RecordingEnded(number=7, id=ID, name=name, head=bytes(32), ending="closed", cause="closing")
    made.add("recording-ended", ended)
    made.add("event", Event(code="press-refused"))
    assert made.memory() == Memory(7, Previous(number=7, id=ID, head=bytes(32)))


def test_a_lower_number_that_comes_later_does_not_count_back(made: Made) -> None:
    made.begin()
    made.add("recording-opened", opened(7))
    made.add("recording-opened", opened(6))
    assert made.memory().number == 7


@pytest.mark.parametrize("behind", [0, 120_000, 300_000])
def test_a_recording_is_remembered_however_long_ago_it_was(made: Made, behind: int) -> None:
    made.begin()
    made.add("recording-opened", opened(7))
    made.fill(behind)
    assert made.memory() == Memory(7, Previous(number=7, id=ID, head=head(7)))


@pytest.mark.parametrize("hole", [100_000, TAIL_BYTES, TAIL_BYTES + 1, 900_000])
def test_a_hole_at_the_end_hides_nothing_that_stands_before_it(made: Made, hole: int) -> None:
    made.begin()
    made.add("recording-opened", opened(7))
    made.add("recording-opened", opened(8))
    made.write(made.data + bytes(hole))
    assert made.memory() == Memory(8, Previous(number=8, id=ID, head=head(8)))
    (part,) = made.parts()
    assert (part.proven, part.torn) == (len(made.data), True)


def test_what_a_newer_file_does_not_tell_an_older_one_does(made: Made) -> None:
    made.begin()
    made.add("recording-opened", opened(7))
    made.begin()
    made.add("event", Event(code="press-refused"))
    assert made.memory().number == 7


def test_files_that_prove_nothing_hide_no_other(made: Made) -> None:
    made.begin()
    made.add("recording-opened", opened(6))
    made.write(b"garbage")
    made.begin()
    made.add("recording-opened", opened(7))
    made.fill(300_000)
    made.begin()
    made.write(b"garbage")
    assert [(each.number, each.proven > 0) for each in made.parts()] == [(1, False), (2, True), (3, False)]
    assert made.memory().number == 7


def test_only_the_tail_is_read_where_it_tells_of_a_recording(made: Made) -> None:
    made.begin()
    made.fill(300_000)
    made.add("recording-opened", opened(7))
    with WatchedFiles(made.root) as files:
        found = parts(files, DIRECTORY, UNIT)
        files.reads.clear()
        assert remember(files, DIRECTORY, found).number == 7
        assert sum(length or 0 for _, length in files.reads) < 150_000


def test_a_record_that_breaks_its_rules_hides_no_later_one(made: Made) -> None:
    made.begin()
    made.add("recording-opened", cbor.encode({"number": "none"}))
    made.add("recording-opened", opened(7))
    assert made.memory().number == 7


def test_a_record_that_another_signed_is_not_believed(made: Made) -> None:
    made.begin()
    made.add("recording-opened", opened(7))
    made.add("recording-opened", opened(900), OTHERS_KEY)
    part = made.parts()[0]
    assert (part.proven, part.size, part.torn) == (made.ends[2], made.ends[3], True)
    assert made.memory().number == 7


def test_where_no_signature_is_found_the_beginning_is_still_proven(made: Made) -> None:
    made.begin()
    made.write(made.data + bytes(600_000))
    part = made.parts()[0]
    assert (part.proven, part.torn) == (made.ends[1], True)


@pytest.mark.parametrize(
    ("unit", "key", "believed"), [(UNIT, KEY, True), (UNIT, OTHERS_KEY, True), ("KZ0999", KEY, False)]
)
def test_a_file_is_the_units_by_its_certificate(made: Made, unit: str, key: SoftwareKey, believed: bool) -> None:
    made.begin(unit=unit, key=key)
    part = made.parts()[0]
    assert (part.last is not None, part.public) == (believed, key.public if believed else None)


def test_a_beginning_that_its_own_key_did_not_sign_proves_nothing(made: Made) -> None:
    made.begin()
    chain = certificates_of(UNIT, OTHERS_KEY)
    device = Device(make="Kuager", model="virtual")
    begun = UnitBegun(version=1, id=ID, unit=UNIT, device=device, certificates=chain, next_number=1)
    made.write(JournalWriter(ID, kind="unit").append("unit-begun", begun, NOW, KEY))
    assert (made.parts()[0].begun, made.parts()[0].last) == (None, None)


def test_only_the_units_own_certificate_is_looked_at(made: Made) -> None:
    made.begin(more=(b"no certificate",))
    assert made.parts()[0].proven == made.ends[1]


def test_only_files_of_the_journals_name_are_its_parts(made: Made) -> None:
    made.begin()
    made.begin()
    (made.here / layout.unit_journal(ID, 3)).mkdir()
    (made.here / "notes.txt").write_bytes(b"x")
    assert [each.name for each in made.parts()] == [layout.unit_journal(ID, 1), layout.unit_journal(ID, 2)]
    with WatchedFiles(made.root) as files:
        assert parts(files, "nowhere", UNIT) == []


@pytest.mark.parametrize(("number", "learnt"), [(999_998, 999_998), (999_999, 999_999), (1_000_000, 0)])
def test_a_carrier_is_believed_up_to_the_last_number(made: Made, number: int, learnt: int) -> None:
    made.begin()
    made.add("recording-opened", opened(number))
    with WatchedFiles(made.root) as files:
        assert learn_from(files, UNIT).number == learnt


def test_of_several_copies_the_one_that_knows_most_is_believed(made: Made) -> None:
    made.begin()
    made.add("recording-opened", opened(9))
    made.writer = JournalWriter(ID, 0, NO_PREVIOUS, kind="unit")
    made.begin()
    made.add("recording-opened", opened(5))
    with WatchedFiles(made.root) as files:
        assert learn_from(files, UNIT).last == Previous(number=9, id=ID, head=head(9))
