"""A stand-in for the module lgpio, as far as gpiozero and we use it: chips by number, lines with modes and levels."""

import types
from typing import Any


class Error(Exception):
    pass


class Lgpio(types.ModuleType):
    """`labels`: the chips, by number; `busy`: lines that another process has."""

    SET_PULL_NONE, SET_PULL_UP, SET_PULL_DOWN = 1, 2, 3
    SET_BIAS_DISABLE, SET_BIAS_PULL_UP, SET_BIAS_PULL_DOWN = 1, 2, 3
    BOTH_EDGES, RISING_EDGE, FALLING_EDGE = 3, 1, 2
    error = Error

    def __init__(self, labels: tuple[str, ...] = ("pinctrl-bcm2711",), busy: tuple[int, ...] = ()) -> None:
        super().__init__("lgpio")
        self.labels, self.busy = labels, busy
        self.opened: list[int] = []
        self.modes: dict[int, str] = {}
        self.levels: dict[int, float] = {}
        self.callbacks: dict[int, Any] = {}

    def gpiochip_open(self, chip: int) -> int:
        if chip >= len(self.labels):
            raise Error("can not open gpiochip")
        self.opened.append(chip)
        return chip

    def gpiochip_close(self, handle: int) -> None:
        self.opened.remove(handle)

    def gpio_get_chip_info(self, handle: int) -> list[Any]:
        return [0, 58, f"gpiochip{handle}", self.labels[handle]]

    def gpio_claim_input(self, handle: int, gpio: int, flags: int = 0) -> None:
        self._claim(gpio, "input")

    def gpio_claim_output(self, handle: int, gpio: int, level: int = 0) -> None:
        self._claim(gpio, "output")
        self.levels[gpio] = level

    def gpio_claim_alert(self, handle: int, gpio: int, edges: int, flags: int = 0) -> None:
        self._claim(gpio, "input")

    def _claim(self, gpio: int, mode: str) -> None:
        if gpio in self.busy:
            raise Error("GPIO busy")
        self.modes[gpio] = mode

    def gpio_free(self, handle: int, gpio: int) -> None:
        self.modes.pop(gpio, None)

    def gpio_get_mode(self, handle: int, gpio: int) -> int:
        return 2 if self.modes.get(gpio) == "output" else 0

    def gpio_read(self, handle: int, gpio: int) -> int:
        return int(self.levels.get(gpio, 1))

    def gpio_write(self, handle: int, gpio: int, level: bool) -> None:
        self.levels[gpio] = level

    def gpio_set_debounce_micros(self, handle: int, gpio: int, us: int) -> None: ...

    def tx_pwm(self, handle: int, gpio: int, frequency: float, duty: float) -> None:
        self.levels[gpio] = duty / 100

    def callback(self, handle: int, gpio: int, edges: int, call: Any) -> Any:
        self.callbacks[gpio] = call
        return types.SimpleNamespace(cancel=lambda: self.callbacks.pop(gpio, None))

    def move(self, gpio: int, level: int) -> None:
        """A hand on a button: 0 is pressed."""
        self.levels[gpio] = level
        if gpio in self.callbacks:
            self.callbacks[gpio](0, gpio, level, 1)
