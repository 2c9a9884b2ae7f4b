"""Buttons, lights, vibration and battery of a unit, behind one small interface.

`pins` drives them through gpiozero on any pin factory; `virtual` is the same on gpiozero's mock pins; `inputs` makes
presses out of edges; `lamp` puts the light out when nobody says any more that it is true.
"""

from collections.abc import Callable
from typing import Literal, NamedTuple, Protocol

from kuager.evidence.records import Battery

InputName = Literal["record", "mark", "mode-up", "mode-down", "power-fail", "dock"]
Colour = tuple[int, int, int]
"""Red, green, blue, 0 to 255 each."""

OFF: Colour = (0, 0, 0)


class Edge(NamedTuple):
    """An input pin changed, or was found active at start: True is pressed, failing, docked. CLOCK_BOOTTIME us."""

    pin: InputName
    level: bool
    at_us: int


class Board(Protocol):
    """What the supervisor needs of a board. Its methods never block; errors of the hardware are HardwareError."""

    name: str

    def start(self, deliver: Callable[[Edge], None]) -> None:
        """Begin to deliver edges, from threads of the board: `deliver` must only enqueue. Active pins are edges too."""

    def show(self, colour: Colour, vibration: bool) -> None:
        """Set the light and the vibration motor."""

    def shown(self) -> tuple[Colour, bool]:
        """What the output pins do now."""

    def battery(self) -> Battery | None:
        """The battery as its gauge gives it; None where there is none."""

    def close(self) -> None:
        """Light and vibration off, pins released."""
