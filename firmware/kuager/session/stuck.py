"""A button that stays down: told once, and it does nothing more until it was let go.

What is being recorded goes on, with one exception. A button that was found down at start begins a recording at once, as
whoever holds it wants it; if it then turns out to be stuck and no other button was touched, no person began that
recording, and it is ended and sealed in order: a unit that lies jammed in a drawer must not record for ever.
While *record* is stuck, holding *mark* stands in for it, so that the officer can always begin and end.
"""

from kuager.session import ending
from kuager.session.events import Button
from kuager.session.turn import Turn


def stuck(turn: Turn, button: Button) -> None:
    """A button stays down far longer than a hand holds it."""
    if button in turn.state.stuck:
        return
    turn.set(stuck=(*turn.state.stuck, button))
    turn.note("button-stuck", button=button)
    turn.warn("button-stuck")
    if button == "record":
        turn.set(offered_us=None)  # to prepare a blank carrier takes two acts, and this was none
        if turn.state.doubted:
            _take_back(turn)


def free(turn: Turn, button: Button) -> None:
    """It was let go and stays so."""
    if button not in turn.state.stuck:
        return
    turn.set(stuck=tuple(other for other in turn.state.stuck if other != button))
    turn.note("button-free", button=button)
    turn.warn("button-stuck", bool(turn.state.stuck))


def _take_back(turn: Turn) -> None:
    turn.set(doubted=False)
    if turn.state.wanted_us is not None:
        turn.note("press-dropped", reason="button-stuck")
        turn.set(wanted_us=None)
    ending.force(turn, "limit")
