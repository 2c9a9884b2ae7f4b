"""``python -m kuager_workshop.fuzz``: what it says and how it ends, with and without atheris."""

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from kuager_workshop.fuzz import __main__ as command
from kuager_workshop.fuzz import engine, worker
from kuager_workshop.fuzz.engine import Outcome, Plan
from kuager_workshop.fuzz.target import Target
from kuager_workshop.fuzz.targets import TARGETS

# What a worker is here: one whose target breaks on its first input, without the time that starting costs.
BROKEN = """
import sys
from kuager_workshop.fuzz import targets, worker
from kuager_workshop.fuzz.target import Target
def run(data):
    raise KeyError("a slip")
targets.TARGETS["prft"] = Target("prft", run)
worker.main(sys.argv[1:])
"""


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    made = engine._command

    def instead(name: str, plan: Plan, kept: Path) -> list[str]:
        usual = made(name, plan, kept)
        return [sys.executable, "-c", BROKEN, *usual[3:]]

    monkeypatch.setattr(engine, "_command", instead)


def test_where_nothing_breaks_it_ends_with_0(tmp_path: Path) -> None:
    arguments = ["--only", "prft", "--seconds", "1", "--plain", "--folder", str(tmp_path)]
    result = CliRunner().invoke(command.main, arguments)
    assert result.exit_code == 0, result.output
    assert "nothing" in result.stdout
    assert not list((tmp_path / "findings").iterdir())


@pytest.mark.usefixtures("broken")
@pytest.mark.parametrize(
    "plain", [True, pytest.param(False, marks=pytest.mark.skipif(not worker.HAVE_ATHERIS, reason="no atheris"))]
)
def test_a_finding_is_kept_and_the_command_that_plays_it_again_is_told(tmp_path: Path, plain: bool) -> None:
    arguments = ["--only", "prft", "--seconds", "2", "--folder", str(tmp_path), *(["--plain"] if plain else [])]
    result = CliRunner().invoke(command.main, arguments)
    assert result.exit_code == 1, result.output
    (kept,) = (tmp_path / "findings").iterdir()
    assert "prft: KeyError: 'a slip'" in result.stderr
    assert f"-m kuager_workshop.fuzz --replay prft {kept}" in result.stderr


def test_what_is_played_again_tells_what_it_cost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "input"
    path.write_bytes(b"abc")
    result = CliRunner().invoke(command.main, ["--replay", "cbor", str(path)])
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, "nothing broke")
    assert "3 bytes, " in result.stdout

    def run(_: bytes) -> None:
        raise KeyError("a slip")

    monkeypatch.setitem(TARGETS, "cbor", Target("cbor", run))
    result = CliRunner().invoke(command.main, ["--replay", "cbor", str(path)])
    assert result.exit_code == 1
    assert "KeyError: 'a slip'" in result.stderr


def test_where_there_is_no_atheris_it_says_so_and_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "HAVE_ATHERIS", False)
    result = CliRunner().invoke(command.main, ["--only", "prft", "--seconds", "1", "--folder", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert result.stderr.count("atheris is not to be had for this Python") == 1


def test_a_target_that_does_not_start_is_no_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_command", lambda *_: [sys.executable, "-c", "import nothing_of_this_name"])
    result = CliRunner().invoke(command.main, ["--only", "prft", "--seconds", "1", "--folder", str(tmp_path)])
    assert result.exit_code == 70
    assert "nothing_of_this_name" in result.stderr


@pytest.mark.parametrize("arguments", [["--only", "nothing"], ["--replay", "cbor", "/nowhere"], ["--jobs", "x"]])
def test_wrong_use_ends_with_2(arguments: list[str]) -> None:
    assert CliRunner().invoke(command.main, arguments).exit_code == 2


def test_a_finding_is_called_by_its_error() -> None:
    found = Outcome("cbor")
    found.last.extend(
        [
            " === Uncaught Python exception: ===",
            "KeyError: 'x'",
            "Traceback",
            "==12== ERROR: libFuzzer: fuzz target exited",
        ]
    )
    assert found.why == "KeyError: 'x'"
    late = Outcome("cbor")
    late.last.extend(
        ["ALARM: working on the last Unit for 11 seconds", "==12== ERROR: libFuzzer: timeout after 11 seconds"]
    )
    assert "timeout after 11 seconds" in late.why
