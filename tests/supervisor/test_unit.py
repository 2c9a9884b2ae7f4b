"""The supervisor's loop against a vault and a capture that come, go and die."""

import socket

from kuager import clock, session, sockets, wire
from kuager.procedure import pack

EARLIEST_US = 1_000_000_000_000_000  # in 2001


def record(world):
    world.until(lambda: world.state() == "ready")
    world.press()
    world.until(lambda: world.state() == "opening")


def through_the_opening(world):
    for _ in range(60):
        world.until(lambda: world.unit.state.recording is not None)
        held = world.unit.state.recording
        if held.stage == "recording":
            break
        choosing = held.dialogue and pack().opening[held.dialogue.step].id == "action"
        world.press("record" if choosing else "mark")
    world.until(lambda: world.state() == "recording")


def close(world):
    world.press(seconds=1.4)
    world.until(lambda: world.state() == "closing")
    while world.state() == "closing":
        held = world.unit.state.recording
        last = held and held.dialogue and held.dialogue.step == len(pack().closing) - 1
        world.press("record" if last else "mark")


def test_a_whole_session_in_order(world):
    record(world)
    through_the_opening(world)
    world.capture.durable()
    world.until(lambda: world.panels[-1].light == [255, 0, 0])
    close(world)
    world.until(lambda: any(isinstance(message, wire.SealedNotice) for message in world.told))
    opened, closed = world.vault.of(wire.OpenRecording), world.vault.of(wire.CloseRecording)
    assert len(opened) == len(closed) == 1
    assert (closed[0].cause, closed[0].dialogue) == ("closing", True)
    kinds = [type(message).__name__ for message in world.capture.heard]
    assert kinds.index("Standby") < kinds.index("StartTake") < kinds.index("FinishTake")
    assert world.capture.of(wire.Standby)[0].number == 7
    assert world.capture.of(wire.Standby)[-1].number == 8
    chapters = [note.body["item"] for note in world.vault.of(wire.Note) if note.type == "chapter"]
    assert [item for item in chapters if item in ("recording-on", "time-date", "place", "end-time", "motions")] == [
        "recording-on", "time-date", "place", "end-time", "motions",
    ]  # fmt: skip
    world.until(lambda: world.state() == "ready")
    world.stop()


def test_a_press_is_answered_at_once_and_red_waits_for_durable(world):
    world.until(lambda: world.state() == "ready")
    world.capture.durable = lambda: None
    world.hand.send(wire.Pin(name="record", level=True))
    world.until(lambda: world.panels[-1].light == [255, 255, 255])
    world.hand.send(wire.Pin(name="record", level=False))
    world.until(lambda: world.capture.of(wire.StartTake))
    assert [255, 0, 0] not in [panel.light for panel in world.panels]
    world.until(lambda: world.panels[-1].signal == "not-durable")


def test_capture_dies_and_the_recording_goes_on(world):
    record(world)
    world.capture.die()
    world.until(lambda: world.state() == "interrupted")
    world.capture.start()
    world.until(lambda: len(world.capture.of(wire.StartTake)) == 2)
    again = world.capture.of(wire.StartTake)[1]
    assert again.cause == "software"
    assert again.recording == world.capture.of(wire.StartTake)[0].recording
    world.until(lambda: world.state() == "opening")
    assert world.capture.of(wire.Standby)[-1].training


def test_the_vault_dies_and_a_new_recording_continues(world):
    record(world)
    world.vault.die()
    world.until(lambda: world.state() == "interrupted")
    world.vault.dead = wire.DeadRecording(id=bytes(16), name="d", number=7, cause="software", until_utc_us=1)
    world.vault.start()
    world.until(lambda: len(world.vault.of(wire.OpenRecording)) == 2)
    assert world.vault.of(wire.OpenRecording)[1].continues
    world.until(lambda: len(world.capture.of(wire.StartTake)) == 2)
    assert world.capture.of(wire.StartTake)[1].resume


def test_a_new_supervisor_goes_on_where_the_old_one_was(world):
    record(world)
    through_the_opening(world)
    before = world.unit.state
    world.until(lambda: session.essence(session.load(world.vault.remembered)) == session.essence(before))
    world.kill()
    world.vault.quiet = True
    world.start()
    world.until(lambda: world.unit._capture_view.state)
    world.press("mark")
    world.vault.say(world.vault.state())
    world.until(lambda: world.state() == "recording")
    assert world.unit.state.recording.id == before.recording.id
    assert len(world.vault.of(wire.OpenRecording)) == 1
    assert len(world.capture.of(wire.StartTake)) == 1
    assert not world.capture.of(wire.FinishTake)
    close(world)
    world.until(lambda: world.vault.of(wire.CloseRecording))


def test_what_a_new_supervisor_finds_resumed_is_written_down(world):
    record(world)
    recording = world.capture.recording
    world.capture.die()
    world.until(lambda: world.state() == "interrupted")
    before = world.unit.state
    world.until(lambda: session.essence(session.load(world.vault.remembered)) == session.essence(before))
    world.kill()
    world.vault.quiet = True
    world.capture.recording = recording  # the old supervisor had it resume, and did not live to remember that
    world.capture.start()
    world.start()
    world.until(lambda: world.unit._capture_view.state)
    world.vault.say(world.vault.state())
    world.until(lambda: "interruption" in [note.body.get("item") for note in world.vault.of(wire.Note)])
    world.until(lambda: world.state() == "opening")


def test_a_press_before_the_vault_is_there_is_kept(world):
    world.stop()
    world.vault.die()
    world.start()
    world.until(lambda: world.state() == "starting")
    world.press()
    world.until(lambda: world.panels[-1].signal in ("starting-pressed", "no-carrier"))
    world.vault.start()
    world.until(lambda: world.vault.of(wire.OpenRecording))


def test_stopping_seals_with_cause_shutdown(world):
    record(world)
    world.stop()
    closed = world.vault.of(wire.CloseRecording)
    assert [(message.cause, message.dialogue) for message in closed] == [("shutdown", False)]
    assert world.capture.of(wire.FinishTake)[-1].cause == "shutdown"


def test_settings_that_are_wrong_are_spoken_and_written_down(world):
    world.stop()
    world.start("settings.toml, line 3: nonsense")
    world.until(lambda: "warning.settings" in world.mouth.said)
    world.until(lambda: [note for note in world.vault.of(wire.UnitNote) if note.code == "settings"])


def test_faults_reach_the_sensors_and_the_battery(world):
    world.until(lambda: world.state() == "ready")
    world.hand.send(wire.Fault(fault="camera-stall"))
    world.hand.send(wire.Fault(fault="no such fault"))
    world.hand.send(wire.Fault(fault="battery-low"))
    world.until(lambda: world.capture.of(wire.Rig))
    world.until(lambda: world.panels[-1].battery_percent == 5)


def test_all_processes_lose_the_clock_at_one_moment_and_it_is_warned_of(world):
    world.until(lambda: world.state() == "ready")
    try:
        world.hand.send(wire.Fault(fault="clock-lost"))
        world.until(lambda: world.panels[-1].clock == "unset")
        world.until(lambda: "warning.clock-unset" in world.mouth.said)
        assert world.unit._clock.now().utc_us < EARLIEST_US
        world.hand.send(wire.Fault(fault="clock-back"))
        world.until(lambda: world.panels[-1].clock == "synchronised")
    finally:
        clock.play("clock-back", 0)
    world.until(lambda: len(world.vault.of(wire.ClockRig)) == len(world.capture.of(wire.ClockRig)) == 2)
    assert world.vault.of(wire.ClockRig) == world.capture.of(wire.ClockRig)


def test_a_blank_carrier_is_prepared_by_a_press_and_then_a_hold(world):
    world.stop()
    world.vault.carrier_state = "blank"
    world.start()
    world.until(lambda: "warning.carrier-blank" in world.mouth.said)
    world.until(lambda: world.panels[-1].signal == "no-carrier" and world.panels[-1].carrier.startswith("blank"))
    world.press()
    world.until(lambda: "prepare.offer" in world.mouth.said)
    assert not world.vault.of(wire.PrepareCarrier)
    world.press(seconds=1.4)
    world.until(lambda: world.state() == "opening")
    assert world.vault.of(wire.PrepareCarrier) == [wire.PrepareCarrier()]
    assert len(world.vault.of(wire.OpenRecording)) == 1


def test_garbage_at_the_door_sends_only_that_guest_away(world):
    world.until(lambda: world.state() == "ready")
    with socket.socket(socket.AF_UNIX) as stranger:
        stranger.settimeout(10)
        stranger.connect(str(sockets.path(world.run, "board")))
        stranger.sendall(b"\x00\x00\x00\x03abc")
        while stranger.recv(65536):
            pass
    world.press()
    world.until(lambda: world.state() == "opening")
