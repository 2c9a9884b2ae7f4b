"""What vault and capture report, and what it means for the recording in hand."""

from msgspec.structs import replace

from kuager.evidence.records import Cause, RecordingId, Stream
from kuager.session import events as ev
from kuager.session import interruption, life, waiting
from kuager.session.effects import Acknowledge, FinishTake, Moment, Term
from kuager.session.turn import Turn


def apply(turn: Turn, event: ev.AnyEvent) -> None:
    """Deal with an event of the vault, the carrier or capture; others change nothing."""
    held = turn.state.recording
    match event:
        case ev.VaultReady():
            _vault_ready(turn, event)
        case ev.VaultLost():
            turn.set(vault=False, carrier=False)
            life.died(turn, "software")
            waiting.seen(turn, "")
        case ev.CarrierLost(unfit=unfit):
            turn.set(carrier=False)
            life.died(turn, "carrier")
            waiting.seen(turn, unfit)
        case ev.CarrierBack():
            turn.set(carrier=True, retry_us=0)
            waiting.seen(turn, "")
        case ev.PrepareFailed(reason=reason):
            turn.unit_note("prepare-failed", reason=reason)
            turn.speak("prepare.failed", cut=True)
        case ev.Opened(id=id_, number=number, continues=continues):
            life.opened(turn, id_, number, continues)
        case ev.OpenFailed():
            life.open_failed(turn)
        case ev.TakeStarted(streams=streams):
            life.recording(turn, streams)
        case ev.TakeEnded(cause=cause, acknowledged=acknowledged):
            _take_ended(turn, cause, acknowledged)
        case ev.Durable(us=us) if held:
            turn.change(durable_us=max(held.durable_us, min(us, turn.at)))
            if turn.state.durable:
                turn.warn("not-durable", False)
        case ev.Trouble(part=part, well=well, streams=streams):
            if streams is not None and held and held.take == "running":
                life.go_on(turn, interruption.have(turn, streams))
            turn.warn(part, not well)
        case ev.CaptureLost():
            _capture_lost(turn)
        case ev.CaptureBack(recording=id_, streams=streams):
            _capture_back(turn, id_, streams)
        case ev.PhotoTaken():
            turn.do(Acknowledge(flash="photo"))
        case ev.Sealed(id=id_):
            _settle(turn, id_)
            turn.warn("seal-failed", False)
            if held and held.id == id_:
                life.sealed_unasked(turn)
            if turn.state.recording is None:
                turn.speak("seal.done")
        case ev.SealFailed(id=id_, reason=reason):
            _settle(turn, id_)
            turn.unit_note("seal-failed", reason=reason)
            turn.warn("seal-failed")


def _vault_ready(turn: Turn, event: ev.VaultReady) -> None:
    state, dead = turn.state, event.dead
    known = state.vault and state.carrier
    turn.set(vault=True, carrier=True)
    waiting.seen(turn, "")
    if not known:
        turn.set(retry_us=0)
        turn.standby()
    held = state.recording
    if held and held.id is not None and not known:
        turn.set_procedure()
    lost = held is None or (held.id is None and not held.asked)
    if lost and not known and event.open_id is not None and all(event.open_id != other.id for other in state.sealing):
        # A connection or a supervisor was lost, not the vault: the recording lives.
        life.opened(turn, event.open_id, event.open_number, None)
    if dead is not None and turn.state.recording is None and not state.stopping:
        _offer(turn, dead)


def _offer(turn: Turn, dead: ev.Dead) -> None:
    # The pack decides whether a recording that died is gone on with alone or on a press.
    told = turn.state.dead
    if dead.number < turn.state.past or (told and told.number == dead.number):
        return
    turn.set(dead=dead, dead_us=turn.at)
    if not life.young(turn, dead):
        return
    resuming = turn.pack.resuming
    choice = resuming.after_power if dead.cause == "power" else resuming.after_vault
    if choice == "press":
        cause = Term(key=f"cause.{interruption.fault(dead.cause)}")
        turn.speak("interruption.offer", since=Moment(utc_us=dead.until_utc_us), cause=cause)
    elif turn.state.wanted_us is None:
        turn.set(wanted_us=turn.at)


def _take_ended(turn: Turn, cause: Cause, acknowledged: bool) -> None:
    held = turn.state.recording
    if held is None or held.id is None or held.take in ("none", "between"):
        return
    if held.take == "finishing":
        life.ended(turn, complete=acknowledged)
        return
    # Nobody asked for it: a part of capture failed, and capture goes on with what still works.
    fault = interruption.fault(cause)
    interruption.interrupt(turn, fault)
    turn.change(take="between", streams=(), cause=fault if held.begun else held.cause, changed_us=turn.at)


def _capture_lost(turn: Turn) -> None:
    turn.set(capture=False)
    held = turn.state.recording
    if held is None or held.take == "none":
        return
    if held.stage in ("ending", "break"):
        life.ended(turn, complete=False)
        return
    _stopped(turn)


def _stopped(turn: Turn) -> None:
    held = turn.recording
    interruption.interrupt(turn, "software")
    turn.change(take="none", streams=(), cause="software" if held.begun else held.cause, changed_us=turn.at)
    if held.begun:
        interruption.tell(turn)
    else:
        turn.warn("capture")


def _capture_back(turn: Turn, id_: RecordingId | None, streams: tuple[Stream, ...]) -> None:
    turn.set(capture=True)
    turn.standby()
    held = turn.state.recording
    if held is None or (id_ is not None and held.id != id_):
        # Before the vault has told what is open, nothing is known to be astray.
        if id_ is not None and turn.state.vault:
            turn.do(FinishTake(cause="software"))
    elif held.take == "finishing":
        if id_ is not None:
            turn.do(FinishTake(cause=held.end if held.stage == "ending" else held.cause))
        else:
            # It ended while nobody listened; how far it is durable the vault knows.
            life.ended(turn, complete=True)
    elif id_ is not None:
        life.recording(turn, streams)
    elif held.take != "none":
        _stopped(turn)


def _settle(turn: Turn, id_: RecordingId) -> None:
    turn.set(sealing=tuple(other for other in turn.state.sealing if other.id != id_))


def restarted(turn: Turn, open_id: RecordingId | None, number: int) -> None:
    """A new supervisor goes on from a remembered state: believe the vault about what is open, and nobody else yet."""
    turn.set(
        vault=False,
        carrier=False,
        capture=False,
        stopping=False,
        felt=(),
        acted=(),
        single_us=None,
        sealing=tuple(other for other in turn.state.sealing if other.id == open_id),
    )
    waiting.seen(turn, "")
    held = turn.state.recording
    if held and held.id is not None and held.id != open_id:
        life.died(turn, "software")
    elif held and held.asked and open_id is None:
        turn.change(asked=False)
    held = turn.state.recording
    if held and held.dialogue:
        # What was being said is lost: the next tick puts the item again.
        turn.change(dialogue=replace(held.dialogue, speaking=False, asked_us=0))
    if open_id is not None and (held is None or held.id is None) and not turn.state.sealing:
        life.opened(turn, open_id, number, None)
