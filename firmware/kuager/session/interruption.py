"""Interruptions for technical reasons: noticed, told, and voiced on resuming, with cause and times (clause 8)."""

from msgspec.structs import replace

from kuager.evidence.records import Cause, Stream
from kuager.session.effects import Moment, Now, Term
from kuager.session.state import Interruption
from kuager.session.turn import Turn


def fault(cause: Cause) -> Cause:
    """The cause as one of a fault: what nobody here asked for was not the officer's doing."""
    return "software" if cause in ("press", "closing", "break", "mode") else cause


def have(turn: Turn, streams: tuple[Stream, ...]) -> bool:
    """These streams are being recorded: begin or end an interruption by that; True where one ended."""
    held = turn.recording
    turn.change(streams=streams)
    deaf, blind = "sound" not in streams and not held.silent, held.mode == "video" and "video" not in streams
    nothing = not turn.recording.filled
    # What an interruption says with its cause is not said once more as a warning.
    turn.warn("microphone", deaf, spoken=not nothing)
    turn.warn("camera", blind, spoken=False)
    stop = held.interruption
    over = stop is not None and not nothing and not (blind and stop.cause == "camera")
    if over:
        _resumed(turn)
    if nothing:
        interrupt(turn, "camera" if blind else "microphone")
        tell(turn)
    elif blind and (stop is None or over or not stop.partly):
        interrupt(turn, "camera")
        _partly(turn)
    return over


def interrupt(turn: Turn, cause: Cause) -> None:
    """Recording stopped against the officer's will; the first cause counts until it resumes."""
    held = turn.recording
    if not held.begun or held.stage in ("break", "ending"):
        return
    stop = held.interruption
    if stop is None or (stop.partly and stop.cause != cause):
        turn.change(interruption=Interruption(cause=cause, since_us=turn.at))
        turn.note("interrupted", cause=cause)
    elif stop.partly:
        turn.change(interruption=replace(stop, partly=False, told=False))


def tell(turn: Turn) -> None:
    """Say that nothing is being recorded, once."""
    stop = turn.recording.interruption
    if stop and not stop.told:
        turn.change(interruption=replace(stop, told=True, partly_told=False))
        turn.speak("interruption.begun", cut=True, cause=Term(key=f"cause.{stop.cause}"))


def _partly(turn: Turn) -> None:
    # The picture is lost, the sound goes on: said once, however often the stretch begins anew.
    stop = turn.recording.interruption
    if stop and not stop.partly:
        turn.change(interruption=replace(stop, partly=True, told=True, partly_told=True))
        if not stop.partly_told:
            turn.speak("interruption.sound-only", cut=True, cause=Term(key=f"cause.{stop.cause}"))


def _resumed(turn: Turn) -> None:
    stop, item = turn.recording.interruption, turn.pack.interruption
    if stop is None:
        return
    turn.chapter(item.id, item.clause)
    turn.note("resumed", cause=stop.cause)
    cause = Term(key=f"cause.{stop.cause}")
    # Cut: that recording stopped must not be heard after that it goes on.
    if stop.since_us or stop.since_utc_us:
        since = Moment(boot_us=stop.since_us, utc_us=stop.since_utc_us)
        turn.speak(item.prompt, cut=True, keep=item.keep, now=Now(), since=since, cause=cause)
    else:
        turn.speak(f"{item.prompt}-undated", cut=True, keep=item.keep, now=Now(), cause=cause)
    turn.change(interruption=None)
