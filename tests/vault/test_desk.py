"""What the supervisor is told, and what `opened` says, whole: a field that is wrong there is wrong in the evidence."""

import errno
from pathlib import Path
from typing import Any

import pytest
from vault_world import PROCEDURE, UNIT, FakePeer, World

from kuager import wire
from kuager.errors import PeerError
from kuager.evidence import manifest
from kuager.evidence.records import VERSION, Continues, Device, Opened, Previous
from kuager.vault.carrier import RESERVE, identify
from kuager.vault.faults import Fault

FREE = 7 << 20
BOOT = bytes(15) + b"1"
CAMERA, MICROPHONE = (Device(make="Maker", model=name, serial="1") for name in ("eye", "ear"))


@pytest.fixture
def world(world: World) -> World:
    """With as much room as is told."""
    assert world.files is not None
    world.files.free = FREE
    world.wait(1.1)
    return world


def state(world: World, **changes: Any) -> wire.VaultState:
    """A ready carrier, and nothing open."""
    fields = {"unit": UNIT, "next_number": 1, "carrier": identify(world.carrier, True), "carrier_state": "ready"}
    return wire.VaultState(**(fields | {"free_bytes": FREE} | changes))


def told(world: World) -> wire.VaultState:
    """As a supervisor hears it that connects now."""
    peer = FakePeer()
    world.vault.control_opened(peer)
    world.vault.control_closed(peer)
    (said,) = peer.sent
    assert isinstance(said, wire.VaultState)
    return said


def test_the_state_before_while_and_after_a_recording(world: World):
    assert told(world) == world.control.last(wire.VaultState) == state(world)
    opened = world.open()
    name = f"{UNIT}-000001-20261122T051501Z"
    running = state(world, next_number=2, open_id=opened.id, open_name=name, open_number=1)
    assert told(world) == world.control.last(wire.VaultState) == running
    world.close()
    assert told(world) == world.control.last(wire.VaultState) == state(world, next_number=2)


def test_the_state_names_protections_in_force_and_the_session(world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(world.files, "protect", lambda path, level: True)
    opened = world.open()
    world.say(wire.Remember(session=b"where we were"))
    said = told(world)
    assert (said.protections, said.session) == (["append-only"], b"where we were")
    assert said.open_id == opened.id


@pytest.mark.parametrize("refused", ["journal-01.cborseq", "video-01.mp4", "KZ0417-000001-20261122T051501Z"])
def test_protections_are_in_force_only_where_everything_has_them(
    world: World, monkeypatch: pytest.MonkeyPatch, refused: str
):
    monkeypatch.setattr(world.files, "protect", lambda path, level: not path.endswith(refused))
    world.record(world.open(), 1)
    assert told(world).protections == []


def test_recordings_of_other_units_are_told_of(world: World):
    for unit in ("KZ0999", "KZ0418", UNIT):
        (world.carrier / f"{unit}-000001-20261122T051500Z").mkdir()
    world.boot()
    assert told(world).carrier_detail == "also holds recordings of KZ0418, KZ0999"
    world.slot.play("carrier-read-only")
    world.wait(1.1)
    assert told(world).carrier_detail == "the carrier can't be written"


def test_what_is_told_of_a_carrier_fits_its_message(world: World):
    units = [f"KZ{number:04d}" for number in range(50)]
    for unit in units:
        (world.carrier / f"{unit}-000001-20261122T051500Z").mkdir()
    world.boot()
    assert told(world).carrier_detail == f"also holds recordings of {', '.join(units)}"[:200]


def test_a_press_is_answered_with_what_was_opened(world: World):
    opened = world.open()
    name = f"{UNIT}-000001-20261122T051501Z"
    expected = wire.Opened(request=1, id=opened.id, name=name, number=1, path=str(world.carrier / name))
    assert opened == expected
    assert len(opened.id) == 16
    assert world.control.sent.index(opened) == len(world.control.sent) - 2  # and then the state


def test_the_first_record_says_all_that_is_known_at_the_press(world: World):
    asked = {"mode": "sound", "language": "kk", "procedure": PROCEDURE, "operator": "badge 17",
             "pre_roll_us": 30_000_000, "camera": CAMERA, "microphone": MICROPHONE}  # fmt: skip
    first = world.open(**asked)
    world.close()
    second = world.open(**asked)
    world.close()
    (before,), (body,) = world.told(first.name, "opened"), world.told(second.name, "opened")
    sealed = manifest.read((world.carrier / first.name / "manifest.cbor").read_bytes())
    assert before.previous is None
    assert body == Opened(
        version=VERSION, id=second.id, name=second.name, unit=UNIT, number=2, boot=BOOT, board="virtual",
        firmware="0.1.0", device=Device(make="Kuager", model="virtual unit", serial=UNIT),
        carrier=identify(world.carrier, True), recording_key=body.recording_key,
        certificates=world.keeper.identity.chain,
        previous=Previous(number=1, id=first.id, head=sealed.head), **asked,
    )  # fmt: skip
    assert body.recording_key != before.recording_key


def test_what_died_is_continued_only_where_that_is_asked(world: World):
    dead = world.open()
    world.record(dead, 2)
    until_us = world.clock().utc_us
    world.boot()
    found = wire.DeadRecording(id=dead.id, name=dead.name, number=1, cause="software", until_utc_us=until_us)
    assert told(world).dead == found
    head = manifest.read((world.carrier / dead.name / "manifest.cbor").read_bytes()).head
    again = world.open(continues=True)
    assert again.continues == found
    (body,) = world.told(again.name, "opened")
    assert body.continues == Continues(id=dead.id, head=head, cause="software", until_utc_us=until_us)
    assert told(world).dead is None


def test_what_died_is_not_continued_unasked(world: World):
    world.record(world.open(), 2)
    world.boot()
    fresh = world.open()
    (body,) = world.told(fresh.name, "opened")
    assert (fresh.continues, body.continues) == (None, None)
    assert told(world).dead is None


def test_a_second_press_is_answered_with_what_is_open(world: World):
    opened = world.open()
    world.say(wire.OpenRecording(request=9, mode="video", language="ru", procedure=PROCEDURE))
    assert world.control.sent[-1] == wire.VaultTrouble(
        code="already-open", reason=f"{opened.name} is open", request=9
    )  # fmt: skip
    assert told(world).open_id == opened.id


@pytest.mark.parametrize(
    ("fault", "code", "reason"),
    [
        ("carrier-full", "carrier-full", "63 MB are free, 64 MB are kept"),
        ("carrier-read-only", "carrier-read-only", "the carrier can't be written"),
        ("carrier-gone", "carrier-missing", "the carrier was removed"),
        ("carrier-blank", "carrier-blank", "it holds no file system"),
        ("carrier-foreign", "carrier-foreign", "it holds somebody else's data"),
    ],
)
def test_a_press_that_the_carrier_does_not_allow_is_answered_with_why(
    tmp_path: Path, fault: str, code: str, reason: str
):
    world = World(tmp_path, reserve=RESERVE)
    world.boot()
    world.slot.play(fault)
    world.wait(2.2)
    world.say(wire.OpenRecording(request=9, mode="video", language="ru", procedure=PROCEDURE))
    assert world.control.last(wire.VaultTrouble) == wire.VaultTrouble(code=code, reason=reason, request=9)
    assert world.recordings() == []
    world.kill()


def test_an_opening_that_fails_is_told_with_its_reason_and_the_carriers_new_state(world: World):
    assert world.files is not None
    world.files.faults = [Fault("sync", "journal", error=errno.EIO)]
    world.say(wire.OpenRecording(request=9, mode="video", language="ru", procedure=PROCEDURE))
    assert world.control.sent[-2:] == [
        wire.VaultTrouble(code="carrier-failed", reason="EIO", request=9),
        state(world, carrier=None, carrier_state="failed", carrier_detail="EIO", free_bytes=0),
    ]


def test_a_recording_that_is_sealed_is_told_of_whole(world: World):
    opened, sealed = world.whole(2)
    here = world.carrier / opened.name
    said = manifest.read((here / "manifest.cbor").read_bytes())
    listed = [file.name for file in said.files]
    assert sealed == wire.Sealed(
        request=2, id=opened.id, name=opened.name, path=str(here), sha256=sealed.sha256, files=len(listed),
        bytes=sum((here / name).stat().st_size for name in listed),
    )  # fmt: skip


def test_every_batch_is_told_of_with_how_far_it_reaches(world: World):
    opened = world.open()
    world.record(opened, 1)
    reached = world.clock.boot_us
    size = (world.carrier / opened.name / "video-01.mp4").stat().st_size
    assert world.control.last(wire.Durable) == wire.Durable(
        id=opened.id, durable_us=reached, bytes=size, interval=1
    )  # fmt: skip


@pytest.mark.parametrize(
    ("error", "why"),
    [(OSError(errno.EIO, "the disk is worn"), "the disk is worn"), (ValueError("not ours to say"), "not ours to say")],
)
def test_a_recording_that_can_not_be_sealed_is_told_with_why(
    world: World, monkeypatch: pytest.MonkeyPatch, error: Exception, why: str
):
    def fails(path: str, data: bytes, mode: int = 0o644) -> None:
        raise error

    opened = world.open()
    monkeypatch.setattr(world.files, "put", fails)
    world.say(wire.CloseRecording(request=9, cause="closing", dialogue=True))
    reason = f"{opened.name} is closed and not yet sealed: {why}"
    assert world.control.last(wire.VaultTrouble) == wire.VaultTrouble(code="not-sealed", reason=reason, request=9)


def test_a_carrier_that_fails_under_a_recording_is_told_with_the_recording_it_ended(world: World):
    opened = world.open()
    world.record(opened, 2)
    assert world.files is not None
    world.files.faults = [Fault("write", "video", error=errno.EIO)]
    world.fragment()
    lost = state(world, next_number=2, carrier=None, carrier_state="failed", carrier_detail="EIO", free_bytes=0)
    assert world.control.sent[-2:] == [
        wire.VaultTrouble(code="carrier-failed", reason="EIO", ended=opened.id), lost,
    ]  # fmt: skip


def test_a_close_that_the_carrier_fails_is_no_close(world: World):
    opened = world.open()
    assert world.files is not None
    world.files.faults = [Fault("write", "journal", error=errno.EIO)]
    world.say(wire.CloseRecording(request=9, cause="closing", dialogue=True))
    trouble = wire.VaultTrouble(code="carrier-failed", reason="EIO", ended=opened.id)
    assert world.control.all(wire.VaultTrouble) == [trouble]
    assert (world.control.all(wire.Sealed), told(world).open_id) == ([], None)


def test_a_recording_that_ends_for_the_carrier_answers_no_request(world: World):
    opened = world.open()
    world.record(opened, 2)
    assert world.files is not None
    world.files.free = world.reserve // 2 - 1
    world.wait(1.1)
    assert world.control.last(wire.Sealed).request == 0
    why = "0 MB are free, 1 MB are kept"
    assert world.control.last(wire.VaultTrouble) == wire.VaultTrouble(code="carrier-full", reason=why, ended=opened.id)


def test_a_close_acknowledges_what_was_taken_and_nothing_twice(world: World):
    opened = world.open()
    world.record(opened, 1)
    ended = world.end()
    world.hear(wire.Remark, take=1, code="last")
    world.close()
    sequences = [message.sequence for message in world.media.all(wire.Acknowledged)]
    assert sequences == [ended - 1, ended, ended + 1]
    world.open()
    world.close()
    assert [message.sequence for message in world.media.all(wire.Acknowledged)] == sequences


def test_a_long_reason_is_cut_to_what_a_message_holds(world: World):
    world.vault._desk.trouble("x", "y" * 1001)
    assert world.control.sent[-1] == wire.VaultTrouble(code="x", reason="y" * 1000)


def test_a_supervisor_that_is_gone_keeps_nothing_from_the_others(world: World, monkeypatch: pytest.MonkeyPatch):
    def gone(message: wire.Message) -> None:
        raise PeerError("gone")

    other = FakePeer()
    monkeypatch.setattr(world.control, "send", gone)
    world.vault.control_opened(other)
    world.wait(1.1)
    assert len(other.all(wire.VaultState)) >= 2
