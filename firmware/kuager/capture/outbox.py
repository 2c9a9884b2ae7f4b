"""Numbers the messages to the vault, sends them, and knows how far they are acknowledged. Used from one thread."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from kuager import wire
from kuager.errors import PeerError

_MAX_WAITING = 32 * 1024 * 1024  # bytes not yet taken by the vault's socket; more means that it does not read


@dataclass(frozen=True, slots=True)
class Reached:
    """Up to where a take has come: the counter of the next picture, the index of the next sample, the time, boot us."""

    frame: int = 0
    sample: int = 0
    us: int = 0

    def __or__(self, other: "Reached") -> "Reached":
        return Reached(max(self.frame, other.frame), max(self.sample, other.sample), max(self.us, other.us))


class Outbox:
    """The way to the vault, while there is one."""

    def __init__(self) -> None:
        self._sequence = 0
        self._sent: deque[tuple[wire.Sequenced, Reached]] = deque()  # unacknowledged, without their media
        self._send: Callable[[wire.Message], None] | None = None
        self._waiting: Callable[[], int] = lambda: 0
        self._sent_to = Reached()
        self.reached = Reached()
        """All before it is acknowledged."""
        self.begun = Reached()
        """Where the newest take began: nothing before it is part of a recording and not acknowledged."""

    @property
    def connected(self) -> bool:
        """Whether a vault listens."""
        return self._send is not None

    def connect(self, send: Callable[[wire.Message], None], waiting: Callable[[], int]) -> None:
        """A vault listens. What an earlier one did not acknowledge is forgotten; the ring still holds its media."""
        self._send, self._waiting = send, waiting
        self._sent.clear()
        self._sent_to = self.reached

    def disconnect(self) -> None:
        """The vault is gone."""
        self._send = None

    def begin(self, reached: Reached) -> None:
        """A take begins here: nothing from before it is waited for."""
        self.begun = reached
        self.reached |= reached
        self._sent_to |= reached

    def post(self, message: wire.Sequenced, reached: Reached | None = None) -> int:
        """Number and send; `reached` is where the media stand with it. Gives the number.

        Raises PeerError where no vault takes it.
        """
        if self._send is None:
            raise PeerError("no vault listens")
        if self._waiting() > _MAX_WAITING:
            raise PeerError("the vault has stopped reading")
        self._sequence += 1
        message = msgspec.structs.replace(message, sequence=self._sequence)
        self._send(message)
        if reached:
            self._sent_to = reached
        if isinstance(message, wire.Fragment | wire.Still):
            message = msgspec.structs.replace(message, data=b"-")
        self._sent.append((message, self._sent_to))
        return self._sequence

    def forget(self) -> None:
        """What is not acknowledged never will be; the ring still holds its media."""
        self._sent.clear()
        self._sent_to = self.reached

    def refused(self, sequence: int) -> None:
        """This message was not taken, nor will what follows it in its take; photographs are answered by themselves."""
        sent, self._sent, self._sent_to = self._sent, deque(), self.reached
        for message, reached in sent:
            if message.sequence < sequence:
                self._sent_to |= reached
            elif not isinstance(message, wire.Still):
                continue
            self._sent.append((message, self._sent_to))

    def acknowledged(self, sequence: int) -> list[wire.Sequenced]:
        """The messages that are durable now and were not before; `reached` moves along."""
        done = []
        while self._sent and self._sent[0][0].sequence <= sequence:
            message, reached = self._sent.popleft()
            self.reached |= reached
            done.append(message)
        return done
