"""What lies in hw/ is what its board files and tables say: configuration, wiring, parts, case."""

import re
from html import unescape

import msgspec
import pytest
import yaml
from click.testing import CliRunner
from PIL import Image

from kuager import hardware
from kuager.errors import HardwareError, UsageError
from kuager_workshop.hw import BOARDS, config, enclosure, header, parts, pictures, power, room, tree, wiring
from kuager_workshop.hw.__main__ import main
from kuager_workshop.hw.harness import supply_colour

TEXTS = tree.texts()
PICTURES = [name for name in TEXTS if name.startswith("wiring/")]


@pytest.fixture(params=BOARDS)
def board(request):
    return hardware.load(hardware.path_of(request.param))


@pytest.mark.parametrize("name", TEXTS)
def test_what_lies_here_is_what_is_generated(name):
    assert (room() / name).read_text("utf-8") == TEXTS[name], "run: python -m kuager_workshop.hw write"


def test_nothing_generated_lies_here_that_is_generated_no_more():
    kept = {str(path.relative_to(room())) for folder in ("boot", "wiring") for path in (room() / folder).rglob("*.*")}
    drawn = {name.replace(".yml", end) for name in PICTURES for end in (".svg", ".png")}
    assert kept == {name for name in TEXTS if name.startswith(("boot/", "wiring/"))} | drawn


def test_write_mends_and_says_what(tmp_path):
    assert set(tree.write(tmp_path)) == set(TEXTS)
    assert tree.stale(tmp_path) == []
    (tmp_path / "PARTS.md").write_text("by hand")
    assert tree.stale(tmp_path) == ["PARTS.md"]
    assert tree.write(tmp_path) == ["PARTS.md"]


# Configuration


def _values(text: str, key: str) -> list[str]:
    return [line.partition("=")[2] for line in text.splitlines() if line.startswith(f"{key}=")]


def test_config_has_the_overlays_of_the_board_and_no_radio(board):
    overlays = _values(config.config_txt(board), "dtoverlay")
    assert set(board.board.overlays) <= set(overlays)
    assert {"disable-wifi", "disable-bt"} <= set(overlays)
    assert len(overlays) == len(set(overlays))


def test_config_pulls_inputs_up_and_drives_outputs_low(board):
    inputs, outputs = _values(config.config_txt(board), "gpio")
    used = board.pins.used()
    numbers = {name: str(number) for name, number in used.items()}
    outward = {numbers[name] for name in ("red", "green", "blue", "vibration")}
    assert outputs.removesuffix("=op,dl").split(",") == sorted(outward, key=int)
    assert set(inputs.removesuffix("=ip,pu").split(",")) == set(numbers.values()) - outward


def test_only_a_5_takes_the_uart_of_its_own(board):
    text = config.config_txt(board)
    five = board.board.name == "pi-5"
    assert ("dtoverlay=uart0-pi5" in text) is five
    assert ("enable_uart=1" in text) is not five
    assert board.position is not None
    assert board.position.port == ("/dev/ttyAMA0" if five else "/dev/serial0")


def test_no_line_is_longer_than_the_firmware_reads(board):
    assert all(len(line) <= 98 for line in config.config_txt(board).splitlines() if not line.startswith("#"))


def test_a_light_goes_out_with_its_process(board):
    module = "pinctrl_rp1" if board.pins.chip == "pinctrl-rp1" else "pinctrl_bcm2835"
    assert f"{module}.persist_gpio_outputs=n" in config.cmdline_txt(board).split()


def test_a_board_without_camera_or_buses_asks_for_none():
    bare = hardware.load(hardware.path_of("virtual"))
    text = config.config_txt(bare)
    assert "camera" not in text
    assert "i2c" not in text
    assert "uart" not in text


# Pins and wiring


def test_every_pin_of_the_header_is_something_once():
    assert sorted([*header.GPIO, *header.POWER, *header.GROUND]) == list(range(1, 41))
    assert len(set(header.GPIO.values())) == 28
    assert header.pin_of(5) == 29


def test_no_pin_is_anothers(board):
    assert header.conflicts(board) == []


def test_the_amplifiers_pin_is_not_free(board):
    taken = msgspec.structs.replace(board, pins=msgspec.structs.replace(board.pins, mode_up=header.AMPLIFIER_MUTE))
    assert header.conflicts(taken) == ["mode_up is on GPIO 16, the amplifier's mute"]


def test_outputs_are_dark_from_power_on(board):
    # The chip pulls GPIO 9 to 27 down at reset, 0 to 8 up.
    assert all(getattr(board.pins, name) >= 9 for name in ("red", "green", "blue", "vibration"))
    assert board.pins.record <= 8
    assert board.pins.mark <= 8


def _wires(name: str) -> list[tuple[str, str, str, str, str]]:
    # box, pin, colour, box, pin of each wire of a picture
    drawn = yaml.safe_load(TEXTS[name])
    wires = []
    for start, bundle, *_, end in drawn["connections"]:
        ((cable, (number,)),) = bundle.items()
        ((box, (pin,)),), ((to_box, (to_pin,)),) = start.items(), end.items()
        wires.append((box, str(pin), drawn["cables"][cable]["colors"][number - 1], to_box, str(to_pin)))
    return wires


@pytest.mark.parametrize("name", PICTURES)
def test_every_wire_ends_at_a_pin_that_is_drawn(name):
    boxes = {
        box: {str(pin) for pin in entry.get("pins", [])}
        for box, entry in yaml.safe_load(TEXTS[name])["connectors"].items()
    }
    for box, pin, _, to_box, to_pin in _wires(name):
        assert pin in boxes[box]
        assert to_pin in boxes[to_box]


@pytest.mark.parametrize("name", [each for each in PICTURES if "power" not in each])
def test_supply_wires_have_the_supplys_colour_and_nothing_else_has_it(name):
    for wire in _wires(name):
        if "Header" in (wire[0], wire[3]):
            pin = int(wire[1] if wire[0] == "Header" else wire[4])
            expected = supply_colour(pin)
            assert wire[2] == expected if expected else wire[2] not in ("BK", "OG"), wire


def test_every_pin_of_the_board_file_is_wired_and_named(board):
    drawn = yaml.safe_load(wiring.harness(board, "controls").yaml())
    joined = {
        end[0] for joint in drawn["connections"] for part in joint if isinstance(part, dict) for end in part.values()
    }
    labels = dict(zip(drawn["connectors"]["Header"]["pins"], drawn["connectors"]["Header"]["pinlabels"], strict=True))
    for name, number in board.pins.used().items():
        pin = header.pin_of(number)
        assert pin in joined
        assert labels[pin] == f"GPIO {number} {name.replace('_', ' ')}"


def test_a_clock_of_its_own_is_drawn_only_where_there_is_one(board):
    drawn = yaml.safe_load(wiring.harness(board, "buses").yaml())["connectors"]
    assert ("Clock" in drawn) is (board.clock.rtc == "ds3231")


@pytest.mark.parametrize("name", PICTURES)
def test_the_picture_is_drawn_from_this_text(name):
    # Redrawn by `write --pictures`; every box, kind and label of the text must be in the drawing beside it.
    drawing = (room() / name.replace(".yml", ".svg")).read_text("utf-8")
    seen = unescape(" ".join(re.findall(r"<text[^>]*>([^<]*)</text>", drawing)))
    for box, entry in yaml.safe_load(TEXTS[name])["connectors"].items():
        assert entry["type"] in seen
        assert entry.get("style") == "simple" or box in seen
        assert all(label in seen for label in entry.get("pinlabels", []))
    assert (room() / name.replace(".yml", ".png")).read_bytes().startswith(b"\x89PNG")


# Parts


@pytest.fixture(scope="module")
def listed():
    return parts.load(room() / "parts.toml")


def test_what_a_board_names_is_in_the_list(listed, board):
    assert parts.missing(listed, board) == set()


def test_a_part_that_is_forgotten_is_missed(listed, board):
    without = msgspec.structs.replace(listed, part=tuple(each for each in listed.part if each.id != "gauge"))
    assert parts.missing(without, board) == {"gauge=max17048"}


def test_a_card_reader_is_asked_for_where_the_board_has_one(listed, board):
    with_card = msgspec.structs.replace(board, card=hardware.Card(reader="Reader"))
    assert "card" in parts.needs(with_card)
    assert parts.missing(listed, with_card) == set()


def test_capacitors_cells_and_resistors_are_as_many_as_the_budget_counts(listed):
    budget = power.load(room() / "power.toml")
    count = {part.id: part.boards for part in listed.part}
    for each in budget.board:
        capacitors = each.strings * budget.hold_up.in_series
        assert count["capacitors"][each.name] == capacitors
        assert count["balance"][each.name] == capacitors
        assert count["cell"][each.name] == each.cells


def test_parts_are_told_apart_and_priced(listed):
    assert len({part.id for part in listed.part}) == len(listed.part)
    assert all(0 < part.usd[0] <= part.usd[1] for part in listed.part)
    assert all(set(part.boards) <= set(BOARDS) for part in listed.part)
    assert parts.cost(listed, "pi-zero-2w")[0] < parts.cost(listed, "pi-4")[0]


def test_a_mistake_in_the_list_names_the_line(tmp_path):
    path = tmp_path / "parts.toml"
    path.write_text('priced = "2025"\n[[part]]\nid = "x"\nnomber = "1"\n')
    with pytest.raises(UsageError, match=r"parts.toml, line \d"):
        parts.load(path)


# Case


@pytest.fixture(scope="module")
def case():
    return enclosure.load(room() / "enclosure.toml")


def test_everything_fits_into_the_case(case):
    assert enclosure.misfits(case) == []


def test_what_does_not_fit_is_told(case):
    first, second, *_ = case.part
    moved = msgspec.structs.replace(case, part=(first, msgspec.structs.replace(second, at=first.at)))
    assert enclosure.misfits(moved) == ["cell and power-board are in the same place"]
    large = msgspec.structs.replace(case, part=(msgspec.structs.replace(first, size=(99.0, 1.0, 1.0)),))
    assert enclosure.misfits(large) == ["cell does not fit into the case"]


def test_boards_have_their_true_size(case):
    size = {part.id: sorted(part.size, reverse=True) for part in case.part}
    assert size["zero-2-w"][:2] == [65, 30]
    assert size["camera"][:2] == [25, 24]
    assert size["cell"][0] >= 70.6


def test_the_light_is_seen_by_others_and_by_the_wearer(case):
    domes = [each for each in case.opening if "light dome" in each.name]
    assert {each.view for each in domes} == {"front", "right"}
    assert all(each.at[1] < each.size[0] / 2 for each in domes)  # it breaks the upper edge


# The command


def test_the_command_prints_what_lies_in_boot():
    shown = CliRunner().invoke(main, ["config", "pi-5"])
    assert shown.exit_code == 0
    assert shown.output == TEXTS["boot/pi-5/config.txt"]
    assert CliRunner().invoke(main, ["config", "pi-4", "--cmdline"]).output == TEXTS["boot/pi-4/cmdline.txt"]


def test_check_finds_nothing_and_would_find_what_differs(monkeypatch):
    assert CliRunner().invoke(main, ["check"]).exit_code == 0
    monkeypatch.setattr(tree, "stale", lambda folder: ["POWER.md"])
    monkeypatch.setattr(power, "capacity_mwh", lambda budget, board: 1)
    found = CliRunner().invoke(main, ["check"])
    assert found.exit_code == 1
    assert "POWER.md is not up to date; run write" in found.output
    assert "pi-4: capacity_mwh is 35500, the budget says 1" in found.output


def test_a_board_that_is_not_built_is_refused():
    assert CliRunner().invoke(main, ["config", "virtual"]).exit_code == 2


def test_an_error_of_ours_is_one_sentence(monkeypatch):
    def fail(folder):
        raise UsageError("the list is gone")

    monkeypatch.setattr(tree, "stale", fail)
    said = CliRunner().invoke(main, ["check"])
    assert said.exit_code == 1
    assert str(said.exception) == "kuager_workshop.hw: the list is gone"


# Pictures, with a stand-in for WireViz


@pytest.fixture
def wireviz(tmp_path, monkeypatch):
    def make(script: str) -> None:
        program = tmp_path / "wireviz"
        program.write_text("#!/bin/sh\n" + script)
        program.chmod(0o755)

    monkeypatch.setattr(pictures.sys, "executable", str(tmp_path / "python"))
    return make


def test_a_picture_is_made_small_enough_to_keep(wireviz, tmp_path):
    Image.new("RGB", (6000, 600), "white").save(tmp_path / "large.png")
    wireviz('cp "$(dirname "$0")/large.png" "${3%.yml}.png"; : > "${3%.yml}.svg"')
    text = tmp_path / "w.yml"
    text.write_text("connectors: {}")
    assert pictures.draw(text) == [tmp_path / "w.svg", tmp_path / "w.png"]
    with Image.open(tmp_path / "w.png") as drawn:
        assert drawn.size == (3000, 300)


def test_what_wireviz_says_is_told(wireviz, tmp_path):
    wireviz("echo 'no such pin' >&2; exit 3")
    with pytest.raises(HardwareError, match=r"w.yml can't be drawn: .*no such pin"):
        pictures.draw(tmp_path / "w.yml")


def test_without_wireviz_one_is_told_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(pictures.sys, "executable", str(tmp_path / "python"))
    with pytest.raises(UsageError, match="install kuager"):
        pictures.draw(tmp_path / "w.yml")
