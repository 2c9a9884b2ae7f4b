"""Reads what a unit has left behind with the checker alone, and holds it against what was promised while it ran."""

from dataclasses import dataclass, field
from pathlib import Path

from kuager.evidence import certificates
from kuager.evidence.records import Chunk, ClockStep, Closed, Died, Event, Gap, IntervalEnded, Photo
from kuager.evidence.verdict import Outcome, decide, worst
from kuager.verify import find, proven, sets
from kuager.verify.recording import Judged
from kuager_workshop.torture.campaign import expect
from kuager_workshop.torture.simulated.ledger import Ledger

GOOD = (Outcome.AUTHENTIC, Outcome.ENDS_EARLY)


@dataclass
class Left:
    """One recording as the checker proves it."""

    judged: Judged
    chunks: list[Chunk] = field(default_factory=list)
    photos: list[Photo] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    clock_steps: int = 0
    events: list[str] = field(default_factory=list)
    """Their codes."""
    causes: list[str] = field(default_factory=list)
    """Why each interval ended, and why the recording did."""

    @property
    def id(self) -> bytes:
        """As `opened` has it; empty where there is none."""
        opened = self.judged.judge.story.opened
        return opened.id if opened else b""

    def undeclared(self) -> str:
        """Pictures that are missing between two fragments of an interval, and that no gap declares; empty: none."""
        before: dict[int, Chunk] = {}
        for chunk in self.chunks:
            if chunk.kind != "fragment":
                continue
            last = before.get(chunk.interval)
            due = last.first_frame + last.frames if last else chunk.first_frame
            declared = sum(gap.frames for gap in self.gaps if gap.interval == chunk.interval)
            if chunk.frames and chunk.first_frame - due > declared:
                return f"{chunk.first_frame - due} pictures are missing before {chunk.file}+{chunk.offset}"
            if chunk.frames:
                before[chunk.interval] = chunk
        return ""

    @property
    def name(self) -> str:
        """Of its folder."""
        return self.judged.path.name


@dataclass
class Aftermath:
    """All that is on a carrier."""

    recordings: list[Left]
    stillborn: list[Path]
    """Folders in which nothing is proven: their recording was never told to anybody."""
    outcome: Outcome

    def lost_bytes(self, ledger: Ledger) -> int:
        """Bytes that were acknowledged and are not proven."""
        there = {(left.id, chunk.sha256) for left in self.recordings for chunk in left.chunks}
        gone = [each.length for each in ledger.acknowledged if (each.recording, each.sha256) not in there]
        photos = {photo.sha256 for left in self.recordings for photo in left.photos}
        return sum(gone) + sum(each not in photos for each in ledger.photos)

    def lost_us(self, from_us: int, to_us: int) -> int:
        """How much of this stretch of time no proven fragment covers, CLOCK_BOOTTIME us."""
        at, lost = from_us, 0
        spans = sorted(
            (chunk.first_us, chunk.last_us)
            for left in self.recordings for chunk in left.chunks if chunk.kind == "fragment"
        )  # fmt: skip
        for first, last in spans:
            if last <= at:
                continue
            if first >= to_us:
                break
            lost += max(0, first - at)
            at = last
        return lost + max(0, to_us - at)

    def expect_good(self) -> None:
        """Every recording, and all together, are authentic or authentic up to an early end, and sealed."""
        for left in self.recordings:
            verdict = left.judged.verdict
            reason = ", ".join(f"{each.code} {each.says} {each.file} {each.detail}" for each in verdict.weighty[:3])
            expect(verdict.outcome in GOOD, f"{left.name} is {verdict.outcome.value}: {reason}")
            expect((left.judged.path / "manifest.sig").exists(), f"{left.name} is not sealed")
            expect(not (hole := left.undeclared()), f"{left.name}: {hole}")
        expect(self.outcome in GOOD, f"the recordings together are {self.outcome.value}")


def read(carrier: Path, state: Path) -> Aftermath:
    """Judge a carrier with the authority that the unit's state names."""
    anchors = certificates.load_pem((state / "authority/ca.pem").read_bytes())
    result = sets.judge(list(find.find([carrier])), anchors)
    left = [_left(each) for each in result.recordings]
    born = [each for each in left if each.id]
    stillborn = [each.judged.path for each in left if not each.id]
    outcome = worst([decide(result.findings).outcome, *(each.judged.verdict.outcome for each in born)])
    return Aftermath(born, stillborn, outcome)


def _left(judged: Judged) -> Left:
    left = Left(judged)
    for _, body in proven.records(judged):
        match body:
            case Chunk():
                left.chunks.append(body)
            case Photo():
                left.photos.append(body)
            case Gap():
                left.gaps.append(body)
            case ClockStep():
                left.clock_steps += 1
            case Event():
                left.events.append(body.code)
            case IntervalEnded() | Died() | Closed():
                left.causes.append(body.cause)
    return left
