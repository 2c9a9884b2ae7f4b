"""Death at any moment: what was acknowledged is proven, what was not is declared, and the unit goes on."""

import shutil
from pathlib import Path

import pytest
from vault_world import UNIT, World

from kuager import wire
from kuager.evidence import journal, manifest
from kuager.evidence.records import Died
from kuager.evidence.verdict import Outcome
from kuager.vault.survey import survey

OTHER_BOOT = bytes(15) + b"2"


def died(world: World, name: str, part: int = 2) -> Died:
    data = (world.carrier / name / f"journal-{part:02d}.cborseq").read_bytes()
    record = next(journal.iterate(data, *chain(world, name)))
    body = record.typed()
    assert isinstance(body, Died)
    return body


def chain(world: World, name: str) -> tuple[int, bytes]:
    path = world.carrier / name / "journal-01.cborseq"
    last = None
    try:
        for record in journal.iterate(path.read_bytes()):
            last = record if record.signature else last
    except journal.BrokenError:
        pass
    assert last is not None
    return last.seq + 1, last.digest


@pytest.mark.parametrize(("boot", "cause"), [(bytes(15) + b"1", "software"), (OTHER_BOOT, "power")])
def test_a_dead_recording_is_buried_sealed_and_continued(world: World, boot: bytes, cause: str):
    opened = world.open()
    world.record(opened, 5)
    durable = world.control.last(wire.Durable)
    world.clock.advance(20)
    world.boot(boot)
    dead = world.control.last(wire.VaultState).dead
    assert (dead.id, dead.cause, dead.number) == (opened.id, cause, 1)
    assert died(world, opened.name).durable_us == durable.durable_us
    assert dead.until_utc_us == durable.durable_us + world.clock.offset
    again = world.open(continues=True)
    assert again.continues == dead
    assert world.control.last(wire.VaultState).dead is None
    world.record(again, 2)
    world.end()
    world.close()
    first = manifest.read((world.carrier / opened.name / "manifest.cbor").read_bytes())
    second = manifest.read((world.carrier / again.name / "manifest.cbor").read_bytes())
    assert (first.ending, first.cause, first.intervals[0].ended) == ("died", cause, cause)
    assert (second.continues.id, second.continues.head) == (opened.id, first.head)
    assert second.previous.head == first.head
    assert world.verdict(opened.name).outcome is Outcome.ENDS_EARLY
    assert world.verdict(again.name).outcome is Outcome.AUTHENTIC


def test_a_press_that_does_not_continue_says_so(world: World):
    world.record(world.open(), 2)
    world.boot()
    assert world.open().continues is None


def test_a_vault_that_dies_again_before_it_went_on_still_knows_what_to_continue(world: World):
    opened = world.open()
    world.record(opened, 2)
    world.boot()
    world.boot()
    assert world.open(continues=True).continues.id == opened.id
    assert len(list((world.carrier / opened.name).glob("journal-*"))) == 2


def test_the_same_death_is_not_news_after_the_next_start_of_the_machine(world: World):
    world.record(world.open(), 2)
    world.boot()
    world.boot(OTHER_BOOT)
    assert world.control.last(wire.VaultState).dead is None


def points(world: World, opened: wire.Opened) -> list[tuple[int, int]]:
    """Lengths of journal and media on the carrier after each acknowledgement."""
    here, found = world.carrier / opened.name, []
    for _ in range(4):
        world.fragment()
        assert world.acknowledged == world.sequence
        found.append(((here / "journal-01.cborseq").stat().st_size, (here / "video-01.mp4").stat().st_size))
    return found


def test_every_cut_of_the_journal_leaves_what_its_last_checkpoint_proved(world: World, tmp_path: Path):
    opened = world.open()
    world.begin(opened)
    world.init()
    marks = points(world, opened)
    world.kill()
    whole = (world.carrier / opened.name / "journal-01.cborseq").read_bytes()
    begin = marks[0][0]
    cuts = [*range(begin, len(whole), 37), *(mark - step for mark, _ in marks[1:] for step in (0, 1, 2))]
    for number, cut in enumerate(cuts):
        copy = World(copied(world.root, tmp_path / f"cut{number}"))
        copy.clock = world.clock
        # Media reach the disk before their records do: at this cut they are at least as long as the journal says.
        journal_at, media_at = max(mark for mark in marks if mark[0] <= cut)
        here = copy.carrier / opened.name
        (here / "journal-01.cborseq").write_bytes(whole[:cut])
        media = here / "video-01.mp4"
        media.write_bytes(media.read_bytes()[: media_at + (cut * 7) % 500])
        copy.boot(OTHER_BOOT)
        told = manifest.read((here / "manifest.cbor").read_bytes())
        proven = {file.name: file.proven for file in told.files}
        assert proven["journal-01.cborseq"] == journal_at
        assert proven["video-01.mp4"] == media_at
        assert copy.verdict(opened.name).outcome is Outcome.ENDS_EARLY
        copy.kill()
        shutil.rmtree(copy.root)


def copied(root: Path, to: Path) -> Path:
    to.mkdir()
    for name in ("state", "carrier"):
        shutil.copytree(root / name, to / name)
    return to


@pytest.mark.parametrize("garbage", [bytes(3000), b"\xd9\xd9\xf7\x85" * 500, b"\xff" * 70_000])
def test_whatever_stands_after_the_last_checkpoint_is_a_torn_tail(world: World, garbage: bytes):
    opened = world.open()
    world.record(opened, 3)
    world.kill()
    path = world.carrier / opened.name / "journal-01.cborseq"
    whole = path.stat().st_size
    with path.open("ab") as stream:
        stream.write(garbage)
    world.boot()
    torn = died(world, opened.name).journals[0]
    assert (torn.proven, torn.length) == (whole, whole + len(garbage))
    assert world.verdict(opened.name).outcome is Outcome.ENDS_EARLY


def test_a_tail_of_zeros_longer_than_what_is_read_is_found_from_the_beginning(world: World):
    opened = world.open()
    world.record(opened, 3)
    world.kill()
    path = world.carrier / opened.name / "journal-01.cborseq"
    whole = path.stat().st_size
    with path.open("ab") as stream:
        stream.write(bytes(600_000))
    world.boot()
    assert died(world, opened.name).journals[0].proven == whole


def test_a_recovery_cut_short_is_done_again_in_a_further_journal(world: World):
    opened = world.open()
    world.record(opened, 3)
    world.kill()
    (world.carrier / opened.name / "journal-02.cborseq").write_bytes(b"\xd9\xd9\xf7\x86\x0b")
    world.boot()
    body = died(world, opened.name, part=3)
    assert [(file.file, file.proven) for file in body.journals] == [
        ("journal-01.cborseq", body.journals[0].length),
        ("journal-02.cborseq", 0),
    ]
    assert world.verdict(opened.name).outcome is Outcome.ENDS_EARLY


def test_a_recording_closed_but_not_sealed_is_sealed_at_the_next_start(world: World):
    opened = world.open()
    world.record(opened, 3)
    world.end()
    world.worker.held = True
    world.say(wire.CloseRecording(request=5, cause="closing", dialogue=True))
    assert world.vault.sealing == 1
    assert not world.control.all(wire.Sealed)
    world.boot()
    assert world.verdict(opened.name).outcome is Outcome.AUTHENTIC


@pytest.mark.parametrize("left", [1, 2, 3, 4])
def test_a_sealing_cut_short_is_finished_with_the_same_signature(world: World, left: int):
    opened, _ = world.whole(3)
    world.kill()
    here = world.carrier / opened.name
    before = {path.name: path.read_bytes() for path in here.iterdir()}
    for name in ("unit.pem", "SHA256SUMS", "manifest.cbor", "manifest.tbs", "manifest.sig")[left:]:
        (here / name).unlink()
    world.boot()
    assert {path.name for path in here.iterdir()} == set(before)
    assert world.verdict(opened.name).outcome is Outcome.AUTHENTIC
    if left >= 3:
        assert {path.name: path.read_bytes() for path in here.iterdir()} == before


def test_a_directory_without_a_whole_opened_record_uses_up_its_number_and_stops_nothing(world: World):
    world.kill()
    torn, empty = (world.carrier / f"{UNIT}-{number:06d}-20261122T000000Z" for number in (41, 42))
    for path in (torn, empty):
        path.mkdir()
    (torn / "journal-01.cborseq").write_bytes(b"\xd9\xd9\xf7\x86\x00")
    world.boot()
    assert world.open().number == 43
    assert not list(torn.glob("journal-02*"))


def test_what_is_not_ours_on_the_carrier_is_left_alone(world: World):
    world.kill()
    (world.carrier / "holiday.jpg").write_bytes(b"x")
    (world.carrier / f"{UNIT}-000007-20261122T000000Z").symlink_to("/etc")
    other = world.carrier / "KZ0999-000001-20261122T000000Z"
    other.mkdir()
    (other / "journal-01.cborseq").write_bytes(b"not ours")
    world.boot()
    state = world.control.last(wire.VaultState)
    assert state.carrier_state == "ready"
    assert "KZ0999" in state.carrier_detail
    world.record(world.open(), 1)
    assert [path.name for path in other.iterdir()] == ["journal-01.cborseq"]


def test_a_new_recording_does_not_wait_for_the_digests_of_a_dead_one(world: World):
    dead = world.open()
    world.record(dead, 3)
    world.boot(held=True)
    world.record(world.open(continues=True), 2)
    assert world.acknowledged == world.sequence
    assert not (world.carrier / dead.name / "manifest.cbor").exists()
    world.worker.run()
    assert world.verdict(dead.name).outcome is Outcome.ENDS_EARLY


def test_a_tail_is_enough(world: World):
    opened = world.open()
    world.record(opened, 900)
    size = (world.carrier / opened.name / "journal-01.cborseq").stat().st_size
    assert size > 300_000
    read = []
    inner = world.files.inner
    original = inner.read
    inner.read = lambda path, offset=0, length=None: read.append(original(path, offset, length)) or read[-1]
    found = survey(world.files, opened.name)
    assert found.ending == "open"
    assert sum(map(len, read)) < 400_000
    assert found.checkpoint.typed().durable_us == world.control.last(wire.Durable).durable_us


def test_a_unit_signs_nothing_that_another_key_opened(world: World, tmp_path: Path):
    (tmp_path / "forger").mkdir()
    forger = World(tmp_path / "forger")
    forger.boot()
    forged = forger.open()
    forger.record(forged, 3)
    forger.kill()
    world.kill()
    shutil.copytree(forger.carrier / forged.name, world.carrier / forged.name)
    world.boot()
    state = world.control.last(wire.VaultState)
    assert (state.carrier_state, state.dead, state.next_number) == ("ready", None, 2)
    assert sorted(path.name for path in (world.carrier / forged.name).iterdir()) == [
        "journal-01.cborseq",
        "video-01.mp4",
    ]


def test_a_recording_renamed_to_another_number_is_left_alone(world: World):
    opened = world.open()
    world.record(opened, 3)
    world.kill()
    other = opened.name.replace("000001", "000009")
    (world.carrier / opened.name).rename(world.carrier / other)
    world.boot()
    assert world.control.last(wire.VaultState).dead is None
    assert world.open().number == 10
