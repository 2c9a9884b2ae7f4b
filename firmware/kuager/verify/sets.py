"""Judges everything at some paths: each recording by itself, then all of them against each other."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509

from kuager.evidence.rules_recording import Identity, RecordingJudge
from kuager.evidence.rules_set import SetJudge
from kuager.evidence.rules_unit import Testimony, Witness
from kuager.evidence.rules_walk import walk
from kuager.evidence.verdict import Finding, Findings, Outcome, decide, worst
from kuager.verify import recording
from kuager.verify.find import Place, unit_journals
from kuager.verify.folder import Folder, NotReadableError, why
from kuager.verify.recording import Judged

More = Callable[[Judged], list[Finding]]


@dataclass
class Result:
    """All recordings in the order given, what was found of the set, and which recordings are one action."""

    recordings: list[Judged]
    findings: list[Finding] = field(default_factory=list)
    groups: list[list[Judged]] = field(default_factory=list)

    @property
    def outcome(self) -> Outcome:
        """The worst verdict, the set's own included."""
        return worst([*(each.verdict.outcome for each in self.recordings), decide(self.findings).outcome])


def judge(
    places: list[Place],
    anchors: list[x509.Certificate] | None,
    progress: Callable[[int], None] = lambda _: None,
    more: More = lambda _: [],
) -> Result:
    """Judge what `find` found. `more` may look at a recording once more, at its pictures."""
    result = Result([_one(path, anchors, progress) for place in places for path in place.recordings])
    identities = {str(each.path): found for each in result.recordings if (found := each.judge.identity())}
    together = SetJudge(identities)
    notes = Findings()
    told = [each for place in places for each in _testimony(place, anchors, identities, notes)]
    together.judge(told, [str(path) for place in places if place.units for path in place.recordings])
    for each in result.recordings:
        extra = [*together.of.get(str(each.path), ()), *more(each)]
        each.verdict = decide([*each.verdict.findings, *extra], each.judge.good)
    result.findings = list(decide([*together.findings, *notes]).findings)
    by_path = {str(each.path): each for each in result.recordings}
    result.groups = [[by_path[path] for path in group] for group in together.groups()]
    return result


def _one(path: Path, anchors: list[x509.Certificate] | None, progress: Callable[[int], None]) -> Judged:
    try:
        return recording.judge(path, anchors, progress)
    except OSError as error:
        none = RecordingJudge(path.name, anchors, {})
        none.findings.add("K101", "folder", error=why(error))
        return Judged(path, decide(none.findings), none, {})


def _testimony(
    place: Place, anchors: list[x509.Certificate] | None, identities: dict[str, Identity], notes: Findings
) -> Iterator[Testimony]:
    for path in place.units:
        witness = Witness(notes, anchors, {found.certificate for found in identities.values()})
        with suppress(OSError), Folder(path) as folder:
            for name in unit_journals(folder):
                try:
                    with folder.reading(name) as (stream, _):
                        witness.file(f"{path.name}/{name}", walk(stream))
                except NotReadableError as error:
                    notes.add("K705", "unreadable", f"{path.name}/{name}", None, None, error.found.detail)
        yield from witness.recordings.values()
