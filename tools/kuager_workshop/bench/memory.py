"""Memory of a real unit, all its processes together: with the pre-roll full, and while it records."""

import statistics
import time
from pathlib import Path

from kuager_workshop.bench.figure import Figure
from kuager_workshop.bench.measure import BenchError, proportional_set_bytes
from kuager_workshop.bench.unit import Unit

_LIMIT_MB = 260.0
_FLAT_MB = 10.0  # an hour
_LONG_MINUTES = 25.0  # from which a slope says more than noise
_SETTLED = 0.2  # share of the time after which allocators have what they need


class Sampler:
    """Proportional set size over time, MB."""

    def __init__(self) -> None:
        self.samples: list[tuple[float, float]] = []

    def watch(self, unit: Unit, seconds: float, every_s: float = 2.0) -> None:
        """Sample for so long."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                self.samples.append((time.monotonic(), proportional_set_bytes(unit.pids()) / 1e6))
            except BenchError:
                continue  # a process ended between list and look
            finally:
                time.sleep(every_s)

    @property
    def most(self) -> float:
        """The largest, MB."""
        return max(size for _, size in self.samples)

    @property
    def growth(self) -> float:
        """MB an hour: the slope of a straight line through all but the first fifth."""
        settled = self.samples[int(len(self.samples) * _SETTLED) :]
        if len(settled) < 2:
            return 0.0
        return statistics.linear_regression(*zip(*settled, strict=True)).slope * 3600


def growth(sampler: Sampler, minutes: float, group: str) -> Figure:
    """The figure of flatness; with a limit only where the time was long enough for one."""
    return Figure(
        group=group, name=f"growth while recording, over {minutes:g} minutes", value=sampler.growth, unit="MB/h",
        limit=_FLAT_MB if minutes >= _LONG_MINUTES else None, how="slope of the samples after the first fifth",
    )  # fmt: skip


def measure(folder: Path, minutes: float, pre_roll_s: int = 30) -> list[Figure]:
    """Both figures, and the growth over so many minutes of recording."""
    standing, recording = Sampler(), Sampler()
    with Unit(folder, f"[procedure]\npre_roll_s = {pre_roll_s}\n") as unit:
        unit.ready()
        time.sleep(pre_roll_s + 3)
        standing.watch(unit, 6)
        unit.record()
        recording.watch(unit, minutes * 60)
    how = "Pss of all processes of kuager run, supervisor and parent included; largest of samples every 2 s"
    return [
        Figure(group="memory", name=f"stand-by, pre-roll of {pre_roll_s} s full", value=standing.most, unit="MB",
               limit=_LIMIT_MB, how=how),
        Figure(group="memory", name="recording", value=recording.most, unit="MB", limit=_LIMIT_MB, how=how),
        growth(recording, minutes, "memory"),
    ]  # fmt: skip
