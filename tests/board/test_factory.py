"""Real pins, down to the module lgpio, which is a fake here."""

import os
import sys

import pytest
from msgspec.structs import replace

from kuager.board import Edge
from kuager.board.chip import chip_labelled
from kuager.board.factory import make_factory
from kuager.board.off import put_out
from kuager.board.pins import PinBoard
from kuager.errors import HardwareError
from kuager.hardware import load, path_of

PI = load(path_of("pi-4"))


def test_the_chip_is_found_by_its_label(lgpio, tmp_path):
    assert make_factory(PI.pins, tmp_path).chip == 1
    assert lgpio.opened == [1]


def test_a_label_that_no_chip_has(lgpio, tmp_path):
    with pytest.raises(HardwareError, match="labelled pinctrl-rp1; there are brcmvirt-gpio, pinctrl-bcm2711"):
        make_factory(replace(PI.pins, chip="pinctrl-rp1"), tmp_path)
    assert lgpio.opened == []


def test_a_factory_that_can_not_be_imported_is_told(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "lgpio", None)
    with pytest.raises(HardwareError, match="through lgpio"):
        make_factory(PI.pins, tmp_path)
    monkeypatch.setitem(sys.modules, "RPi", None)
    monkeypatch.delitem(sys.modules, "gpiozero.pins.rpigpio", raising=False)
    with pytest.raises(HardwareError, match="through rpigpio"):
        make_factory(replace(PI.pins, factory="rpigpio"), tmp_path)
    with pytest.raises(HardwareError, match="drives nothing"):
        make_factory(replace(PI.pins, factory="mock"), tmp_path)


@pytest.mark.parametrize(("revision", "seen"), [("", 0xA02082), ("c04170", 0xC04170)])
def test_the_revision_is_the_files_or_of_any_board_with_the_header(lgpio, tmp_path, monkeypatch, revision, seen):
    from gpiozero import PinUnknownPi
    from gpiozero.pins import local

    def unknown() -> int:
        raise PinUnknownPi("none")

    monkeypatch.setattr(local, "get_pi_revision", unknown)
    assert make_factory(replace(PI.pins, revision=revision), tmp_path)._get_revision() == seen


def test_lgpio_keeps_its_pipe_in_the_run_directory_and_we_keep_ours(lgpio, tmp_path, monkeypatch):
    before = os.getcwd()
    make_factory(PI.pins, tmp_path)
    assert os.environ["LG_WD"] == str(tmp_path)
    assert os.getcwd() == before


def test_buttons_light_and_motor_through_lgpio(lgpio, tmp_path):
    lgpio.levels[PI.pins.dock] = 0
    board = PinBoard(PI, make_factory(replace(PI.pins, revision="a02082"), tmp_path))
    heard: list[Edge] = []
    board.start(heard.append)
    lgpio.move(PI.pins.record, 0)
    lgpio.move(PI.pins.record, 1)
    assert [(edge.pin, edge.level, edge.found) for edge in heard] == [
        ("dock", True, True), ("record", True, False), ("record", False, False),
    ]  # fmt: skip
    board.show((255, 0, 128), True)
    assert [lgpio.levels[pin] for pin in (PI.pins.red, PI.pins.green, PI.pins.blue)] == [1.0, 0.0, 0.5]
    assert lgpio.levels[PI.pins.vibration] == 1.0
    assert board.complaints == ()
    board.close()
    assert [lgpio.levels[pin] for pin in (PI.pins.red, PI.pins.blue, PI.pins.vibration)] == [0.0] * 3


def test_a_line_that_another_process_has_costs_that_line_only(lgpio, tmp_path):
    lgpio.busy = (PI.pins.red, PI.pins.mark)
    board = PinBoard(PI, make_factory(replace(PI.pins, revision="a02082"), tmp_path))
    assert sorted(board.complaints) == [
        f"mark on GPIO {PI.pins.mark} can't be used: GPIO busy",
        f"red on GPIO {PI.pins.red} can't be used: GPIO busy",
    ]
    board.show((255, 0, 0), False)
    assert board.shown() == ((0, 0, 255), False), "blue stands in for red"
    heard: list[Edge] = []
    board.start(heard.append)
    lgpio.move(PI.pins.record, 0)
    assert [edge.pin for edge in heard] == ["record"]
    board.close()


def test_a_light_that_can_no_longer_be_set_is_an_error_of_the_hardware(lgpio, tmp_path, monkeypatch):
    board = PinBoard(PI, make_factory(replace(PI.pins, revision="a02082"), tmp_path))

    def broken(*_: object) -> None:
        raise lgpio.error("no such device")

    outputs = [*board._leds.values(), board._motor]
    with monkeypatch.context() as broken_line:
        broken_line.setattr(lgpio, "tx_pwm", broken)
        with pytest.raises(HardwareError):
            board.show((255, 0, 0), True)
        board.close()
    for each in outputs:
        each.close()


def test_all_lights_are_put_out_by_the_same_pins(lgpio, tmp_path):
    outputs = [PI.pins.red, PI.pins.green, PI.pins.blue, PI.pins.vibration]
    lgpio.levels.update(dict.fromkeys(outputs, 1))
    assert put_out(PI.pins, tmp_path) == []
    assert [lgpio.levels[pin] for pin in outputs] == [0] * 4
    assert lgpio.opened == []
    lgpio.busy = (PI.pins.green,)
    lgpio.levels.update(dict.fromkeys(outputs, 1))
    assert put_out(PI.pins, tmp_path) == [f"GPIO {PI.pins.green}: GPIO busy"]
    assert [lgpio.levels[pin] for pin in outputs] == [0, 1, 0, 0]
    assert put_out(replace(PI.pins, factory="mock"), tmp_path) == []


def test_where_the_run_directory_is_not_ours_the_boards_folder_in_it_is(lgpio, tmp_path):
    own = tmp_path / "board"
    own.mkdir()
    make_factory(PI.pins, tmp_path)
    assert os.environ["LG_WD"] == str(own)
    make_factory(PI.pins, tmp_path / "nowhere")
    assert os.access(os.environ["LG_WD"], os.W_OK)


def test_a_chip_that_udev_has_not_given_us_yet_is_waited_for(lgpio, tmp_path, monkeypatch):
    labels, lgpio.labels = lgpio.labels, ()
    waited: list[float] = []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 3:
            lgpio.labels = labels

    monkeypatch.setattr("kuager.board.chip.time.sleep", sleep)
    assert chip_labelled(lgpio, "pinctrl-bcm2711") == 1
    assert len(waited) == 3


def test_a_chip_that_never_comes_is_told(lgpio, monkeypatch):
    lgpio.labels = ()
    now = iter(range(100))
    monkeypatch.setattr("kuager.board.chip.time.sleep", lambda _: None)
    monkeypatch.setattr("kuager.board.chip.time.monotonic", lambda: float(next(now)))
    with pytest.raises(HardwareError, match="there are none that may be opened"):
        chip_labelled(lgpio, "pinctrl-bcm2711")
