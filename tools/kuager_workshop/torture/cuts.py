"""Power is cut at every operation on the disks, and each disk is left in a state that it may legally be in.

A case is ``LIFE/POSITION/VARIANT``: of which recorded life, after how many operations on its disks, and what became
of all that was not durable then. A new boot of the unit finds the disks so, recovers, and makes one more recording.
"""

import hashlib
import random
from collections.abc import Sequence
from pathlib import Path

from kuager.vault import layout
from kuager_workshop.torture import aftermath, officer
from kuager_workshop.torture.aftermath import Aftermath
from kuager_workshop.torture.campaign import Finding, Size, expect
from kuager_workshop.torture.disk import lives
from kuager_workshop.torture.disk.lives import Cut
from kuager_workshop.torture.disk.promised import Promises, RecordedUnit
from kuager_workshop.torture.simulated.ledger import Ledger

_MOST_LOST_US = 1_000_000
_MOST_UNHEARD_US = 2_000_000  # the red light's promise; sound waits while pictures that do not come are waited for
_WHOLE = 8  # every so many places the recording after the cut is a whole session, which takes most of a case's time
_CASES: dict[Size, tuple[int, int, int]] = {"short": (12, 1, 180), "full": (30, 4, 1000)}
"""Lives, fates by chance at each place, and of all that how many cases from each life."""
_FIRST = 150  # cases from the beginning of life 0, all of which are played: keys half made, the first recording opened


class Cuts:
    """The campaign."""

    title = "power cut on a simulated disk: writes lost, torn or reordered, names not yet durable"

    def cases(self, size: Size, seed: int) -> Sequence[str]:
        """A sample of all states after all operations of some lives."""
        chance = random.Random(seed)
        count, torn, most = _CASES[size]
        chosen: list[str] = []
        for number in range(count):
            found = _of_life(number, torn, chance)
            first = range(0 if number else _FIRST)
            kept = {*first, *chance.sample(range(len(found)), min(most, len(found)))}
            chosen += [found[index] for index in sorted(kept)]
        return chosen

    def play(self, case: str, folder: Path) -> Finding:
        """One cut, the start after it, and one more recording."""
        number, position, variant = case.split("/")
        cut = lives.life(int(number)).cut(int(position), variant)
        return judge(case, cut, folder, whole=int(position) % _WHOLE == 0)


def _of_life(number: int, torn: int, chance: random.Random) -> list[str]:
    life = lives.life(number)
    known = life.known(0)
    cases = []
    for position in range(len(life.ops) + 1):
        cases += [f"{number}/{position}/{variant}" for variant in known.variants(torn, chance)]
        if position < len(life.ops):
            known.did(life.ops[position])
    return cases


def judge(case: str, cut: Cut, folder: Path, *, whole: bool = True) -> Finding:
    """Start the unit after a cut, have one more recording made, and hold all that is there against what was promised;
    raises BrokenError. That recording is a `whole` session, or ended by a shutdown as soon as the light is red.
    """
    unit = lives.start(cut, folder)
    try:
        if whole:
            officer.session(unit)
        else:
            _shortly(unit)
        unit.run(1.0)
    finally:
        unit.power_cut()
    after = aftermath.read(folder / "carrier", folder / "state")
    after.expect_good()
    _expect_numbers(after, cut.promises, unit)
    _expect_causes(after, cut.promises)
    _expect_sealed(folder / "carrier", cut.promises)
    _expect_copied(folder)
    lost = [sum(after.lost_us(*each) for each in span.seen) for span in cut.promises.spans]
    worst = max(lost, default=0)
    expect(worst <= _MOST_LOST_US, f"{worst / 1e6:.2f} s of the newest picture are missing")
    unheard = max((after.lost_us(span.durable_us, span.at_us) for span in cut.promises.spans), default=0)
    expect(unheard <= _MOST_UNHEARD_US, f"{unheard / 1e6:.2f} s of the newest sound are missing")
    ledger = Ledger(
        [*cut.promises.acknowledged, *unit.ledger.acknowledged], [*cut.promises.photos, *unit.ledger.photos]
    )
    return Finding(
        campaign="cuts",
        case=case,
        survived=True,
        lost_bytes=after.lost_bytes(ledger),
        lost_us=max(lost, default=None),
    )


def _shortly(unit: RecordedUnit) -> None:
    officer.ready(unit)
    officer.begin(unit)
    unit.tell("supervisor", "stop")
    unit.until(lambda: bool(unit.sealed), 10.0, "the seal")


def _expect_numbers(after: Aftermath, promises: Promises, unit: RecordedUnit) -> None:
    again = set(promises.numbers) & set(unit.numbers)
    expect(not again, f"numbers are given twice: {sorted(again)}")
    there = [layout.parse_recording(left.name) for left in after.recordings]
    numbers = [name.number for name in there if name]
    expect(len(numbers) == len(set(numbers)), f"recordings share a number: {numbers}")
    told = max(promises.numbers, default=0)
    expect(min(unit.numbers, default=told + 1) > told, f"{unit.numbers} come after {told}")


def _expect_causes(after: Aftermath, promises: Promises) -> None:
    causes = {left.id: left.causes for left in after.recordings}
    for each in promises.cut:
        expect(each in causes, f"recording {each.hex()} is gone, which was open")
        expect(causes[each][-1:] == ["power"], f"the recording that was cut ended by {causes[each]}")


def _expect_sealed(carrier: Path, promises: Promises) -> None:
    for each in promises.sealed:
        manifest = carrier / each.name / layout.MANIFEST
        same = manifest.exists() and hashlib.sha256(manifest.read_bytes()).digest() == each.sha256
        expect(same, f"the seal of {each.name} is not the one that was told")


def _expect_copied(folder: Path) -> None:
    """The unit's own journal is on the carrier, byte for byte, but for what came after the last copy."""
    for state in (folder / "state").glob("*-unit/*.cborseq"):
        data = state.read_bytes()
        copies = [path.read_bytes() for path in (folder / "carrier" / state.parent.name).glob(f"{state.stem}*")]
        whole = not data or any(copy and data.startswith(copy) for copy in copies)
        expect(
            whole, f"no copy of {state.name} on the carrier is whole: {[len(copy) for copy in copies]} of {len(data)}"
        )


CUTS = Cuts()
