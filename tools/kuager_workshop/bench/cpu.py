"""CPU of the recording path against the bare encoder and three peers, side by side; and of a whole unit."""

import statistics
import time
from collections.abc import Callable
from pathlib import Path

from kuager_workshop.bench import beacon, source
from kuager_workshop.bench.figure import Figure
from kuager_workshop.bench.measure import costs, cpu_seconds
from kuager_workshop.bench.peers import contenders
from kuager_workshop.bench.raw import Form
from kuager_workshop.bench.unit import Unit

LIMITS = {"bare encoder": 1.05, "ffmpeg drawtext": 1.05, "gstreamer clockoverlay": 0.95, "opencv putText": 0.75}
"""Contender -> what the recorder may cost at most, as a multiple of it."""

_WARM_S = 2


def measure(
    folder: Path, form: Form, runs: int, seconds: int, pipe_kib: int, alone: bool, step: Callable[[str], None]
) -> list[Figure]:
    """So many interleaved runs: of the recorder beside each other contender, or of each `alone`; `step` hears."""
    warm = form.rate * _WARM_S
    frames = source.pictures(form, warm + seconds * form.rate)
    ours, *others = contenders(form, folder)
    fields = [[ours], *([each] for each in others)] if alone else [[ours, each] for each in others]
    used: dict[str, list[float]] = {each.name: [] for each in (ours, *others)}
    ratios: dict[str, list[float]] = {each.name: [] for each in others}
    for turn in range(runs * len(fields)):
        field = fields[turn % len(fields)]
        step(f"{' beside '.join(each.name for each in field)}, run {turn // len(fields) + 1} of {runs}")
        cost = costs(field, frames, form.rate, warm, folder / "log", pipe_kib)
        for each, seconds_used in zip(field, cost, strict=True):
            used[each.name].append(seconds_used)
        if not alone:
            ratios[field[1].name].append(cost[0] / cost[1])
    medians = {name: statistics.median(values) for name, values in used.items()}
    manner = "each alone, medians" if alone else "side by side, medians of the ratios"
    how = f"{form.width}x{form.height}, {form.rate} a second, {form.preset}, {runs} runs of {seconds} s, {manner}"
    return [
        Figure(group="CPU", name=name, value=medians[name] * 60 / seconds, unit="s/min",
               how=f"least {min(values) * 60 / seconds:.1f}, most {max(values) * 60 / seconds:.1f}")
        for name, values in used.items()
    ] + [
        Figure(group="CPU", name=f"kuager / {name}", unit="", limit=LIMITS[name], how=how,
               value=medians[ours.name] / medians[name] if alone else statistics.median(values))
        for name, values in ratios.items()
    ]  # fmt: skip


def whole_unit(folder: Path, form: Form, seconds: int, bare_s_min: float) -> Figure:
    """All processes of a unit while it records: also the clip's decoding and scaling, sound, supervisor, parent."""
    clip = folder / "beacon.mp4"
    beacon.make_clip(clip)
    changes = f'[camera]\npath = "{clip}"\nwidth = {form.width}\nheight = {form.height}\nrate = {form.rate}\n'
    with Unit(folder, changes + f'preset = "{form.preset}"\ncrf = {form.crf}\n') as unit:
        unit.ready()
        unit.record()
        time.sleep(3)
        pids = unit.pids()
        begun, begun_s = cpu_seconds(pids), time.monotonic()
        time.sleep(seconds)
        used = (cpu_seconds(pids) - begun) * 60 / (time.monotonic() - begun_s)
    return Figure(
        group="CPU", name="whole unit / bare encoder", value=used / bare_s_min, unit="",
        how="another clip than the contenders', decoded and scaled as camera; sound and all processes included",
    )  # fmt: skip
