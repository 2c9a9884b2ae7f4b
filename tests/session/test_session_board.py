"""What hands and board do to a session: stuck buttons, a dock, a card, power that fails."""

import pytest
from session_world import World, said

from kuager.session import effects as fx
from kuager.session import events as ev


def codes(effects, kind=fx.Journal):
    return [effect.code for effect in effects if isinstance(effect, kind)]


def recording() -> World:
    world = World().ready()
    world.press("record")
    world.clear()
    return world


def test_a_stuck_button_is_warned_of_and_changes_nothing_that_is_recorded():
    world = recording()
    before = world.state.recording
    done = world.send(ev.Stuck, button="record", active=True)
    assert "button-stuck" in codes(done)
    assert "warning.button-stuck" in said(done)
    assert world.state.recording.stage == before.stage
    assert world.send(ev.Stuck, button="record", active=True) == []
    done = world.send(ev.Stuck, button="record", active=False)
    assert "button-free" in codes(done)
    assert world.state.warnings == ()


def test_both_stuck_are_one_warning_until_both_are_free():
    world = recording()
    world.send(ev.Stuck, button="record", active=True)
    done = world.send(ev.Stuck, button="mark", active=True)
    assert said(done) == []
    world.send(ev.Stuck, button="record", active=False)
    assert world.state.warnings == ("button-stuck",)
    world.send(ev.Stuck, button="mark", active=False)
    assert world.state.warnings == ()


def found_down() -> World:
    world = World().ready()
    world.send(ev.Down, button="record", found=True)
    assert world.state.recording is not None, "whoever holds it wants it"
    return world


def test_a_recording_that_nobody_began_is_ended_and_sealed_in_order():
    world = found_down()
    world.send(ev.Stuck, 31_000_000, button="record", active=True)
    assert [effect.cause for effect in world.all if isinstance(effect, fx.Close)] == ["limit"]
    assert world.state.recording is None
    world.hold("mark")
    assert world.state.recording is not None, "mark stands in for it"


def test_a_hand_on_mark_makes_it_somebodys():
    world = found_down()
    world.press("mark")
    world.send(ev.Stuck, 31_000_000, button="record", active=True)
    assert world.state.recording is not None
    assert not [effect for effect in world.all if isinstance(effect, fx.Close)]


def test_a_press_found_down_that_is_let_go_is_a_press():
    world = found_down()
    world.send(ev.Press, button="record")
    world.send(ev.Stuck, 99_000_000, button="record", active=True)
    assert world.state.recording is not None


def test_what_waits_for_a_carrier_is_dropped_with_it():
    world = World()
    world.send(ev.Down, button="record", found=True)
    assert world.state.wanted_us is not None
    world.send(ev.Stuck, button="record", active=True)
    assert world.state.wanted_us is None
    world.ready()
    assert world.state.recording is None


def test_a_stuck_button_found_by_a_new_supervisor_begins_nothing_until_it_goes_down_anew():
    world = found_down()
    world.send(ev.Stuck, 31_000_000, button="record", active=True)
    world.send(ev.SupervisorRestarted)
    world.ready()
    assert world.send(ev.Down, button="record", found=True) == []
    assert world.state.recording is None
    world.press("record")
    assert world.state.recording is not None
    assert world.state.stuck == ()
    assert world.state.warnings == ()


def test_a_found_button_does_not_end_a_break():
    world = World().record()
    world.twice()
    world.press("record")
    assert world.state.recording.stage == "break"
    world.send(ev.Down, button="record", found=True)
    assert world.state.recording.stage == "break"


def test_the_dock_stands_in_both_journals_of_a_unit_that_records():
    world = recording()
    done = world.send(ev.Docked, active=True)
    assert (codes(done), codes(done, fx.UnitJournal)) == (["docked"], ["docked"])
    world = World().ready()
    done = world.send(ev.Docked, active=True)
    assert (codes(done), codes(done, fx.UnitJournal)) == ([], ["docked"])
    assert [effect.text for effect in done if isinstance(effect, fx.Show)] == ["screen.docked"]


def test_an_operator_who_comes_later_stands_in_the_journal():
    world = recording()
    done = world.send(ev.Assigned, operator="card 0001")
    assert codes(done) == ["operator"]
    assert world.send(ev.Assigned, operator="card 0001") == []


@pytest.mark.parametrize(("hold_up_us", "within_us"), [(3_000_000, 1_300_000), (0, 3_300_000)])
def test_a_capture_that_does_not_end_is_not_waited_for_where_power_fails(hold_up_us, within_us):
    world = recording()
    world.kind = False
    world.send(ev.PowerFail, hold_up_us=hold_up_us)
    since = world.at
    while not [effect for effect in world.all if isinstance(effect, fx.Close)]:
        world.send(ev.Tick, 250_000)
        assert world.at - since < 9_000_000
    assert world.at - since <= within_us
    closed = next(effect for effect in world.all if isinstance(effect, fx.Close))
    assert (closed.cause, closed.dialogue) == ("power", False)
    assert "end-of-last-stretch" in closed.missing


def test_power_that_fails_hastens_an_end_that_was_under_way():
    world = recording()
    world.kind = False
    world.send(ev.Heat)
    world.send(ev.PowerFail, hold_up_us=900_000)
    world.send(ev.Tick, 310_000)
    assert [effect for effect in world.all if isinstance(effect, fx.Close)]
