"""From the edge of the power-fail line to the seal, with the real processes: within what the board lives on."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kuager.evidence.journal import iterate
from kuager.hardware import folder, load

pytestmark = pytest.mark.slow
KUAGER = str(Path(sys.executable).with_name("kuager"))
SCRIPT = """wait-for ready 40s
press record
wait-for opening 20s
wait-for durable 10s
wait 6s
fault power-fail
wait-for sealed 20s
"""
DEBOUNCED_US = 20_000
BOARDS = {path.stem: load(path) for path in folder().glob("*.toml")}


@pytest.fixture
def state(tmp_path):
    yield tmp_path / "state" / "kuager"
    subprocess.run(["chattr", "-R", "-f", "-ia", str(tmp_path)], check=False)


def records(path: Path) -> list[Any]:
    with path.open("rb") as source:
        return list(iterate(source))


def test_what_is_recorded_is_sealed_before_the_power_is_gone(state, tmp_path):
    (tmp_path / "script").write_text(SCRIPT)
    environment = os.environ | {name: str(tmp_path / part) for name, part in (
        ("XDG_STATE_HOME", "state"), ("XDG_CACHE_HOME", "cache"), ("XDG_CONFIG_HOME", "config"),
    )}  # fmt: skip
    command = [KUAGER, "record", "--carrier", str(tmp_path / "card"), "--script", str(tmp_path / "script")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    recording = Path(done.stdout.splitlines()[-1])
    unit = [record for path in sorted(state.rglob("*.cborseq")) for record in records(path)]
    failed = next(each.stamp.boot_us for each in unit if each.type == "event" and each.body["code"] == "power-fail")
    sealed = next(each.stamp.boot_us for each in unit if each.type == "recording-sealed")
    closed = records(recording / "journal-01.cborseq")[-1]
    assert (closed.type, closed.body["cause"]) == ("closed", "power")
    assert "end-of-last-stretch" not in closed.body.get("missing", [])
    took_ms = (sealed - failed + DEBOUNCED_US) // 1000
    print(f"sealed {took_ms} ms after the edge")
    least = min(wired.power.hold_up_ms for wired in BOARDS.values())
    assert took_ms < least // 2, "half of it is left for what a slow card takes"
