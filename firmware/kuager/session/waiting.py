"""What the mere passing of time brings: reminders, and an end to every wait."""

from kuager.session import dialogue, interruption, life
from kuager.session.effects import PrepareCarrier
from kuager.session.events import Unfit, WarningCode
from kuager.session.turn import Turn

_S = 1_000_000
PATIENCE_US: dict[str, int] = {"asked": 10 * _S, "between": 3 * _S, "finishing": 10 * _S}
"""How long a stretch may stay in a passing state before the session goes on without the answer."""
FORCED_US = 3 * _S
"""The same for an end that power, heat, carrier or shutdown forces."""
OPEN_US = 30 * _S
"""A vault that lives but has not answered a request to open for so long is asked again."""
TELL_US = 1 * _S
"""Capture has this long to go on with another stretch before its interruption is spoken."""
NOT_DURABLE_US = 5 * _S
REMIND_US = 20 * _S
"""Between two warnings that a press still waits."""
SEALING_US = 300 * _S
PREPARE_US = 30 * _S
"""How long after a press was told so holding record prepares a blank carrier: two deliberate acts, and one carrier."""

_UNFIT: dict[Unfit, WarningCode] = {"blank": "carrier-blank", "foreign": "carrier-foreign"}


def attended(turn: Turn) -> bool:
    """Whether a dialogue goes on: it is recorded, or it is the closing one and there is nothing to record with."""
    held = turn.state.recording
    return turn.state.vault and held is not None and held.id is not None and (held.live or held.stage == "closing")


def why(turn: Turn) -> str:
    """The prompt that says why a press still waits for its recording."""
    state = turn.state
    if not (state.vault and state.carrier):
        if offered(turn):
            return "prepare.offer"
        unfit = next((code for code in _UNFIT.values() if code in state.warnings), "no-carrier")
        return f"warning.{unfit}"
    return "warning.carrier" if "carrier" in turn.state.warnings else "wait.starting"


def seen(turn: Turn, unfit: Unfit) -> None:
    """Whether a carrier is in that is not ours to write on; what was offered for another one is void."""
    turn.set(offered_us=None)
    for each, code in _UNFIT.items():
        turn.warn(code, each == unfit)


def offer(turn: Turn) -> None:
    """A press needs a carrier: where a blank one is in, it may be prepared by the hold that follows."""
    if "carrier-blank" in turn.state.warnings:
        turn.set(offered_us=turn.at)


def offered(turn: Turn) -> bool:
    """Whether holding record now prepares the blank carrier that is in."""
    at = turn.state.offered_us
    return at is not None and turn.at - at <= PREPARE_US


def prepare(turn: Turn) -> None:
    """Have the blank carrier made ours; the press that waits then gets its recording."""
    turn.set(offered_us=None, spoken_us=turn.at)
    turn.do(PrepareCarrier())
    turn.speak("prepare.begun", cut=True)


def tick(turn: Turn) -> None:
    """Time passed."""
    if turn.state.single_us is not None and turn.at - turn.state.single_us > 2 * _S:
        turn.set(single_us=None)
        turn.speak("hint.recording")
    old = [other for other in turn.state.sealing if turn.at - other.since_us > SEALING_US]
    if old:
        turn.set(sealing=tuple(other for other in turn.state.sealing if other not in old))
        turn.warn("seal-failed")
    _remind(turn)
    if turn.state.recording:
        _stretch(turn)
    if attended(turn):
        dialogue.wait(turn)


def _remind(turn: Turn) -> None:
    state, held = turn.state, turn.state.recording
    waits = state.wanted_us is not None if held is None else held.id is None and held.stage not in ("break", "ending")
    if waits and turn.at - max(state.spoken_us, held.changed_us if held else 0) >= REMIND_US:
        turn.set(spoken_us=turn.at)
        turn.speak(why(turn), cut=True)


def _stretch(turn: Turn) -> None:
    held = turn.recording
    waited = turn.at - held.changed_us
    forced = held.stage == "ending" and held.end != "closing"
    patience = FORCED_US if forced else PATIENCE_US.get(held.take, 0)
    if held.end_by_us and turn.at >= held.end_by_us:
        patience = 0
    if held.stage == "ending" and held.id is None and waited >= patience:
        turn.change(asked=False)
    elif held.asked and waited >= OPEN_US:
        turn.change(asked=False)
        turn.warn("carrier")
    elif held.take == "finishing" and waited >= patience:
        life.ended(turn, complete=False)
    elif held.take in ("asked", "between") and waited >= patience:
        turn.change(take="none", changed_us=turn.at)
        if not held.begun:
            turn.warn("capture")
    if held.take == "between" and waited >= TELL_US:
        interruption.tell(turn)
    if held.take == "running" and turn.at - max(held.durable_us, held.changed_us) >= NOT_DURABLE_US:
        turn.warn("not-durable")
    if held.stage == "break" and turn.at - held.paused_us >= turn.pack.asking.break_reminder_s * _S:
        turn.change(paused_us=turn.at)
        turn.speak("break.begun")
