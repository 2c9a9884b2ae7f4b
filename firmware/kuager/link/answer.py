"""Lines out of bytes, and what the unit answers to each. Pure but for the clock it is given."""

from collections.abc import Callable, Iterator

from kuager.errors import InputError
from kuager.evidence.records import Stamp
from kuager.link import messages
from kuager.link.messages import MAX_LINE, AskTime, FromUnit, Hello, Refused, Time, Unit

_LAST_MICROS = 2**53 - 1


class Lines:
    """Cuts bytes into lines; one that is too long is dropped up to its line feed and given as None."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._skipping = False

    def feed(self, data: bytes) -> Iterator[bytes | None]:
        """The lines that are complete now, without their line feeds."""
        for piece in data.splitlines(keepends=True):
            if not piece.endswith((b"\n", b"\r")):
                self._hold(piece)
                continue
            self._hold(piece.rstrip(b"\r\n"))
            line = None if self._skipping else bytes(self._held)
            self._held.clear()
            self._skipping = False
            if line != b"":
                yield line

    def _hold(self, piece: bytes) -> None:
        if len(self._held) + len(piece) >= MAX_LINE:
            self._skipping = True
            self._held.clear()
        elif not self._skipping:
            self._held += piece


class Unitside:
    """Answers for this unit; `who` is the answer to Hello, `now` the clock."""

    def __init__(self, who: Unit, now: Callable[[], Stamp]) -> None:
        self._who, self._now = who, now

    def answer(self, line: bytes | None) -> FromUnit:
        """What to send back for a line; None stands for one that was too long."""
        now = self._now()
        if line is None:
            return Refused(reason=f"a line is longer than {MAX_LINE} bytes")
        try:
            asked = messages.to_unit(line)
        except InputError as error:
            return Refused(reason=str(error))
        match asked:
            case Hello():
                return self._who
            case AskTime():
                return Time(
                    token=asked.token,
                    boot_us=now.boot_us,
                    utc_us=min(max(now.utc_us, 0), _LAST_MICROS),
                    state=now.state,
                    uncertainty_us=min(now.uncertainty_us, _LAST_MICROS),
                )
