"""A unit on recorded disks, which knows for each operation on them what was promised to anybody before it."""

from dataclasses import dataclass, field, replace

from kuager import wire
from kuager.evidence.records import RecordingId
from kuager.sealer import Level
from kuager.vault.files import Files
from kuager_workshop.torture.disk.recorded import Log, RecordedFiles, renaming
from kuager_workshop.torture.simulated.host import Inline
from kuager_workshop.torture.simulated.ledger import Chunk
from kuager_workshop.torture.simulated.moment import Moment
from kuager_workshop.torture.simulated.unit import Name, SimulatedUnit
from kuager_workshop.torture.simulated.vault import Place

_WHOLE = ("opening", "recording", "breaking")  # signals under which all that is seen and heard is meant to be recorded


@dataclass(frozen=True, slots=True)
class Span:
    """Power was cut while all was meant to be recorded. CLOCK_BOOTTIME us.

    `durable_us`: up to which moment media were known to be durable; `at_us`: the cut; `seen`: the stretches between
    them in which a camera was there and the recording open. Older pictures are its pre-roll.
    """

    durable_us: int
    at_us: int
    seen: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Promises:
    """What was promised to capture, to the supervisor, or by the light; the checks after a cut ask for all of it."""

    acknowledged: tuple[Chunk, ...] = ()
    photos: tuple[bytes, ...] = ()
    numbers: tuple[int, ...] = ()
    """Of recordings that were told of."""
    sealed: tuple[wire.Sealed, ...] = ()
    cut: tuple[RecordingId, ...] = ()
    """Recordings that were open when power was cut."""
    spans: tuple["Span", ...] = ()

    def __add__(self, later: "Promises") -> "Promises":
        return Promises(
            self.acknowledged + later.acknowledged,
            self.photos + later.photos,
            self.numbers + later.numbers,
            self.sealed + later.sealed,
            self.cut + later.cut,
            self.spans + later.spans,
        )


@dataclass(frozen=True, slots=True)
class Mark:
    """How things stand: `said` messages of the vault were said, the recording `open` was open."""

    said: int
    moment: Moment
    open: RecordingId
    red: bool


@dataclass(frozen=True, slots=True)
class _Counts:
    """How much was promised when one more message of the vault was heard, and of the open recording up to which
    moment it was durable, and since when it was open.
    """

    acknowledged: int = 0
    photos: int = 0
    numbers: int = 0
    sealed: int = 0
    durable_us: int = 0
    opened_us: int = 0


@dataclass
class RecordedUnit(SimulatedUnit):
    """`attributes`: those that are set on the carrier's files; None where its files know none, as on FAT."""

    attributes: dict[str, set[Level]] | None = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.log = Log(self._mark)
        self.numbers: list[int] = []
        self.open: RecordingId = b""
        self._camera = [(self.moment.boot_us, True)]
        """Since when it is there, or is not."""
        self._counts = [_Counts()]
        self.vault = replace(self.vault, wrap=self._wrap)
        super().__post_init__()

    def _wrap(self, place: Place, files: Files) -> Files:
        bare = self.attributes is None and place == "carrier"
        inner = renaming(files, self.vault.carrier) if bare else files
        return self.recorded(inner, place)

    def recorded(self, inner: Files, place: Place) -> RecordedFiles:
        """The files of a disk."""
        return RecordedFiles(inner, place, self.log, self.attributes if place == "carrier" else None)

    def _mark(self) -> Mark:
        host = self._hosts.get("vault")
        # Said within the call that does this, and heard by the others when it is over.
        waiting = len(host._said) if isinstance(host, Inline) else 0
        red = self.panel is not None and self.panel.signal in _WHOLE
        return Mark(len(self._counts) - 1 + waiting, self.moment, self.open, red)

    def promises(self, at: Mark) -> Promises:
        """What was promised up to a mark at which power was cut."""
        counts = self._counts[min(at.said, len(self._counts) - 1)]
        since_us, at_us = max(counts.durable_us, counts.opened_us), at.moment.boot_us
        span = Span(counts.durable_us, at_us, self._seen(since_us, at_us))
        return Promises(
            tuple(self.ledger.acknowledged[: counts.acknowledged]),
            tuple(self.ledger.photos[: counts.photos]),
            tuple(self.numbers[: counts.numbers]),
            tuple(self.sealed[: counts.sealed]),
            (at.open,) if at.open else (),
            (span,) if at.red and at.open and counts.durable_us else (),
        )

    def tell(self, name: Name, what: str, load: object = None) -> None:
        """As SimulatedUnit.tell."""
        super().tell(name, what, load)
        if load in ("camera-gone", "camera-back"):
            self._camera.append((self.moment.boot_us, load == "camera-back"))

    def _seen(self, from_us: int, to_us: int) -> tuple[tuple[int, int], ...]:
        ends = [since for since, _ in self._camera[1:]] + [to_us]
        there = [(since, end) for (since, sees), end in zip(self._camera, ends, strict=True) if sees]
        within = [(max(since, from_us), min(end, to_us)) for since, end in there]
        return tuple((since, end) for since, end in within if since < end)

    def _died(self, name: Name) -> None:
        super()._died(name)
        if name == "vault":
            self.open = b""

    def _hear(self, name: Name, said: list[tuple[str, object]]) -> None:
        for to, what in said:
            super()._hear(name, [(to, what)])
            if name == "vault":
                self._heard_vault(to, what)
            elif isinstance(what, wire.CloseRecording):
                self.open = b""

    def _heard_vault(self, to: str, what: object) -> None:
        durable_us, opened_us = self._counts[-1].durable_us, self._counts[-1].opened_us
        match what:
            case wire.Opened():
                self.numbers.append(what.number)
                self.open, durable_us, opened_us = what.id, 0, self.moment.boot_us
            case wire.Durable() if what.id == self.open:
                durable_us = what.durable_us
            case wire.VaultTrouble(ended=bytes()):
                self.open = b""
        ledger = self.ledger
        counts = len(ledger.acknowledged), len(ledger.photos), len(self.numbers), len(self.sealed)
        self._counts.append(_Counts(*counts, durable_us, opened_us))
