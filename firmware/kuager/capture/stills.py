"""Photographs on their way to the vault: kept until it has made them durable, sent again to a new vault."""

from kuager import wire
from kuager.capture.outbox import Outbox
from kuager.errors import PeerError
from kuager.evidence.records import RecordingId

_MOST_BYTES = 32 * 1024 * 1024
_LARGEST = wire.MAX_FRAME - 4096


class Stills:
    """Used from one thread."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._kept: list[tuple[int, wire.Still]] = []  # number under which it was sent (0: not yet), still

    def add(self, still: wire.Still) -> bool:
        """Send it, now or as soon as a vault takes it. False: it is too large, or too many wait; it is not kept."""
        if len(still.data) > _LARGEST or sum(len(kept.data) for _, kept in self._kept) + len(still.data) > _MOST_BYTES:
            return False
        self._kept.append((self._send(still), still))
        return True

    def resend(self, recording: RecordingId) -> None:
        """A vault records here: give it what no vault has made durable."""
        kept, self._kept = self._kept, []
        for number, still in kept:
            if still.recording != recording or not number:
                still = wire.Still(
                    sequence=0, recording=recording, data=still.data, at_us=still.at_us, at_utc_us=still.at_utc_us
                )
                number = self._send(still)
            self._kept.append((number, still))

    def vault_lost(self) -> None:
        """What was sent and not acknowledged may be nowhere: it is to be sent again."""
        self._kept = [(0, still) for _, still in self._kept]

    def done(self, sequence: int) -> None:
        """It is durable."""
        self._kept = [(number, still) for number, still in self._kept if number != sequence]

    def refused(self, sequence: int) -> bool:
        """The vault will not have it; whether this was a still."""
        before = len(self._kept)
        self.done(sequence)
        return len(self._kept) < before

    def _send(self, still: wire.Still) -> int:
        try:
            return self._outbox.post(still)
        except PeerError:
            return 0
