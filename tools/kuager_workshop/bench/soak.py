"""A long recording at real time by a whole unit: nothing is dropped in silence, and sound stays with the picture."""

from pathlib import Path

from kuager.evidence import certificates
from kuager.evidence.records import Chunk, Gap, IntervalBegun
from kuager.evidence.verdict import Outcome
from kuager.verify import frames, proven
from kuager.verify.recording import judge
from kuager_workshop.bench import beacon
from kuager_workshop.bench.figure import Figure
from kuager_workshop.bench.measure import BenchError
from kuager_workshop.bench.memory import Sampler, growth
from kuager_workshop.bench.unit import Unit

_APART_MS = 10.0
_SHORTEST_S = 60.0


def measure(folder: Path, minutes: float) -> list[Figure]:
    """Record for so long, then look at what was recorded."""
    clip, sound = folder / "beacon.mp4", folder / "beacon.wav"
    beacon.make_clip(clip)
    beacon.make_sound(sound)
    sampler = Sampler()
    with Unit(folder, f'[camera]\npath = "{clip}"\n[microphone]\npath = "{sound}"\n') as unit:
        unit.ready()
        unit.record()
        sampler.watch(unit, minutes * 60, 5.0)
    (recording,) = unit.recordings()
    return [*examine(recording, unit.anchor), growth(sampler, minutes, "soak")]


def examine(recording: Path, anchor: Path) -> list[Figure]:
    """What a recording of the beacon shows: pictures not accounted for, and how far sound and picture ran apart."""
    judged = judge(recording, certificates.load_pem(anchor.read_bytes()))
    if judged.verdict.outcome not in (Outcome.AUTHENTIC, Outcome.ENDS_EARLY):
        raise BenchError(f"{recording}: the verdict is {judged.verdict.outcome.name}")
    silent = frames.look(judged)
    pictures = declared = interruptions = 0
    spans: dict[str, tuple[int, int]] = {}  # file: its first and last moment, us
    for _, body in proven.records(judged):
        if isinstance(body, Chunk) and body.kind == "fragment":
            pictures += body.frames
            spans[body.file] = (spans.get(body.file, (body.first_us, 0))[0], body.last_us)
        elif isinstance(body, Gap) and body.stream == "video":
            declared += body.frames
        elif isinstance(body, IntervalBegun):
            interruptions += 1
    minutes = sum(last - first for first, last in spans.values()) / 60_000_000
    # Each file has times of its own; a stretch that is shorter holds too few events to compare.
    stretches = {name: beacon.steady(recording / name) for name in spans}
    long = {name: (begin, end) for name, (begin, end) in stretches.items() if end - begin > _SHORTEST_S}
    if not long:
        raise BenchError(f"no stretch of {_SHORTEST_S:g} s without a pause of the camera: nothing can be said")
    apart = [beacon.ran_apart(recording / name, begin, end) for name, (begin, end) in long.items()]
    watched = sum(end - begin for begin, end in long.values()) / 60
    how = f"{pictures} pictures in {minutes:.1f} minutes"
    return [
        Figure(group="soak", name="undeclared drops and other findings of verify --frames", value=len(silent),
               unit="", limit=0, how=how),
        Figure(group="soak", name="pictures declared missing", value=declared, unit="", how=how),
        Figure(group="soak", name="interruptions", value=interruptions - 1, unit="", limit=0, how=how),
        Figure(group="soak", name="sound against picture, end against begin", value=max(map(abs, apart)) * 1000,
               unit="ms", limit=_APART_MS, how=f"chirp and flash of one clock, {watched:.1f} minutes"),
    ]  # fmt: skip
