"""What fails is declared with its cause, and recording resumes or goes on with what still works."""

import pytest
from session_world import KZ, World, chapters, noted, of, said

from kuager.session import effects as fx
from kuager.session import events as ev

FULL = ("video", "sound")


def test_capture_dies_and_recording_resumes_alone_with_cause_and_times():
    world = World().record()
    world.clear()
    since = world.at + 100_000
    world.send(ev.CaptureLost)
    assert (world.state.phase, world.state.signal) == ("interrupted", "interrupted")
    assert of(world.new, fx.Speak)[0].prompt == "interruption.begun"
    assert noted(world.new, "interrupted") == [{"cause": "software"}]
    world.clear()
    world.send(ev.CaptureBack, 3_000_000)
    assert of(world.new, fx.StartTake)[0].cause == "software"
    spoken = of(world.new, fx.Speak)[0]
    assert (spoken.prompt, spoken.keep) == ("interruption.resumed", True)
    assert spoken.args == {"now": fx.Now(), "since": fx.Moment(boot_us=since), "cause": fx.Term(key="cause.software")}
    assert [(effect.item, effect.clause) for effect in of(world.new, fx.Chapter)] == [("interruption", "8")]
    assert world.state.phase == "recording"


def test_an_item_being_asked_is_asked_again_after_an_interruption():
    world = World().ready()
    world.send(ev.Assigned, action="seizure")
    world.press("record")
    world.press("mark")
    world.send(ev.CaptureLost)
    world.press("mark")
    assert noted(world.new, "press")[0]["reason"] == "not-recording"
    world.clear()
    world.send(ev.CaptureBack)
    assert said(world.new) == ["interruption.resumed", "opening.place"]
    assert world.state.phase == "opening"
    assert chapters(world.new) == ["interruption"]


@pytest.mark.parametrize("told_first", [True, False])
def test_the_camera_stops_and_the_sound_goes_on_declared(told_first):
    world = World().record()
    world.clear()
    trouble = {"part": "camera", "well": False, "streams": ("sound",)}
    if told_first:
        world.send(ev.Trouble, **trouble)
    world.send(ev.TakeEnded, cause="camera")
    world.send(ev.TakeStarted, streams=("sound",), cause="camera")
    if not told_first:
        world.send(ev.Trouble, **trouble)
    assert (world.state.phase, world.state.signal) == ("interrupted", "interrupted-partly")
    assert said(world.new) == ["interruption.sound-only"]
    assert noted(world.new, "warning") == [{"code": "camera", "active": True}]
    assert not of(world.new, fx.StartTake), "capture goes on by itself"
    world.hold("mark")
    assert noted(world.new, "press")[0]["reason"] == "no-picture"
    world.press("mark")
    assert chapters(world.new) == ["mark"]
    world.clear()
    world.send(ev.TakeEnded, cause="camera")
    world.send(ev.TakeStarted, streams=FULL, cause="camera")
    world.send(ev.Trouble, part="camera", well=True, streams=FULL)
    assert said(world.new) == ["interruption.resumed"]
    assert world.state.phase == "recording"
    assert world.state.warnings == ()


def test_camera_and_then_capture_fail_and_both_are_told():
    world = World().record()
    world.clear()
    world.send(ev.TakeEnded, cause="camera")
    world.send(ev.TakeStarted, streams=("sound",), cause="camera")
    world.send(ev.CaptureLost)
    assert world.state.signal == "interrupted"
    assert said(world.new) == ["interruption.sound-only", "interruption.begun"]
    world.kind = False
    world.send(ev.CaptureBack)
    world.clear()
    world.send(ev.TakeStarted, streams=("sound",), cause="software")
    assert said(world.new) == ["interruption.resumed", "interruption.sound-only"]
    assert world.state.signal == "interrupted-partly"


def test_capture_that_begins_nothing_new_is_asked_again():
    world = World().record()
    world.clear()
    world.send(ev.TakeEnded, cause="camera")
    world.pass_time(2)
    assert said(world.new) == ["interruption.begun"]
    world.pass_time(3)
    assert of(world.new, fx.StartTake)[0].cause == "camera"
    assert world.state.phase == "recording"


def test_the_microphone_fails_and_the_picture_goes_on():
    world = World().record()
    world.clear()
    world.send(ev.Trouble, part="microphone", well=False, streams=("video",))
    world.send(ev.Durable, us=world.at)
    assert world.state.phase == "recording"
    assert world.state.warnings == ("microphone",)
    assert said(world.new) == ["warning.microphone"]
    assert noted(world.new, "warning") == [{"code": "microphone", "active": True}]
    world.send(ev.Trouble, part="microphone", well=True, streams=FULL)
    assert world.state.warnings == ()


def test_no_camera_at_the_press_records_the_sound():
    world = World(kind=False).ready()
    world.press("record")
    world.send(ev.Opened, id=b"1" * 16, number=1)
    world.send(ev.TakeStarted, streams=("sound",))
    assert world.state.signal == "interrupted-partly"
    assert said(world.all) == ["interruption.sound-only", "opening.recording-on"]


@pytest.mark.parametrize(
    ("mode", "lost", "cause"),
    [
        ("video", [("microphone", ("video",)), ("camera", ())], "camera"),
        ("video", [("camera", ("sound",)), ("microphone", ())], "camera"),
        ("sound", [("microphone", ())], "microphone"),
    ],
)
def test_where_nothing_works_nothing_is_said_to_be_recorded(mode, lost, cause):
    world = World()
    world.send(ev.ModeSlid, mode=mode)
    world.record().clear()
    for part, streams in lost:
        world.send(ev.Trouble, part=part, well=False, streams=streams)
    world.send(ev.Durable, us=world.at)
    assert (world.state.phase, world.state.signal) == ("interrupted", "interrupted")
    assert said(world.new)[-1] == "interruption.begun"
    assert said(world.new).count("interruption.begun") == 1
    assert of(world.new, fx.Speak)[-1].args == {"cause": fx.Term(key=f"cause.{cause}")}
    world.press("mark")
    assert noted(world.new, "press")[0]["reason"] == "not-recording"
    world.clear()
    world.send(ev.Trouble, part=lost[0][0], well=True, streams=FULL if mode == "video" else ("sound",))
    assert said(world.new) == ["interruption.resumed"]
    assert world.state.phase == "recording"


def test_nothing_to_record_with_at_the_press_begins_when_there_is():
    world = World(kind=False).ready()
    world.press("record")
    world.send(ev.Opened, id=b"1" * 16, number=1)
    world.send(ev.TakeStarted, streams=())
    assert said(world.all) == ["interruption.begun"]
    world.send(ev.Trouble, part="camera", well=True, streams=FULL)
    assert said(world.all) == ["interruption.begun", "interruption.resumed", "opening.recording-on"]


def test_the_vault_dies_and_a_recording_continues_with_what_capture_holds():
    world = World().record()
    before = world.state.recording.number
    world.clear()
    world.send(ev.VaultLost)
    assert (world.state.phase, world.state.signal) == ("interrupted", "interrupted")
    world.press("mark")
    world.clear()
    dead = ev.Dead(number=before, cause="software", until_utc_us=1_760_000_000_000_000)
    world.send(ev.VaultReady, dead=dead)
    opened, take = of(world.new, fx.Open)[0], of(world.new, fx.StartTake)[0]
    assert opened.continues
    assert take.resume
    assert take.cause == "software"
    assert [data["reason"] for data in noted(world.new, "press")] == ["not-recording"], "the refusal was kept for it"
    assert said(world.new) == ["interruption.resumed"]
    assert world.state.phase == "recording"
    world.end()
    assert of(world.all, fx.Close)[0].dialogue


def test_a_pack_can_ask_for_a_press_after_the_vault_died():
    import msgspec

    rules = msgspec.structs.replace(KZ, resuming=msgspec.structs.replace(KZ.resuming, after_vault="press"))
    world = World(rules=rules).record()
    world.send(ev.VaultLost)
    world.clear()
    world.send(ev.VaultReady)
    assert not of(world.new, fx.Open)
    world.press("record")
    assert of(world.new, fx.Open)[0].continues


def test_a_connection_lost_to_a_living_vault_costs_nothing():
    world = World().record()
    world.send(ev.VaultLost)
    world.clear()
    world.send(ev.VaultReady, open_id=world.id, open_number=1)
    assert not of(world.new, fx.Open)
    assert of(world.new, fx.StartTake)[0].resume
    assert world.state.phase == "recording"


def test_the_carrier_vanishes_and_recording_continues_on_it_when_it_is_back():
    world = World().record()
    world.clear()
    world.send(ev.CarrierLost)
    assert noted(world.new, "interrupted") == []
    assert said(world.new) == ["interruption.begun"]
    assert "warning.no-carrier" in said(world.pass_time(25))
    world.clear()
    world.send(ev.CarrierBack)
    assert of(world.new, fx.Open)[0].continues
    assert noted(world.new, "interrupted") == [{"cause": "carrier"}]
    assert world.state.phase == "recording"


def test_a_dead_recording_without_a_carrier_can_be_given_up():
    world = World().record()
    world.send(ev.CarrierLost)
    world.hold("record")
    assert world.state.recording is None
    assert not of(world.all, fx.Close)
    assert noted(world.new, "recording-given-up") == [{}]
    world.send(ev.CarrierBack)
    world.record()


def test_opening_that_fails_is_tried_again_until_it_works():
    world = World(kind=False).ready()
    world.press("record")
    world.clear()
    world.send(ev.OpenFailed, reason="full")
    assert said(world.new) == ["warning.carrier"]
    assert not of(world.new, fx.Open)
    world.kind = True
    world.send(ev.Tick, 3_000_000)
    assert of(world.new, fx.StartTake)
    assert world.state.warnings == ()


def test_after_a_loss_of_power_a_press_goes_on_with_the_action():
    dead = ev.Dead(number=7, cause="power", until_utc_us=1_760_000_000_000_000, age_us=60_000_000)
    world = World()
    world.send(ev.VaultReady, dead=dead)
    world.send(ev.CaptureBack)
    assert said(world.all) == ["interruption.offer"]
    assert world.state.phase == "ready"
    world.kind = False
    world.press("record")
    assert of(world.new, fx.Open)[0].continues
    world.send(ev.Opened, id=b"8" * 16, number=8, continues=dead)
    assert of(world.all, fx.StartTake)[0].cause == "power"
    world.clear()
    world.send(ev.TakeStarted, streams=FULL, cause="power")
    spoken = of(world.new, fx.Speak)[0]
    assert spoken.args["since"] == fx.Moment(utc_us=1_760_000_000_000_000)
    assert spoken.args["cause"] == fx.Term(key="cause.power")


def test_long_after_a_loss_of_power_a_press_is_another_action():
    world = World()
    world.send(ev.VaultReady, dead=ev.Dead(number=7, cause="power", until_utc_us=1, age_us=60_000_000))
    world.send(ev.CaptureBack)
    world.press("record", 1_000_000_000)
    assert not of(world.new, fx.Open)[0].continues


@pytest.mark.parametrize("remembered", [True, False])
def test_a_new_supervisor_goes_on_with_the_recording(remembered):
    world = World().record()
    if not remembered:
        world = World()
        world.opened = 1
    world.clear()
    world.send(ev.SupervisorRestarted, open_id=world.id, open_number=1)
    world.send(ev.VaultReady)
    world.send(ev.CaptureBack, recording=world.id, streams=FULL)
    world.send(ev.Durable, us=world.at)
    assert not of(world.new, fx.Open)
    assert not of(world.new, fx.StartTake), "the stretch that runs is not touched"
    assert (world.state.phase, world.state.signal) == ("recording", "recording")
    world.end()
    assert of(world.all, fx.Close)[-1].dialogue


def test_an_end_that_capture_does_not_answer_is_sealed_and_says_what_is_missing():
    world = World().record()
    world.hold("record")
    for _ in range(4):
        world.press("mark")
    world.kind = False
    world.press("record")
    world.clear()
    world.send(ev.CaptureLost)
    close = of(world.new, fx.Close)[0]
    assert (close.dialogue, close.missing) == (True, ("end-of-last-stretch",))


def test_the_red_light_says_nothing_that_is_not_durable():
    world = World().record()
    world.send(ev.Durable, us=world.at)
    assert world.state.signal == "recording"
    world.kind = False
    world.send(ev.Tick, 2_000_000)
    assert world.state.signal == "not-durable"
    world.clear()
    world.send(ev.Tick, 3_500_000)
    assert said(world.new) == ["warning.not-durable"]
    world.send(ev.Durable, us=world.at)
    assert (world.state.signal, world.state.warnings) == ("recording", ())


def test_sealing_that_fails_is_said_and_blocks_nothing():
    world = World().record()
    world.hold("record")
    for _ in range(4):
        world.press("mark")
    world.kind = False
    world.press("record")
    world.send(ev.TakeEnded, cause="closing")
    world.clear()
    world.send(ev.SealFailed, id=world.id, reason="full")
    assert said(world.new) == ["warning.seal-failed"]
    assert world.state.phase == "ready"
    world.kind = True
    world.record()


def test_more_notes_than_fit_are_counted():
    world = World()
    for _ in range(40):
        world.press("mark")
    world.clear()
    world.send(ev.VaultReady)
    assert len(noted(world.new, "press")) + noted(world.new, "notes-dropped")[0]["count"] == 40


def test_a_full_carrier_ends_the_recording_and_the_next_press_waits_aloud():
    world = World().record()
    world.send(ev.CarrierFull)
    assert of(world.all, fx.Close)[0].cause == "carrier"
    world.kind = False
    world.press("record")
    assert of(world.new, fx.Open)
    world.send(ev.OpenFailed, reason="full")
    world.clear()
    for _ in range(50):
        world.send(ev.Tick, 500_000)
        if world.state.recording and world.state.recording.asked:
            world.send(ev.OpenFailed, reason="full")
    assert len(of(world.new, fx.Open)) > 5
    world.kind = True
    world.pass_time(5)
    assert world.state.recording is not None
    assert world.state.recording.begun


def test_a_recording_that_was_sealed_unknown_to_the_session_is_let_go():
    world = World().record()
    world.clear()
    world.send(ev.Sealed, id=world.id)
    assert world.state.recording is None
    assert of(world.new, fx.FinishTake)
    assert not of(world.new, fx.Close)
    world.record()


def test_a_recording_found_open_at_the_start_goes_on():
    world = World()
    world.opened = 4
    world.send(ev.VaultReady, open_id=world.id, open_number=4)
    world.send(ev.CaptureBack)
    assert of(world.all, fx.StartTake)[0].number == 4
    assert world.state.phase == "recording"


def test_an_end_that_nobody_answers_is_sealed_after_a_while():
    for force, seconds in ((None, 10), (ev.PowerFail, 3)):
        world = World().record()
        if force is None:
            world.hold("record")
            for _ in range(4):
                world.press("mark")
        world.kind = False
        if force is None:
            world.press("record")
        else:
            world.send(force)
        world.clear()
        world.send(ev.Tick, (seconds - 1) * 1_000_000)
        assert not of(world.new, fx.Close)
        world.send(ev.Tick, 1_000_000)
        assert "end-of-last-stretch" in of(world.new, fx.Close)[0].missing


def test_a_new_supervisor_does_not_wait_for_seals_that_were_answered_to_the_old_one():
    world = World().record()
    world.hold("record")
    for _ in range(4):
        world.press("mark")
    world.kind = False
    world.press("record")
    world.send(ev.TakeEnded, cause="closing")
    assert world.state.sealing
    world.send(ev.SupervisorRestarted)
    assert world.state.sealing == ()


def test_shutting_down_forgets_a_press_that_waits_and_journals_it():
    world = World()
    world.press("record")
    world.send(ev.Shutdown)
    world.clear()
    world.send(ev.VaultReady)
    assert not of(world.new, fx.Open)
    assert noted(world.new, "press-dropped") == [{"reason": "shutdown"}]
    assert world.state.done


def test_time_never_goes_back():
    world = World().record()
    now = world.state.now_us
    world.at -= 60_000_000
    world.send(ev.Tick)
    assert world.state.now_us == now


def test_a_recording_ends_in_order_though_nothing_records_any_more_and_says_so():
    world = World().record()
    world.send(ev.CaptureLost)
    world.end()
    close = of(world.all, fx.Close)[0]
    assert (close.cause, close.dialogue, close.missing) == ("closing", True, ("closing-dialogue-not-recorded",))
    assert chapters(world.all)[-6:] == ["end-time", "motions", "remarks", "proposals", "reasons", "confirm"]


def test_a_closing_that_is_begun_again_when_recording_is_back_misses_nothing():
    world = World().record()
    world.send(ev.CaptureLost)
    world.hold("record")
    world.hold("record")
    world.send(ev.CaptureBack)
    world.end()
    assert of(world.all, fx.Close)[0].missing == ()


def test_a_dead_recording_is_gone_on_with_only_once():
    dead = ev.Dead(number=1, cause="software", until_utc_us=1)
    world = World().record()
    world.send(ev.VaultLost)
    world.send(ev.VaultReady, dead=dead)
    world.end()
    assert world.state.phase == "ready"
    world.send(ev.VaultLost)
    world.clear()
    world.send(ev.VaultReady, dead=dead)
    assert not of(world.new, fx.Open)
    assert world.state.phase == "ready"


def test_what_continues_a_dead_recording_begins_with_what_no_vault_acknowledged():
    world = World().record()
    world.send(ev.VaultLost)
    world.hold("record")
    world.clear()
    world.send(ev.VaultReady, dead=ev.Dead(number=7, cause="software", until_utc_us=1))
    assert of(world.new, fx.Open)[0].continues
    world.send(ev.Opened, id=bytes(16), number=8)
    assert of(world.new, fx.StartTake)[0].resume


def test_a_recording_that_was_given_up_does_not_come_back():
    world = World().record()
    world.send(ev.VaultLost)
    world.hold("record")
    world.clear()
    world.send(ev.VaultReady, dead=ev.Dead(number=1, cause="software", until_utc_us=1))
    assert not of(world.new, fx.Open)
    assert world.state.phase == "ready"


def test_a_recording_that_died_with_its_whole_unit_but_not_its_power_is_gone_on_with_alone():
    world = World()
    world.send(ev.VaultReady, dead=ev.Dead(number=1, cause="software", until_utc_us=1))
    assert of(world.all, fx.Open)[0].continues


def test_a_new_supervisor_that_hears_capture_before_the_vault_stops_nothing():
    world = World()
    world.opened = 1
    world.send(ev.CaptureBack, recording=world.id, streams=FULL)
    world.send(ev.VaultReady, open_id=world.id, open_number=1)
    assert not of(world.all, fx.FinishTake)
    assert world.state.recording.take == "running"
