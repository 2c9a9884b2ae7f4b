"""A recording's own journal: what waits, how much, and what is let go of where the carrier fails."""

import errno
from collections.abc import Iterator
from pathlib import Path

import pytest
from vault_world import PROCEDURE, UNIT

from kuager.errors import InputError
from kuager.evidence import journal
from kuager.evidence.journal import encode_body
from kuager.evidence.keys import RecordingKey, SoftwareKey
from kuager.evidence.records import VERSION, Checkpoint, ClockStep, Closed, Device, Event, Opened, Stamp
from kuager.vault.disk import DiskFiles
from kuager.vault.faults import Fault, FaultyFiles
from kuager.vault.journal_file import JournalFile, Written

NAME = f"{UNIT}-000001-20261122T051500Z"
PATH = f"{NAME}/journal-01.cborseq"
NOW = Stamp(1_000_000, 1_795_238_100_000_000, "synchronised", 1000)
KEY = SoftwareKey.generate()
NOTE = Event(code="x")


def opened(**changes: object) -> Opened:
    fields = {
        "version": VERSION, "id": bytes(16), "name": NAME, "unit": UNIT, "number": 1, "boot": bytes(16),
        "board": "virtual", "firmware": "0.1.0", "device": Device(make="m", model="m"), "mode": "video",
        "language": "ru", "procedure": PROCEDURE, "recording_key": bytes(32), "certificates": [b"x"],
    }  # fmt: skip
    return Opened(**(fields | changes))


def later(us: int, step_us: int = 0) -> Stamp:
    return Stamp(NOW.boot_us + us, NOW.utc_us + us + step_us, NOW.state, NOW.uncertainty_us)


def long(size: int) -> Event:
    """Of exactly so many bytes as it stands in a record."""
    event = Event(code="x", data={"a": "y" * (size - 100)})
    return Event(code="x", data={"a": "y" * (2 * size - 100 - len(encode_body("event", event)))})


@pytest.fixture
def files(tmp_path: Path) -> Iterator[FaultyFiles]:
    made = FaultyFiles(DiskFiles(tmp_path, sealer=None))
    yield made
    made.release()


@pytest.fixture
def line(files: FaultyFiles) -> Iterator[JournalFile]:
    made = JournalFile(files, opened(), KEY, NOW)
    yield made
    made.release()


def test_it_begins_with_what_was_opened(line: JournalFile, files: FaultyFiles):
    raw = files.read(PATH)
    (record,) = journal.iterate(raw)
    assert (record.type, record.seq, record.typed(), record.stamp) == ("opened", 0, opened(), NOW)
    assert (line.head, line.records, line.waiting, line.full) == (record.digest, 1, False, False)
    assert line.written.length == len(raw)


def test_what_waits_is_written_with_a_checkpoint_and_told(line: JournalFile, files: FaultyFiles):
    begun, key = line.head, RecordingKey()
    line.note("event", NOTE, later(1))
    line.note("event", long(500), later(2))
    assert (line.waiting, line.head, line.records) == (True, begun, 1)
    assert line.commit(Checkpoint(bytes=7), key, later(3)) == [(NOTE, later(1)), (long(500), later(2))]
    assert not line.waiting
    told = list(journal.iterate(files.read(PATH)))
    assert [(each.type, each.stamp) for each in told[1:]] == [
        ("event", later(1)), ("event", later(2)), ("checkpoint", later(3)),
    ]  # fmt: skip
    assert [bool(each.signature) for each in told] == [True, False, False, True]
    assert (line.head, line.records) == (told[-1].digest, 4)


def test_a_journal_that_is_closed_is_as_long_as_it_says(line: JournalFile, files: FaultyFiles):
    line.close(Closed(cause="closing", dialogue=True), later(1))
    raw = files.read(PATH)
    assert line.written == Written(len(raw), line.written.sha256)
    assert [each.type for each in journal.iterate(raw)] == ["opened", "closed"]
    assert files._paths == {}


@pytest.mark.parametrize(("count", "full"), [(511, False), (512, True)])
def test_so_many_records_may_wait(line: JournalFile, count: int, full: bool):
    for _ in range(count):
        line.note("event", NOTE, NOW)
    assert line.full == full
    line.commit(Checkpoint(), RecordingKey(), NOW)
    assert not line.full


@pytest.mark.parametrize(("short", "full"), [(1, False), (0, True)])
def test_so_many_bytes_of_records_may_wait(line: JournalFile, short: int, full: bool):
    for _ in range(2):  # a batch and the next one
        for size in [50_000] * 20 + [(1 << 20) - 1_000_000 - short]:
            line.note("event", long(size), NOW)
        assert line.full == full
        line.commit(Checkpoint(), RecordingKey(), NOW)
        assert not line.full


def test_a_record_is_at_most_so_long(line: JournalFile):
    line.note("event", long(60_000), NOW)
    with pytest.raises(InputError) as caught:
        line.note("event", long(60_001), NOW)
    assert str(caught.value) == "event: 60001 bytes are too long for a record"
    line.commit(Checkpoint(), RecordingKey(), NOW)
    assert line.records == 3


def test_what_no_record_can_hold_is_refused_and_does_not_wait(line: JournalFile):
    with pytest.raises(InputError, match="event"):
        line.note("event", Event(code="no name"), NOW)
    assert not line.waiting


@pytest.mark.parametrize("how", ["note", "commit", "look"])
def test_a_step_of_the_clock_stands_before_the_record_that_shows_it(line: JournalFile, files: FaultyFiles, how: str):
    line.note("event", NOTE, later(1))
    after = later(2, 5_000_000)
    step = ClockStep(step_us=5_000_000, before=later(1), after=after)
    if how == "note":
        line.note("event", NOTE, after)
    elif how == "look":
        line.look_at_clock(after)
    told = line.commit(Checkpoint(), RecordingKey(), after)
    assert told[:2] == [(NOTE, later(1)), (step, after)]
    types = ["opened", "event", "clock-step", *(["event"] if how == "note" else []), "checkpoint"]
    assert [each.type for each in journal.iterate(files.read(PATH))] == types


def test_the_moment_of_opening_is_where_the_clock_is_looked_at_from(line: JournalFile):
    after = later(1, -5_000_000)
    line.look_at_clock(after)
    assert line.commit(Checkpoint(), RecordingKey(), after) == [
        (ClockStep(step_us=-5_000_000, before=NOW, after=after), after)
    ]  # fmt: skip


def test_what_can_not_be_opened_leaves_nothing_behind(files: FaultyFiles):
    with pytest.raises(InputError, match="opened"):
        JournalFile(files, opened(name="no name"), KEY, NOW)
    assert files.entries() == []


@pytest.mark.parametrize(
    "fault",
    [
        Fault("write", error=errno.EIO), Fault("sync", error=errno.EIO), Fault("protect", error=errno.EIO),
        Fault("sync_directory", NAME, error=errno.EIO), Fault("sync_directory", error=errno.EIO, skip=1),
    ],
)  # fmt: skip
def test_an_opening_that_fails_lets_go_of_the_file(files: FaultyFiles, fault: Fault):
    files.faults = [fault]
    with pytest.raises(OSError, match="EIO"):
        JournalFile(files, opened(), KEY, NOW)
    assert files._paths == {}


def test_the_names_of_recording_and_journal_are_durable_before_anybody_is_told(
    files: FaultyFiles, monkeypatch: pytest.MonkeyPatch
):
    synced: list[str] = []
    monkeypatch.setattr(files, "sync_directory", lambda path="": synced.append(path))
    JournalFile(files, opened(), KEY, NOW).release()
    assert synced == [NAME, ""]


@pytest.mark.parametrize(
    ("refused", "kept"), [([], True), ([NAME], False), ([PATH], False), ([NAME, PATH], False)]
)  # fmt: skip
def test_it_can_only_grow_where_file_and_directory_are_protected(
    files: FaultyFiles, monkeypatch: pytest.MonkeyPatch, refused: list[str], kept: bool
):
    asked: list[tuple[str, str]] = []
    monkeypatch.setattr(files, "protect", lambda path, level: (asked.append((path, level)), path not in refused)[1])
    made = JournalFile(files, opened(), KEY, NOW)
    assert made.append_only == kept
    assert asked == [(PATH, "append-only"), (NAME, "append-only")]
    made.release()
