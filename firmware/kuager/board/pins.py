"""A board's buttons, light and motor through gpiozero, on any pin factory; which pins, is data."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from gpiozero import RGBLED, DigitalInputDevice, GPIOZeroError, PWMOutputDevice

from kuager.board import OFF, Colour, Edge, InputName
from kuager.clock import boot_us
from kuager.errors import HardwareError
from kuager.evidence.records import Battery


class Wiring(msgspec.Struct, frozen=True, kw_only=True):
    """GPIO numbers (BCM). Inputs are wired to ground and pulled up: active is low."""

    inputs: Mapping[InputName, int]
    light: tuple[int, int, int]  # red, green, blue; common cathode
    vibration: int


class PinBoard:
    """The board on pins of `factory`."""

    def __init__(self, name: str, wiring: Wiring, factory: Any) -> None:
        self.name = name
        self._devices: list[Any] = []
        self._inputs: dict[InputName, Any] = {}
        try:
            self._light = self._own(RGBLED(*wiring.light, pin_factory=factory))
            self._motor = self._own(PWMOutputDevice(wiring.vibration, pin_factory=factory))
            for pin, number in wiring.inputs.items():
                # No bounce_time: gpiozero's loses edges; `inputs` debounces.
                self._inputs[pin] = self._own(DigitalInputDevice(number, pull_up=True, pin_factory=factory))
        except (GPIOZeroError, OSError) as error:
            self.close()
            raise HardwareError(f"the pins of {name} can't be used: {error}") from error

    def start(self, deliver: Callable[[Edge], None]) -> None:
        """See Board."""
        for pin, device in self._inputs.items():

            def report(level: bool, pin: InputName = pin) -> None:
                deliver(Edge(pin, level, boot_us()))

            device.when_activated = lambda report=report: report(True)
            device.when_deactivated = lambda report=report: report(False)
            if device.is_active:
                report(True)

    def show(self, colour: Colour, vibration: bool) -> None:
        """See Board."""
        try:
            self._light.value = tuple(part / 255 for part in colour)
            self._motor.value = 1.0 if vibration else 0.0
        except GPIOZeroError as error:
            raise HardwareError(f"the light can't be set: {error}") from error

    def shown(self) -> tuple[Colour, bool]:
        """See Board."""
        red, green, blue = (round(part * 255) for part in self._light.value)
        return (red, green, blue), self._motor.value > 0

    def battery(self) -> Battery | None:
        """See Board; this board has no gauge."""
        return None

    def close(self) -> None:
        """See Board."""
        if len(self._devices) == len(self._inputs) + 2:  # else the making failed half-way
            self.show(OFF, False)
        for device in self._devices:
            device.close()
        self._devices.clear()

    def _own(self, device: Any) -> Any:
        self._devices.append(device)
        return device
