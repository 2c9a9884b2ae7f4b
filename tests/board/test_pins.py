import pytest
from gpiozero.pins.mock import MockFactory, MockPin
from msgspec.structs import replace

from kuager.board import OFF, Edge
from kuager.board.lamp import BEAT_US, Lamp
from kuager.board.pins import PinBoard
from kuager.board.virtual import VirtualBoard
from kuager.hardware import load, path_of

WIRED = load(path_of("virtual")).pins
LIGHT = (WIRED.red, WIRED.green, WIRED.blue)


@pytest.fixture
def board():
    made = VirtualBoard()
    yield made
    made.close()


def test_edges_come_from_the_pins(board):
    heard: list[Edge] = []
    board.start(heard.append)
    board.drive("record", True)
    board.drive("record", True)
    board.drive("record", False)
    board.drive("power-fail", True)
    assert [(edge.pin, edge.level) for edge in heard] == [("record", True), ("record", False), ("power-fail", True)]
    assert heard[0].at_us <= heard[1].at_us


def test_what_is_down_at_start_is_told(board):
    board.drive("mark", True)
    heard: list[Edge] = []
    board.start(heard.append)
    assert [(edge.pin, edge.level) for edge in heard] == [("mark", True)]


@pytest.mark.parametrize(("mode", "pin"), [("video", None), ("sound", "mode-down"), ("stills", "mode-up")])
def test_the_mode_switch_stands_where_the_settings_say(mode, pin):
    board = VirtualBoard(mode)
    heard: list[Edge] = []
    board.start(heard.append)
    board.close()
    assert [edge.pin for edge in heard] == ([pin] if pin else [])


def test_the_pins_do_what_is_shown_and_go_out_at_close():
    board = VirtualBoard()
    assert board.shown() == (OFF, False)
    board.show((255, 128, 0), True)
    assert board.shown() == ((255, 128, 0), True)
    pins = [board._factory.pin(number) for number in (*LIGHT, WIRED.vibration)]
    assert [pin.state for pin in pins] == pytest.approx([1.0, 128 / 255, 0.0, 1.0])
    board.close()
    assert [pin.state for pin in pins] == [0.0] * 4


def test_blinking_for_ever_holds_no_memory(board):
    for turn in range(1000):
        board.show((turn % 2 * 255, 0, 0), False)
    assert len(board._factory.pin(WIRED.red).states) == 1


def test_two_boards_live_side_by_side(board):
    VirtualBoard().close()
    board.show((1, 2, 3), False)


def test_no_light_without_a_heartbeat(board):
    now = [10_000_000]
    lamp = Lamp(board, now=lambda: now[0])
    lamp.beat((255, 0, 0), True)
    now[0] += BEAT_US
    lamp.check()
    assert board.shown() == ((255, 0, 0), True)
    now[0] += 1
    lamp.check()
    assert board.shown() == (OFF, False)
    lamp.beat((0, 255, 0), False)
    assert board.shown() == ((0, 255, 0), False)
    lamp.close()
    assert board.shown() == (OFF, False)
    lamp.beat((0, 255, 0), False)
    assert board.shown() == (OFF, False)


def test_any_pin_may_be_none():
    bare = load(path_of("virtual"))
    none = {name: None for name in bare.pins.used() if name not in ("record", "green")}
    board = VirtualBoard(wired=replace(bare, pins=replace(bare.pins, **none)))
    heard: list[Edge] = []
    board.start(heard.append)
    board.drive("mark", True)
    board.drive("record", True)
    assert [edge.pin for edge in heard] == ["record"]
    board.show((255, 0, 0), True)
    assert board.shown() == ((0, 255, 0), False), "green is all there is for red"
    assert board.switch() is None
    assert board.complaints == ()
    board.close()


def test_pins_without_pulse_width_are_on_or_off():
    factory = MockFactory(revision="a02082", pin_class=MockPin)
    board = PinBoard(load(path_of("virtual")), factory)
    board.show((255, 120, 0), True)
    assert board.shown() == ((255, 255, 0), True)
    board.close()
    assert board.complaints == ()
