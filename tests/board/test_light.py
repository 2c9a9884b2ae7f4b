import itertools

import pytest

from kuager.board import OFF
from kuager.board.light import LEDS, mixed
from kuager.signals import AMBER, BLUE, GREEN, RED, WHITE

COLOURS = [RED, GREEN, BLUE, AMBER, WHITE]
SOME = [some for count in range(4) for some in itertools.combinations(LEDS, count)]


@pytest.mark.parametrize("working", SOME, ids=str)
def test_what_shines_never_says_that_it_is_safe_when_it_is_not(working):
    red = mixed(RED, working)
    assert bool(any(red)) == bool(working), "recorded and safe is always shown by something"
    for colour in (*COLOURS, OFF):
        shown = mixed(colour, working)
        assert all(value == 0 or led in working for led, value in zip(LEDS, shown, strict=True))
        if len(working) != 2:
            assert colour == RED or shown != red or not any(shown)
    for steady in (GREEN, OFF):
        if working != {"green"} or steady == OFF:
            assert mixed(steady, working) != red or not working


def test_with_all_three_nothing_is_changed():
    for colour in COLOURS:
        assert mixed(colour, LEDS) == colour


def test_without_red_blue_stands_in():
    assert mixed(RED, {"green", "blue"}) == BLUE
    assert mixed(GREEN, {"green", "blue"}) == GREEN
    assert mixed(GREEN, {"red", "blue"}) == BLUE
    assert mixed(BLUE, {"red", "green"}) == GREEN
    assert mixed(AMBER, {"red", "blue"}) == (255, 0, 120)


@pytest.mark.parametrize("led", LEDS)
def test_one_led_alone_shines_for_red_only(led):
    assert [colour for colour in COLOURS if any(mixed(colour, {led}))] == [RED]
