"""The step function of a session: each event to those who deal with it, then whatever can now be asked for."""

from kuager.evidence.records import Mode
from kuager.procedure import Pack
from kuager.session import buttons, dialogue, ending, life, peers, stuck, waiting
from kuager.session import events as ev
from kuager.session.effects import AnyEffect
from kuager.session.state import State
from kuager.session.turn import Turn


def begin(
    language: str = "ru", mode: Mode = "video", action: str = "", operator: str = "", *, discreet: bool = False
) -> State:
    """The state of a unit that has just started."""
    return State(language=language, mode=mode, action=action, operator=operator, discreet=discreet)


def step(state: State, event: ev.AnyEvent, pack: Pack) -> tuple[State, list[AnyEffect]]:
    """The state after an event, and what is to be done, in order. Takes any event in any state; never raises."""
    turn = Turn(state, event, pack)
    _apply(turn, event)
    life.drive(turn)
    turn.flush()
    return turn.state, turn.effects


def _apply(turn: Turn, event: ev.AnyEvent) -> None:
    match event:
        case ev.Down(button=button, found=found):
            buttons.down(turn, button, found=found)
        case ev.Press(button=button):
            buttons.up(turn, button, "press")
        case ev.Hold(button=button):
            buttons.up(turn, button, "hold")
        case ev.Stuck(button=button, active=active):
            (stuck.stuck if active else stuck.free)(turn, button)
        case ev.Docked(active=active):
            _dock(turn, active)
        case ev.ModeSlid(mode=mode):
            _slide(turn, mode)
        case ev.Assigned(action=action, operator=operator):
            _assign(turn, action, operator)
        case ev.SpeechDone(prompt=prompt):
            if waiting.attended(turn):
                dialogue.spoken(turn, prompt)
        case ev.Tick():
            waiting.tick(turn)
        case ev.Warned(code=code, active=active):
            turn.warn(code, active)
        case ev.PowerFail(hold_up_us=hold_up_us):
            turn.unit_note("power-fail")
            ending.force(turn, "power", hold_up_us)
        case ev.Heat():
            turn.unit_note("heat")
            ending.force(turn, "heat")
        case ev.CarrierFull():
            ending.force(turn, "carrier")
        case ev.Shutdown():
            _stop(turn)
        case ev.SupervisorRestarted(open_id=open_id, open_number=number):
            peers.restarted(turn, open_id, number)
        case _:
            peers.apply(turn, event)


def _dock(turn: Turn, active: bool) -> None:
    if turn.state.recording is None:
        turn.show("screen.docked" if active else "")
    elif active:
        turn.note("docked")
    else:
        turn.note("undocked")
    # Also where a recording tells of it: whoever reads the unit's journal asks where the unit was.
    turn.unit_note("docked" if active else "undocked")


def _slide(turn: Turn, mode: Mode) -> None:
    if mode not in turn.pack.modes:
        turn.note("mode-refused", mode=mode)
        turn.speak("mode.refused", cut=True)
        return
    turn.set(mode=mode)
    turn.speak(f"mode.{mode}")
    held = turn.state.recording
    if held is None:
        turn.standby()
    elif held.mode != mode and held.stage != "ending":
        turn.note("mode", mode=mode)
        if held.take == "running":
            turn.change(cause="mode")
        if held.take != "none":
            life.end_take(turn, "mode")
        turn.change(mode=mode, silent=life.silent(turn, mode))


def _assign(turn: Turn, action: str, operator: str) -> None:
    if operator and operator != turn.state.operator:
        # A recording in hand keeps the operator it was opened with; that another one came stands in its journal.
        turn.note("operator", operator=operator)
        turn.set(operator=operator)
    if not action:
        return
    if turn.pack.action(action) is None:
        turn.note("assignment-refused", action=action)
        turn.speak("refused.unknown-action")
        return
    turn.set(action=action)
    held = turn.state.recording
    if held and held.stated == "not-stated" and held.stage != "ending":
        dialogue.state_action(turn, action, "assigned")


def _stop(turn: Turn) -> None:
    if turn.state.wanted_us is not None:
        turn.note("press-dropped", reason="shutdown")
    turn.set(stopping=True, wanted_us=None, offered_us=None)
    ending.force(turn, "shutdown")
