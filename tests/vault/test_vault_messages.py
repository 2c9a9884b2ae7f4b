"""What each message of capture and supervisor does, what is answered, and when the vault's thread is due again."""

import errno
import logging
from typing import Any

import pytest
from vault_world import PROCEDURE, FakePeer, World

from kuager import wire
from kuager.errors import InputError
from kuager.evidence.records import Closed, Event, IntervalEnded, Procedure
from kuager.evidence.unit import Started
from kuager.vault.core import Vault
from kuager.vault.faults import Fault

JPEG = b"\xff\xd8\xff\xd9"
NOTE = wire.Note(type="event", body={"code": "x"})


def counted(world: World, kind: type) -> int:
    return len(world.control.all(kind))


def at(world: World, boot_us: int) -> None:
    """The vault's thread runs at this moment."""
    world.clock.boot_us = boot_us
    world.vault.tick()


# time


def test_carrier_and_clock_are_looked_at_once_a_second(world: World):
    begun, told = world.clock.boot_us, counted(world, wire.VaultState)
    assert world.vault.due_us() == begun + 1_000_000
    at(world, begun + 999_999)
    assert counted(world, wire.VaultState) == told
    at(world, begun + 1_000_000)
    assert counted(world, wire.VaultState) == told + 1
    assert world.vault.due_us() == begun + 2_000_000


def test_a_vault_that_has_not_looked_yet_is_due_at_once(world: World):
    assert Vault(world.vault._about, world.keeper, world.clock).due_us() == 0


def test_a_batch_is_due_before_the_next_look_and_made_at_its_moment(world: World):
    begun = world.clock.boot_us
    world.open()
    world.say(NOTE)
    assert world.vault.due_us() == begun + 450_000
    at(world, begun + 449_999)
    assert counted(world, wire.Durable) == 0
    at(world, begun + 450_000)
    assert counted(world, wire.Durable) == 1
    assert world.vault.due_us() == begun + 1_000_000
    at(world, begun + 700_000)
    world.say(NOTE)
    assert world.vault.due_us() == begun + 900_000
    at(world, begun + 900_000)
    world.say(NOTE)
    assert world.vault.due_us() == begun + 1_000_000  # the look comes first now
    assert counted(world, wire.Durable) == 2


def test_the_start_is_in_the_units_journal(world: World):
    assert world.unit_told("started") == [Started(boot=bytes(15) + b"1", firmware="0.1.0", board="virtual")]


# capture


def test_a_new_connection_of_capture_takes_the_place_of_the_old_one(world: World):
    opened = world.open()
    world.record(opened, 1)
    last_us, last_utc_us = world.clock.boot_us, world.clock().utc_us
    world.hear(wire.Remark, take=1, code="not-acknowledged-yet")
    old, world.media = world.media, FakePeer()
    world.vault.media_opened(world.media)
    assert old.closed
    ended = IntervalEnded(
        interval=1, cause="software", last_us=last_us, last_utc_us=last_utc_us, detail="capture's connection closed"
    )
    assert world.told(opened.name, "interval-ended") == [ended]
    sent = len(old.sent)
    world.vault.media_message(old, wire.Remark(sequence=99, take=1, code="from-the-grave"))
    world.vault.media_closed(old)
    assert len(old.sent) == sent
    world.wait(1)
    assert world.media.sent == []  # what the old one said is no business of the new one
    world.close()
    assert [event.code for event in world.told(opened.name, "event")] == ["not-acknowledged-yet"]


def test_the_end_of_another_connection_ends_no_interval(world: World):
    opened = world.open()
    world.record(opened, 1)
    world.vault.media_closed(FakePeer())
    world.fragment()
    world.end()
    world.close()
    assert [ended.cause for ended in world.told(opened.name, "interval-ended")] == ["closing"]


def test_without_capture_nothing_is_sent_to_it(world: World):
    opened = world.open()
    world.record(opened, 1)
    world.vault.media_closed(world.media)
    sent = len(world.media.sent)
    world.say(NOTE)
    world.wait(1)
    world.fragment()
    assert len(world.media.sent) == sent


def test_capture_without_a_take_ends_nothing(world: World):
    opened = world.open()
    world.vault.media_closed(world.media)
    world.close()
    assert world.told(opened.name, "interval-ended") == []


REFUSED: list[tuple[type, dict[str, Any], str, bool]] = [
    (wire.TakeBegin, {"take": 1, "streams": ["video"], "first_us": 1, "first_utc_us": 1, "cause": "press"},
     "take 1 still runs", True),
    (wire.GapFound, {"take": 1, "stream": "video", "cause": "camera", "from_us": 2, "to_us": 1},
     "a gap ends before it begins", True),
    (wire.GapFound, {"take": 2, "stream": "video", "cause": "camera", "from_us": 1, "to_us": 2},
     "take 2 does not run", True),
    (wire.TakeEnd, {"take": 2, "cause": "closing", "last_us": 1, "last_utc_us": 1}, "take 2 does not run", True),
    (wire.Fragment, {"take": 1, "file": 3, "kind": "fragment", "data": b"x", "first_us": 1, "last_us": 1,
                     "first_utc_us": 1}, "a fragment of file 3 while file 0 is being written", True),
    (wire.Still, {"data": b"GIF89a", "at_us": 1, "at_utc_us": 1}, "6 bytes are no whole JPEG", False),
    (wire.Remark, {"take": 1, "code": "x", "data": {"a": "y" * 60_000}},
     "event: 60019 bytes are too long for a record", False),
    (wire.Sequenced, {}, "capture does not say this", False),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "fields", "reason", "ends"), REFUSED)
def test_what_is_refused_is_answered_and_journalled_and_ends_the_take_it_belongs_to(
    world: World, kind: type, fields: dict[str, Any], reason: str, ends: bool
):
    opened = world.open()
    world.record(opened, 1)
    if kind in (wire.TakeBegin, wire.Still):
        fields = {"recording": opened.id} | fields
    sequence = world.hear(kind, **fields)
    assert world.media.last(wire.Refused) == wire.Refused(sequence=sequence, reason=reason)
    world.close()
    assert world.told(opened.name, "event") == [
        Event(code="refused", data={"message": kind.__name__, "reason": reason})
    ]  # fmt: skip
    (ended,) = world.told(opened.name, "interval-ended")
    assert (ended.cause, ended.detail) == (("software", reason) if ends else ("closing", ""))


def test_a_long_reason_is_cut_to_what_message_and_record_hold(world: World, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object) -> None:
        raise InputError("y" * 201)

    opened = world.open()
    world.begin(opened)
    monkeypatch.setattr(world.vault._desk.recording, "gap", refuse)
    sequence = world.hear(wire.GapFound, take=1, stream="video", cause="camera", from_us=1, to_us=2)
    assert world.media.last(wire.Refused) == wire.Refused(sequence=sequence, reason="y" * 200)
    world.close()
    (event,), (ended,) = world.told(opened.name, "event"), world.told(opened.name, "interval-ended")
    assert (event.data["reason"], ended.detail) == ("y" * 200, "y" * 200)


def test_so_many_refusals_are_journalled_in_each_recording(world: World):
    for refused in (40, 33):
        opened = world.open()
        for _ in range(refused):
            world.fragment()
        world.close()
        assert len(world.told(opened.name, "event")) == 32


def test_refusals_without_a_recording_are_logged_once_and_answered_each_time(
    world: World, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.WARNING, "kuager.vault.core")
    sequences = [world.fragment() for _ in range(3)]
    refused = [wire.Refused(sequence=each, reason="no recording is open", over=True) for each in sequences]
    assert world.media.sent == refused
    assert len(caplog.records) == 1
    world.open()
    world.hear(wire.Remark, take=1, code="taken")
    world.close()
    world.fragment()
    world.fragment()
    assert len(caplog.records) == 2


def test_each_refusal_in_a_recording_is_logged(world: World, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.WARNING, "kuager.vault.core")
    world.open()
    for _ in range(3):
        world.fragment()
    assert len(caplog.records) == 3


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_no_room_for_a_fragment_ends_the_recording_in_order(world: World, number: int):
    opened = world.open()
    world.record(opened, 1)
    assert world.files is not None
    world.files.faults = [Fault("write", "video", error=number)]
    sequence = world.fragment()
    refused = wire.Refused(sequence=sequence, reason="the carrier is full")
    assert world.media.all(wire.Refused) == [refused]
    told = world.control.last(wire.VaultTrouble)
    assert told == wire.VaultTrouble(code="carrier-full", reason=errno.errorcode[number], ended=opened.id)
    assert world.told(opened.name, "closed") == [Closed(cause="carrier", dialogue=False)]


def test_a_failing_carrier_ends_the_recording_for_capture_too(world: World):
    opened = world.open()
    world.record(opened, 1)
    assert world.files is not None
    world.files.faults = [Fault("write", "video", error=errno.EIO)]
    sequence = world.fragment()
    assert world.media.sent[-1] == wire.Refused(sequence=sequence, reason="the carrier failed", over=True)


@pytest.mark.parametrize(
    ("spoil", "code", "reason"),
    [
        ("carrier-read-only", "carrier-read-only", "the carrier can't be written"),
        ("carrier-gone", "carrier-missing", "the carrier was removed"),
    ],
)
def test_a_carrier_found_unfit_at_a_look_ends_the_recording(world: World, spoil: str, code: str, reason: str):
    opened = world.open()
    world.slot.play(spoil)
    world.wait(1.1)
    trouble = wire.VaultTrouble(code=code, reason=reason, ended=opened.id)
    assert world.control.all(wire.VaultTrouble) == [trouble]


# supervisor


def test_a_supervisor_that_was_never_there_may_leave(world: World):
    world.vault.control_closed(FakePeer())
    told = counted(world, wire.VaultState)
    world.wait(1.1)
    assert counted(world, wire.VaultState) == told + 1


@pytest.mark.parametrize(
    ("message", "code", "reason", "request_number"),
    [
        (NOTE, "refused", "no recording is open", 0),
        (wire.SetProcedure(procedure=PROCEDURE), "refused", "no recording is open", 0),
        (wire.CloseRecording(request=9, cause="closing", dialogue=True), "no-recording", "no recording is open", 9),
        (wire.CarrierRig(fault="carrier-gone"), "refused", "the supervisor does not say this", 0),
        (wire.Acknowledged(sequence=5), "refused", "the supervisor does not say this", 0),
        (
            wire.OpenRecording(request=9, mode="video", language="ru", procedure=Procedure(id="kz", title="t" * 1001)),
            "refused", "opened: Expected `str` of length <= 1000 - at `$.procedure.title`", 9,
        ),
    ],
)  # fmt: skip
def test_what_a_supervisor_may_not_say_is_answered(
    world: World, message: wire.Message, code: str, reason: str, request_number: int
):
    world.say(message)
    trouble = wire.VaultTrouble(code=code, reason=reason, request=request_number)
    assert world.control.all(wire.VaultTrouble) == [trouble]


def test_faults_are_played_where_there_is_something_to_play_them_on(world: World):
    played: list[wire.Message] = []
    vault = Vault(world.vault._about, world.keeper, world.clock, played.append)
    messages = [wire.CarrierRig(fault="carrier-slow"), wire.ClockRig(fault="clock-lost", at_us=5)]
    for message in messages:
        vault.control_message(world.control, message)
    assert played == messages
    assert world.control.all(wire.VaultTrouble) == []


def test_a_note_for_the_unit_is_in_its_journal(world: World):
    world.say(wire.UnitNote(code="press-refused", data={"reason": "no carrier", "times": 2}))
    assert world.unit_told("event") == [Event(code="press-refused", data={"reason": "no carrier", "times": 2})]


def test_a_close_is_journalled_as_it_was_asked_for(world: World):
    opened = world.open()
    world.close(cause="limit", dialogue=True, missing=["time", "place"])
    assert world.told(opened.name, "closed") == [Closed(cause="limit", dialogue=True, missing=["time", "place"])]


def test_a_shutdown_closes_without_the_dialogue_and_says_so(world: World):
    opened = world.open()
    world.vault.stop()
    closed = Closed(cause="shutdown", dialogue=False, missing=["closing-dialogue"])
    assert world.told(opened.name, "closed") == [closed]
    assert world.control.last(wire.Sealed).request == 0


def test_a_shutdown_with_nothing_open_closes_nothing(world: World):
    world.vault.stop()
    assert world.control.all(wire.Sealed) == []


def test_what_is_closed_and_not_sealed_is_counted(world: World):
    world.boot(held=True)
    world.open()
    world.say(wire.CloseRecording(request=9, cause="closing", dialogue=True))
    assert world.vault.sealing == 1
    world.worker.run()
    assert world.vault.sealing == 0


def test_a_carrier_that_fails_while_the_supervisor_speaks_ends_the_recording(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    def fail(*_: object) -> None:
        raise OSError(errno.EIO, "worn out")

    opened = world.open()
    monkeypatch.setattr(world.vault._desk.recording, "note", fail)
    world.say(NOTE)
    trouble = wire.VaultTrouble(code="carrier-failed", reason="worn out", ended=opened.id)
    assert world.control.last(wire.VaultTrouble) == trouble
