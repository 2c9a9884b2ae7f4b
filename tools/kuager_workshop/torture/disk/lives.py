"""Lives of a unit, each recorded with all that it did to its disks; named by number, and then always the same.

Life 0 is a whole one on a new unit: keys made, two recordings with roll-over, photograph, interruption, a death of the
vault and its recovery, sealing. 1 is the same on a carrier as FAT is. 2 goes on from the end of 0 with an empty
carrier, and makes a journal so long that recovery reads no more than its end. In 3 to 7 the vault dies while something
that it wrote is not yet synced; odd ones are on FAT. From 8 on a life begins with what a cut has left of 0 or 1, so
that recovery itself is cut.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random

from kuager.settings import Procedure, Settings
from kuager_workshop.torture import officer, runner
from kuager_workshop.torture.disk import laid, states
from kuager_workshop.torture.disk.fates import TORN
from kuager_workshop.torture.disk.promised import Mark, Promises, RecordedUnit
from kuager_workshop.torture.disk.recorded import Op
from kuager_workshop.torture.disk.states import Disks, Known
from kuager_workshop.torture.simulated.capture import CapturePlan
from kuager_workshop.torture.simulated.moment import Moment
from kuager_workshop.torture.simulated.steps import Steps
from kuager_workshop.torture.simulated.vault import Place, VaultPlan

FAT, CHANGED, DYING, AGAIN = 1, 2, range(3, 8), 8
"""Numbers of lives: see above; all from the last one on begin after a cut."""

_FILE_BYTES = 200_000  # so small that there are roll-overs
_LASTING_S = 100.0
_OFF_US = 60_000_000
_UNSAFE = ("before sync carrier:", "within write carrier:", "before sync state:", "within write state:")

Build = Callable[..., RecordedUnit]


@dataclass(frozen=True)
class Cut:
    """Power was cut: what is on the disks, what was promised before, and when it was. `boots` so far."""

    disks: Disks = field(default_factory=Disks)
    promises: Promises = field(default_factory=Promises)
    moment: Moment | None = None
    fat: bool = False
    boots: int = 0


@dataclass(frozen=True)
class Life:
    """From `begin` on, what was done, and before each thing how matters stood; one mark more for the end."""

    begin: Cut
    ops: Sequence[Op]
    marks: Sequence[Mark]
    promised: Callable[[Mark], Promises]

    def known(self, position: int) -> Known:
        """The disks when so many operations were done."""
        return states.after(self.ops[:position], self.begin.disks, _renames(self.begin))

    def cut(self, position: int, variant: str) -> Cut:
        """Power is cut there."""
        mark, begin = self.marks[position], self.begin
        promises = begin.promises + self.promised(mark)
        return Cut(self.known(position).left(variant), promises, mark.moment, begin.fat, begin.boots + 1)


def _renames(begin: Cut) -> tuple[Place, ...]:
    return ("carrier",) if begin.fat else ()


def start(begin: Cut, folder: Path, steps: Steps | None = None, build: Build = RecordedUnit) -> RecordedUnit:
    """The unit starts on these disks, a minute after they were cut off."""
    laid.lay(begin.disks, folder)
    attributes = {path: set(each) for (place, path), each in begin.disks.attributes.items() if place == "carrier"}
    # Each boot's clock runs from 0, and no two show the same time here, so that spans of time can be told apart.
    boot_us = 1_000_000_000 // 10**begin.boots
    last = begin.moment
    return build(
        VaultPlan(folder, boot=begin.boots.to_bytes(16, "big"), max_file_bytes=_FILE_BYTES),
        CapturePlan(max_file_bytes=_FILE_BYTES),
        Settings(procedure=Procedure(action="interrogation")),
        moment=Moment(boot_us, last.utc_us + _OFF_US) if last else Moment(boot_us),
        steps={"vault": [steps]} if steps else {},
        attributes=None if begin.fat else attributes,
    )


def record(
    begin: Cut, live: Callable[[RecordedUnit], None], steps: Steps | None = None, build: Build = RecordedUnit
) -> Life:
    """Let a unit live, on disks that hold all that is written to them."""
    with runner.folder() as folder:
        unit = start(begin, folder, steps, build)
        try:
            live(unit)
            marks = [*unit.log.marks, unit.log.look()]
        finally:
            unit.power_cut()
    return Life(begin, unit.log.ops, marks, unit.promises)


@cache
def life(number: int) -> Life:
    """The life of this number."""
    if number >= AGAIN:
        chance = Random(number)
        before = life(number % 2)
        return record(before.cut(chance.randrange(len(before.ops)), f"{TORN}{number}"), short)
    if number in DYING:
        return record(Cut(fat=number % 2 == FAT), whole, Steps(Random(number).choice(_unsafe_steps())))
    if number == CHANGED:
        before = life(0)
        end = before.cut(len(before.ops), "kept")
        return record(_without_carrier(end), lasting)
    return record(Cut(fat=number == FAT), whole)


def whole(unit: RecordedUnit) -> None:
    """Two recordings with all that comes to pass in them."""
    officer.ready(unit)
    officer.begin(unit)
    officer.opened(unit)
    unit.hold("mark")
    unit.run(1.5)
    unit.tell("capture", "rig", "camera-gone")
    unit.run(1.5)
    unit.tell("capture", "rig", "camera-back")
    unit.run(2.0)
    officer.end(unit)
    officer.begin(unit)
    officer.opened(unit)
    unit.kill("vault")
    unit.run(4.0)
    officer.end(unit)
    unit.run(1.0)


def lasting(unit: RecordedUnit) -> None:
    """One recording that is long."""
    short(unit, _LASTING_S)


def short(unit: RecordedUnit, seconds: float = 0.5) -> None:
    """One recording."""
    officer.ready(unit)
    officer.begin(unit)
    officer.opened(unit)
    unit.run(seconds)
    officer.end(unit)
    unit.run(0.5)


def _without_carrier(end: Cut) -> Cut:
    directories = tuple(key for key in end.disks.directories if key[0] == "state")
    files = {key: data for key, data in end.disks.files.items() if key[0] == "state"}
    promises = Promises(numbers=end.promises.numbers)
    return Cut(Disks(directories, files), promises, end.moment, boots=end.boots)


@dataclass
class _NamedSteps(Steps):
    names: list[str] = field(default_factory=list)

    def step(self, name: str) -> None:
        self.names.append(name)
        super().step(name)


@cache
def _unsafe_steps() -> list[int]:
    """Steps of the vault in a whole life up to its death at which something that it wrote is not synced."""
    steps = _NamedSteps()
    record(Cut(), whole, steps)
    return [at for at, name in enumerate(steps.names) if name.startswith(_UNSAFE)]
