"""Where an attack happens, and what is expected of the checker after it."""

import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kuager.evidence.rules_manifest import COMPANIONS
from kuager.evidence.verdict import Finding, Outcome
from kuager_workshop.torture.attacks.anatomy import Anatomy, Span
from kuager_workshop.torture.master import Master

GOOD = frozenset({Outcome.AUTHENTIC, Outcome.ENDS_EARLY})
NOT, CANNOT = Outcome.NOT_AUTHENTIC, Outcome.CANNOT


@dataclass(frozen=True)
class Spot:
    """What must be told: a finding that leads to the verdict, of this file, that touches these bytes and this time.

    None or empty: whatever it says of that. `codes`: it is of one of these rules.
    """

    file: str | None = None
    bytes: Span | None = None
    time: Span | None = None
    codes: frozenset[str] = frozenset()

    def told_by(self, finding: Finding) -> bool:
        """Whether this finding says it."""
        spans = [(self.bytes, finding.bytes), (self.time, finding.time)]
        return (
            self.file in (None, finding.file)
            and (not self.codes or finding.code in self.codes)
            and all(not due or (here and here.begin <= due[1] and here.end >= due[0]) for due, here in spans)
        )


@dataclass(frozen=True)
class Expected:
    """The verdict that must follow."""

    alone: frozenset[Outcome] | None = frozenset({NOT})
    """On the attacked recording by itself; None where there is none to judge, or it is none of the set's own."""
    lacks: frozenset[str] = frozenset({"K503"})
    """One of these must be the reason where it cannot be checked."""
    spots: tuple[Spot, ...] = ()
    """Told by the recording's own verdict where that is *not authentic*, else by the set."""
    together: Outcome | None = NOT
    """On all that is there; None: as it was."""
    guilty: frozenset[str] = frozenset()
    """Recordings beside the attacked one that may be called *not authentic* in the set."""
    notes: frozenset[str] = frozenset()
    """Codes of notes that must be told."""


def harmless(*notes: str) -> Expected:
    """Nothing that is proven was touched: the verdicts stay, and the notes tell what is new."""
    return Expected(alone=GOOD, together=None, notes=frozenset(notes))


def unended(*spots: Spot, lacks: tuple[str, ...] = ("K503",)) -> Expected:
    """Only the set can tell."""
    return Expected(alone=frozenset({CANNOT}), lacks=frozenset(lacks), spots=spots)


@dataclass
class Scene:
    """A copy of the carrier. `path` is the attacked recording, `target` the file that the case names.

    `bare`: everything that the manifest comes with was taken away first, so that the journal alone must tell.
    """

    master: Master
    carrier: Path
    path: Path
    anatomy: Anatomy
    target: str
    bare: bool
    seed: int

    @classmethod
    def begin(cls, master: Master, folder: Path, kind: str, target: str, seed: int) -> "Scene":
        """Copy the carrier into an empty folder."""
        carrier = Path(shutil.copytree(master.first, folder / "carrier"))
        which, _, bare = kind.partition("-")
        path = carrier / master.name(which)
        scene = cls(master, carrier, path, master.anatomies[which], target, bool(bare), seed)
        if bare:
            scene.strip()
        if "*" in target:
            scene.target = min(each.name for each in path.glob(target))
        return scene

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)

    @property
    def file(self) -> Path:
        """The file under attack."""
        return self.path / self.target

    @property
    def dead(self) -> bool:
        """Whether the recording died."""
        return self.anatomy.died is not None

    def strip(self) -> None:
        """Take away the manifest and all that follows from it."""
        for name in COMPANIONS:
            (self.path / name).unlink(missing_ok=True)

    def offset(self, size: int) -> int:
        """A byte of so many: the first, the last, the middle one, or any, by the seed."""
        return {0: 0, 1: size - 1, 2: size // 2}.get(self.seed, self.chance.randrange(size))

    def change(self, edit: Callable[[bytes], bytes]) -> None:
        """Change the bytes of the file under attack."""
        self.file.write_bytes(edit(self.file.read_bytes()))

    def copy_of(self, carrier: Path) -> Path:
        """Another carrier beside this one, to be judged with it."""
        return Path(shutil.copytree(carrier, self.carrier.parent / f"{carrier.parent.name}-{carrier.name}"))
