"""The count of mutants, and the folder in which they are made."""

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from kuager_workshop.mutants import __main__ as command
from kuager_workshop.mutants import processes, typed, workplace
from kuager_workshop.mutants.score import Score, scores

DIED = (1, 3, -11, -9, -24, 36)
PASSED = (0, 5, 33)


def told(folder: Path, codes: dict[str, int | None]) -> None:
    meta = folder / "mutants/src/kuager/vault/core.py.meta"
    meta.parent.mkdir(parents=True, exist_ok=True)
    meta.write_text(json.dumps({"exit_code_by_key": codes}))


def test_what_breaks_a_test_is_noticed_and_what_no_test_reaches_is_not() -> None:
    results: dict[str, int | None] = {f"kuager.vault.core.x_a__mutmut_{at}": code for at, code in enumerate(DIED)}
    results |= {f"kuager.vault.core.x_b__mutmut_{at}": code for at, code in enumerate(PASSED)}
    results |= {f"kuager.vault.slot.x_b__mutmut_{at}": code for at, code in enumerate((2, 34))}  # interrupted, left out
    results |= {f"kuager.vault.slot.x_a__mutmut_{at}": code for at, code in enumerate((None, 1, 37))}  # 37: mypy saw it
    found = scores(results)
    assert found["kuager.vault.core"].noticed == len(DIED)
    assert found["kuager.vault.core"].unnoticed == tuple(f"kuager.vault.core.x_b__mutmut_{at}" for at in range(3))
    assert found["kuager.vault.slot"] == Score(noticed=1, typed=1)
    whole = sum(found.values(), Score())
    assert (whole.tried, whole.typed, whole.share) == (10, 1, 0.7)


@pytest.mark.parametrize(("noticed", "unnoticed", "code"), [(9, 1, 0), (8, 1, 1)])
def test_the_exit_code_tells_whether_enough_was_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, noticed: int, unnoticed: int, code: int
) -> None:
    codes = [1] * noticed + [0] * unnoticed
    told(tmp_path, {f"kuager.vault.core.x_a__mutmut_{at}": each for at, each in enumerate(codes)})
    monkeypatch.setattr(command, "_mutmut", lambda folder, arguments: 0)
    result = CliRunner().invoke(command.main, ["--folder", str(tmp_path)])
    assert result.exit_code == code
    assert "kuager.vault.core" in result.stdout


def test_tests_that_cannot_be_run_are_said_to_be_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[list[str]] = []

    def fails(folder: Path, arguments: list[str]) -> int:
        ran.append(arguments)
        return 1

    monkeypatch.setattr(command, "_mutmut", fails)
    result = CliRunner().invoke(command.main, ["--folder", str(tmp_path / "work"), "--only", "kuager.vault.slot"])
    assert result.exit_code == 70
    assert "could not be run" in result.stderr
    assert ran == [["run", "--max-children", "2", "kuager.vault.slot*[37]"]]


def test_endings_are_digits() -> None:
    assert CliRunner().invoke(command.main, ["--endings", "3x"]).exit_code == 2


def test_the_folder_leads_to_the_checkout_and_forgets_what_it_lost(tmp_path: Path) -> None:
    workplace.lay_out(tmp_path)
    assert (tmp_path / "src/kuager/vault").samefile(workplace.CHECKOUT / "firmware/kuager/vault")
    removed = tmp_path / "mutants/tests/vault/test_of_old.py"
    removed.parent.mkdir(parents=True)
    removed.write_text("")
    kept = tmp_path / "mutants/src/kuager/vault/core.py.meta"
    kept.parent.mkdir(parents=True)
    kept.write_text("{}")
    workplace.lay_out(tmp_path)
    assert not removed.exists()
    assert kept.exists()
    assert workplace.environment(tmp_path)["PYTHONPATH"] == str(tmp_path / "mutants/src")


def test_of_what_mypy_says_only_errors_of_a_mutant_alone_count(tmp_path: Path) -> None:
    source = tmp_path / "core.py"
    source.write_text("".join(f"def x_a__mutmut_{each}():\n    pass\n\n" for each in ("orig", 2, 3)) + "x = 1\n")
    errors = ((2, "told of all"), (5, "told of all"), (5, "new"), (8, "told of all"), (10, "outside"))
    said = [json.dumps({"file": str(source), "line": line, "message": text}) for line, text in errors]
    assert list(typed.within(["", *said, "Found 5 errors"])) == [(said[2], "x_a__mutmut_2")]


def test_what_only_a_process_runs_is_left_to_tests_that_start_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"kuager.vault.core.x_a__mutmut_{at}" for at in range(4)]
    told(tmp_path, dict(zip(names, (33, 33, 33, 0), strict=True)))
    tests = tmp_path / "mutants/tests/vault/test_process.py"
    tests.parent.mkdir(parents=True)
    tests.write_text("import os\n\ndef test_it():\n    assert not os.environ['MUTANT_UNDER_TEST'].endswith('_1')\n")
    monkeypatch.setattr(typed, "seen", lambda *_: {names[2]})
    heard: list[None] = []
    processes.look_again(tmp_path, names[:3], 2, lambda: heard.append(None))
    assert list(workplace.results(tmp_path).values()) == [0, 1, 37, 0]
    assert len(heard) == 3


def test_what_is_run_as_a_program_is_named_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = "kuager.vault.__main__.x_main__mutmut_1"
    meta = tmp_path / "mutants/src/kuager/vault/__main__.py.meta"
    meta.parent.mkdir(parents=True)
    meta.write_text(json.dumps({"exit_code_by_key": {name: 33}}))
    tests = tmp_path / "mutants/tests/vault/test_process.py"
    tests.parent.mkdir(parents=True)
    tests.write_text(
        "import os\n\ndef test_it():\n    assert os.environ['MUTANT_UNDER_TEST'] == '__main__.x_main__mutmut_1'\n"
    )
    monkeypatch.setattr(typed, "seen", lambda *_: set())
    processes.look_again(tmp_path, [name], 1, lambda: None)
    assert workplace.results(tmp_path) == {name: 0}


def test_a_mutant_that_mypy_sees_has_its_name_from_its_file(tmp_path: Path) -> None:
    source = tmp_path / "src/kuager/vault/slot.py"
    source.parent.mkdir(parents=True)
    source.write_text("def x_a__mutmut_1() -> int:\n    return 1\n\n\ndef x_a__mutmut_2() -> int:\n    return ''\n")
    assert typed.seen(tmp_path, dict(os.environ), "src/kuager") == {"kuager.vault.slot.x_a__mutmut_2"}
