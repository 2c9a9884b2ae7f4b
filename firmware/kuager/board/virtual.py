"""The virtual board: the real code for pins on gpiozero's mock pins, and the hand that moves them."""

from typing import Any

from gpiozero.pins.mock import MockFactory, MockPWMPin

from kuager.board import InputName
from kuager.board.pins import PinBoard, Wiring
from kuager.evidence.records import Battery, Mode

WIRING = Wiring(
    inputs={"record": 5, "mark": 6, "mode-up": 16, "mode-down": 26, "power-fail": 22, "dock": 23},
    light=(17, 27, 24),
    vibration=25,
)


class _Pin(MockPWMPin):  # type: ignore[misc]
    """gpiozero's mock pin remembers every change for its assertions; a light that blinks for months must not."""

    def _change_state(self, value: float) -> bool:
        changed: bool = super()._change_state(value)
        del self.states[:-1]
        return changed


class VirtualBoard(PinBoard):
    """A board on mock pins. `mode` is where its mode switch stands at start."""

    def __init__(self, mode: Mode = "video") -> None:
        self._factory = MockFactory(revision="a02082", pin_class=_Pin)
        super().__init__("virtual", WIRING, self._factory)
        if mode != "video":
            self.drive("mode-up" if mode == "stills" else "mode-down", True)
        self._percent = 100

    def drive(self, pin: InputName, level: bool) -> None:
        """Move an input: True presses the button. From any one thread at a time."""
        mock: Any = self._factory.pin(WIRING.inputs[pin])
        if level:
            mock.drive_low()
        else:
            mock.drive_high()

    def drain(self, percent: int) -> None:
        """Set the battery's charge, in percent."""
        self._percent = max(0, min(100, percent))

    def battery(self) -> Battery | None:
        """See Board: the charge that was last set."""
        return Battery(percent=self._percent)
