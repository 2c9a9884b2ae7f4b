"""Buttons, lights, vibration and battery of a unit, behind one small interface; README.md says what is wired how.

`fit` makes the board that the settings name: `virtual` on gpiozero's mock pins, or `pins` on real ones through the
`factory` chosen on purpose. `inputs` makes presses out of edges; `light` mixes colours of the LEDs that work; `lamp`
puts the light out when nobody says any more that it is true. `senses` reads `supply` and `thermal`; `gnss` (with
`nmea`) and `card` (with `wedge`) read what hangs on serial line and USB; `chrony` hands on satellite time. `off` puts
all out.
"""

from collections.abc import Callable
from typing import Literal, NamedTuple, Protocol

from kuager.evidence.records import Battery, Mode

InputName = Literal["record", "mark", "mode-up", "mode-down", "power-fail", "dock"]
Colour = tuple[int, int, int]
"""Red, green, blue, 0 to 255 each."""

OFF: Colour = (0, 0, 0)


class Edge(NamedTuple):
    """An input pin changed, or was `found` active at start: True is pressed, failing, docked. CLOCK_BOOTTIME us."""

    pin: InputName
    level: bool
    at_us: int
    found: bool = False


class Climate(NamedTuple):
    """How the board is doing; None: not known. Temperatures of the processor in 1/1000 °C.

    `critical_mc`: where the kernel switches the machine off.
    """

    temperature_mc: int | None = None
    critical_mc: int | None = None
    under_voltage: bool | None = None


class Board(Protocol):
    """What the supervisor needs of a board. Its methods never block; errors of the hardware are HardwareError."""

    name: str

    @property
    def complaints(self) -> tuple[str, ...]:
        """What of it does not work, a sentence each; more may come while it runs."""

    def start(self, deliver: Callable[[Edge], None]) -> None:
        """Begin to deliver edges, from threads of the board: `deliver` must only enqueue. Active pins are edges too."""

    def switch(self) -> Mode | None:
        """Where the mode switch stands; None where there is none."""

    def show(self, colour: Colour, vibration: bool) -> None:
        """Set the light and the vibration motor."""

    def shown(self) -> tuple[Colour, bool]:
        """What the output pins do now."""

    def battery(self) -> Battery | None:
        """The battery as its gauge gives it; None where there is none."""

    def climate(self) -> Climate:
        """Temperature and supply voltage."""

    def close(self) -> None:
        """Light and vibration off, pins released."""
