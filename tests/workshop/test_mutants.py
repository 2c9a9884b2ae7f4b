"""The count of mutants, and the folder in which they are made."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from kuager_workshop.mutants import __main__ as command
from kuager_workshop.mutants import typed, workplace
from kuager_workshop.mutants.score import Score, scores

DIED = (1, 3, -11, -9, -24, 36, 37)
PASSED = (0, 5, 33)


def told(folder: Path, codes: dict[str, int | None]) -> None:
    meta = folder / "mutants/src/kuager/vault/core.py.meta"
    meta.parent.mkdir(parents=True, exist_ok=True)
    meta.write_text(json.dumps({"exit_code_by_key": codes}))


def test_what_breaks_a_test_is_noticed_and_what_no_test_reaches_is_not() -> None:
    results: dict[str, int | None] = {f"kuager.vault.core.x_a__mutmut_{at}": code for at, code in enumerate(DIED)}
    results |= {f"kuager.vault.core.x_b__mutmut_{at}": code for at, code in enumerate(PASSED)}
    results |= {f"kuager.vault.slot.x_b__mutmut_{at}": code for at, code in enumerate((2, 34))}  # interrupted, left out
    results |= {"kuager.vault.slot.x_a__mutmut_1": None, "kuager.vault.slot.x_a__mutmut_2": 1}
    found = scores(results)
    assert found["kuager.vault.core"].noticed == len(DIED)
    assert found["kuager.vault.core"].unnoticed == tuple(f"kuager.vault.core.x_b__mutmut_{at}" for at in range(3))
    assert found["kuager.vault.slot"] == Score(noticed=1)
    whole = sum(found.values(), Score())
    assert (whole.tried, whole.share) == (11, 8 / 11)


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


def test_of_what_mypy_says_only_errors_within_mutants_count(tmp_path: Path) -> None:
    source = tmp_path / "core.py"
    source.write_text("def x_a__mutmut_orig():\n    pass\n\ndef x_a__mutmut_2():\n    pass\n\nx = 1\n")
    said = [json.dumps({"file": str(source), "line": line}) for line in (2, 5, 7)]
    assert list(typed.within(iter(["", *said, "Found 3 errors"]))) == [said[1]]
