"""The board that the settings name, and what becomes of mistakes."""

import subprocess
import sys
from pathlib import Path

import pytest

from kuager.board import Climate
from kuager.board.fit import fit
from kuager.board.virtual import VirtualBoard
from kuager.hardware import load, path_of
from kuager.settings import Settings, Unit, load_or_default

SHIPPED = path_of("pi-4").read_text()


def on(board: str) -> Settings:
    return Settings(unit=Unit(board=board))


def test_the_virtual_board_is_on_mock_pins(tmp_path):
    board, wired = fit(Settings(), tmp_path)
    assert isinstance(board, VirtualBoard)
    assert (board.name, wired.virtual, board.complaints) == ("virtual", True, ())
    assert board.switch() == "video"
    assert board.climate() == Climate()
    board.close()


def test_a_real_board_is_on_real_pins(lgpio, tmp_path):
    board, wired = fit(on("pi-4"), tmp_path)
    assert board.name == "pi-4"
    assert wired == load(path_of("pi-4"))
    assert not isinstance(board, VirtualBoard)
    assert board.complaints == ()
    board.close()


def test_a_board_whose_pins_can_not_be_reached_still_is_one(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "lgpio", None)
    board, _ = fit(on("pi-4"), tmp_path)
    board.start(print)
    board.show((255, 0, 0), True)
    assert board.shown() == ((0, 0, 0), False)
    assert board.switch() is None
    assert len([each for each in board.complaints if "lgpio" in each]) == 1
    board.close()


def test_a_file_with_a_mistake_is_told_and_the_rest_of_it_used(lgpio, tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text(SHIPPED.replace("mark = 6", "mark = 99"))
    board, wired = fit(on(str(file)), tmp_path)
    assert wired.pins.record == 5
    assert wired.pins.mark is None
    assert [each for each in board.complaints if str(file) in each and "line" in each]
    board.close()
    settings = tmp_path / "settings.toml"
    settings.write_text(f'[unit]\nboard = "{file}"\n')
    assert load_or_default(settings)[1] in board.complaints, "so it is told as the board's, not as the settings'"


def test_off_ends_well_on_the_virtual_board_and_starts_nothing_else(tmp_path):
    settings = tmp_path / "settings.toml"
    settings.write_text("")
    code = (
        "import sys; from kuager.board import off; sys.argv = ['off', '--settings', sys.argv[1]]; code = off.main();"
        "heavy = [m for m in ('gpiozero', 'av', 'numpy', 'cryptography') if m in sys.modules];"
        "sys.exit(code or len(heavy))"
    )
    assert subprocess.run([sys.executable, "-c", code, str(settings)], check=False).returncode == 0


def test_off_says_what_keeps_it_from_it(tmp_path):
    settings = tmp_path / "settings.toml"
    settings.write_text('[unit]\nboard = "pi-5"\n')
    done = subprocess.run(
        [sys.executable, "-m", "kuager.board.off", "--settings", str(settings)],
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 70
    assert len(done.stderr.splitlines()) == 1
    assert not list(Path(tmp_path).glob(".lgd*"))


@pytest.mark.parametrize(("mode", "place"), [("video", "video"), ("stills", "stills"), ("sound", "sound")])
def test_the_switch_says_where_it_stands(tmp_path, mode, place):
    board = VirtualBoard(mode)
    assert board.switch() == place
    board.close()
