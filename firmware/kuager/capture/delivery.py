"""The vault's side of recording: messages on their way, stills, and a take that is over once it is all durable."""

from collections.abc import Callable

from kuager import wire
from kuager.capture.outbox import Outbox
from kuager.capture.stills import Stills
from kuager.evidence.records import Cause

Tell = Callable[[wire.Message], None]


class Delivery:
    """Used from one thread. `tell` is to the supervisor."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self.outbox = Outbox()
        self.stills = Stills(self.outbox)
        self._closing: wire.TakeEnded | None = None

    @property
    def closing(self) -> bool:
        """Whether a take that was ended on request is not yet acknowledged."""
        return self._closing is not None

    def close(self, take: int, cause: Cause, last_us: int) -> None:
        """This take was ended on request: answer once it is durable."""
        self._closing = wire.TakeEnded(take=take, cause=cause, last_us=last_us, acknowledged=True)

    def acknowledged(self, sequence: int) -> None:
        """The vault has made all up to this message durable."""
        for message in self.outbox.acknowledged(sequence):
            if isinstance(message, wire.TakeEnd) and self._closing and message.take == self._closing.take:
                self._tell(self._closing)
                self._closing = None
            elif isinstance(message, wire.Still):
                self._tell(wire.PhotoTaken(at_us=message.at_us))
                self.stills.done(message.sequence)

    def found(self, send: Callable[[wire.Message], None], waiting: Callable[[], int], now_us: int) -> None:
        """A vault listens."""
        self.outbox.connect(send, waiting)
        self._tell(wire.Trouble(part="vault", well=True, at_us=now_us))

    def lost(self, now_us: int, reason: str) -> None:
        """The vault is gone; what is not acknowledged is not durable."""
        self.outbox.disconnect()
        self.stills.vault_lost()
        self._tell(wire.Trouble(part="vault", well=False, at_us=now_us, reason=reason[:200]))
        self.failed(reason)

    def failed(self, reason: str) -> None:
        """The take that waits to be acknowledged never will be."""
        closing, self._closing = self._closing, None
        if closing:
            self.end(closing.take, closing.cause, closing.last_us, acknowledged=False, detail=reason)

    def end(self, take: int, cause: Cause, last_us: int, *, acknowledged: bool, detail: str = "") -> None:
        """Tell that a take is over, now."""
        ended = wire.TakeEnded(take=take, cause=cause, last_us=last_us, acknowledged=acknowledged, detail=detail[:200])
        self._tell(ended)
