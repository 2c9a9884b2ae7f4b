"""Video, sound only, photographs, photographs during video, and what each button then means."""

import msgspec
from session_world import KZ, World, chapters, noted, of, said

from kuager.session import begin
from kuager.session import effects as fx
from kuager.session import events as ev


def test_a_photograph_during_video_is_a_held_mark():
    world = World().record()
    world.hold("mark")
    assert of(world.new, fx.Photo)[0].recording == world.id
    assert world.state.phase == "recording"
    world.clear()
    world.send(ev.PhotoTaken)
    assert of(world.new, fx.Acknowledge) == [fx.Acknowledge(flash="photo")]


def test_in_stills_mode_the_buttons_change_places():
    world = World().ready()
    world.send(ev.ModeSlid, mode="stills")
    world.record()
    assert of(world.all, fx.StartTake)[0].mode == "stills"
    world.press("mark")
    assert of(world.new, fx.Photo)
    world.hold("mark")
    assert chapters(world.new) == ["mark"]


def test_in_sound_mode_there_is_no_photograph():
    world = World(begin("en", mode="sound")).record()
    world.hold("mark")
    assert noted(world.new, "press")[0]["reason"] == "no-picture"
    assert not of(world.new, fx.Photo)


def test_photographs_without_sound_need_no_stretch():
    rules = msgspec.structs.replace(KZ, stills_sound=False)
    world = World(begin("en", mode="stills"), rules).record()
    assert not of(world.all, fx.StartTake)
    assert (world.state.phase, world.state.signal) == ("recording", "stills")
    world.press("mark")
    assert of(world.new, fx.Photo)
    world.end()
    assert of(world.all, fx.Close)[0].missing == ()


def test_the_mode_can_change_during_a_recording():
    world = World().record()
    world.clear()
    world.send(ev.ModeSlid, mode="sound")
    assert of(world.new, fx.FinishTake)[0].cause == "mode"
    assert [(take.mode, take.cause) for take in of(world.new, fx.StartTake)] == [("sound", "mode")]
    assert "interruption.resumed" not in said(world.new)
    assert world.state.phase == "recording"


def test_a_mode_that_the_pack_forbids_is_refused_aloud():
    rules = msgspec.structs.replace(KZ, modes=("video",))
    world = World(rules=rules).ready()
    world.send(ev.ModeSlid, mode="stills")
    assert said(world.new) == ["mode.refused"]
    world.record()
    assert of(world.all, fx.Open)[0].mode == "video"


def test_standby_carries_the_packs_pre_roll_picture_only():
    world = World()
    world.send(ev.CaptureBack)
    assert of(world.all, fx.Standby) == [fx.Standby(mode="video", pre_roll_us=30_000_000, pre_roll_sound=False)]


def test_an_assigned_action_that_the_pack_does_not_know_is_refused_and_the_menu_asks():
    world = World(begin("en", action="dancing")).ready()
    world.press("record")
    assert "refused.unknown-action" in said(world.all)
    assert "menu.intro" in said(world.all)


def test_mark_held_while_nothing_is_recorded_makes_the_unit_discreet_and_the_recording_says_so() -> None:
    world = World().ready()
    new = world.hold("mark")
    assert world.state.discreet
    assert fx.Acknowledge(flash="discreet") in new
    assert not any(isinstance(effect, fx.Speak) for effect in new)
    assert any(isinstance(effect, fx.UnitJournal) and effect.code == "discreet" for effect in new)
    world.press("record")
    assert fx.Journal(code="discreet") in world.all
    assert world.state.phase == "opening"
    world.hold("mark")  # while something is recorded it is a photograph
    assert world.state.discreet
    again = World(begin("en", discreet=True)).ready()
    new = again.hold("mark")
    assert not again.state.discreet
    assert any(isinstance(effect, fx.Speak) and effect.prompt == "discreet.over" for effect in new)
