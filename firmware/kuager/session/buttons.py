"""What a press means, by where the session stands. Every press is answered: acted on, or refused with its reason.

In a dialogue *mark* steps on and *record* confirms; holding *record* takes back what was asked for. Otherwise *mark*
makes a chapter (held: a photograph; the other way round in stills), *record* held asks for the end, and pressed twice
for a break. While nothing is recorded, *mark* held makes the unit discreet, or lets it shine and speak again. Where a
press waits and the carrier is blank, the press is told that holding *record* prepares it, and a hold after that does. A
button that goes down is acted on at the edge where letting go and holding would mean the same. While *record* is stuck,
*mark* held stands in for it.
"""

from kuager.session import dialogue, life, stuck, waiting
from kuager.session.effects import Acknowledge, Photo
from kuager.session.events import Button
from kuager.session.state import Dialogue
from kuager.session.turn import Turn

TWICE_US = 800_000
"""Two presses of record closer than this ask for a break."""
REASON_US = 30_000_000
"""A break is not confirmed before its question was heard, or this long after it was put."""


def down(turn: Turn, button: Button, *, found: bool = False) -> None:
    """A button went down, or was `found` down at start."""
    if found and button in turn.state.stuck:
        return
    stuck.free(turn, button)
    turn.do(Acknowledge())
    state = turn.state
    turn.set(felt=_with(state.felt, button), acted=_without(state.acted, button))
    held = state.recording
    waiting = held is None and state.wanted_us is None and not state.stopping
    pausing = held is not None and held.stage == "break" and not found
    if button == "record" and (waiting or pausing):
        turn.set(acted=_with(state.acted, button), doubted=found)
        _record_pressed(turn, "press")


def up(turn: Turn, button: Button, gesture: str) -> None:
    """A press or a hold is complete; if its edge was acted on already, there is nothing more to do."""
    state = turn.state
    felt, acted = button in state.felt, button in state.acted
    turn.set(felt=_without(state.felt, button), acted=_without(state.acted, button), doubted=False)
    if acted:
        return
    if not felt:
        turn.do(Acknowledge())
    if button == "mark" and gesture == "hold" and "record" in state.stuck:
        _stand_in(turn)
    elif button == "mark":
        _mark(turn, gesture)
    elif gesture == "hold":
        _record_held(turn)
    else:
        _record_pressed(turn, gesture)


def _with(buttons: tuple[Button, ...], button: Button) -> tuple[Button, ...]:
    return (*_without(buttons, button), button)


def _without(buttons: tuple[Button, ...], button: Button) -> tuple[Button, ...]:
    return tuple(other for other in buttons if other != button)


def _answer(turn: Turn, button: Button, gesture: str, answer: str) -> None:
    turn.note("press", button=button, gesture=gesture, answer=answer)


def _refuse(turn: Turn, button: Button, gesture: str, reason: str, prompt: str = "") -> None:
    turn.do(Acknowledge(flash="refused"))
    turn.note("press", button=button, gesture=gesture, answer="refused", reason=reason)
    if prompt:
        turn.speak(prompt, cut=True)


def _record_pressed(turn: Turn, gesture: str) -> None:
    held = turn.state.recording
    if held is None or held.stage == "ending":
        _want(turn, gesture)
    elif held.stage == "break":
        _resume(turn, gesture)
    elif held.id is None and not held.asked:
        if held.permitted:
            waiting.offer(turn)
            _refuse(turn, "record", gesture, "interrupted", waiting.why(turn))
        else:
            turn.change(permitted=True)
            _answer(turn, "record", gesture, "resume")
    elif held.stage == "closing":
        _confirm_end(turn, gesture)
    elif not (held.live and turn.state.vault):
        _refuse(turn, "record", gesture, "not-recording", "hint.interrupted" if held.interruption else "wait.starting")
    elif held.stage == "breaking":
        _confirm_break(turn, gesture)
    elif dialogue.choosing(turn):
        _answer(turn, "record", gesture, "choose")
        dialogue.choose(turn)
    elif turn.state.single_us is not None and turn.at - turn.state.single_us <= TWICE_US:
        turn.set(single_us=None)
        _answer(turn, "record", gesture, "break-asked")
        dialogue.ask(turn, "breaking")
    else:
        turn.set(single_us=turn.at)
        _refuse(turn, "record", gesture, "already-recording")


def _want(turn: Turn, gesture: str) -> None:
    state = turn.state
    if state.stopping:
        _refuse(turn, "record", gesture, "stopping", "hint.stopping")
        return
    if state.wanted_us is None:
        turn.set(wanted_us=turn.at)
    if state.recording is None and state.vault and state.carrier and turn.at >= state.retry_us:
        life.begin(turn, turn.at)
        _answer(turn, "record", gesture, "open")
        return
    _answer(turn, "record", gesture, "remembered")
    if state.recording is None:
        waiting.offer(turn)
        turn.speak(waiting.why(turn), cut=True)
        turn.set(spoken_us=turn.at)


def _resume(turn: Turn, gesture: str) -> None:
    _answer(turn, "record", gesture, "resume")
    held = turn.recording
    turn.change(
        stage="opening" if held.kept else "recording",
        dialogue=Dialogue(name="resumed"),
        cause="break",
        permitted=True,
    )
    if not (turn.state.vault and turn.state.carrier):
        waiting.offer(turn)
        turn.speak(waiting.why(turn), cut=True)


def _confirm_end(turn: Turn, gesture: str) -> None:
    item, held = dialogue.current(turn), turn.recording
    if not waiting.attended(turn):
        _refuse(turn, "record", gesture, "not-recording", "hint.interrupted")
    elif item is not None and not item.confirms:
        _refuse(turn, "record", gesture, "questions-remain", "closing.questions-remain")
        dialogue.put(turn, again=True)
    else:
        _answer(turn, "record", gesture, "end")
        missing = (*held.missing, "closing-dialogue-not-recorded") if held.unheard else held.missing
        turn.change(stage="ending", end="closing", held=True, dialogue=None, kept=None, missing=missing)
        life.end_take(turn, "closing")


def _confirm_break(turn: Turn, gesture: str) -> None:
    held = turn.recording
    asked = held.dialogue
    if asked and asked.speaking and turn.at - asked.asked_us < REASON_US:
        _refuse(turn, "record", gesture, "reason-first")
        return
    _answer(turn, "record", gesture, "break")
    turn.change(stage="break", dialogue=None, break_us=turn.at, paused_us=turn.at, interruption=None)
    life.end_take(turn, "break")
    turn.speak("break.begun", cut=True)
    turn.show("break.begun")


def _record_held(turn: Turn) -> None:
    held = turn.state.recording
    if waiting.offered(turn):
        _answer(turn, "record", "hold", "prepare")
        waiting.prepare(turn)
    elif held is None and turn.state.wanted_us is not None:
        turn.set(wanted_us=None)
        _answer(turn, "record", "hold", "cancelled")
    elif held is None or held.stage == "break":
        _record_pressed(turn, "hold")
    elif held.stage == "ending":
        _refuse(turn, "record", "hold", "ending")
    elif held.stage == "closing":
        _answer(turn, "record", "hold", "closing-cancelled")
        dialogue.cancel(turn, "closing.cancelled")
    elif held.stage == "breaking":
        _answer(turn, "record", "hold", "break-cancelled")
        dialogue.cancel(turn, "break.cancelled")
    elif held.id is not None and turn.state.vault:
        _answer(turn, "record", "hold", "closing")
        dialogue.ask(turn, "closing")
    elif held.asked or held.id is not None:
        _refuse(turn, "record", "hold", "not-recording", "wait.starting")
    else:
        # Dead, and nothing to go on with: the officer gives it up; recovery declares its end.
        _answer(turn, "record", "hold", "given-up")
        life.lose(turn)


def _stand_in(turn: Turn) -> None:
    # What holding record would mean; where only pressing it goes on, that.
    held = turn.state.recording
    turn.note("mark-for-record")
    pressing = held is None or held.stage in ("ending", "break", "breaking", "closing")
    if pressing and not waiting.offered(turn):
        _record_pressed(turn, "hold")
    else:
        _record_held(turn)


def _discreet(turn: Turn) -> None:
    discreet = not turn.state.discreet
    turn.set(discreet=discreet)
    turn.do(Acknowledge(flash="discreet"))
    turn.unit_note("discreet", active=discreet)
    if discreet:
        _answer(turn, "mark", "hold", "discreet")
    else:
        _answer(turn, "mark", "hold", "not-discreet")
        turn.speak("discreet.over")


def _mark(turn: Turn, gesture: str) -> None:
    held = turn.state.recording
    if held is None and gesture == "hold":
        _discreet(turn)
    elif held is None or held.stage == "ending":
        _refuse(turn, "mark", gesture, "not-recording", "hint.ready" if turn.state.phase == "ready" else "")
    elif held.stage == "break":
        _refuse(turn, "mark", gesture, "break", "hint.break")
    elif held.id is None or not (turn.state.vault and (held.live or held.stage == "closing")):
        _refuse(turn, "mark", gesture, "not-recording", "hint.interrupted" if held.interruption else "")
    elif gesture == "press" and held.stage != "breaking" and (item := dialogue.current(turn)):
        if dialogue.choosing(turn):
            _answer(turn, "mark", gesture, "next-choice")
            dialogue.next_choice(turn)
        elif item.confirms:
            _answer(turn, "mark", gesture, "repeat")
            dialogue.put(turn, cut=True, again=True)
        else:
            _answer(turn, "mark", gesture, "item-done")
            dialogue.advance(turn)
    elif (gesture == "hold") == (held.mode == "stills"):
        _answer(turn, "mark", gesture, "chapter")
        turn.chapter("mark", "6.4")
    elif held.mode == "sound" or (held.mode == "video" and "video" not in held.streams):
        _refuse(turn, "mark", gesture, "no-picture", "refused.no-picture")
    else:
        _answer(turn, "mark", gesture, "photo")
        turn.do(Photo(recording=held.id))
