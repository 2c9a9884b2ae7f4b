"""A carrier that is full, read-only, slow, broken or gone: nothing acknowledged is lost, and the end is declared."""

import errno

import pytest
from vault_world import PROCEDURE, World, fragment_chunk

from kuager import wire
from kuager.evidence import manifest
from kuager.evidence.verdict import Outcome
from kuager.vault.faults import Fault


def test_a_full_carrier_is_told_and_the_recording_can_still_be_sealed(world: World):
    opened = world.open()
    world.record(opened, 2)
    world.files.free = world.reserve - 1
    world.wait(1.1)
    assert world.control.last(wire.VaultState).carrier_state == "full"
    world.fragment()
    assert world.acknowledged == world.sequence
    world.end()
    world.close(cause="carrier", dialogue=False)
    assert world.verdict(opened.name).outcome is Outcome.AUTHENTIC


def test_a_recording_that_nobody_ends_on_a_full_carrier_is_ended_and_sealed(world: World):
    opened = world.open()
    world.record(opened, 2)
    world.files.free = world.reserve // 2 - 1
    world.wait(1.1)
    trouble = world.control.last(wire.VaultTrouble)
    assert (trouble.code, trouble.ended) == ("carrier-full", opened.id)
    assert world.control.last(wire.Sealed).id == opened.id
    said = manifest.read((world.carrier / opened.name / "manifest.cbor").read_bytes())
    assert (said.cause, said.dialogue, said.intervals[0].ended) == ("carrier", False, "carrier")
    world.fragment()
    assert world.media.last(wire.Refused).reason == "no recording is open"
    assert world.media.last(wire.Refused).over
    world.say(wire.OpenRecording(request=9, mode="video", language="ru", procedure=PROCEDURE))
    assert world.control.last(wire.VaultTrouble).code == "carrier-full"


@pytest.mark.parametrize("taken", [0, 700])
def test_no_space_in_the_middle_of_a_fragment_ends_in_order(world: World, taken: int):
    opened = world.open()
    world.record(opened, 3)
    acknowledged = world.acknowledged
    faults = [Fault("write", "video", short=taken, times=1), Fault("write", "video", error=errno.ENOSPC)]
    world.files.faults = faults if taken else faults[1:]
    world.fragment()
    assert world.media.last(wire.Refused).reason == "the carrier is full"
    assert world.acknowledged == acknowledged
    said = manifest.read((world.carrier / opened.name / "manifest.cbor").read_bytes())
    media = next(file for file in said.files if file.name == "video-01.mp4")
    assert media.bytes - media.proven == taken
    assert world.verdict(opened.name).outcome is Outcome.AUTHENTIC


def test_a_short_write_is_finished_and_nobody_notices(world: World):
    opened = world.open()
    world.record(opened, 2)
    world.files.faults = [Fault("write", short=10, times=5)]
    world.fragment()
    world.end()
    world.close()
    assert world.verdict(opened.name).outcome is Outcome.AUTHENTIC


@pytest.mark.parametrize("path", ["video", "journal"])
@pytest.mark.parametrize("fault", ["write", "sync"])
def test_a_failing_disk_ends_the_recording_and_it_is_found_dead_and_continued(world: World, path: str, fault: str):
    opened = world.open()
    world.record(opened, 4)
    acknowledged, durable = world.acknowledged, world.control.last(wire.Durable).durable_us
    world.files.faults = [Fault(fault, path, error=errno.EIO)]
    world.fragment()
    trouble = world.control.last(wire.VaultTrouble)
    assert (trouble.code, trouble.ended) == ("carrier-failed", opened.id)
    assert world.acknowledged == acknowledged
    assert world.control.last(wire.VaultState).carrier_state == "failed"
    world.wait(2.5)
    state = world.control.last(wire.VaultState)
    assert (state.carrier_state, state.dead.id, state.dead.cause) == ("ready", opened.id, "carrier")
    assert state.dead.until_utc_us >= durable + world.clock.offset
    again = world.open(continues=True)
    assert again.continues.id == opened.id
    world.record(again, 2, take=2)
    world.end(take=2)
    world.close()
    assert world.verdict(opened.name).outcome is Outcome.ENDS_EARLY
    assert world.verdict(again.name).outcome is Outcome.AUTHENTIC


def test_a_slow_carrier_is_never_fallen_behind(world: World, monkeypatch: pytest.MonkeyPatch):
    opened = world.open()
    world.begin(opened)
    world.init()
    sync, files, began_us, sent = world.files.sync, world.files, world.clock.boot_us, 0

    def slowly(handle: int) -> None:
        world.clock.advance(0.6)
        sync(handle)

    monkeypatch.setattr(files, "sync", slowly)
    while sent < 40:
        due_us = began_us + (sent + 1) * 500_000
        if due_us > world.clock.boot_us:
            world.clock.advance(0.05)
            world.vault.tick()
            continue
        # It came at its time, whenever the vault gets round to it.
        times = {"first_us": due_us - 500_000, "last_us": due_us, "first_utc_us": due_us + world.clock.offset}
        data = fragment_chunk(sent)
        world.hear(wire.Fragment, take=1, file=0, kind="fragment", data=data, key=True, frames=15, **times)
        sent += 1
        late_us = world.clock.boot_us - due_us
        assert late_us < 4_000_000, f"fragment {sent} was taken {late_us} us after it came"


def test_a_failed_sync_is_never_taken_for_done_later(world: World):
    opened = world.open()
    world.record(opened, 2)
    before = world.acknowledged
    world.files.faults = [Fault("sync", "video", error=errno.EIO, times=1)]
    world.fragment()
    world.wait(5)
    assert world.acknowledged == before
    assert opened.name not in [message.name for message in world.control.all(wire.Sealed)]


def test_a_carrier_that_vanishes_and_comes_back(world: World):
    opened = world.open()
    world.record(opened, 4)
    world.carrier.rename(world.root / "elsewhere")
    world.wait(1.1)
    assert world.control.last(wire.VaultTrouble).ended == opened.id
    assert world.control.last(wire.VaultState).carrier_state == "missing"
    (world.root / "elsewhere").rename(world.carrier)
    world.wait(2.2)
    state = world.control.last(wire.VaultState)
    assert (state.carrier_state, state.dead.cause) == ("ready", "carrier")
    assert world.verdict(opened.name).outcome is Outcome.ENDS_EARLY


def test_pulled_out_in_the_middle_of_a_write(world: World):
    opened = world.open()
    world.record(opened, 4)
    world.files.gone = True
    world.fragment()
    assert world.control.last(wire.VaultTrouble).ended == opened.id
    world.wait(2.2)
    assert world.control.last(wire.VaultState).dead.id == opened.id


def test_another_carrier_meanwhile_keeps_number_and_chain(world: World):
    opened = world.open()
    world.record(opened, 4)
    world.carrier.rename(world.root / "first")
    world.carrier.mkdir()
    world.wait(2.2)
    again = world.open(continues=True)
    assert (again.number, again.continues) == (2, None)
    world.close()
    said = manifest.read((world.carrier / again.name / "manifest.cbor").read_bytes())
    assert said.previous.id == opened.id


def test_a_read_only_carrier_is_told_and_recovered_once_it_is_not(world: World):
    opened = world.open()
    world.record(opened, 2)
    world.files.read_only = True
    world.wait(1.1)
    assert world.control.last(wire.VaultTrouble).ended == opened.id
    world.wait(2.2)
    assert world.control.last(wire.VaultState).carrier_state == "ready"


def test_a_press_without_a_carrier_is_answered(world: World):
    world.carrier.rename(world.root / "gone")
    world.wait(1.1)
    world.say(wire.OpenRecording(request=4, mode="video", language="ru", procedure=PROCEDURE))
    trouble = world.control.last(wire.VaultTrouble)
    assert (trouble.code, trouble.request) == ("carrier-missing", 4)


def test_an_opening_that_fails_is_answered_and_tried_again_on_a_mended_carrier(world: World):
    world.files.faults = [Fault("sync", "journal", error=errno.EIO)]
    world.say(wire.OpenRecording(request=4, mode="video", language="ru", procedure=PROCEDURE))
    assert world.control.last(wire.VaultTrouble).request == 4
    world.wait(2.2)
    assert world.open().number == 2


@pytest.mark.parametrize(
    ("operation", "path", "error"),
    [("read", "000001", errno.EIO), ("entries", "000001", errno.EIO), ("create", "journal-02", errno.EPERM)],
)
def test_one_recording_that_can_not_be_recovered_stops_nothing(world: World, operation: str, path: str, error: int):
    world.record(world.open(), 2)
    world.faults = [Fault(operation, path, error=error)]
    world.boot()
    assert world.control.last(wire.VaultState).carrier_state == "ready"
    again = world.open()
    assert again.number == 2
    world.record(again, 2)
    assert world.acknowledged == world.sequence


def test_sealing_that_fails_is_told_and_done_at_the_next_start(world: World):
    opened = world.open()
    world.record(opened, 2)
    world.end()
    world.files.faults = [Fault("put", "manifest", error=errno.EIO)]
    world.say(wire.CloseRecording(request=7, cause="closing", dialogue=True))
    trouble = world.control.last(wire.VaultTrouble)
    assert (trouble.code, trouble.request) == ("not-sealed", 7)
    world.boot()
    assert world.verdict(opened.name).outcome is Outcome.AUTHENTIC


def test_sealing_that_fails_for_a_while_is_done_without_a_new_start(world: World):
    opened = world.open()
    world.record(opened, 2)
    world.end()
    world.files.faults = [Fault("put", "manifest", error=errno.EIO, times=2)]
    world.say(wire.CloseRecording(request=7, cause="closing", dialogue=True))
    assert len(world.control.all(wire.VaultTrouble)) == 1
    assert world.vault.sealing == 0  # nobody waits for it
    world.wait(9)
    assert not world.control.all(wire.Sealed)
    world.wait(2)  # the second try fails for the same reason, which was told
    world.wait(21)
    assert world.control.last(wire.Sealed).request == 7
    assert len(world.control.all(wire.VaultTrouble)) == 1
    assert world.vault.sealing == 0
    assert world.verdict(opened.name).outcome is Outcome.AUTHENTIC
