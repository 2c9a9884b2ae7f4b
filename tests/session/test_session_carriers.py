"""A carrier that is not ours to write on: what is said of it, and how two deliberate acts prepare a blank one."""

import pytest
from session_world import World, noted, of, said

from kuager.session import effects as fx
from kuager.session import events as ev


def blank(world: World) -> World:
    world.send(ev.CarrierLost, unfit="blank")
    return world


@pytest.mark.parametrize("unfit", ["blank", "foreign"])
def test_a_carrier_that_is_not_ours_is_said_once_and_shown_while_it_is_in(unfit):
    world = World().ready()
    world.send(ev.CarrierLost, unfit=unfit)
    assert said(world.all) == [f"warning.carrier-{unfit}"]
    assert noted(world.all, "warning") == [{"code": f"carrier-{unfit}", "active": True}]
    assert (world.state.warnings, world.state.signal) == ((f"carrier-{unfit}",), "no-carrier")
    assert said(world.pass_time(60)) == []
    world.send(ev.CarrierLost)
    assert world.state.warnings == ()
    world.send(ev.CarrierLost, unfit=unfit)
    world.send(ev.CarrierBack)
    assert (world.state.warnings, world.state.phase) == ((), "ready")


def test_a_press_and_then_a_hold_prepare_a_blank_carrier_and_the_press_gets_its_recording():
    world = blank(World().ready())
    assert said(world.press("record")) == ["prepare.offer"]
    assert [note["answer"] for note in noted(world.new, "press")] == ["remembered"]
    assert not of(world.new, fx.PrepareCarrier)
    pressed = world.state.wanted_us
    new = world.hold("record")
    assert of(new, fx.PrepareCarrier) == [fx.PrepareCarrier()]
    assert [note["answer"] for note in noted(new, "press")] == ["prepare"]
    assert said(new)[:2] == ["prepare.begun", "opening.recording-on"]
    assert world.state.recording.pressed_us == pressed
    assert (world.state.phase, world.state.warnings) == ("opening", ())


def test_a_unit_that_starts_with_a_blank_carrier_prepares_it_too():
    world = World()
    world.send(ev.CaptureBack)
    blank(world)
    world.press("record")
    world.hold("record")
    assert len(of(world.all, fx.PrepareCarrier)) == len(of(world.all, fx.Open)) == 1
    assert world.state.phase == "opening"


def test_one_long_hold_is_one_act_and_prepares_nothing():
    world = blank(World().ready())
    assert said(world.hold("record")) == ["prepare.offer"]
    assert not of(world.new, fx.PrepareCarrier)
    assert world.state.wanted_us is not None


def test_a_record_that_is_stuck_pressed_nothing_and_mark_held_twice_stands_in_for_it():
    world = blank(World().ready())
    world.send(ev.Down, button="record")
    world.send(ev.Stuck, button="record", active=True)
    assert not of(world.hold("mark"), fx.PrepareCarrier)
    assert of(world.hold("mark"), fx.PrepareCarrier) == [fx.PrepareCarrier()]


def test_a_hold_long_after_the_press_takes_the_press_back_and_prepares_nothing():
    world = blank(World().ready())
    world.press("record")
    assert said(world.pass_time(45)) == ["prepare.offer", "warning.carrier-blank"], "what is true by then"
    world.hold("record")
    assert [note["answer"] for note in noted(world.new, "press")] == ["cancelled"]
    assert not of(world.all, fx.PrepareCarrier)
    world.press("record")
    world.hold("record")
    assert len(of(world.all, fx.PrepareCarrier)) == 1


@pytest.mark.parametrize("change", [ev.CarrierLost, ev.VaultLost, ev.SupervisorRestarted])
def test_what_was_offered_for_a_carrier_holds_for_no_other(change):
    world = blank(World().ready())
    world.press("record")
    world.send(change)
    blank(world)
    world.hold("record")
    assert not of(world.all, fx.PrepareCarrier)


def test_a_foreign_carrier_is_never_prepared():
    world = World().ready()
    world.send(ev.CarrierLost, unfit="foreign")
    assert said(world.press("record")) == ["warning.carrier-foreign"]
    assert said(world.pass_time(21)) == ["warning.carrier-foreign"]
    world.press("record")
    world.hold("record")
    assert not of(world.all, fx.PrepareCarrier)
    assert [note["answer"] for note in noted(world.all, "press")] == ["remembered", "remembered", "cancelled"]


def test_where_it_can_not_be_prepared_that_is_said_and_the_press_waits_on():
    world = blank(World().ready())
    world.press("record")
    world.kind = False
    world.hold("record")
    world.clear()
    world.send(ev.PrepareFailed, reason="it is broken")
    assert said(world.new) == ["prepare.failed"]
    assert noted(world.new, "prepare-failed") == [{"reason": "it is broken"}]
    world.kind = True
    assert said(world.press("record")) == ["prepare.offer"]
    world.hold("record")
    assert world.state.phase == "opening"


def test_a_recording_whose_carrier_went_goes_on_upon_a_blank_one_that_was_prepared():
    world = World().record()
    world.send(ev.CarrierLost)
    blank(world)
    assert said(world.new)[-1] == "warning.carrier-blank"
    assert said(world.press("record")) == ["prepare.offer"]
    assert noted(world.all, "press")[-1]["answer"] != "given-up"
    world.hold("record")
    assert of(world.new, fx.PrepareCarrier)
    assert of(world.new, fx.Open)[0].continues
    assert world.state.phase == "recording"
    assert [note["answer"] for note in noted(world.new, "press")] == ["refused", "prepare"], "kept for its journal"


def test_without_a_press_before_it_a_hold_gives_the_dead_recording_up_as_ever():
    world = blank(World().record())
    world.hold("record")
    assert world.state.recording is None
    assert not of(world.all, fx.PrepareCarrier)


def test_a_break_on_a_blank_carrier_ends_after_it_was_prepared():
    world = World().record()
    world.twice()
    world.press("record")
    blank(world)
    assert said(world.press("record")) == ["prepare.offer"]
    world.hold("record")
    assert of(world.new, fx.Open)
    assert world.state.phase == "recording"


def test_a_unit_that_stops_prepares_nothing():
    world = blank(World().ready())
    world.press("record")
    world.send(ev.Shutdown)
    world.hold("record")
    assert not of(world.all, fx.PrepareCarrier)
    assert world.state.done
