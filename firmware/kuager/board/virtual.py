"""The virtual board: the real code for pins on gpiozero's mock pins, and the hand that moves them."""

from typing import Any

from gpiozero.pins.mock import MockFactory, MockPWMPin

from kuager import hardware
from kuager.board import Climate, InputName
from kuager.board.pins import PinBoard
from kuager.evidence.records import Battery, Mode
from kuager.hardware import Hardware


class _Pin(MockPWMPin):  # type: ignore[misc]
    """gpiozero's mock pin remembers every change for its assertions; a light that blinks for months must not."""

    def _change_state(self, value: float) -> bool:
        changed: bool = super()._change_state(value)
        del self.states[:-1]
        return changed


class VirtualBoard(PinBoard):
    """A board on mock pins. `mode` is where its mode switch stands at start; `wired`: its file, the shipped one by
    default.
    """

    def __init__(self, mode: Mode = "video", wired: Hardware | None = None) -> None:
        wired = wired or hardware.load(hardware.path_of(hardware.VIRTUAL))
        self._pins = wired.pins.used()
        super().__init__(wired, MockFactory(revision=wired.pins.revision or None, pin_class=_Pin))
        if mode != "video":
            self.drive("mode-up" if mode == "stills" else "mode-down", True)
        self._battery: Battery | None = Battery(percent=100)
        self._climate = Climate()

    def drive(self, pin: InputName, level: bool) -> None:
        """Move an input: True presses the button. From any one thread at a time."""
        number = self._pins.get(pin.replace("-", "_"))
        if number is None or self._factory is None:
            return
        mock: Any = self._factory.pin(number)
        if level:
            mock.drive_low()
        else:
            mock.drive_high()

    def drain(self, percent: int) -> None:
        """Set the battery's charge, in percent."""
        self._battery = Battery(percent=max(0, min(100, percent)))

    def warm(self, climate: Climate) -> None:
        """Set temperature and voltage."""
        self._climate = climate

    def battery(self) -> Battery | None:
        """See Board: the charge that was last set."""
        return self._battery

    def climate(self) -> Climate:
        """See Board: what was last set."""
        return self._climate
