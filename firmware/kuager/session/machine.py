"""The step function of a session."""

from kuager.evidence.records import Mode
from kuager.procedure import Pack
from kuager.session.effects import AnyEffect
from kuager.session.events import AnyEvent
from kuager.session.state import State


def begin(language: str = "ru", mode: Mode = "video", action: str = "", operator: str = "") -> State:
    """The state of a unit that has just started."""
    return State(language=language, mode=mode, action=action, operator=operator)


def step(state: State, event: AnyEvent, pack: Pack) -> tuple[State, list[AnyEffect]]:
    """The state after an event, and what is to be done about it, in order. Never raises; takes any event in any state."""
    raise NotImplementedError
