"""What a session remembers beyond its supervisor's life: kept by the vault, taken up again before anything else counts.

Pure: bytes in, state and events out.
"""

import logging

from kuager import session, wire
from kuager.errors import InputError
from kuager.session import State, events
from kuager.session.events import AnyEvent

_log = logging.getLogger(__name__)

_MOST = 256  # events kept until the vault has told what it remembers
_CAPTURE = (
    events.CaptureBack,
    events.CaptureLost,
    events.TakeStarted,
    events.TakeEnded,
    events.Trouble,
    events.PhotoTaken,
)
"""Held back until then: a session that knows of no recording would stop a capture that records."""


class Memory:
    """The early part of a supervisor's life, and what the vault has of it later."""

    def __init__(self) -> None:
        self._early: list[AnyEvent] | None = []
        self._known = b""

    @property
    def waiting(self) -> bool:
        """The vault has not yet told what it remembers."""
        return self._early is not None

    def holds_back(self, event: AnyEvent) -> bool:
        """Take note of an event; True if it must not reach the session yet."""
        if self._early is None or isinstance(event, events.Tick):
            return False
        self._early = [*self._early, event][-_MOST:]
        return isinstance(event, _CAPTURE)

    def recall(self, first: wire.VaultState, state: State, now_us: int) -> tuple[State, list[AnyEvent], list[AnyEvent]]:
        """With the vault's first word: the state to go on from, and the events that it has not seen yet, before and
        after what that word means: what happened early is written down by a vault that is known to be there.
        """
        # The vault is there now, whatever became of an earlier connection to it.
        early: list[AnyEvent] = [event for event in self._early or [] if not isinstance(event, events.VaultLost)]
        self._early = None
        held_back = [event for event in early if isinstance(event, _CAPTURE)]
        if not first.session:
            return state, [], [*held_back]
        try:
            remembered = session.load(first.session)
        except InputError as error:
            _log.warning("%s", error)
            return state, [], [*held_back]
        _log.warning("goes on with the session of an earlier supervisor")
        restarted = events.SupervisorRestarted(at_us=now_us, open_id=first.open_id, open_number=first.open_number)
        return remembered, [restarted], early

    def news(self, state: State) -> bytes | None:
        """The state for the vault to remember, where it has changed since `kept`."""
        return session.dump(state) if self._early is None and session.essence(state) != self._known else None

    def kept(self, state: State) -> None:
        """The vault was sent this state."""
        self._known = session.essence(state)

    def forget(self) -> None:
        """The vault is new: it knows nothing."""
        self._known = b""
