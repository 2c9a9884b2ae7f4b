"""``make soak``: a whole shift of a real unit at real time, a fault each few minutes; exit 1 where a promise is broken.

The unit is `kuager run` on the virtual board: real processes, sockets, encoder and disk, and an officer at its buttons.
What was acknowledged is what a listener at its vault has heard.
"""

import contextlib
import logging
import math
import random
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from kuager import settings
from kuager.errors import KuagerError
from kuager.signals import is_red
from kuager_workshop.bench.unit import Unit
from kuager_workshop.torture import aftermath
from kuager_workshop.torture.campaign import BrokenError, expect
from kuager_workshop.torture.resources import Held, expect_flat
from kuager_workshop.torture.watch import NAMES, Watch

_MILD = (
    "fault camera-gone\nwait 6s\nfault camera-back",
    "fault camera-stall\nwait 4s\nfault camera-back",
    "fault lens-covered\nwait 8s\nfault lens-clear",
    "fault microphone-gone\nwait 6s\nfault microphone-back",
    "fault microphone-mute\nwait 6s\nfault microphone-back",
    "fault carrier-gone\nwait 8s\nfault carrier-well",
    "fault carrier-failed\nwait 8s\nfault carrier-well",
    "fault carrier-read-only\nwait 5s\nfault carrier-well",
    "fault carrier-slow\nwait 8s\nfault carrier-well",
    "fault clock-lost\nwait 5s\nfault clock-back",
    "press mark",
    "hold mark",
)
_ALL = (*_MILD, "fault crash", "fault hang", *(f"kill {name}" for name in NAMES))
"""Scripts, as `kuager record --script` plays them. Those that end a process are played in the first half only."""

_EVERY_S = (60.0, 240.0)
_RECORDING_S = (120.0, 900.0)
_RED_S = 120.0
_LOOK_S = 10.0
_SETTLED_S = 30.0
_GROWTH_KB = 10_000
_LONG_S = 25 * 60  # from which growth says more than noise
_BYTES_AN_HOUR = 2_000_000_000


class Shift:
    """One shift. `recordings`, `faults` and `doing`, the last fault, tell how far it is."""

    def __init__(self, unit: Unit, seconds: float, seed: int) -> None:
        self._unit, self._chance = unit, random.Random(seed)
        self.begun = time.monotonic()
        self.half, self.end = self.begun + seconds / 2, self.begun + seconds
        self.recordings = self.faults = 0
        self.doing = ""

    def work(self) -> None:
        """Record one after the other until it is over. Raises BrokenError or BenchError for what does not go on."""
        while time.monotonic() < self.end:
            self.record()

    def record(self) -> None:
        """One recording, with faults."""
        unit, chance = self._unit, self._chance
        unit.play("wait-for ready 120s\npress record")
        self._red("the first media")
        unit.play("opening quick\nwait-for recording 60s")
        self.recordings += 1
        over = min(time.monotonic() + chance.uniform(*_RECORDING_S), self.end)
        while (left := over - time.monotonic()) > 0:
            time.sleep(min(left, chance.uniform(*_EVERY_S)))
            self._fault(chance.choice(_ALL if time.monotonic() < self.half else _MILD))
        unit.end()

    def _fault(self, script: str) -> None:
        self.doing = script.partition("\n")[0]
        before = len(self._unit.acknowledged)
        self._unit.play(script)
        self.faults += 1
        self._red(self.doing)
        self._unit.wait(lambda: len(self._unit.acknowledged) > before, _RED_S, f"media are durable after {self.doing}")

    def _red(self, after: str) -> None:
        def red() -> bool:
            panel = self._unit.hand.panel
            return self._unit.hand.connected and panel is not None and is_red(panel.signal)

        self._unit.wait(red, _RED_S, f"the light is red after {after}")


def lost_bytes(unit: Unit, left: aftermath.Aftermath) -> int:
    """Bytes that were acknowledged and are not proven."""
    told: dict[bytes, int] = {}
    for each in unit.acknowledged:
        told[each.recording] = max(told.get(each.recording, 0), each.bytes)
    kept = {
        each.id: sum(chunk.length for chunk in each.chunks) + sum(photo.length for photo in each.photos)
        for each in left.recordings
    }
    return sum(max(0, count - kept.get(recording, 0)) for recording, count in told.items())


@click.command()
@click.option("--hours", default=8.0, show_default=True, help="How long, at real time.")
@click.option("--seed", default=1, show_default=True, help="Chooses faults and moments.")
@click.option("--folder", type=click.Path(path_type=Path), help="Where to work; best the disk that is recorded to.")
def main(hours: float, seed: int, folder: Path | None) -> None:
    """Play a shift, print what came of it. Exit codes: 0 all survived, 1 not all, 2 wrong use."""
    root = folder or settings.state_home()
    root.mkdir(parents=True, exist_ok=True)
    needed = round(hours * _BYTES_AN_HOUR)
    if shutil.disk_usage(root).free < needed:
        raise click.UsageError(f"{root} has less than {needed / 1e9:.0f} GB free: give another with --folder")
    logging.getLogger().addHandler(logging.NullHandler())  # each fault is heard of from the unit's own log
    place = Path(tempfile.mkdtemp(prefix="soak-", dir=root))
    try:
        table = play(place, hours * 3600, seed)
    except (BrokenError, KuagerError, KeyboardInterrupt) as error:
        print(f"seed {seed}: {str(error) or 'stopped'}; what is left is in {place}", file=sys.stderr)
        sys.exit(1)
    Console().print(table)
    shutil.rmtree(place)


def play(place: Path, seconds: float, seed: int) -> Table:
    """The shift in an empty folder. Raises BrokenError or KuagerError for what was not survived."""
    with Unit(place) as unit:
        unit.ready()
        shift, watch = Shift(unit, seconds, seed), Watch(unit, _LOOK_S)
        watch.start()
        with _progress(shift):
            shift.work()
        watch.stop()
    left = aftermath.read(unit.carrier, unit.state)
    left.expect_good()
    lost = lost_bytes(unit, left)
    expect(not lost, f"{lost} acknowledged bytes are not proven")
    spans = {name: watch.span(name, shift.half + min(_SETTLED_S, seconds / 4)) for name in NAMES}
    for name, span in spans.items():
        expect_flat(name, *span, _GROWTH_KB if seconds / 2 >= _LONG_S else math.inf)
    return _table(shift, left, spans)


def _table(shift: Shift, left: aftermath.Aftermath, spans: Mapping[str, tuple[Held, Held]]) -> Table:
    table = Table("", "", title="A shift at real time", box=None, show_header=False)
    media = sum(chunk.length for each in left.recordings for chunk in each.chunks)
    table.add_row("hours", f"{(shift.end - shift.begun) / 3600:.2f}")
    table.add_row("recordings; folders, as faults divide them", f"{shift.recordings}; {len(left.recordings)}")
    table.add_row("faults", str(shift.faults))
    table.add_row("media proven", f"{media / 1e6:,.0f} MB")
    table.add_row("acknowledged bytes lost", "0")
    for name, (before, after) in spans.items():
        memory = f"{before.memory_kb / 1000:.1f} to {after.memory_kb / 1000:.1f} MB"
        table.add_row(f"{name}, second half: memory", memory)
        table.add_row(f"{name}, second half: open files", f"{before.files} to {after.files}")
    return table


@contextlib.contextmanager
def _progress(shift: Shift) -> Iterator[None]:
    """A bar that follows a shift, from a thread of its own."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    over = threading.Event()
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=shift.end - shift.begun)

        def follow() -> None:
            while not over.wait(1.0):
                said = f"recording {shift.recordings}, {shift.faults} faults, last: {shift.doing}"
                bar.update(task, completed=time.monotonic() - shift.begun, description=said)

        thread = threading.Thread(target=follow, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


if __name__ == "__main__":
    main()
