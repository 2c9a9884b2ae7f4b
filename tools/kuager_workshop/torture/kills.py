"""Each of the unit's processes dies at each step of a recording's life: before, within and after all that leaves it.

A case is ``PROCESS/HOW/STEP`` or, for one that dies again while it recovers, ``PROCESS/HOW/STEP/STEP``. Processes are
real ones, ended by SIGKILL, SIGSTOP, an exception that nobody expects, or the end of memory.
"""

import random
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import get_args

from kuager_workshop.torture import aftermath, officer, runner
from kuager_workshop.torture.campaign import Finding, Size, expect
from kuager_workshop.torture.simulated.capture import CapturePlan
from kuager_workshop.torture.simulated.steps import How, Steps
from kuager_workshop.torture.simulated.unit import Name, SimulatedUnit
from kuager_workshop.torture.simulated.vault import VaultPlan
from kuager_workshop.torture.story import MOST_LOST_US, SETTINGS

_CASES: dict[Size, int] = {"short": 360, "full": 3200}
_AGAIN = 0.25  # of the cases die again in recovering
_RECOVERY_STEPS = 40
_UNSURE = 25  # steps: a session takes a few more or fewer, by the lengths of signatures and ticks
_FILE_BYTES = 200_000  # so small that the life has roll-overs in it


class Kills:
    """The campaign."""

    title = "a process killed, stopped, out of memory or failing, at any step"

    def cases(self, size: Size, seed: int) -> Sequence[str]:
        """A sample over all steps of all processes; in the full size, nearly each of them."""
        chance = random.Random(seed)
        steps = _steps()
        every = [
            f"{name}/{how}/{step}" for name, count in steps.items() for how in get_args(How) for step in range(count)
        ]
        chosen = chance.sample(every, min(len(every), round(_CASES[size] * (1 - _AGAIN))))
        dying = [
            f"vault/{chance.choice(get_args(How))}/{chance.randrange(steps['vault'] - _UNSURE)}"
            for _ in range(_CASES[size])
        ]
        again = [f"{case}/{chance.randrange(_RECOVERY_STEPS)}" for case in dying]
        return sorted(chosen) + sorted(set(again[: round(_CASES[size] * _AGAIN)]))

    def play(self, case: str, folder: Path) -> Finding:
        """A session during which the process dies, and one after it."""
        name, how, *at = case.split("/")
        steps = [Steps(int(step), how) for step in at]  # type: ignore[arg-type]
        unit = _unit(folder, {name: steps}, forked=True)  # type: ignore[dict-item]
        try:
            officer.session(unit)
            officer.session(unit)
            unit.run(2.0)
        finally:
            unit.power_cut()
        # What only fails while it seals lives on: the seal is tried again.
        expect(bool(unit.deaths) or (bool(unit.played) and how in ("raise", "memory")), "it did not die")
        after = aftermath.read(folder / "carrier", folder / "state")
        after.expect_good()
        lost = [after.lost_us(death.durable_us, death.at_us) for death in unit.deaths if death.durable_us]
        worst = max(lost, default=0)
        expect(worst <= MOST_LOST_US, f"{worst / 1e6:.2f} s of the newest picture are missing")
        for death in unit.deaths:
            causes = {cause for left in after.recordings for cause in left.causes}
            if death.durable_us and death.part != "supervisor":
                expect("software" in causes, f"no journal says that the {death.part} died: {sorted(causes)}")
        bytes_lost = after.lost_bytes(unit.ledger)
        return Finding(
            campaign="kills", case=case, survived=True, lost_bytes=bytes_lost, lost_us=max(lost, default=None)
        )


def _unit(folder: Path, steps: dict[Name, list[Steps]], *, forked: bool) -> SimulatedUnit:
    return SimulatedUnit(
        VaultPlan(folder, max_file_bytes=_FILE_BYTES),
        CapturePlan(max_file_bytes=_FILE_BYTES),
        SETTINGS,
        steps=steps,
        forked=forked,
    )


@cache
def _steps() -> dict[Name, int]:
    """How many steps each process takes in a session."""
    with runner.folder() as folder:
        unit = _unit(folder, {}, forked=False)
        officer.session(unit)
        return {name: lives[0].count for name, lives in unit.lives.items()}


KILLS = Kills()
