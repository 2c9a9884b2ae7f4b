"""A shift at real time, a very short one, and what it would find."""

import mmap
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from kuager.terminal.script import parse
from kuager_workshop.bench.measure import BenchError
from kuager_workshop.torture import soak
from kuager_workshop.torture.campaign import BrokenError
from kuager_workshop.torture.resources import Held, expect_flat, held
from kuager_workshop.torture.soak import Shift
from kuager_workshop.torture.watch import NAMES


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_short_shift_with_a_vault_that_dies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("_EVERY_S", (1.5, 2.0)), ("_RECORDING_S", (8.0, 9.0)), ("_LOOK_S", 0.5)):
        monkeypatch.setattr(soak, name, value)
    for name in ("_ALL", "_MILD"):
        monkeypatch.setattr(soak, name, ("kill vault",))
    monkeypatch.setattr(Shift, "work", Shift.record)
    spans: dict[str, bool] = {}

    def looked_at(name: str, before: Held, after: Held, _: float) -> None:
        spans[name] = before.pid == after.pid

    monkeypatch.setattr(soak, "expect_flat", looked_at)
    rows = dict(zip(*(column._cells for column in soak.play(tmp_path, 60.0, 1).columns), strict=True))
    assert int(str(rows["faults"])) >= 3
    recordings, folders = (int(each) for each in str(rows["recordings; folders, as faults divide them"]).split(";"))
    assert folders > recordings == 1
    assert (rows["acknowledged bytes lost"], list(spans), spans["capture"]) == ("0", list(NAMES), True)


def test_every_fault_is_one_that_a_script_can_play() -> None:
    for script in soak._ALL:
        assert parse(script, "soak")


@pytest.mark.parametrize(
    ("after", "why"),
    [
        (Held(7, 50_000, 12), ""),
        (Held(8, 40_000, 10), "the vault was started again"),
        (Held(7, 50_001, 10), "the vault has grown by 10001 kB, from 40000 kB"),
        (Held(7, 40_000, 13), "the vault holds 3 more open files"),
    ],
)
def test_what_a_process_holds_must_stay(after: Held, why: str) -> None:
    if not why:
        expect_flat("vault", Held(7, 40_000, 10), after, 10_000)
        return
    with pytest.raises(BrokenError, match=why):
        expect_flat("vault", Held(7, 40_000, 10), after, 10_000)


def test_memory_and_open_files_are_the_process_own(tmp_path: Path) -> None:
    before = held(os.getpid())
    # Pages from the kernel: what is asked of the interpreter may come from what it had freed before.
    with mmap.mmap(-1, 40_000_000) as kept, (tmp_path / "x").open("w"):
        kept.write(bytes([1]) * 40_000_000)
        after = held(os.getpid())
    assert after.pid == os.getpid()
    assert after.files == before.files + 1
    assert after.memory_kb - before.memory_kb > 20_000


def test_what_was_acknowledged_and_is_not_proven_is_counted() -> None:
    unit: Any = SimpleNamespace(
        acknowledged=[SimpleNamespace(recording=b"1", bytes=count) for count in (100, 300)]
        + [SimpleNamespace(recording=b"2", bytes=50)]
    )
    recording = SimpleNamespace(
        id=b"1", chunks=[SimpleNamespace(length=length) for length in (100, 150)], photos=[SimpleNamespace(length=20)]
    )
    left: Any = SimpleNamespace(recordings=[recording])
    assert soak.lost_bytes(unit, left) == 30 + 50


@pytest.mark.parametrize(
    ("error", "told"),
    [(BenchError("the light is red: not so in time"), "the light is red: not so in time"),
     (BrokenError("9 acknowledged bytes are not proven"), "9 acknowledged bytes are not proven"),
     (KeyboardInterrupt(), "stopped")],
)  # fmt: skip
def test_a_shift_that_comes_to_no_good_end_is_told_with_its_seed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, told: str
) -> None:
    def breaks(*_: object) -> None:
        raise error

    monkeypatch.setattr(soak, "play", breaks)
    done = CliRunner().invoke(soak.main, ["--hours", "0.001", "--seed", "7", "--folder", str(tmp_path)])
    assert done.exit_code == 1
    assert done.stderr.startswith(f"seed 7: {told}; what is left is in ")
    assert list(tmp_path.iterdir())


def test_a_folder_without_room_for_it_is_refused(tmp_path: Path) -> None:
    done = CliRunner().invoke(soak.main, ["--hours", "1e9", "--folder", str(tmp_path)])
    assert done.exit_code == 2
    assert "give another with --folder" in done.stderr
