"""The only ends without the closing dialogue: what forces them leaves no time for it."""

from kuager.evidence.records import Cause
from kuager.session import life
from kuager.session.effects import Term
from kuager.session.turn import Turn

SEAL_SHARE = 3
"""Where power fails, one part in so many of what is left may pass before the last stretch has ended: the rest is for
the seal. What then still fails is in the journal, up to the newest acknowledgement, and recovery declares the end."""


def force(turn: Turn, cause: Cause, hold_up_us: int = 0) -> None:
    """End what is being recorded and have it sealed; `hold_up_us`: how long there is power (0: not known)."""
    held = turn.state.recording
    if held is None:
        return
    end_by_us = turn.at + hold_up_us // SEAL_SHARE if hold_up_us else 0
    if held.stage == "ending":
        turn.change(end_by_us=end_by_us or held.end_by_us)
        return
    turn.speak("ending.forced", alone=True, keep=True, cause=Term(key=f"cause.{cause}"))
    turn.change(
        stage="ending",
        end=cause,
        end_by_us=end_by_us,
        dialogue=None,
        kept=None,
        interruption=None,
        missing=(*held.missing, "closing-dialogue"),
    )
    if held.id is not None:
        life.end_take(turn, cause)
