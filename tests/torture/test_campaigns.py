"""The campaigns survive a sample of their cases, and do not survive a firmware that breaks its promises."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kuager.session.state import State
from kuager.vault.journal_file import JournalFile
from kuager.vault.keeper import Keeper
from kuager.vault.media_file import MediaFile
from kuager.vault.sealing import Sealing
from kuager_workshop.torture import campaign, report, runner
from kuager_workshop.torture.campaign import Finding


@pytest.mark.parametrize(
    ("name", "case"),
    [
        ("kills", "vault/kill/119"),
        ("kills", "vault/stop/119"),
        ("kills", "vault/memory/58/31"),
        ("kills", "capture/raise/109"),
        ("kills", "supervisor/stop/120"),
        ("carriers", "no-room/3863"),
        ("carriers", "sync-fails/4"),
        ("carriers", "seal-fails/3"),
        ("carriers", "slow/85"),
        ("carriers", "foreign/2"),
        ("sensors", "camera-never/4"),
        ("sensors", "backward/5"),
        ("clocks", "lost-to-1970/3"),
    ],
)
def test_a_fault_is_survived(name: str, case: str) -> None:
    found = runner.play(name, case)
    assert (found.why, found.lost_bytes) == ("", 0)


def test_cases_are_many_and_the_same_for_the_same_seed() -> None:
    for name in campaign.CAMPAIGNS:
        each = campaign.load(name)
        assert each.cases("short", 7) == each.cases("short", 7)
        assert len(each.cases("full", 1)) > len(each.cases("short", 1)) or name == "shift"
    assert len(campaign.load("kills").cases("short", 1)) >= 300
    assert len(campaign.load("kills").cases("full", 1)) >= 3000


# what each promise is checked by


def test_a_chunk_that_is_acknowledged_and_not_proven_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    real = MediaFile.append

    def every_third_is_lost(self: MediaFile, data: Any) -> None:
        real(self, bytes(len(data)) if len(data) % 3 == 0 else data)

    monkeypatch.setattr(MediaFile, "append", every_third_is_lost)
    assert "not authentic" in runner.play("clocks", "a-day-back/5").why


def test_media_that_are_acknowledged_and_never_journalled_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    real = JournalFile.note

    def without_late_chunks(self: JournalFile, kind: str, body: Any, now: Any) -> None:
        if kind != "chunk" or self.records < 12:
            real(self, kind, body, now)

    monkeypatch.setattr(JournalFile, "note", without_late_chunks)
    found = runner.play("clocks", "a-day-back/5")
    assert not found.survived or found.lost_bytes


def test_a_light_that_stays_red_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(State, "durable", True)
    found = runner.play("carriers", "slow/85")
    assert "the light is red" in found.why


def test_a_seal_that_is_not_tried_again_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Sealing, "look", lambda *_: None)
    assert "is not sealed" in runner.play("carriers", "seal-fails/2").why


def test_a_unit_that_never_recovers_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Keeper, "_recover", lambda self, now: setattr(self, "_recovered", True))
    assert not runner.play("kills", "vault/kill/200").survived


# the harness itself


class Broken:
    title = "nothing good"

    def cases(self, size: str, seed: int) -> list[str]:
        return ["raises"]

    def play(self, case: str, folder: Path) -> Finding:
        if case == "hangs":
            while True:
                pass
        raise ZeroDivisionError("played")


def test_what_raises_or_hangs_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campaign, "load", lambda name: Broken())
    monkeypatch.setattr(campaign, "LONGEST_S", 1)
    assert "ZeroDivisionError at test_campaigns.py" in runner.play("kills", "raises").why
    assert "it hangs" in runner.play("kills", "hangs").why


def test_the_table_counts_and_names_what_failed(tmp_path: Path) -> None:
    findings = [
        Finding(campaign="kills", case="vault/kill/1", survived=True, lost_us=200_000),
        Finding(campaign="kills", case="vault/kill/2", survived=True, lost_us=600_000),
        Finding(campaign="kills", case="a b", survived=False, why="no seal", lost_bytes=7),
        Finding(campaign="clocks", case="x/1", survived=True),
    ]
    kills, clocks = report.rows(findings)
    assert (kills.tried, kills.survived, kills.lost_bytes, kills.median_s, kills.worst_s) == (3, 2, 7, 0.4, 0.6)
    assert (kills.good, clocks.good, clocks.worst_s) == (False, True, None)
    [line] = report.failures(findings)
    assert "--replay kills 'a b'" in line
    report.page(findings, 1, datetime(2026, 11, 26, tzinfo=UTC), tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text()
    assert "Not all survived" in text
    assert "no seal" in text
    assert report.markdown(findings).count("\n") == 4
