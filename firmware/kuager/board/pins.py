"""A board's buttons, light and motor through gpiozero, on any pin factory; which pins, is data.

A pin that can't be claimed costs what hangs on it and nothing else: the rest works, and the complaint is told.
"""

import contextlib
import logging
from collections.abc import Callable
from typing import Any, get_args

from gpiozero import DigitalInputDevice, DigitalOutputDevice, PinPWMUnsupported, PWMOutputDevice

from kuager.board import OFF, Climate, Colour, Edge, InputName
from kuager.board.light import LEDS, Led, mixed
from kuager.board.senses import Senses
from kuager.clock import boot_us
from kuager.errors import HardwareError
from kuager.evidence.records import Battery, Mode
from kuager.hardware import Hardware

_log = logging.getLogger(__name__)

INPUTS: tuple[InputName, ...] = get_args(InputName)


class PinBoard:
    """The board on pins of `factory`; without one nothing of it works. `senses`: battery, temperature, voltage."""

    def __init__(self, hardware: Hardware, factory: Any | None, senses: Senses | None = None) -> None:
        self.name = hardware.board.name
        self._factory, self._senses = factory, senses
        self._complaints: list[str] = []
        self._unlit = ""  # why the light can't be set now
        self._leds: dict[Led, Any] = {}
        self._inputs: dict[InputName, Any] = {}
        self._motor: Any = None
        if factory is None:
            return
        # Needed most first: of two that want one pin, the first has it.
        for name, number in hardware.pins.used().items():
            pin = name.replace("_", "-")
            if device := self._claim(pin, number, self._input if pin in INPUTS else self._output):
                self._keep(pin, device)

    @property
    def complaints(self) -> tuple[str, ...]:
        """See Board."""
        unlit = (self._unlit,) if self._unlit else ()
        return (*self._complaints, *unlit, *(self._senses.complaints if self._senses else ()))

    def start(self, deliver: Callable[[Edge], None]) -> None:
        """See Board."""
        for pin, device in self._inputs.items():

            def report(level: bool, pin: InputName = pin, found: bool = False) -> None:
                deliver(Edge(pin, level, boot_us(), found))

            device.when_activated = lambda report=report: report(True)
            device.when_deactivated = lambda report=report: report(False)
            if device.is_active:
                report(True, found=True)
        if self._senses:
            self._senses.start()

    def switch(self) -> Mode | None:
        """See Board."""
        up, down = self._inputs.get("mode-up"), self._inputs.get("mode-down")
        if up is None or down is None:
            return None
        if up.is_active == down.is_active:
            return "video"
        return "stills" if up.is_active else "sound"

    def show(self, colour: Colour, vibration: bool) -> None:
        """See Board."""
        failed: Exception | None = None
        red, *rest = mixed(colour, self._leds)
        # Red alone says "recorded and safe": it goes first and comes last. Where what tells amber or white from other
        # colours can't be lit, they are none at all: half of amber would be the green of "ready".
        if not red:
            failed = _set(self._leds.get("red"), 0.0)
        for led, value in zip(LEDS[1:], rest, strict=True):
            failed = _set(self._leds.get(led), value / 255) or failed
        if red and failed and any(rest):
            for led in LEDS:
                _set(self._leds.get(led), 0.0)
        elif red:
            failed = _set(self._leds.get("red"), red / 255) or failed
        failed = _set(self._motor, 1.0 if vibration else 0.0) or failed
        before, self._unlit = self._unlit, f"the light can't be set: {failed}" if failed else ""
        if failed:
            if not before:
                _log.error("%s", self._unlit)
            raise HardwareError(self._unlit) from failed

    def shown(self) -> tuple[Colour, bool]:
        """See Board."""
        red, green, blue = (round(self._leds[led].value * 255) if led in self._leds else 0 for led in LEDS)
        return (red, green, blue), bool(self._motor and self._motor.value > 0)

    def battery(self) -> Battery | None:
        """See Board."""
        return self._senses.battery if self._senses else None

    def climate(self) -> Climate:
        """See Board."""
        return self._senses.climate if self._senses else Climate()

    def close(self) -> None:
        """See Board."""
        if self._senses:
            self._senses.close()
        with contextlib.suppress(HardwareError):
            self.show(OFF, False)
        for device in (*self._leds.values(), self._motor, *self._inputs.values()):
            try:
                if device is not None:
                    device.close()
            except Exception as error:  # noqa: BLE001 - one pin that does not close must not keep the others lit
                _log.error("a pin did not close: %s", error)
        self._leds.clear()
        self._inputs.clear()
        self._motor = None

    def complain(self, what: str) -> None:
        """Add what was found wrong with this board."""
        _log.warning("%s", what)
        self._complaints.append(what)

    def _keep(self, pin: str, device: Any) -> None:
        match pin:
            case "red" | "green" | "blue":
                self._leds[pin] = device
            case "vibration":
                self._motor = device
            case "record" | "mark" | "mode-up" | "mode-down" | "power-fail" | "dock":
                self._inputs[pin] = device

    def _claim(self, pin: str, number: int, make: Callable[[int], Any]) -> Any | None:
        try:
            return make(number)
        except Exception as error:  # noqa: BLE001 - whatever a pin's driver raises, it costs that pin only
            self.complain(f"{pin} on GPIO {number} can't be used: {str(error) or type(error).__name__}")
            return None

    def _input(self, number: int) -> Any:
        # No bounce_time: gpiozero's loses edges; `inputs` debounces.
        return DigitalInputDevice(number, pull_up=True, pin_factory=self._factory)

    def _output(self, number: int) -> Any:
        try:
            return PWMOutputDevice(number, pin_factory=self._factory)
        except PinPWMUnsupported:
            return DigitalOutputDevice(number, pin_factory=self._factory)


def _set(device: Any, value: float) -> Exception | None:
    """Set an output, where there is one; gives what went wrong, so that the others are still set."""
    if device is not None:
        try:
            device.value = value
        except Exception as error:  # noqa: BLE001 - a driver's errors are of no common kind
            return error
    return None
