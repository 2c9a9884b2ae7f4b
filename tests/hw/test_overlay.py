"""Overlays compile without a word, lie over the trees of all boards, and name the pins of the board files."""

import pytest
from trees import cells, children, compile_source, merged, words

from kuager import hardware
from kuager_workshop.hw import BOARDS, room

SOURCES = sorted((room() / "overlays").glob("*-overlay.dts"))
UP, DOWN = 2, 1
OUTPUTS = ("red", "green", "blue", "vibration")
MACHINES = [
    ("pi-zero-2w", "brcm,bcm2837", "brcm,bcm2835-gpio"),
    ("pi-4", "brcm,bcm2711", "brcm,bcm2711-gpio"),
    ("pi-5", "brcm,bcm2712", "raspberrypi,rp1-gpio"),
]


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_an_overlay_compiles_without_warnings(source, tmp_path):
    assert compile_source(source, tmp_path / "made.dtbo") == ""


def test_every_overlay_that_a_board_names_of_ours_is_here():
    ours = {
        line for name in BOARDS for line in hardware.load(hardware.path_of(name)).board.overlays if "kuager" in line
    }
    assert ours == {path.stem.removesuffix("-overlay") for path in SOURCES}


@pytest.fixture(params=MACHINES, ids=lambda machine: machine[0])
def tree(request, tmp_path):
    name, machine, controller = request.param
    compile_source(room() / "overlays" / "kuager-carrier-board-overlay.dts", tmp_path / "made.dtbo")
    whole = merged(tmp_path / "made.dtbo", machine, controller, tmp_path)
    return hardware.load(hardware.path_of(name)), whole


def test_pulls_are_those_of_the_board_file(tree):
    board, whole = tree
    used = board.pins.used()
    gpio = "/soc/gpio@7e200000"
    assert set(cells(whole, f"{gpio}/kuager_outputs", "brcm,pins")) == {used[name] for name in OUTPUTS}
    assert set(cells(whole, f"{gpio}/kuager_inputs", "brcm,pins")) == {
        number for name, number in used.items() if name not in OUTPUTS
    }
    assert cells(whole, f"{gpio}/kuager_outputs", "brcm,pull") == [DOWN]
    assert cells(whole, f"{gpio}/kuager_inputs", "brcm,pull") == [UP]


def test_the_controller_itself_claims_them_and_nobody_owns_the_lines(tree):
    _, whole = tree
    gpio = "/soc/gpio@7e200000"
    claimed = cells(whole, gpio, "pinctrl-0")
    made = children(whole, gpio)
    assert sorted(made) == ["kuager_inputs", "kuager_outputs"]
    assert claimed == [cells(whole, f"{gpio}/{node}", "phandle")[0] for node in ("kuager_inputs", "kuager_outputs")]
    assert words(whole, gpio, "pinctrl-names") == ["default"]
    source = (room() / "overlays" / "kuager-carrier-board-overlay.dts").read_text()
    code = "\n".join(line.partition("//")[0] for line in source.splitlines())
    assert "gpio-hog" not in code
    assert "brcm,function" not in code


def test_the_gauge_is_the_one_of_the_board_file(tree):
    board, whole = tree
    node = "/soc/i2c@7e804000"
    assert words(whole, node, "status") == ["okay"]
    assert words(whole, f"{node}/battery@36", "compatible") == [f"maxim,{board.power.gauge}"]
    assert cells(whole, f"{node}/battery@36", "reg") == [0x36]
