"""Recordings that are sealed, attacked: none is ever called *authentic*, and what was attacked is told.

A case is ``KIND/ATTACK/FILE/SEED``: which recording of the carrier (``-bare``: without the manifest and all that comes
with it), what is done, to which file of it (``-``: the attack chooses), and the seed of its choices. Attacks named
``harmless-...`` touch nothing that is proven: they must change no verdict.
"""

import hashlib
import random
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from kuager.evidence.verdict import Finding as Found
from kuager.evidence.verdict import Outcome, Verdict, decide
from kuager.verify import find, recording, sets
from kuager.verify.sets import Result
from kuager_workshop.torture.attacks.scene import GOOD, NOT, Expected, Scene
from kuager_workshop.torture.attacks.table import ATTACKS
from kuager_workshop.torture.campaign import Finding, Size, expect
from kuager_workshop.torture.master import KINDS, Master, master

_CASES: dict[Size, int] = {"short": 1400, "full": 12_000}
_HARMLESS = "harmless-"
_PLACES = 3  # the first seeds are the first, the last and the middle byte


class Tampering:
    """The campaign."""

    title = "a recording that was sealed is tampered with"

    def cases(self, size: Size, seed: int) -> Sequence[str]:
        """Each attack on each file that it is for, then again elsewhere; a bit of each file's ends and middle."""
        chance = random.Random(seed)
        targets = [
            (kind, name, file)
            for name, attack in ATTACKS.items()
            for kind, files in attack.files.items()
            for file in files
        ]
        chosen = [(*target, place) for target in targets if target[1] == "flip-bit" for place in range(_PLACES)]
        chosen += [(*target, chance.randrange(1 << 32)) for target in targets]
        while len(chosen) < _CASES[size]:
            place = chance.choice((chance.randrange(_PLACES), chance.randrange(1 << 32)))
            chosen.append((*chance.choice(targets), place))
        return sorted({"/".join(map(str, case)) for case in chosen})

    def play(self, case: str, folder: Path) -> Finding:
        """Attack a copy, and ask the checker."""
        kind, name, target, seed = case.split("/")
        made = master()
        scene = Scene.begin(made, folder, kind, target, int(seed))
        before = _fingerprint(folder)
        expected = ATTACKS[name].play(scene)
        expect(_fingerprint(folder) != before, "nothing was changed")
        expect((expected.together is None) is name.startswith(_HARMLESS), "it is not as harmful as its name says")
        alone = recording.judge(scene.path, made.anchors).verdict if expected.alone is not None else None
        carriers = sorted(each for each in folder.iterdir() if each.is_dir())
        together = sets.judge(find.find(carriers), made.anchors)
        _outcomes(expected, alone, together, kind.partition("-")[0])
        _told(expected, alone, together, scene)
        return Finding(campaign="tampering", case=case, survived=True)


def _outcomes(expected: Expected, alone: Verdict | None, together: Result, kind: str) -> None:
    plain_alone, plain_together = _untouched(master())
    if alone and expected.alone:
        reasons = _reasons(alone.weighty)
        allowed = expected.alone if expected.alone != GOOD else {plain_alone[kind]}
        expect(alone.outcome in allowed, f"alone it is {alone.outcome.value}: {reasons}")
        if alone.outcome is Outcome.CANNOT:
            lacking = {finding.code for finding in alone.weighty}
            expect(bool(lacking & expected.lacks), f"alone it can't be checked for another reason: {reasons}")
    due = expected.together or plain_together
    expect(together.outcome is due, f"together they are {together.outcome.value}: {_reasons(together.findings)}")


def _told(expected: Expected, alone: Verdict | None, together: Result, scene: Scene) -> None:
    mine = next((each.verdict for each in together.recordings if each.path == scene.path), None)
    if alone and alone.outcome is NOT:
        telling = list(alone.weighty)
    else:
        suspects = expected.guilty | {scene.path.name}
        named = [each.verdict for each in together.recordings if each.path.name in suspects]
        telling = [*decide(together.findings).weighty, *(finding for each in named for finding in each.weighty)]
    for spot in expected.spots:
        expect(any(map(spot.told_by, telling)), f"it is not told as {spot}: {_reasons(telling)}")
    notes = {finding.code for each in (mine, alone) if each for finding in each.findings}
    notes |= {finding.code for finding in together.findings}
    expect(expected.notes <= notes, f"no note tells of it: {sorted(notes)}")
    for each in together.recordings:
        innocent = each.path != scene.path and each.path.name not in expected.guilty
        outcome, why = each.verdict.outcome, _reasons(each.verdict.weighty)
        expect(not innocent or outcome in GOOD, f"{each.path.name}, which nobody touched, is {outcome.value}: {why}")


@cache
def _untouched(made: Master) -> tuple[dict[str, Outcome], Outcome]:
    """What the recordings are, each and together, before anything is done to them."""
    alone = {kind: recording.judge(made.first / made.name(kind), made.anchors).verdict.outcome for kind in KINDS}
    together = sets.judge(find.find([made.first]), made.anchors).outcome
    expect({*alone.values(), together} <= GOOD, f"the carrier is not good before it is attacked: {alone}")
    return alone, together


def _fingerprint(folder: Path) -> bytes:
    """Of all names, links and contents."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        digest.update(f"{path}\0{path.is_symlink()}\0".encode())
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.digest()


def _reasons(findings: Sequence[Found]) -> str:
    shown = (f"{each.code} {each.says} {each.file} {each.bytes} {each.time} {each.detail}" for each in findings[:6])
    return "; ".join(shown)


TAMPERING = Tampering()
