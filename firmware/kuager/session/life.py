"""The life of a recording: opened, recorded in stretches, ended, handed over to be sealed.

`drive` is called after every event and asks for whatever the recording in hand needs and can now have; so nothing
depends on the order in which vault, capture and carrier come and go.
"""

from msgspec.structs import replace

from kuager.evidence.records import Cause, Mode, RecordingId, Stream
from kuager.session import dialogue, interruption
from kuager.session.effects import Close, FinishTake, Open, StartTake
from kuager.session.events import Dead
from kuager.session.state import Dialogue, Interruption, Recording, Sealing, Stage
from kuager.session.turn import Turn

RETRY_US = 2_000_000
"""Between two requests to open, after a refusal."""
MAX_SEALING = 8


def begin(turn: Turn, pressed_us: int) -> None:
    """Take a recording in hand for this press; `drive` asks the vault to open it."""
    state, pack = turn.state, turn.pack
    action = pack.action(state.action)
    if state.action and action is None:
        turn.speak("refused.unknown-action")
    mode = state.mode if state.mode in pack.modes else pack.modes[0]
    continues = state.dead is not None and young(turn, state.dead)
    turn.set(
        wanted_us=None,
        dead=None,
        recording=Recording(
            pressed_us=pressed_us,
            mode=mode,
            silent=silent(turn, mode),
            continues=continues,
            replay=continues,  # capture may hold what no vault acknowledged, also where its end was asked for
            action=action.id if action else "",
            stated="assigned" if action else "not-stated",
            changed_us=turn.at,
        ),
    )


def silent(turn: Turn, mode: Mode) -> bool:
    """Whether nothing but photographs is kept in this mode."""
    return mode == "stills" and not turn.pack.stills_sound


def young(turn: Turn, dead: Dead) -> bool:
    """Whether a dead recording is so recent that the next press goes on with it."""
    age = dead.age_us + turn.at - turn.state.dead_us
    return age <= turn.pack.resuming.within_s * 1_000_000


def drive(turn: Turn) -> None:
    """Ask for what the recording in hand, or a press that waits, needs and can have now."""
    _end(turn)
    state = turn.state
    writable = state.vault and state.carrier and turn.at >= state.retry_us
    if state.recording is None and state.wanted_us is not None and writable and not state.stopping:
        begin(turn, state.wanted_us)
    held = turn.state.recording
    if held is None or held.stage in ("break", "ending"):
        return
    if held.id is None:
        if not held.asked and held.permitted and writable:
            _open(turn, held)
    elif held.take == "none" and not held.silent and state.vault and state.capture:
        _start(turn, held, held.id)


def _end(turn: Turn) -> None:
    # An end waits for its last stretch and for somebody to seal it; what is dead cannot be sealed.
    held = turn.state.recording
    if held is None or held.stage != "ending" or held.take != "none":
        return
    if held.id is not None and turn.state.vault:
        _close(turn, held.id)
    elif held.id is None and not held.asked:
        lose(turn)


def _open(turn: Turn, held: Recording) -> None:
    state = turn.state
    turn.change(asked=True, changed_us=turn.at)
    turn.do(
        Open(
            mode=held.mode,
            procedure=turn.pack.procedure(held.action, held.stated, state.language),
            operator=state.operator,
            pre_roll_us=0 if held.begun else turn.pack.pre_roll.seconds * 1_000_000,
            continues=held.continues,
        )
    )


def _start(turn: Turn, held: Recording, id_: RecordingId) -> None:
    turn.change(take="asked", changed_us=turn.at)
    turn.do(
        StartTake(
            recording=id_,
            number=held.number,
            mode=held.mode,
            cause=held.cause,
            since_us=turn.at if held.begun else held.pressed_us,
            resume=held.replay,
        )
    )


def opened(turn: Turn, id_: RecordingId, number: int, continues: Dead | None) -> None:
    """The vault has opened what was asked for."""
    held = turn.state.recording
    if held is None:
        # Opened for a session that nobody remembers: it goes on, and the officer ends it in order.
        stage: Stage = "ending" if turn.state.stopping else "recording"
        found = Recording(pressed_us=turn.at, mode=turn.state.mode, stage=stage, begun=True)
        turn.set(recording=replace(found, cause="software", end="shutdown"), wanted_us=None)
    turn.change(id=id_, number=number, asked=False, continues=False, changed_us=turn.at)
    turn.set(retry_us=0, past=max(turn.state.past, number))
    turn.warn("carrier", False)
    turn.warn("seal-failed", False)
    turn.flush()
    if turn.state.discreet:
        turn.note("discreet")
    held = turn.recording
    if continues and held.interruption is None:
        cause = interruption.fault(continues.cause)
        stop = Interruption(cause=cause, since_utc_us=continues.until_utc_us, told=True)
        turn.change(interruption=stop, cause=cause)
    if held.stage == "ending":
        end_take(turn, held.end)
    elif turn.recording.silent:
        recording(turn, ())


def open_failed(turn: Turn) -> None:
    """The vault could not open: the press goes on waiting."""
    held = turn.state.recording
    if held is None or not held.asked:
        return
    turn.warn("carrier")
    turn.set(retry_us=turn.at + RETRY_US, spoken_us=turn.at)
    turn.change(asked=False, changed_us=turn.at)
    if not held.begun and held.stage != "ending":
        turn.set(recording=None, wanted_us=held.pressed_us)


def recording(turn: Turn, streams: tuple[Stream, ...]) -> None:
    """A stretch runs: say so, in the order that the procedure asks for."""
    held = turn.state.recording
    if held is None or held.stage in ("break", "ending"):
        # It began while it was being stopped: stop it again.
        turn.do(FinishTake(cause="break" if held and held.stage == "break" else held.end if held else "closing"))
        return
    if held.id is None or held.take == "finishing":
        return
    resumed = held.take != "running"
    take = "none" if held.silent else "running"
    turn.change(take=take, begun=True, replay=False, changed_us=turn.at if resumed else held.changed_us)
    turn.warn("capture", False)
    if resumed:
        turn.note("recording", streams=" ".join(streams))
    over = interruption.have(turn, streams)
    go_on(turn, resumed or over)


def go_on(turn: Turn, resumed: bool) -> None:
    """What is said is recorded: begin with what must be voiced, or take it up where it stopped."""
    held = turn.recording
    if not held.live:
        return
    if held.stage == "opening" and held.dialogue is None:
        dialogue.start(turn, Dialogue(name="opening"))
        dialogue.put(turn)
    elif resumed:
        dialogue.put(turn, again=bool(held.dialogue and held.dialogue.offers))


def end_take(turn: Turn, cause: Cause) -> None:
    """End the stretch that runs or was asked for, if there is one."""
    if turn.recording.take not in ("none", "finishing"):
        turn.change(take="finishing", changed_us=turn.at)
        turn.do(FinishTake(cause=cause))


def ended(turn: Turn, *, complete: bool) -> None:
    """The stretch that was to end has ended; `complete`: all of it is durable."""
    held = turn.recording
    missing = held.missing if complete or held.stage != "ending" else (*held.missing, "end-of-last-stretch")
    turn.change(take="none", streams=(), missing=missing, changed_us=turn.at)


def _close(turn: Turn, id_: RecordingId) -> None:
    held = turn.recording
    turn.flush()
    turn.do(Close(recording=id_, cause=held.end, dialogue=held.held, missing=held.missing))
    waiting = (*turn.state.sealing, Sealing(id=id_, since_us=turn.at))[-MAX_SEALING:]
    turn.set(recording=None, sealing=waiting)
    turn.show("")
    if held.held:
        turn.speak("closing.done")
    turn.standby()


def lose(turn: Turn) -> None:
    """Give up a recording that has died and will not be gone on with: recovery declares its end."""
    turn.set(recording=None, past=max(turn.state.past, turn.recording.number + 1))
    turn.warn("seal-failed")
    turn.unit_note("recording-given-up")
    turn.show("")
    turn.standby()


def sealed_unasked(turn: Turn) -> None:
    """The recording in hand was sealed already, by a request that this session does not remember."""
    end_take(turn, "closing")
    turn.set(recording=None)
    turn.unit_note("sealed-unasked")
    turn.show("")
    turn.standby()


def died(turn: Turn, cause: Cause) -> None:
    """The vault or its carrier is gone, and with it whatever was open there."""
    if turn.state.sealing:
        turn.set(sealing=())
        turn.warn("seal-failed")
    held = turn.state.recording
    if held is None or (held.id is None and not held.asked):
        return
    was_open = held.id is not None
    alone = turn.pack.resuming.after_vault == "alone" or not held.begun
    turn.change(
        id=None,
        asked=False,
        continues=held.continues or was_open,
        permitted=alone,
        take="none",
        streams=(),
        replay=held.replay or held.take != "none",
        cause=held.cause if held.stage == "break" or not held.begun else cause,
        changed_us=turn.at,
    )
    # Only now: what is noted of it belongs into the recording that continues.
    interruption.interrupt(turn, cause)
    interruption.tell(turn)
