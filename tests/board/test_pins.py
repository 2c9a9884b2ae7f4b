import itertools
from collections.abc import Callable

import pytest
from gpiozero.pins.mock import MockFactory, MockPin, MockPWMPin
from msgspec.structs import replace

from kuager.board import OFF, Edge
from kuager.board.lamp import BEAT_US, Lamp
from kuager.board.pins import PinBoard
from kuager.board.virtual import VirtualBoard
from kuager.errors import HardwareError
from kuager.hardware import load, path_of
from kuager.signals import AMBER, BLUE, GREEN, RED, WHITE

WIRED = load(path_of("virtual")).pins
COLOURS = (RED, GREEN, BLUE, AMBER, WHITE, OFF)
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


class Watched(MockPWMPin):
    """A pin that tells of each change."""

    changed: Callable[[], object] = staticmethod(lambda: None)

    def _change_state(self, value):
        done = super()._change_state(value)
        Watched.changed()
        return done


@pytest.fixture
def watched(monkeypatch):
    """A board, its light's pins, and what they showed at each change."""
    factory = MockFactory(revision="a02082", pin_class=Watched)
    board = PinBoard(load(path_of("virtual")), factory)
    pins = [factory.pin(number) for number in LIGHT]
    seen: list[list[float]] = []
    monkeypatch.setattr(Watched, "changed", staticmethod(lambda: seen.append([pin.state for pin in pins])))
    yield board, pins, seen
    monkeypatch.undo()
    board.close()


@pytest.mark.parametrize(("before", "after"), list(itertools.permutations(COLOURS, 2)), ids=str)
def test_red_alone_is_never_seen_on_the_way_to_another_light(watched, before, after):
    board, _, seen = watched
    board.show(before, False)
    seen.clear()
    board.show(after, False)
    assert seen[-1] == pytest.approx([part / 255 for part in after])
    assert after == RED or [1.0, 0.0, 0.0] not in seen


@pytest.mark.parametrize("broken", [1, 2])
def test_amber_and_white_stay_out_where_a_part_of_them_cannot_be_lit(watched, monkeypatch, broken):
    board, pins, _ = watched
    monkeypatch.setattr(pins[broken], "_set_state", fails)
    for colour in (AMBER, WHITE):
        with pytest.raises(HardwareError):
            board.show(colour, False)
        assert [pin.state for pin in pins] == [0, 0, 0], "half of amber would be the green of ready"


def test_red_stays_out_where_what_tells_it_apart_cannot_be_lit(watched, monkeypatch, caplog):
    board, pins, _ = watched
    board.show(RED, False)
    monkeypatch.setattr(pins[1], "_set_state", fails)
    for colour in (AMBER, WHITE):
        with pytest.raises(HardwareError, match="the line is gone"):
            board.show(colour, False)
        assert pins[0].state == 0
    with pytest.raises(HardwareError):
        board.show(RED, False)
    assert pins[0].state == 1, "green that can't be set keeps nobody from seeing that it is recorded"
    assert board.complaints == ("the light can't be set: the line is gone",)
    assert [each.message for each in caplog.records] == ["the light can't be set: the line is gone"], "said once"
    monkeypatch.setattr(pins[1], "_set_state", lambda value: None)
    board.show(RED, False)
    assert board.complaints == ()


def fails(value):
    raise OSError("the line is gone")


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
