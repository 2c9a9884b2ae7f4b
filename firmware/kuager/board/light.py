"""One light of three LEDs, of which some may not work: what then shines never says more than is true. Pure."""

from collections.abc import Collection
from typing import Literal

from kuager.board import OFF, Colour

Led = Literal["red", "green", "blue"]
LEDS: tuple[Led, ...] = ("red", "green", "blue")

_STAND_IN: dict[Led, tuple[Led, ...]] = {"red": ("blue", "green"), "green": ("blue",), "blue": ("green",)}
"""Red says "recorded and safe", so it stands in for nothing, and something must always stand in for it."""


def mixed(colour: Colour, working: Collection[Led]) -> Colour:
    """What the LEDs that work show of a colour, 0 to 255 each.

    With one LED left it shines only for red, "recorded and safe"; all else is then felt and heard.
    """
    if len(working) == 1 and not (colour[0] and not any(colour[1:])):
        return OFF
    shown: dict[Led, int] = dict.fromkeys(LEDS, 0)
    for led, value in zip(LEDS, colour, strict=True):
        stands_in = next((each for each in (led, *_STAND_IN[led]) if each in working), None)
        if stands_in:
            shown[stands_in] = max(shown[stands_in], value)
    return shown["red"], shown["green"], shown["blue"]
