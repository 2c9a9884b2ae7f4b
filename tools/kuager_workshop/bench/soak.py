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
    lengths = {name: (last - first) / 1_000_000 for name, (first, last) in spans.items()}
    # Each file has times of its own; one that is shorter holds too few events to compare.
    apart = [beacon.ran_apart(recording / name, length) for name, length in lengths.items() if length > _SHORTEST_S]
    if not apart:
        raise BenchError(f"a soak of less than {_SHORTEST_S:g} s says nothing")
    how = f"{pictures} pictures in {sum(lengths.values()) / 60:.1f} minutes"
    return [
        Figure(group="soak", name="undeclared drops and other findings of verify --frames", value=len(silent),
               unit="", limit=0, how=how),
        Figure(group="soak", name="pictures declared missing", value=declared, unit="", how=how),
        Figure(group="soak", name="interruptions", value=interruptions - 1, unit="", limit=0, how=how),
        Figure(group="soak", name="sound against picture, end against begin", value=max(map(abs, apart)) * 1000,
               unit="ms", limit=_APART_MS, how="chirp and flash of one clock, minutes apart, in the file's own times"),
    ]  # fmt: skip
