"""How long after the press something is durable, and the whole pre-roll.

The press is the moment before the pin's message is sent to the board's door. Durable is when a listener at the vault
hears its Durable: media synced, their records and a signed checkpoint synced, and the message here. So debouncing,
opening the recording, muxing, syncing, signing and four hops between processes are all in it; nothing is taken off.
"""

import statistics
import time
from pathlib import Path

from kuager_workshop.bench.figure import Figure
from kuager_workshop.bench.unit import Unit


def measure(folder: Path, presses: int, full: int, pre_roll_s: int = 30) -> list[Figure]:
    """`presses` after a short stand-by, and `full` with the whole pre-roll in memory."""
    first: list[float] = []
    whole: list[float] = []
    whole_full: list[float] = []
    with Unit(folder, f"[procedure]\npre_roll_s = {pre_roll_s}\n") as unit:
        for turn in range(presses + full):
            unit.ready()
            time.sleep(1.5 + turn % 5 * 0.37 if turn < presses else pre_roll_s + 2.0)
            at_us = unit.record()
            unit.covered(at_us)
            heard = unit.durable(at_us)
            covered = next(each for each in heard if each.durable_us >= at_us)
            (whole if turn < presses else whole_full).append((covered.heard_us - at_us) / 1000)
            if turn < presses:
                first.append((heard[0].heard_us - at_us) / 1000)
            if turn + 1 < presses + full:
                unit.end()
    how = f"press at the door to the vault's acknowledgement, {presses} presses, stand-by of 1.5 to 3 s"
    figures = [
        Figure(group="press", name="first durable media, median", value=statistics.median(first), unit="ms",
               limit=400, how=how),
        Figure(group="press", name="first durable media, worst", value=max(first), unit="ms", how=how),
        Figure(group="press", name="all up to the press durable, worst", value=max(whole), unit="ms", limit=1000,
               how=how),
    ]  # fmt: skip
    if whole_full:
        how = f"the same with {pre_roll_s} s of pre-roll, {full} presses"
        figures.append(
            Figure(group="press", name=f"all of {pre_roll_s} s pre-roll durable, worst", value=max(whole_full),
                   unit="ms", limit=1000, how=how)
        )  # fmt: skip
    return figures
