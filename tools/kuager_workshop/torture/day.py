"""One unit through a day: several boots, recordings that are begun and perhaps ended, power that goes."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from dataclasses import replace as with_
from pathlib import Path

from kuager.settings import Procedure, Settings
from kuager.verify import recording
from kuager_workshop.torture.master import recordings
from kuager_workshop.torture.simulated.capture import CapturePlan
from kuager_workshop.torture.simulated.moment import Moment
from kuager_workshop.torture.simulated.steps import Steps
from kuager_workshop.torture.simulated.unit import SimulatedUnit
from kuager_workshop.torture.simulated.vault import VaultPlan

_FILE_BYTES = 250_000
_VAULT_STEPS = 400  # within which a planned death of the vault comes
_PATIENCE = 15  # looks at the light after a press


@dataclass
class Day:
    """One unit through several boots."""

    folder: Path
    chance: random.Random
    boots: int = 0
    moment: Moment = field(default_factory=Moment)

    def __post_init__(self) -> None:
        self.start()

    def start(self, *, sound: bool = False) -> None:
        """The machine starts; unless it is to be `sound`, its vault may have a death ahead of it."""
        self.boots += 1
        dies = not sound and self.chance.random() < 0.2
        steps = [Steps(self.chance.randrange(_VAULT_STEPS))] if dies else []
        self.unit = SimulatedUnit(
            VaultPlan(self.folder, boot=bytes(15) + bytes([self.boots]), max_file_bytes=_FILE_BYTES),
            CapturePlan(max_file_bytes=_FILE_BYTES),
            Settings(procedure=Procedure(action=self.chance.choice(("", "interrogation", "search")))),
            self.moment,
            {"vault": steps},
        )

    def pass_time(self, seconds: float) -> None:
        """Let time pass."""
        self.unit.run(seconds)

    def a_while(self, least: float = 0.2, most: float = 2.5) -> None:
        """Let some time pass."""
        self.pass_time(self.chance.uniform(least, most))

    def record(self, wrong: "Wrong", others: Sequence["Wrong"]) -> None:
        """A recording in which this goes wrong, and perhaps something else; it may be ended, or not."""
        self.begin()
        self.a_while(0.5, 3.0)
        faults = [wrong, *self.chance.choices(others, k=self.chance.choice((0, 0, 1)))]
        for each in self.chance.sample(faults, len(faults)):
            if self.chance.random() < 0.4:
                self.unit.press("mark")
            each(self)
            self.a_while()
        if self.chance.random() < 0.7:
            self.end()

    def begin(self) -> None:
        """Press record; whether it is soon promised is asked by other campaigns."""
        for _ in range(3):
            self.unit.press("record")
            for _ in range(_PATIENCE):
                if self.unit.is_red():
                    return
                self.pass_time(0.2)

    def end(self) -> None:
        """Ask for the end, and answer; whatever comes of it."""
        for _ in range(2):
            if self.unit.panel and self.unit.panel.state in ("opening", "recording"):
                self.unit.hold("record")
            self.pass_time(2.5)

    def cut_power(self) -> None:
        """All ends at once; of what was being written, the carrier has something."""
        self.unit.power_cut()
        self.moment = self.unit.moment
        names = recordings(self.folder / "carrier")
        if names and self.chance.random() < 0.7:
            path = self.folder / "carrier" / names[-1]
            story = recording.read(path).judge.story
            # Of what was over already nothing was being written.
            if not (story.closed or story.died):
                self._tear(path)

    def _tear(self, path: Path) -> None:
        for file in (path / "journal-01.cborseq", *sorted(path.glob("*.mp4"))[-1:]):
            if file.exists() and self.chance.random() < 0.7:
                with file.open("ab") as stream:
                    stream.write(self._torn(path))

    def _torn(self, path: Path) -> bytes:
        """A hole, and rubble, or what lay there before: records of another recording."""
        rubble = self.chance.randbytes(200) + b"\xd9\xd9\xf7\x85\x01" + bytes(40)
        earlier = min(path.parent.glob("*/journal-01.cborseq")).read_bytes()
        if not earlier:
            return rubble
        begin = earlier.find(b"\xd9\xd9\xf7", self.chance.randrange(len(earlier)))
        stale = earlier[max(begin, 0) :][: self.chance.randrange(1, 8000)]
        other = recordings(path.parent)[0] != path.name
        return bytes(self.chance.choice((0, 300))) + self.chance.choice((stale if other else rubble, rubble, b"\xd9"))

    def set_clock(self, by_us: int, *, disciplined: bool) -> None:
        """UTC jumps."""
        moment = self.unit.moment
        self.unit.moment = with_(moment, utc_us=moment.utc_us + by_us, disciplined=disciplined)


Wrong = Callable[[Day], None]
"""Something goes wrong now."""
