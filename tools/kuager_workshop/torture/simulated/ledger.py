"""What was promised while a unit ran, for the check afterwards: every fragment that capture was told is durable."""

import hashlib
from dataclasses import dataclass, field

from kuager import wire


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk of media as capture sent it. Times are CLOCK_BOOTTIME us."""

    recording: bytes
    kind: str
    sha256: bytes
    length: int
    first_us: int
    last_us: int


@dataclass
class Ledger:
    """Follows what capture and the vault say to each other."""

    acknowledged: list[Chunk] = field(default_factory=list)
    photos: list[bytes] = field(default_factory=list)
    """SHA-256 of the acknowledged ones."""
    durable: list[tuple[int, int]] = field(default_factory=list)
    """When the supervisor was told, and up to which moment."""
    _takes: dict[int, bytes] = field(default_factory=dict)
    _sent: dict[int, Chunk | bytes] = field(default_factory=dict)

    def capture_began(self) -> None:
        """A new capture counts anew."""
        self._takes.clear()
        self._sent.clear()

    def vault_began(self) -> None:
        """What an earlier vault did not acknowledge it never will."""
        self._sent.clear()

    def sent(self, message: wire.Message) -> None:
        """Capture sent this."""
        match message:
            case wire.TakeBegin():
                self._takes[message.take] = message.recording
            case wire.Fragment():
                data = message.data
                self._sent[message.sequence] = Chunk(
                    self._takes[message.take], message.kind, hashlib.sha256(data).digest(), len(data),
                    message.first_us, message.last_us,
                )  # fmt: skip
            case wire.Still():
                self._sent[message.sequence] = hashlib.sha256(message.data).digest()

    def answered(self, message: wire.Message) -> None:
        """The vault said this to capture."""
        match message:
            case wire.Refused():
                self._sent.pop(message.sequence, None)
            case wire.Acknowledged():
                for sequence in [each for each in self._sent if each <= message.sequence]:
                    kept = self._sent.pop(sequence)
                    if isinstance(kept, Chunk):
                        self.acknowledged.append(kept)
                    else:
                        self.photos.append(kept)

    def opened(self) -> None:
        """The vault opens a recording: what an earlier one lacks it will never have."""
        self._sent.clear()

    def told(self, message: wire.Durable, now_us: int) -> None:
        """The supervisor was told that media are durable."""
        self.durable.append((now_us, message.durable_us))

    def newest_us(self, at_us: int) -> int:
        """The newest moment that was known to be durable at a moment; 0 where none was."""
        return max((us for when, us in self.durable if when <= at_us), default=0)
