"""The campaigns of tampering and of honest recordings: a sample of each kind holds, and a weakened checker fails."""

from collections import Counter
from pathlib import Path

import av
import numpy as np
import pytest

from kuager.evidence import rules_manifest, rules_set
from kuager.evidence.keys import PublicKey
from kuager.evidence.manifest import Manifest, read
from kuager.evidence.records import Opened
from kuager.evidence.rules_chain import Chain
from kuager.evidence.rules_files import Check, Files
from kuager.evidence.rules_set import SetJudge
from kuager.evidence.verdict import Findings
from kuager.media import cells, sei
from kuager_workshop.torture.attacks import media
from kuager_workshop.torture.attacks.scene import Scene
from kuager_workshop.torture.attacks.table import ATTACKS
from kuager_workshop.torture.campaign import BrokenError
from kuager_workshop.torture.honest import HONEST
from kuager_workshop.torture.master import master, recordings
from kuager_workshop.torture.tampering import TAMPERING

SAMPLE = {name: f"{kind}/{name}/{files[-1]}/3" for name, attack in ATTACKS.items()
          for kind, files in list(attack.files.items())[len(attack.files) // 2 :][:1]}  # fmt: skip


@pytest.mark.parametrize("attack", SAMPLE)
def test_an_attack_is_told(attack: str, tmp_path: Path) -> None:
    assert TAMPERING.play(SAMPLE[attack], tmp_path).survived


@pytest.mark.parametrize("case", ["died-bare/put-in/journal-02.cborseq/0", "died/put-in/video-02.mp4/1"])
def test_what_is_put_in_before_a_whole_record_or_into_a_torn_tail_is_told(case: str, tmp_path: Path) -> None:
    assert TAMPERING.play(case, tmp_path).survived


def test_there_are_enough_cases_and_each_attack_is_in_them() -> None:
    short = TAMPERING.cases("short", 1)
    count = Counter(case.split("/")[1] for case in short)
    harmless = sum(many for name, many in count.items() if name.startswith("harmless"))
    assert count.keys() == ATTACKS.keys()
    assert len({attack.play for attack in ATTACKS.values()}) == len(ATTACKS) - 2, "two are harmless on some files"
    assert len(short) - harmless >= 500
    assert len(set(short)) == len(short)
    assert list(short) == list(TAMPERING.cases("short", 1)) != list(TAMPERING.cases("short", 2))
    assert len(HONEST.cases("short", 1)) >= 500


WEAK = {
    "digests of chunks": ("sealed-bare/flip-bit/video-01.mp4/2", "alone it is authentic"),
    "links of records": ("sealed-bare/drop-record/-/3", "alone it is"),
    "the manifest's signature": ("sealed/manifest-by-other-key/-/3", "it is not told"),
    "what a successor says": ("sealed/cut-minutes/-/3", "together they are cannot be checked"),
    "what is gone": ("sealed/remove/-/3", "together they are authentic"),
    "who may speak": ("sealed/harmless-anothers-witness/-/3", "together they are not authentic"),
    "where it is": ("sealed-bare/flip-bit/video-01.mp4/1", "it is not told as"),
}


@pytest.mark.parametrize("what", WEAK)
def test_a_weakened_checker_fails(what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    master()  # which must be judged good by the whole checker first
    case, why = WEAK[what]
    assert TAMPERING.play(case, tmp_path / "whole").survived
    weaken(what, monkeypatch)
    with pytest.raises(BrokenError, match=why):
        TAMPERING.play(case, tmp_path / "weak")


def weaken(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def trusting(_: Findings, data: bytes, __: bytes, ___: list[PublicKey]) -> Manifest:
        return read(data)

    def misplaced(self: Files, check: Check, digest: bytes | None) -> None:
        compare(self, Check(check.code, check.file, 0, 1, check.sha256, check.time), digest)

    compare = Files.compare
    match what:
        case "digests of chunks":
            monkeypatch.setattr(Files, "compare", lambda *_: None)
        case "links of records":
            monkeypatch.setattr(Chain, "_break", lambda *_, **__: None)
        case "the manifest's signature":
            monkeypatch.setattr(rules_manifest, "signed", trusting)
        case "what a successor says":
            monkeypatch.setattr(SetJudge, "_ends_as", lambda *_: None)
        case "what is gone":
            monkeypatch.setattr(SetJudge, "_removed", lambda *_: None)
        case "who may speak":
            monkeypatch.setattr(rules_set, "_heard", lambda *_: True)
        case "where it is":
            monkeypatch.setattr(Files, "compare", misplaced)


@pytest.mark.parametrize("exactly", [True, False])
def test_an_edited_picture_looks_as_it_must(tmp_path: Path, exactly: bool) -> None:
    """Decoded without complaint, shown the edit, and bears the unit's marks in cells and SEI."""
    scene = Scene.begin(master(), tmp_path, "sealed", "video-02.mp4", 7)
    attack = media.encode_to_size if exactly else media.encode_anew
    attack(scene)
    size, was = (path.stat().st_size for path in (scene.file, scene.anatomy.path / scene.target))
    assert (size == was) is exactly
    opened = scene.anatomy.records[0].typed()
    assert isinstance(opened, Opened)
    edited = 0
    with av.open(str(scene.file)) as container:
        for packet in container.demux(video=0):
            mark = sei.read_avcc(bytes(packet)) if packet.size else None
            for frame in packet.decode():
                assert isinstance(frame, av.VideoFrame)
                luma = np.asarray(frame.to_ndarray(format="gray"), np.uint8)
                if mark:
                    assert cells.read(luma) == mark
                    assert mark.number == opened.number
                    assert luma[70:130, 110:190].mean() < 40
                    edited += 1
    assert edited > 1


STORIES = sorted({case.split("/")[0] for case in HONEST.cases("short", 1)})


@pytest.mark.parametrize("story", STORIES)
def test_an_honest_recording_stays_so(story: str, tmp_path: Path) -> None:
    assert HONEST.play(f"{story}/5", tmp_path).survived


def test_a_false_alarm_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compare = Files.compare
    monkeypatch.setattr(Files, "compare", lambda self, check, _: compare(self, check, bytes(32)))
    with pytest.raises(BrokenError, match="not authentic"):
        HONEST.play("camera/5", tmp_path)


def test_the_carrier_under_attack_is_left_as_it_is(tmp_path: Path) -> None:
    made = master()
    before = {path: path.read_bytes() for path in made.first.rglob("*") if path.is_file()}
    TAMPERING.play("sealed/remove/-/3", tmp_path)
    assert {path: path.read_bytes() for path in made.first.rglob("*") if path.is_file()} == before
    assert [len(recordings(carrier)) for carrier in (made.first, made.later, made.other)] == [5, 1, 3]
