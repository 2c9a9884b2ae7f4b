"""Board files: a mistake is one sentence with its line; a unit that meets one keeps what is well described."""

from pathlib import Path

import pytest

from kuager import hardware
from kuager.errors import UsageError

SHIPPED = ("emulated", "pi-4", "pi-5", "pi-zero-2w", "virtual")

GOOD = """\
[board]
name = "bench"
title = "Bench"
buses = ["i2c"]

[pins]
record = 5
mark = 6
red = 17
green = 27
blue = 24

[limits]
width = 1280
height = 720
rate = 30
"""


@pytest.fixture
def board(tmp_path):
    def write(text: str | bytes) -> Path:
        path = tmp_path / "bench.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_board_loads_and_is_called_like_its_file(name):
    assert hardware.load(hardware.path_of(name)).board.name == name


def test_no_board_file_is_forgotten_here():
    assert {path.stem for path in hardware.folder().glob("*.toml")} == set(SHIPPED)


def test_only_the_virtual_board_is_virtual():
    assert [name for name in SHIPPED if hardware.load(hardware.path_of(name)).virtual] == ["virtual"]


def test_what_is_not_said_is_not_there(board):
    found = hardware.load(board(GOOD))
    assert found.pins.used() == {"record": 5, "red": 17, "green": 27, "blue": 24, "mark": 6}
    assert found.power.gauge == "none"
    assert found.clock.rtc == "none"
    assert found.position is None
    assert found.card is None
    assert found.camera == {}


def test_a_name_with_a_slash_is_a_path():
    assert hardware.path_of("./here.toml") == Path("./here.toml")
    assert hardware.path_of("pi-5") == hardware.folder() / "pi-5.toml"


@pytest.mark.parametrize(
    ("change", "line", "says"),
    [
        (("mark = 6", "mark = 5"), 8, "mark is on GPIO 5, which record uses already"),
        (("mark = 6", "mark = 2"), 8, "mark is on GPIO 2, which the i2c bus uses already"),
        (("mark = 6", "mark = 1"), 8, ">= 2"),
        (("mark = 6", "mark = 28"), 8, "<= 27"),
        (("mark = 6", "mark = true"), 8, "int"),
        (("mark = 6", "merk = 6"), 8, "unknown key `merk`"),
        (("record = 5\n", ""), 6, "record"),
        (("name = ", "nome = "), 2, "unknown key `nome`"),
        (('buses = ["i2c"]', 'buses = ["can"]'), 4, "can"),
        (("[limits]", '[power]\ngauge = "max1"\n[limits]'), 14, "max1"),
        (("[limits]", '[clock]\nrtc = "sundial"\n[limits]'), 14, "sundial"),
        (("[limits]", '[position]\nport = "gps"\n[limits]'), 14, "regex"),
        (("[limits]", '[position]\nport = "/dev/serial0"\nbaud = 1200\n[limits]'), 15, "1200"),
        (("[limits]", '[card]\nreader = ""\n[limits]'), 14, "length"),
        (("[limits]", "[radio]\n[limits]"), 13, "unknown key `radio`"),
        (("rate = 30", "rate = 0"), 16, ">= 1"),
        (('name = "bench"', 'name = "Bench!"'), 2, "regex"),
    ],
)
def test_a_mistake_is_one_sentence_that_names_the_line(board, change, line, says):
    path = board(GOOD.replace(*change))
    with pytest.raises(UsageError) as caught:
        hardware.load(path)
    said = str(caught.value)
    assert said.startswith(f"{path}, line {line}: ")
    assert says in said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (GOOD + "[[[", "at line 17"),
        (b"name = \xff", "not UTF-8"),
        (b"#" * (64 * 1024 + 1), "longer than 65536 bytes"),
        ("x = " + "[" * 5000, "nested"),
    ],
)
def test_what_is_no_board_file_is_told_as_such(board, raw, says):
    with pytest.raises(UsageError, match=says):
        hardware.load(board(raw))


def test_a_file_that_is_not_there_says_what_to_do(tmp_path):
    with pytest.raises(UsageError, match=r"can't be read: .*; name a board of hw/boards"):
        hardware.load(tmp_path / "none.toml")


# A unit never stays dark for a mistake.


def test_a_good_file_brings_no_complaint(board):
    path = board(GOOD)
    assert hardware.load_or_default(str(path), "") == (hardware.load(path), None)


def test_a_wrong_section_comes_from_the_shipped_file_of_this_machine(board):
    text = GOOD.replace("rate = 30", "rate = 99") + '[power]\ngauge = "max17048"\n'
    found, complaint = hardware.load_or_default(str(board(text)), "Raspberry Pi 5 Model B Rev 1.0")
    assert complaint
    assert "line 16" in complaint
    assert found.board.name == "bench"
    assert found.power.gauge == "max17048"
    assert found.limits == hardware.load(hardware.path_of("pi-5")).limits


def test_a_wrong_pin_costs_that_pin_alone(board):
    text = GOOD.replace("mark = 6", "mark = 99").replace("red = 17", "red = 12")
    found, complaint = hardware.load_or_default(str(board(text)), "Raspberry Pi 4 Model B Rev 1.5")
    assert complaint
    assert "mark" not in complaint.partition("line 8")[0]
    assert found.pins.red == 12
    assert found.pins.record == 5
    assert found.pins.mark == hardware.load(hardware.path_of("pi-4")).pins.mark


def test_of_two_on_one_pin_the_more_needed_keeps_it(board):
    found, complaint = hardware.load_or_default(str(board(GOOD.replace("mark = 6", "mark = 5"))), "")
    assert complaint
    assert "mark is on GPIO 5" in complaint
    assert found.pins.record == 5
    assert found.pins.mark is None
    assert found.pins.red == 17


def test_a_pin_that_a_bus_has_is_given_up(board):
    found, complaint = hardware.load_or_default(str(board(GOOD.replace("mark = 6", "mark = 3"))), "")
    assert complaint
    assert "the i2c bus" in complaint
    assert found.pins.mark is None


@pytest.mark.parametrize("raw", [b"\xff", b"[[[", b"#" * 70_000, b"x = " + b"[" * 5000])
def test_of_a_file_that_says_nothing_the_machine_decides(board, raw):
    found, complaint = hardware.load_or_default(str(board(raw)), "Raspberry Pi Zero 2 W Rev 1.0")
    assert found.board.name == "pi-zero-2w"
    assert complaint


def test_on_an_unknown_machine_nothing_is_wired(tmp_path):
    found, complaint = hardware.load_or_default(str(tmp_path / "none.toml"), "Some PC")
    assert found.board.name == "unknown"
    assert found.pins.used() == {}
    assert complaint
    assert "can't be read" in complaint


def test_pins_that_are_no_table_come_whole_from_the_machine(board):
    text = "pins = 5\n" + GOOD.partition("[pins]")[0] + "[limits]\nwidth = 1280\nheight = 720\nrate = 30\n"
    found, complaint = hardware.load_or_default(str(board(text)), "Raspberry Pi 5")
    assert complaint
    assert found.pins == hardware.load(hardware.path_of("pi-5")).pins


def test_the_machine_is_asked_where_no_model_is_given(board, tmp_path, monkeypatch):
    model = tmp_path / "model"
    monkeypatch.setattr(hardware, "_MODEL", model)
    broken = str(board("[[["))
    assert hardware.load_or_default(broken)[0].board.name == "unknown"
    model.write_bytes(b"Raspberry Pi 4 Model B Rev 1.4\0")
    assert hardware.load_or_default(broken)[0].board.name == "pi-4"


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("Raspberry Pi Zero 2 W Rev 1.0", "pi-zero-2w"),
        ("Raspberry Pi 4 Model B Rev 1.4", "pi-4"),
        ("Raspberry Pi 5 Model B Rev 1.0", "pi-5"),
        ("Raspberry Pi 3 Model B", None),
        ("", None),
    ],
)
def test_a_machine_is_known_by_how_its_model_begins(model, name):
    found = hardware.of_model(model)
    assert (found.board.name if found else None) == name


def test_the_longest_beginning_wins_and_broken_files_are_passed_over(tmp_path, monkeypatch):
    for name, model in (("short", "Raspberry Pi"), ("long", "Raspberry Pi 9")):
        text = GOOD.replace("bench", name).replace('title = "Bench"', f'title = "Bench"\nmodel = "{model}"')
        (tmp_path / f"{name}.toml").write_text(text)
    (tmp_path / "broken.toml").write_text("[[[")
    monkeypatch.setattr(hardware, "folder", lambda: tmp_path)
    found = hardware.of_model("Raspberry Pi 9 Model Z")
    assert found
    assert found.board.name == "long"


def test_an_installed_package_has_its_boards_beside_it(tmp_path, monkeypatch):
    assert hardware.folder().parts[-2:] == ("hw", "boards")
    (tmp_path / "boards").mkdir()
    monkeypatch.setattr(hardware, "__file__", str(tmp_path / "hardware.py"))
    assert hardware.folder() == tmp_path / "boards"
