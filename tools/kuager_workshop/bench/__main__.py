"""``make bench``: CPU of the recording path against the bare encoder and three peers, as ratios of medians."""

import statistics
import tempfile
from pathlib import Path

import click
from rich.console import Console
from rich.progress import track
from rich.table import Table

from kuager_workshop.bench import source
from kuager_workshop.bench.measure import cost
from kuager_workshop.bench.peers import contenders
from kuager_workshop.bench.raw import Form

LIMITS = {"bare encoder": 1.05, "ffmpeg drawtext": 1.05, "gstreamer clockoverlay": 0.95, "opencv putText": 0.75}
"""Contender -> what the recorder may cost at most, as a multiple of it."""


@click.command()
@click.option("--runs", default=7, show_default=True, help="Interleaved runs of each contender.")
@click.option("--seconds", default=8, show_default=True, help="Measured seconds of each run, at real time.")
@click.option("--size", default="1280x720", show_default=True, help="Picture size.")
@click.option("--rate", default=30, show_default=True, help="Pictures a second.")
@click.option("--preset", default="superfast", show_default=True, help="x264 preset.")
@click.option("--crf", default=25, show_default=True, help="x264 constant rate factor.")
def main(runs: int, seconds: int, size: str, rate: int, preset: str, crf: int) -> None:
    """Measure, and print a table; exit 3 where a limit is not met."""
    width, height = (int(each) for each in size.split("x"))
    form = Form(width, height, rate, preset, crf)
    warm = rate * 2
    console = Console()
    with tempfile.TemporaryDirectory(prefix="kuager-bench-") as name:
        folder = Path(name)
        frames = source.pictures(form, warm + seconds * rate)
        field = contenders(form, folder)
        costs: dict[str, list[float]] = {each.name: [] for each in field}
        for turn in track(range(runs * len(field)), description="measuring", console=Console(stderr=True)):
            each = field[turn % len(field)]
            costs[each.name].append(cost(each, frames, rate, warm, folder / "log"))
    ours = statistics.median(costs["kuager"])
    table = Table(title=f"{size}, {rate} a second, {preset}, {runs} runs of {seconds} s: CPU seconds a minute of video")
    for heading in ("contender", "median", "least", "most", "kuager / it", "at most", ""):
        table.add_column(heading, justify="left" if heading in ("contender", "") else "right")
    met = True
    for contender, values in costs.items():
        median = statistics.median(values)
        limit = LIMITS.get(contender)
        good = limit is None or ours / median <= limit
        met &= good
        minute = [f"{value * 60 / seconds:.1f}" for value in (median, min(values), max(values))]
        share = "" if limit is None else f"{ours / median:.3f}"
        table.add_row(
            contender, *minute, share, f"{limit or ''}", "" if limit is None else "met" if good else "NOT met"
        )
    console.print(table)
    raise SystemExit(0 if met else 3)


if __name__ == "__main__":
    main()
