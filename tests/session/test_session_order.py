"""Whole sessions in the Instruction's order, told by their effects."""

import pytest
from session_world import KZ, World, chapters, noted, of, said

from kuager.session import effects as fx
from kuager.session import events as ev


def test_a_whole_session_goes_in_the_instructions_order():
    world = World().ready()
    assert world.state.phase == "ready"
    world.press("record")
    # The first words are that recording is on; then the menu waits, the time and date are not yet asked for.
    assert said(world.all) == ["opening.recording-on", "menu.intro", "action.interrogation"]
    assert (start := of(world.all, fx.StartTake)[0]).cause == "press"
    assert start.resume is False
    world.press("mark")
    assert said(world.new) == ["action.scene-inspection"]
    world.press("record")
    assert of(world.new, fx.SetProcedure)[0].procedure.action == "scene-inspection"
    assert of(world.new, fx.SetProcedure)[0].procedure.witnesses == "not-obligatory"
    for _ in range(5):
        world.press("mark")
    assert world.state.phase == "recording"
    assert chapters(world.all) == [
        "recording-on", "action", "time-date", "place", "person-in-charge", "participants", "told"
    ]  # fmt: skip
    world.press("mark")
    assert chapters(world.new) == ["mark"]
    before = len(world.all)
    world.hold("record")
    assert said(world.new) == ["closing.time", "closing.motions"]
    assert world.state.phase == "closing"
    assert not of(world.new, fx.FinishTake), "the closing dialogue is recorded"
    for _ in range(4):
        world.press("mark")
    assert world.confirming
    world.press("record")
    rest = world.all[before:]
    assert chapters(rest) == ["end-time", "motions", "remarks", "proposals", "reasons", "confirm"]
    order = [type(effect) for effect in rest if isinstance(effect, fx.FinishTake | fx.Close)]
    assert order == [fx.FinishTake, fx.Close]
    close = of(rest, fx.Close)[0]
    assert (close.cause, close.dialogue, close.missing) == ("closing", True, ())
    assert said(rest)[-2:] == ["closing.done", "seal.done"]
    assert world.state.phase == "ready"


def test_every_item_that_the_instruction_asks_for_names_its_clause():
    world = World().record("search")
    world.end()
    clauses = {effect.item: effect.clause for effect in of(world.all, fx.Chapter)}
    assert clauses == {
        "recording-on": "6.3", "time-date": "7", "place": "7", "person-in-charge": "7", "participants": "7",
        "told": "6.3", "witnesses": "3", "end-time": "8", "motions": "8", "remarks": "8", "proposals": "8",
        "reasons": "8", "confirm": "8",
    }  # fmt: skip


@pytest.mark.parametrize("action", [action.id for action in KZ.actions])
def test_witnesses_are_asked_for_where_they_are_obligatory(action):
    world = World().record(action)
    obligatory = action in ("dwelling-inspection", "search", "personal-search")
    assert ("witnesses" in chapters(world.all)) is obligatory
    assert of(world.all, fx.Open)[0].procedure.witnesses == ("obligatory" if obligatory else "not-obligatory")
    assert of(world.all, fx.Open)[0].procedure.action_stated == "assigned"


def test_witnesses_are_asked_for_when_the_action_is_assigned_late():
    world = World().ready()
    world.press("record")
    world.pass_time(600)
    assert "menu.not-stated" in said(world.all)
    assert world.state.phase == "recording"
    world.clear()
    world.send(ev.Assigned, action="search")
    assert chapters(world.new) == ["witnesses"]
    world.press("mark")
    assert world.state.phase == "recording"


def test_an_action_that_nobody_chooses_is_not_stated_and_recording_goes_on():
    world = World().ready()
    world.press("record")
    world.pass_time(40)
    assert said(world.all).count("menu.intro") == KZ.menu.offers
    assert noted(world.all, "action-not-stated") == [{}]
    assert not of(world.all, fx.SetProcedure)


def test_an_item_that_nobody_answers_is_asked_again_then_journalled():
    world = World().ready()
    world.send(ev.Assigned, action="seizure")
    world.press("record")
    world.pass_time(40)
    assert said(world.all).count("opening.time-date") == 2
    world.pass_time(600)
    assert [data["item"] for data in noted(world.all, "item-not-answered")] == [
        "time-date", "place", "person-in-charge", "participants", "told"
    ]  # fmt: skip
    assert world.state.phase == "recording"


def test_the_operator_is_asked_for_where_one_is_assigned():
    world = World().ready()
    world.send(ev.Assigned, operator="Specialist S.")
    world.record()
    assert chapters(world.all)[-1] == "specialist"
    assert of(world.all, fx.Open)[0].operator == "Specialist S."


def test_the_closing_question_is_repeated_each_minute_without_end():
    world = World().record()
    world.hold("record")
    world.pass_time(301)
    assert said(world.new) == ["closing.motions"] * 5
    assert world.state.phase == "closing"


def test_the_end_is_not_confirmed_while_questions_remain():
    world = World().record()
    world.hold("record")
    world.press("record")
    assert noted(world.new, "press")[-1]["reason"] == "questions-remain"
    assert said(world.new) == ["closing.questions-remain", "closing.motions"]
    assert world.state.phase == "closing"


def test_holding_takes_the_closing_back():
    world = World().record()
    world.hold("record")
    world.hold("record")
    assert said(world.new) == ["closing.cancelled"]
    assert world.state.phase == "recording"
    assert not of(world.all, fx.FinishTake)


def test_the_closing_taken_back_returns_to_the_opening_item():
    world = World().ready()
    world.send(ev.Assigned, action="seizure")
    world.press("record")
    world.press("mark")
    world.hold("record")
    world.hold("record")
    assert world.state.phase == "opening"
    assert said(world.new) == ["closing.cancelled", "opening.place"]
    assert chapters(world.all).count("place") == 1


def test_a_declared_break_has_its_reason_before_and_the_resuming_after():
    world = World().record()
    world.twice()
    assert world.state.phase == "breaking"
    assert chapters(world.new) == ["break-reason"]
    assert not of(world.new, fx.FinishTake), "the reason is recorded"
    world.press("record")
    assert of(world.new, fx.FinishTake)[0].cause == "break"
    assert world.state.phase == "break"
    begun = world.state.recording.break_us
    world.pass_time(700)
    assert said(world.new) == ["break.begun"]
    world.press("record")
    assert of(world.new, fx.StartTake)[0].cause == "break"
    spoken = of(world.new, fx.Speak)[0]
    assert (spoken.prompt, spoken.args["since"], spoken.keep) == ("break.resumed", fx.Moment(boot_us=begun), True)
    assert isinstance(spoken.args["now"], fx.Now)
    world.press("mark")
    assert world.state.phase == "recording"


def test_a_break_is_not_begun_before_its_question_was_heard():
    world = World(kind=True).record()
    world.kind = False
    world.twice()
    world.press("record", 100_000)
    assert noted(world.new, "press")[-1]["reason"] == "reason-first"
    assert world.state.phase == "breaking"


def test_a_break_that_nobody_confirms_is_taken_back():
    world = World().record()
    world.twice()
    world.pass_time(120)
    assert world.state.phase == "recording"
    assert "break.cancelled" in said(world.new)


def test_a_single_press_while_recording_is_refused_and_explained():
    world = World().record()
    world.press("record")
    assert noted(world.new, "press") == [
        {"button": "record", "gesture": "press", "answer": "refused", "reason": "already-recording"}
    ]
    assert said(world.pass_time(4)) == ["hint.recording"]


def test_the_next_recording_begins_while_the_last_is_being_sealed():
    world = World().record()
    world.kind = False
    world.hold("record")
    world.kind = True
    world.send(ev.SpeechDone, prompt="closing.time")
    for _ in range(4):
        world.press("mark")
    world.kind = False
    world.press("record")
    world.send(ev.TakeEnded, cause="closing")
    assert world.state.phase == "sealing"
    world.kind = True
    world.press("record")
    assert world.state.phase == "opening"
    assert world.state.sealing
    world.send(ev.Sealed, id=world.state.sealing[0].id)
    assert world.state.sealing == ()
    assert world.state.phase == "opening"


def test_a_press_while_the_last_stretch_ends_opens_right_after():
    world = World().record()
    world.hold("record")
    for _ in range(4):
        world.press("mark")
    world.kind = False
    world.press("record")
    assert world.state.phase == "sealing"
    world.press("record")
    assert noted(world.new, "press")[-1]["answer"] == "remembered"
    world.clear()
    world.send(ev.TakeEnded, cause="closing")
    assert [type(effect) for effect in world.new if isinstance(effect, fx.Close | fx.Open)] == [fx.Close, fx.Open]


def test_a_press_while_starting_is_remembered():
    world = World()
    world.press("record")
    assert said(world.new) == ["warning.no-carrier"]
    assert world.state.signal == "no-carrier"
    assert said(world.pass_time(45)).count("warning.no-carrier") == 2
    world.clear()
    world.send(ev.VaultReady)
    assert of(world.new, fx.Open)
    world.send(ev.CaptureBack)
    assert of(world.all, fx.StartTake)
    assert noted(world.all, "press")[0]["answer"] == "remembered"


def test_a_remembered_press_can_be_taken_back():
    world = World()
    world.press("record")
    world.hold("record")
    world.ready()
    assert world.state.phase == "ready"
    assert [data["answer"] for data in noted(world.all, "press")] == ["remembered", "cancelled"]


def test_shutdown_seals_in_order_and_ends():
    world = World().record()
    world.clear()
    world.send(ev.Shutdown)
    close = of(world.new, fx.Close)[0]
    assert (close.cause, close.dialogue, close.missing) == ("shutdown", False, ("closing-dialogue",))
    assert world.state.done
    assert (world.state.phase, world.state.signal) == ("stopping", "stopping")
    world.press("record")
    assert noted(world.new, "press")[0]["reason"] == "stopping"
    assert world.state.done


def test_a_unit_that_is_being_switched_off_never_looks_ready():
    world = World().record()
    world.kind = False  # neither does the stretch end nor is anything sealed yet
    world.send(ev.Shutdown)
    assert (world.state.phase, world.state.signal) == ("stopping", "stopping")
    world.send(ev.TakeEnded, cause="shutdown")
    assert not world.state.done
    assert world.state.signal == "stopping"
    world.send(ev.Sealed, id=world.state.sealing[0].id)
    assert world.state.done
    assert world.state.signal == "stopping"


@pytest.mark.parametrize(
    ("event", "cause"),
    [(ev.PowerFail, "power"), (ev.Heat, "heat"), (ev.CarrierFull, "carrier"), (ev.Shutdown, "shutdown")],
)
def test_what_forces_an_end_is_named_in_it(event, cause):
    world = World().record()
    world.clear()
    world.send(event)
    assert of(world.new, fx.FinishTake)[0].cause == cause
    assert of(world.new, fx.Close)[0].cause == cause
    spoken = of(world.new, fx.Speak)[0]
    assert spoken.args["cause"] == fx.Term(key=f"cause.{cause}")
    assert spoken.alone, "what waits to be said belongs into a recording that is over"
