"""The unit's own journal: numbers across restarts, losses and carriers."""

import errno
import hashlib
import shutil
from pathlib import Path

import msgspec
import pytest
from vault_world import UNIT, World
from watched_files import WatchedFiles

from kuager import wire
from kuager.evidence import journal
from kuager.evidence.records import Device, Event, TornFile
from kuager.evidence.unit import UNIT_BODIES, UnitBegun
from kuager.vault.faults import Fault, FaultyFiles
from kuager.vault.unit_journal import UnitJournal


def files(world: World, where: str = "state") -> list[Path]:
    return sorted((world.root / where / f"{UNIT}-unit").iterdir())


def records(path: Path, seq: int = 0, prev: bytes = bytes(32)) -> list[journal.Record]:
    return list(journal.iterate(path.read_bytes(), seq, prev))


def test_tells_of_starts_recordings_and_the_time_between(world: World):
    world.clock.advance(60)
    world.open()
    world.close()
    world.say(wire.UnitNote(code="press-refused", data={"reason": "no carrier"}))
    world.clock.advance(30)
    world.vault.stop()
    world.vault.finish()
    told = records(files(world)[0])
    assert [record.type for record in told] == [
        "unit-begun", "started", "not-recording", "recording-opened", "recording-ended", "recording-sealed", "event",
        "not-recording",
    ]  # fmt: skip
    idle = told[2]
    assert idle.stamp.boot_us - idle.typed(UNIT_BODIES).since.boot_us == 60_000_000
    begun = told[0].typed(UNIT_BODIES)
    assert isinstance(begun, UnitBegun)
    for record in told:
        record.verify(begun.id, world.keeper.identity.signer.public, "unit")


def test_the_carrier_has_a_copy_byte_for_byte(world: World):
    world.open()
    world.close()
    world.wait(1.1)
    assert [path.read_bytes() for path in files(world, "carrier")] == [path.read_bytes() for path in files(world)]
    world.boot()
    world.wait(1.1)
    assert [path.read_bytes() for path in files(world, "carrier")] == [path.read_bytes() for path in files(world)]


def test_numbers_go_on_across_restarts(world: World):
    for number in range(1, 4):
        assert world.open().number == number
        world.close()
        world.boot()
    assert len(files(world)) == 1


def test_a_torn_journal_is_continued_in_a_further_file(world: World):
    world.open()
    world.close()
    world.kill()
    path = files(world)[0]
    whole = records(path)
    path.write_bytes(path.read_bytes()[:-10])
    world.boot()
    first, second = files(world)
    begun = records(second, whole[-2].seq + 1, whole[-2].digest)[0].typed(UNIT_BODIES)
    assert [(torn.file, torn.proven) for torn in begun.earlier] == [(first.name, whole[-1].offset)]
    assert world.open().number == 2


def test_garbage_in_the_journals_place_stops_nothing(world: World):
    world.open()
    world.close()
    world.kill()
    files(world)[0].write_bytes(b"\xd9\xd9\xf7 this is no journal")
    world.boot()
    assert world.open().number == 2  # from the copy, and from what lies on the carrier


def test_a_unit_whose_state_was_lost_counts_on_from_the_carrier(world: World):
    for _ in range(3):
        world.open()
        world.close()
    world.wait(1.1)
    names = {path.name for path in files(world, "carrier")}
    world.kill()
    shutil.rmtree(world.state)
    world.state.mkdir()
    world.boot()
    (world.carrier / f"{UNIT}-99999999-20261122T000000Z").mkdir()
    world.boot()
    again = world.open()
    assert again.number == 4
    world.wait(1.1)
    assert len({path.name for path in files(world, "carrier")} - names) == 1


def test_a_copy_alone_is_enough_for_the_number(world: World):
    for _ in range(2):
        world.open()
        world.close()
    world.wait(1.1)
    world.kill()
    shutil.rmtree(world.state)
    world.state.mkdir()
    for path in world.carrier.iterdir():
        if not path.name.endswith("-unit"):
            shutil.rmtree(path)
    world.boot()
    assert world.open().number == 3


def test_a_damaged_copy_is_left_and_a_new_one_made(world: World):
    world.open()
    world.close()
    world.wait(1.1)
    world.kill()
    copy = files(world, "carrier")[0]
    copy.write_bytes(copy.read_bytes()[:-40] + bytes(40))
    world.boot()
    world.wait(1.1)
    here = files(world, "carrier")
    assert len(here) == 2
    assert files(world)[0].read_bytes() in [path.read_bytes() for path in here]


@pytest.mark.parametrize("how", ["file", "link", "link-loop"])
def test_whatever_stands_in_the_place_of_the_copies_stops_nothing(world: World, how: str):
    world.kill()
    place = world.carrier / f"{UNIT}-unit"
    shutil.rmtree(place)
    match how:
        case "file":
            place.write_bytes(b"x")
        case "link":
            place.symlink_to("/etc")
        case "link-loop":
            place.symlink_to(place.name)
    world.boot()
    assert world.control.last(wire.VaultState).carrier_state == "ready"
    world.record(world.open(), 1)
    world.wait(1.1)
    assert world.acknowledged == world.sequence


def test_a_copy_damaged_in_its_middle_stops_nothing(world: World):
    world.open()
    world.close()
    for _ in range(400):
        world.say(wire.UnitNote(code="press-refused", data={"reason": "x" * 900}))
    world.wait(1.1)
    world.kill()
    shutil.rmtree(world.state)
    world.state.mkdir()
    copy = files(world, "carrier")[0]
    data = bytearray(copy.read_bytes())
    assert len(data) > 400_000
    data[100_000] ^= 1
    copy.write_bytes(data)
    world.boot()
    assert world.open().number == 2


def test_a_hostile_number_on_the_carrier_is_not_believed(world: World):
    world.kill()
    (world.carrier / f"{UNIT}-99999999-20261122T000000Z").mkdir()
    world.boot()
    assert world.open().number == 1


def test_a_failing_state_directory_does_not_stop_a_recording(world: World):
    world.journal._state = FaultyFiles(world.journal._state, [Fault("any", error=errno.EIO)])
    opened = world.open()
    world.record(opened, 2)
    assert world.acknowledged == world.sequence
    world.journal._state.faults = []
    world.wait(1.1)
    told = [record.type for path in files(world)[:1] for record in records(path)]
    assert "recording-opened" in told


def test_a_unit_note_that_is_too_long_is_refused(world: World):
    world.say(wire.UnitNote(code="x", data={"a": "y" * 100_000}))
    assert world.control.last(wire.VaultTrouble).code == "refused"


def names(world: World, where: str = "state") -> list[str]:
    return [path.name for path in files(world, where)]


def begun(path: Path) -> UnitBegun:
    """The first record of a file of the journal."""
    body = journal.parse(path.read_bytes()).typed(UNIT_BODIES)
    assert isinstance(body, UnitBegun)
    return body


def notes(world: World) -> list[object]:
    """The numbers of the events in the journal, in order."""
    bodies = [each.typed(UNIT_BODIES) for each in records(files(world)[0])]
    return [body.data["number"] for body in bodies if isinstance(body, Event)]


def test_files_are_numbered_in_turn_and_only_begun_where_the_one_before_was_torn(world: World) -> None:
    first = names(world)[0]
    assert first.endswith("-01.cborseq")
    for part in (2, 3):
        world.kill()
        path = files(world)[-1]
        path.write_bytes(path.read_bytes()[:-10])
        for _ in range(3):
            world.boot()
        assert names(world) == [first.replace("-01.", f"-{number:02d}.") for number in range(1, part + 1)]


def test_a_further_file_tells_of_the_unit_and_of_what_was_torn(world: World) -> None:
    for _ in range(2):
        world.open()
        world.close()
    world.kill()
    path = files(world)[0]
    whole = path.stat().st_size
    with path.open("ab") as stream:
        stream.write(b"half a record")
    world.boot()
    torn = TornFile(
        file=path.name, length=whole + 13, proven=whole, tail_sha256=hashlib.sha256(b"half a record").digest()
    )
    first, further = begun(path), begun(files(world)[1])
    assert further == msgspec.structs.replace(first, next_number=3, earlier=[torn])
    assert (first.unit, first.next_number, first.earlier) == (UNIT, 1, [])
    assert first.certificates == world.keeper.identity.chain
    assert first.device == Device(make="Kuager", model="virtual unit", serial=UNIT)


def test_a_file_that_was_begun_and_never_written_is_gone_past(world: World) -> None:
    world.kill()
    first = files(world)[0]
    second = first.with_name(first.name.replace("-01.", "-02."))
    second.write_bytes(b"half a beginning")
    whole = records(first)[-1]
    world.boot()
    assert names(world) == [first.name, second.name, first.name.replace("-01.", "-03.")]
    third = files(world)[2]
    assert [(torn.file, torn.proven) for torn in begun(third).earlier] == [(first.name, whole.end), (second.name, 0)]
    assert records(third, whole.seq + 1, whole.digest)[0].type == "unit-begun"


def test_what_is_torn_away_at_length_is_digested_whole(world: World) -> None:
    world.kill()
    path = files(world)[0]
    data = path.read_bytes() + bytes(600_000)
    path.write_bytes(data)
    world.boot()
    torn = begun(files(world)[1]).earlier[0]
    assert torn.tail_sha256 == hashlib.sha256(data[torn.proven :]).digest()


def test_a_unit_with_a_new_key_goes_on_in_a_further_file_under_the_same_id(world: World) -> None:
    world.open()
    world.close()
    world.kill()
    whole = records(files(world)[0])
    (world.state / f"keys/{UNIT}.pem").unlink()
    world.boot()
    first, second = files(world)
    further = begun(second)
    assert (further.id, further.next_number) == (begun(first).id, 2)
    assert [(torn.file, torn.length, torn.proven) for torn in further.earlier] == [
        (first.name, whole[-1].end, whole[-1].end)
    ]
    for record in records(second, whole[-1].seq + 1, whole[-1].digest):
        record.verify(further.id, world.keeper.identity.signer.public, "unit")
    world.boot()
    assert len(files(world)) == 2


def test_of_what_waits_the_newest_thousand_are_kept(world: World) -> None:
    assert world.state_files is not None
    broken = FaultyFiles(world.state_files, [Fault("any", error=errno.EIO)])
    world.journal._state = broken
    for number in range(1, 1006):
        world.journal.note("event", Event(code="press-refused", data={"number": number}), world.clock())
    assert not world.journal.flush(world.clock())
    broken.faults = []
    assert world.journal.flush(world.clock())
    assert notes(world) == list(range(6, 1006))
    assert world.journal.flush(world.clock())


def test_a_file_that_was_begun_is_written_on_without_being_opened_again(world: World) -> None:
    world.kill()
    shutil.rmtree(world.state / f"{UNIT}-unit")
    identity, device = world.keeper.identity, Device(make="Kuager", model="virtual unit")
    with WatchedFiles(world.state) as state:
        made = UnitJournal(state, identity, device, world.clock())
        made.note("event", Event(code="press-refused"), world.clock())
        assert made.flush(world.clock())
        path = f"{UNIT}-unit/{names(world)[0]}"
        assert (state.opened, state.protected) == ([path], [(path, "append-only")])
        assert state.synced == ["", f"{UNIT}-unit", path, f"{UNIT}-unit", path]
        made.close()
