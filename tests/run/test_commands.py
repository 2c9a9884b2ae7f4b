"""What the commands do before any process is started."""

import signal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from kuager.cli import main


class Idle:
    """A parent that runs nothing."""

    def __init__(self, *parts: Any) -> None:
        self.parts = parts

    def run(self) -> int:
        return 0

    def stop(self) -> None:
        pass

    def close(self) -> None:
        pass


@pytest.fixture
def kuager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr("kuager.cli.run.Parent", Idle)
    monkeypatch.setattr(signal, "signal", lambda *_: None)

    def call(*arguments: str) -> Result:
        return CliRunner().invoke(main, arguments)

    return call


def settings(folder: Path, text: str) -> str:
    path = folder / "settings.toml"
    path.write_text(text)
    return str(path)


def test_a_unit_runs_with_what_is_good_in_its_settings_and_says_so(kuager, tmp_path):
    done = kuager("run", "--settings", settings(tmp_path, "[camera]\ncolour = 1\n"))
    assert done.exit_code == 0
    assert "line 2: there is no key colour in [camera]; the unit runs with defaults" in done.stderr


@pytest.mark.parametrize(
    ("text", "reason"),
    [("[camera]\ncolour = 1\n", "there is no key colour"), ('[procedure]\npack = "none"\n', "none")],
)
def test_a_person_who_records_is_told_to_mend_the_settings(kuager, tmp_path, text, reason):
    done = kuager("record", "--carrier", str(tmp_path / "card"), "--settings", settings(tmp_path, text))
    assert done.exit_code == 64
    assert reason in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(("place", "reason"), [("file", "is no folder"), ("file/below", "can't be made")])
@pytest.mark.parametrize("what", ["carrier", "state"])
def test_a_place_that_is_no_folder_is_told_before_anything_starts(kuager, tmp_path, what, place, reason):
    (tmp_path / "file").write_text("a file")
    folders = {"carrier": tmp_path / "card", "state": tmp_path / "state"} | {what: tmp_path / place}
    text = f"[paths]\nstate = '{folders['state']}'\n"
    done = kuager("record", "--carrier", str(folders["carrier"]), "--settings", settings(tmp_path, text))
    assert done.exit_code == 64
    assert str(tmp_path / place) in done.stderr
    assert reason in done.stderr


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--page", "--listen", "example.org"), "is no IP address"),
        (("--page", "--listen", "203.0.113.1"), "can't be shown at 203.0.113.1"),
        (("--page", "--port", "70000"), "0<=x<=65535"),
        (("--terminal",), "needs a terminal"),
    ],
)
def test_a_way_to_see_the_unit_that_can_not_be_had_is_told_in_a_sentence(kuager, tmp_path, options, reason):
    done = kuager("run", "--settings", settings(tmp_path, ""), *options)
    assert done.exit_code == 64
    assert reason in done.stderr


def test_a_page_whose_libraries_are_not_there_says_what_to_install(kuager, tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "uvicorn" else object())
    done = kuager("run", "--page", "--settings", settings(tmp_path, ""))
    assert done.exit_code == 64
    assert "the page needs uvicorn: install kuager[page]" in done.stderr
