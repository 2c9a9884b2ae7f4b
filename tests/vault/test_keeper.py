"""What the unit's own journal says of carrier and recordings, and what is done when a carrier comes."""

import errno
import logging
import shutil
from pathlib import Path

import pytest
from vault_world import UNIT, World

from kuager import wire
from kuager.errors import CarrierError
from kuager.evidence import journal, manifest
from kuager.evidence.records import Event
from kuager.evidence.unit import NotRecording, RecordingEnded, RecordingOpened
from kuager.vault.carrier import identify
from kuager.vault.faults import Fault, FaultyFiles

ROOM = 1 << 20


def head(world: World, name: str, place: int = -1) -> bytes:
    """Digest of a record of the recording's own journal, the last one if not told otherwise."""
    return list(journal.iterate((world.carrier / name / "journal-01.cborseq").read_bytes()))[place].digest


def ended(opened: wire.Opened, digest: bytes, ending: str, cause: str) -> RecordingEnded:
    return RecordingEnded(
        number=opened.number, id=opened.id, name=opened.name, head=digest, ending=ending, cause=cause
    )  # fmt: skip


def lose_carrier(world: World) -> None:
    assert world.files is not None
    world.files.faults = [Fault("any", error=errno.EIO)]
    world.fragment()


def forget_journal(world: World) -> None:
    """The unit's own journal is lost, here and on the carrier; the unit's key is not."""
    world.kill()
    shutil.rmtree(world.state / f"{UNIT}-unit")
    shutil.rmtree(world.carrier / f"{UNIT}-unit", ignore_errors=True)


# the journal


def test_an_opening_is_journalled_with_the_carrier_and_the_first_digest(world: World):
    opened = world.open()
    world.record(opened, 2)
    assert world.unit_told("recording-opened") == [
        RecordingOpened(
            number=1, id=opened.id, name=opened.name, head=head(world, opened.name, 0),
            carrier=identify(world.carrier, True),
        )
    ]  # fmt: skip


def test_an_end_in_order_is_journalled_with_the_last_digest(world: World):
    opened = world.open()
    world.close(cause="mode")
    assert world.unit_told("recording-ended") == [ended(opened, head(world, opened.name), "closed", "mode")]


def test_a_lost_carrier_is_journalled_with_what_was_proven_and_death_when_it_is_back(world: World):
    opened = world.open()
    world.record(opened, 2)
    proven = head(world, opened.name)
    lose_carrier(world)
    abandoned = ended(opened, proven, "abandoned", "carrier")
    assert world.unit_told("recording-ended") == [abandoned]
    world.wait(2.2)
    buried = manifest.read((world.carrier / opened.name / "manifest.cbor").read_bytes())
    assert world.unit_told("recording-ended") == [abandoned, ended(opened, buried.head, "died", "carrier")]


def test_the_time_between_is_journalled_with_what_it_followed_on(world: World):
    started = world.clock()
    world.clock.advance(60)
    world.open()
    assert world.unit_told("not-recording") == [NotRecording(since=started, after="start")]
    world.clock.advance(60)
    world.close()
    closed = world.clock()
    world.clock.advance(60)
    world.record(world.open(), 1)
    lose_carrier(world)
    lost = world.clock()
    world.wait(3)
    world.vault.finish()
    idle = world.unit_told("not-recording")
    assert [each.after for each in idle] == ["start", "closed", "abandoned"]
    assert [each.since for each in idle] == [started, closed, lost]


def test_an_end_with_a_recording_open_says_nothing_of_idle_time(world: World):
    world.open()
    world.vault.finish()
    assert [each.after for each in world.unit_told("not-recording")] == ["start"]


def test_the_end_brings_the_copy_up_to_date(world: World):
    world.vault.finish()
    copies = [path.read_bytes() for path in (world.carrier / f"{UNIT}-unit").iterdir()]
    assert copies == [path.read_bytes() for path in (world.state / f"{UNIT}-unit").iterdir()]


def test_an_end_is_journalled_once_however_often_the_vault_starts(world: World):
    closed = world.open()
    world.close()
    died = world.open()
    world.record(died, 1)
    for _ in range(3):
        world.boot()
    assert [(each.name, each.ending) for each in world.unit_told("recording-ended")] == [
        (closed.name, "closed"), (died.name, "died"),
    ]  # fmt: skip


def test_an_end_that_only_the_carrier_knows_is_journalled_by_a_unit_whose_journal_was_lost(world: World):
    world.open()
    world.close()
    second = world.open()
    world.close()
    forget_journal(world)
    world.boot()
    assert world.control.last(wire.VaultState).next_number == 3
    assert world.unit_told("recording-ended")[-1] == ended(second, head(world, second.name), "closed", "closing")


def test_a_copy_that_lags_behind_takes_nothing_back(world: World):
    opened = world.open()
    world.wait(1.1)  # the copy tells of the opening
    world.close()
    world.boot()
    assert world.unit_told("recording-ended") == [ended(opened, head(world, opened.name), "closed", "closing")]


def test_another_recording_of_the_same_number_is_not_the_previous_one(world: World):
    world.clock.advance(60)
    first = world.open()
    world.close()
    forget_journal(world)
    (world.carrier / first.name).rename(world.root / "away")
    world.clock.advance(-60)  # so that it stands behind on the carrier
    world.boot()
    second = world.open()
    world.close()
    world.kill()
    (world.root / "away").rename(world.carrier / first.name)
    world.boot()
    assert (first.number, second.number) == (1, 1)
    assert [each.id for each in world.unit_told("recording-ended")] == [second.id]


# death


def test_the_newest_dead_recording_is_told_at_each_start_until_another_is_opened(world: World):
    dead = world.open()
    world.record(dead, 1)
    for _ in range(2):
        world.boot()
        assert world.control.last(wire.VaultState).dead.id == dead.id
    world.open()
    world.close()
    assert world.control.last(wire.VaultState).dead is None
    world.boot()
    assert world.control.last(wire.VaultState).dead is None


def test_an_older_recording_found_dead_late_is_told_once(world: World):
    dead = world.open()
    world.record(dead, 1)
    away = world.root / "away"
    world.kill()
    (world.carrier / dead.name).rename(away)
    world.boot()
    world.open()
    world.close()
    world.kill()
    away.rename(world.carrier / dead.name)
    world.boot()
    assert world.control.last(wire.VaultState).dead.id == dead.id
    world.boot()
    assert world.control.last(wire.VaultState).dead is None
    assert world.open().number == 3


# recovery


def little_room(world: World, monkeypatch: pytest.MonkeyPatch, free: int) -> None:
    """From the next mount on so much is free."""
    mount = world._mount

    def mounted(path: Path) -> FaultyFiles:
        files = mount(path)
        files.free = free
        return files

    monkeypatch.setattr(world, "_mount", mounted)


@pytest.mark.parametrize(("free", "recovered"), [(ROOM - 1, False), (ROOM, True)])
def test_recovery_waits_for_room_for_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, recovered: bool
):
    world = World(tmp_path, reserve=ROOM // 2)
    world.boot()
    opened = world.open()
    world.record(opened, 1)
    little_room(world, monkeypatch, free)
    world.boot()
    died = world.carrier / opened.name / "journal-02.cborseq"
    assert died.exists() == recovered
    assert world.files is not None
    world.files.free = 3 * ROOM
    world.wait(1.1)
    assert died.exists()
    world.kill()


def test_a_full_carrier_is_recovered_too_and_gets_no_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    world = World(tmp_path, reserve=4 * ROOM)
    little_room(world, monkeypatch, 3 * ROOM)
    world.boot()
    (world.carrier / "KZ0999-000001-20261122T051500Z").mkdir()
    world.boot()
    state = world.control.last(wire.VaultState)
    assert state.carrier_state == "full"
    assert world.keeper.foreign == ["KZ0999"]
    assert not (world.carrier / f"{UNIT}-unit").exists()
    world.kill()


def test_a_carrier_that_can_not_be_recovered_is_let_go_of_and_tried_again(world: World):
    world.faults = [Fault("entries", error=errno.EIO, times=1)]
    world.boot()
    state = world.control.last(wire.VaultState)
    assert (state.carrier_state, state.carrier_detail) == ("failed", "EIO")
    world.faults = []
    world.wait(0.9)
    assert world.control.last(wire.VaultState).carrier_state == "failed"
    world.wait(0.2)
    assert world.control.last(wire.VaultState).carrier_state == "ready"


def test_a_carrier_is_recovered_once_and_each_time_it_comes(world: World):
    opened = world.open()
    world.record(opened, 1)
    lose_carrier(world)
    assert world.files is not None
    world.wait(2.2)
    entries: list[str] = []
    real = world.files.entries
    world.files.entries = lambda path="": (entries.append(path), real(path))[1]
    world.wait(3)
    assert "" not in entries
    world.slot.play("carrier-gone")
    world.wait(1.1)
    (world.carrier / "KZ0999-000001-20261122T051500Z").mkdir()
    world.slot.play("carrier-well")
    world.wait(1.1)
    assert world.keeper.foreign == ["KZ0999"]


def test_a_carriers_state_is_logged_when_it_changes(world: World, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO, "kuager.vault.keeper")
    world.wait(3)
    assert caplog.messages == []
    world.slot.play("carrier-foreign")
    world.wait(3.2)  # it is missing first, at one look
    assert caplog.messages == [
        "the carrier is missing the carrier was removed", "the carrier is foreign it holds somebody else's data",
    ]  # fmt: skip


def test_copies_that_can_not_be_read_stop_nothing(world: World):
    world.open()
    world.close()
    world.faults = [Fault("entries", f"{UNIT}-unit", error=errno.EIO)]
    world.boot()
    assert world.control.last(wire.VaultState).carrier_state == "ready"
    assert world.open().number == 2


def test_a_copy_is_made_where_there_is_something_new_and_a_failing_one_only_then_again(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    copies: list[object] = []

    def copy(files: object) -> None:
        copies.append(files)
        raise OSError(errno.EIO, "no room for it")

    monkeypatch.setattr(world.journal, "copy_to", copy)
    world.wait(3)
    assert copies == []
    world.say(wire.UnitNote(code="x"))
    world.wait(3)
    assert len(copies) == 1
    assert copies[0] is world.keeper.bay.files
    assert world.control.last(wire.VaultState).carrier_state == "ready"
    world.say(wire.UnitNote(code="x"))
    world.wait(3)
    assert len(copies) == 2


def test_another_carrier_gets_a_copy_of_its_own(world: World):
    world.wait(1.1)
    world.carrier.rename(world.root / "first")
    world.carrier.mkdir()
    world.wait(3)
    assert [path.name for path in (world.carrier / f"{UNIT}-unit").iterdir()]


# a blank carrier


def test_a_carrier_that_is_prepared_and_still_not_mounted_is_told(world: World, monkeypatch: pytest.MonkeyPatch):
    def mount() -> None:
        raise CarrierError(errno.EIO, "still no file system")

    world.slot.play("carrier-blank")
    world.wait(2.2)
    with monkeypatch.context() as patched:
        patched.setattr(world.slot, "mount", mount)
        world.say(wire.PrepareCarrier())
    troubles = world.control.all(wire.VaultTrouble)
    assert troubles == [wire.VaultTrouble(code="not-prepared", reason="still no file system")]
    assert world.unit_told("event") == []


def test_preparing_is_in_the_units_journal_at_once(world: World):
    world.slot.play("carrier-blank")
    world.wait(2.2)
    world.say(wire.PrepareCarrier())
    device = world.control.last(wire.VaultState).carrier
    kept = min((world.state / f"{UNIT}-unit").iterdir()).read_bytes()
    events = [record.typed() for record in journal.iterate(kept) if record.type == "event"]
    data = {"make": device.make, "model": device.model, "serial": device.serial}
    assert events == [Event(code="carrier-prepared", data=data)]
