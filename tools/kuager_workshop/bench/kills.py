"""Capture or vault killed at random moments while a real unit records: what is lost.

What was acknowledged is what a listener at the vault had heard before the signal was sent. Afterwards all recordings
are verified, and only chunks that the verifier counts as proven are looked at.
"""

import random
import statistics
import time
from dataclasses import dataclass
from os import kill
from pathlib import Path
from signal import SIGKILL

from kuager.clock import boot_us
from kuager.evidence import certificates
from kuager.evidence.records import Chunk, IntervalBegun
from kuager.evidence.verdict import Outcome
from kuager.verify import proven
from kuager.verify.recording import judge
from kuager_workshop.bench.figure import Figure
from kuager_workshop.bench.measure import BenchError
from kuager_workshop.bench.unit import Acknowledged, Unit

_LOST_S = 1.0


@dataclass(frozen=True)
class Kill:
    """What was killed, when, and the last that was acknowledged before."""

    what: str
    at_us: int
    told: Acknowledged


@dataclass(frozen=True)
class Proven:
    """A proven fragment: its recording, when its interval began, its times, its length."""

    recording: bytes
    begun_us: int
    first_us: int
    last_us: int
    length: int


def measure(folder: Path, count: int, seed: int = 1) -> list[Figure]:
    """So many kills of each."""
    chance = random.Random(seed)
    with Unit(folder) as unit:
        unit.ready()
        time.sleep(1.5)
        unit.record()
        kills = [_kill(unit, what, chance) for what in ("capture", "vault") for _ in range(count)]
    fragments = read(unit)
    figures = []
    for what in ("capture", "vault"):
        mine = [each for each in kills if each.what == what]
        lost = [newest_lost_us(each, fragments) / 1e6 for each in mine]
        missing = sum(acknowledged_lost(each, fragments) for each in mine)
        how = f"{len(mine)} kills at random moments; listener at the vault against what verify proves afterwards"
        figures += [
            Figure(group="kills", name=f"{what}: acknowledged bytes lost", value=missing, unit="B", limit=0, how=how),
            Figure(group="kills", name=f"{what}: newest picture lost, median", value=statistics.median(lost), unit="s",
                   how=how),
            Figure(group="kills", name=f"{what}: newest picture lost, worst", value=max(lost), unit="s", limit=_LOST_S,
                   how=how),
        ]  # fmt: skip
    return figures


def _kill(unit: Unit, what: str, chance: random.Random) -> Kill:
    time.sleep(chance.uniform(1.5, 3.5))
    pid = unit.child(what)
    told = unit.acknowledged[-1]
    at_us = boot_us()
    kill(pid, SIGKILL)
    unit.wait(lambda: any(each.durable_us > at_us for each in unit.durable(at_us)), 40, f"recording after {what}'s end")
    return Kill(what, at_us, told)


def read(unit: Unit) -> list[Proven]:
    """The proven fragments of all recordings, in order of time. Raises BenchError where a verdict is a bad one."""
    anchors = certificates.load_pem(unit.anchor.read_bytes())
    found = []
    for path in unit.recordings():
        judged = judge(path, anchors)
        if judged.verdict.outcome not in (Outcome.AUTHENTIC, Outcome.ENDS_EARLY):
            raise BenchError(f"{path}: the verdict is {judged.verdict.outcome.name}")
        opened, begun_us = judged.judge.story.opened, 0
        for _, body in proven.records(judged):
            if isinstance(body, IntervalBegun):
                begun_us = body.first_us
            elif isinstance(body, Chunk) and opened:
                # An init chunk has no moment of its own: it counts as its interval's.
                times = (body.first_us, body.last_us) if body.kind == "fragment" else (begun_us, begun_us)
                found.append(Proven(opened.id, begun_us, *times, body.length))
    return sorted(found, key=lambda each: each.first_us)


def acknowledged_lost(kill: Kill, fragments: list[Proven]) -> int:
    """Bytes acknowledged before the kill and not proven afterwards."""
    kept = [each.length for each in fragments if each.recording == kill.told.recording and each.begun_us < kill.at_us]
    return max(0, kill.told.bytes - sum(kept))


def newest_lost_us(kill: Kill, fragments: list[Proven]) -> int:
    """Time between the last acknowledged moment and the kill that no proven fragment covers, us."""
    at, lost = kill.told.durable_us, 0
    for each in fragments:
        if each.last_us <= at:
            continue
        if each.first_us >= kill.at_us:
            break
        lost += max(0, each.first_us - at)
        at = max(at, each.last_us)
    return lost + max(0, kill.at_us - at)
