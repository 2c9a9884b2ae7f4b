"""How a recording stands, by journals that are made for it record by record."""

from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import msgspec
import pytest
from watched_files import WatchedFiles

from kuager.evidence import cbor, certificates
from kuager.evidence.authority import issue_unit_certificate, make_development_authority
from kuager.evidence.journal import TAIL_BYTES, JournalWriter
from kuager.evidence.keys import RecordingKey, SoftwareKey
from kuager.evidence.records import Body, Chapter, Checkpoint, Closed, Device, Died, Event, Opened, Procedure, Stamp
from kuager.vault.survey import Survey, summarise, survey

UNIT, ID, OTHER, BOOT = "KZ0417", bytes(range(16)), bytes(range(16, 32)), bytes(15) + b"1"
SINCE = datetime(2026, 1, 1, tzinfo=UTC)
UTC_US = 1_795_324_500_000_000
NAME = f"{UNIT}-000042-20261122T051500Z"
KEY, OTHERS_KEY = SoftwareKey.generate(), SoftwareKey.generate()
CLOSED = Closed(cause="closing", dialogue=True)


@cache
def certificates_of(unit: str, key: SoftwareKey) -> list[bytes]:
    authority, signer = make_development_authority("Test authority", SINCE)
    return certificates.to_der(
        certificates.load_pem(issue_unit_certificate(authority, signer, unit, key.public, SINCE))
    )


def stamp(seconds: int) -> Stamp:
    return Stamp(60_000_000 + seconds * 1_000_000, UTC_US + seconds * 1_000_000, "synchronised", 1000)


def died(id_: bytes = ID, unit: str = UNIT, key: SoftwareKey = KEY) -> Died:
    return Died(
        version=1, id=id_, boot=BOOT, cause="power", last=stamp(9), journals=[], certificates=certificates_of(unit, key)
    )  # fmt: skip


class Made:
    """A recording's journals; `ends` are the lengths of the first one after each record."""

    def __init__(self, root: Path, *, seq: int = 0, signer: SoftwareKey = KEY) -> None:
        self.root, self.here = root, root / NAME
        self.here.mkdir()
        self.key = RecordingKey()
        self.opened = Opened(
            version=1,
            id=ID,
            name=NAME,
            unit=UNIT,
            number=42,
            boot=BOOT,
            board="virtual",
            firmware="0.1.0",
            device=Device(make="Kuager", model="virtual"),
            carrier=Device(make="virtual", model="directory"),
            mode="video",
            language="ru",
            procedure=Procedure(id="kz-2012-68", title="Instruction"),
            recording_key=self.key.raw,
            certificates=certificates_of(UNIT, KEY),
        )
        self.writer = JournalWriter(ID, seq)
        self.data, self.ends = b"", [0]
        self.asked: list[int] = []
        """How many bytes the survey read, time by time."""
        self.add("opened", self.opened, signer)

    def add(self, kind: str, body: Body | bytes, signer: SoftwareKey | RecordingKey | None = None) -> None:
        """One more record, a second after the one before."""
        self.data += self.writer.append(kind, body, stamp(self.writer.seq), signer)
        self.ends.append(len(self.data))

    def checkpoint(self, durable_us: int = 0) -> None:
        self.add("checkpoint", Checkpoint(durable_us=durable_us), self.key)

    def fill(self, size: int) -> None:
        """Records that nobody signs, of so many bytes together."""
        for _ in range(size // 1000):
            self.add("event", Event(code="press", data={"why": "x" * 900}))

    def bury(self, part: int, body: Died, key: SoftwareKey = KEY) -> None:
        """A further journal that begins with this."""
        writer = JournalWriter(body.id, self.writer.seq, self.writer.head)
        (self.here / f"journal-{part:02d}.cborseq").write_bytes(writer.append("died", body, stamp(99), key))

    def survey(self, data: bytes | None = None) -> Survey:
        """Of the first journal as it is, or as these bytes."""
        (self.here / "journal-01.cborseq").write_bytes(self.data if data is None else data)
        with WatchedFiles(self.root) as files:
            found = survey(files, NAME)
        self.asked = [TAIL_BYTES + 1 if length is None else length for _, length in files.reads]
        assert max(self.asked) <= TAIL_BYTES
        return found


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return Made(tmp_path)


def state(found: Survey) -> tuple[str, int, int]:
    """How it stands, in which journal part that was found, and how much of that part is proven."""
    return found.ending, found.part, found.proven[f"journal-{found.part:02d}.cborseq"]


def test_a_recording_without_a_journal_is_stillborn(tmp_path: Path) -> None:
    here = tmp_path / NAME
    here.mkdir()
    with WatchedFiles(tmp_path) as files:
        assert survey(files, NAME) == Survey(NAME, "stillborn", False, [])
        (here / "journal-01.cborseq").mkdir()
        (here / "video-01.mp4").write_bytes(b"x")
        assert survey(files, NAME) == Survey(NAME, "stillborn", False, [])


@pytest.mark.parametrize("seq", [1, 2])
def test_only_the_first_record_of_all_opens_a_recording(tmp_path: Path, seq: int) -> None:
    assert Made(tmp_path, seq=seq).survey().ending == "stillborn"


def test_what_another_key_signed_opens_nothing(tmp_path: Path) -> None:
    assert Made(tmp_path, signer=OTHERS_KEY).survey().ending == "stillborn"


@pytest.mark.parametrize("more", [0, 3, 200])
def test_a_recording_that_was_only_opened_is_proven_that_far(made: Made, more: int) -> None:
    made.fill(more * 1000)
    found = made.survey()
    assert state(found) == ("open", 1, made.ends[1])
    assert (found.last, found.checkpoint, found.durable_us) == (found.first, found.first, 0)


def test_only_the_units_own_certificate_is_looked_at(made: Made) -> None:
    changed = msgspec.structs.replace(made.opened, certificates=[*made.opened.certificates, b"no certificate"])
    raw = JournalWriter(ID).append("opened", changed, stamp(0), KEY)
    assert made.survey(raw).ending == "open"


def test_a_checkpoint_proves_all_before_it(made: Made) -> None:
    made.fill(2000)
    made.checkpoint(61_000_000)
    made.fill(2000)
    found = made.survey()
    assert state(found) == ("open", 1, made.ends[4])
    assert (found.durable_us, found.until_utc_us) == (61_000_000, UTC_US + 1_000_000)
    assert found.checkpoint == found.last


def test_a_checkpoint_with_a_bad_signature_proves_nothing(made: Made) -> None:
    made.checkpoint()
    made.checkpoint()
    spoilt = bytearray(made.data)
    spoilt[-1] ^= 1
    assert state(made.survey(bytes(spoilt))) == ("open", 1, made.ends[2])


def test_a_closed_recording_is_proven_to_its_end_and_has_no_checkpoint_to_go_back_to(made: Made) -> None:
    made.checkpoint(61_000_000)
    made.add("closed", CLOSED, KEY)
    found = made.survey()
    assert state(found) == ("closed", 1, made.ends[3])
    assert (found.checkpoint, found.durable_us) == (None, 0)


def test_nobody_but_the_units_key_closes_a_recording(made: Made) -> None:
    made.checkpoint()
    made.add("closed", CLOSED, OTHERS_KEY)
    assert state(made.survey()) == ("open", 1, made.ends[2])


@pytest.mark.parametrize("size", [60_000, 150_000, 400_000])
@pytest.mark.parametrize("behind", [0, 90_000, 250_000, 600_000])
def test_the_newest_checkpoint_is_found_however_long_the_journal_and_its_torn_tail(
    made: Made, size: int, behind: int
) -> None:
    for _ in range(3):
        made.fill(size // 3)
        made.checkpoint()
    assert state(made.survey(made.data + bytes(behind))) == ("open", 1, made.ends[-1])


def test_of_a_long_journal_its_head_and_a_short_look_at_its_tail_are_enough(made: Made) -> None:
    for _ in range(10):
        made.fill(100_000)
        made.checkpoint()
        made.fill(2000)
        made.checkpoint()
    assert made.survey().proven == {"journal-01.cborseq": made.ends[-1]}
    assert sum(made.asked) < 200_000


def test_a_short_journal_is_read_once_beside_its_head(made: Made) -> None:
    made.checkpoint()
    made.survey()
    assert made.asked == [cbor.MAX_BYTES, made.ends[-1]]


def test_a_single_signature_behind_a_hole_proves_nothing(made: Made) -> None:
    for _ in range(3):
        made.fill(100_000)
        made.checkpoint()
    whole = made.ends[-1]
    made.fill(80_000)
    made.checkpoint()
    # Something that was being written when power was cut did not reach the carrier, and the checkpoint after it did.
    holed = made.data[:whole] + bytes(3000) + made.data[whole + 3000 :]
    assert state(made.survey(holed)) == ("open", 1, whole)


@pytest.mark.parametrize(
    ("part", "body", "key"),
    [
        (3, died(OTHER), KEY),
        (3, died(unit="KZ0999", key=OTHERS_KEY), OTHERS_KEY),
        (3, died(), OTHERS_KEY),
    ],
)
def test_what_is_no_death_of_this_recording_hides_no_earlier_one(
    made: Made, part: int, body: Died, key: SoftwareKey
) -> None:
    made.checkpoint()
    made.bury(part, body, key)
    assert state(made.survey()) == ("open", 1, made.ends[2])
    made.bury(2, died())
    assert state(made.survey()) == ("died", 2, (made.here / "journal-02.cborseq").stat().st_size)


@pytest.mark.parametrize("part", [2, 3, 11])
def test_a_death_is_found_in_whatever_journal_it_stands(made: Made, part: int) -> None:
    made.checkpoint()
    made.bury(part, died())
    found = made.survey()
    assert (found.ending, found.part) == ("died", part)
    assert [entry.name for entry in found.journals] == ["journal-01.cborseq", f"journal-{part:02d}.cborseq"]


def test_a_record_that_breaks_its_rules_keeps_nothing_else_out_of_the_manifest(made: Made) -> None:
    made.add("chapter", cbor.encode({"chapter": "no number"}))
    chapter = Chapter(chapter=1, item="place", title="Place", at_us=61_000_000)
    made.add("chapter", chapter)
    made.add("closed", CLOSED, KEY)
    found = made.survey()
    with WatchedFiles(made.root) as files:
        said = summarise(files, found).manifest([], [], bytes(32), 4)
    assert (said.chapters, said.ending, said.opened, said.ended) == ([chapter], "closed", stamp(0), stamp(3))


def test_what_stands_right_behind_the_opening_is_in_the_manifest(made: Made) -> None:
    chapter = Chapter(chapter=1, item="place", title="Place", at_us=61_000_000)
    made.add("chapter", chapter)
    made.checkpoint()
    made.bury(2, died())
    found = made.survey(made.data + b"torn")
    with WatchedFiles(made.root) as files:
        said = summarise(files, found).manifest([], [], bytes(32), 4)
    assert (said.chapters, said.ending, said.ended) == ([chapter], "died", stamp(9))


def test_a_journal_longer_than_what_is_held_at_once_is_summed_up_to_its_end(made: Made) -> None:
    made.fill(900_000)
    chapter = Chapter(chapter=1, item="place", title="Place", at_us=61_000_000)
    made.add("chapter", chapter)
    made.add("closed", CLOSED, KEY)
    found = made.survey()
    with WatchedFiles(made.root) as files:
        assert summarise(files, found).chapters == [chapter]
