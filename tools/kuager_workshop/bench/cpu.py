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
    folder: Path, form: Form, runs: int, seconds: int, pipe_kib: int, step: Callable[[str], None]
) -> list[Figure]:
    """So many interleaved runs of the recorder beside every other contender; `step` is told of each."""
    warm = form.rate * _WARM_S
    frames = source.pictures(form, warm + seconds * form.rate)
    ours, *others = contenders(form, folder)
    pairs: dict[str, list[list[float]]] = {each.name: [] for each in others}
    for turn in range(runs * len(others)):
        each = others[turn % len(others)]
        step(f"{ours.name} beside {each.name}, run {turn // len(others) + 1} of {runs}")
        pairs[each.name].append(costs([ours, each], frames, form.rate, warm, folder / "log", pipe_kib))
    form_text = f"{form.width}x{form.height}, {form.rate} a second, {form.preset}"
    how = f"{form_text}, {runs} runs of {seconds} s side by side, medians, pipe of {pipe_kib} KiB"
    everybody = {ours.name: [mine for pair in pairs.values() for mine, _ in pair]} | {
        name: [theirs for _, theirs in pair] for name, pair in pairs.items()
    }
    figures = [
        Figure(group="CPU", name=name, value=statistics.median(each) * 60 / seconds, unit="s/min",
               how=f"least {min(each) * 60 / seconds:.1f}, most {max(each) * 60 / seconds:.1f}")
        for name, each in everybody.items()
    ]  # fmt: skip
    return figures + [
        Figure(group="CPU", name=f"kuager / {name}", value=statistics.median(mine / theirs for mine, theirs in pair),
               unit="", limit=LIMITS[name], how=how)
        for name, pair in pairs.items()
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
