"""The unit's buttons and light as a person has them: pins of the simulated chip, by the names of the board's inputs."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from kuager.board import InputName
from kuager_workshop.emulate import EmulatorError
from kuager_workshop.emulate.agent import Agent

TAP_S = 0.15
HOLD_S = 1.6
_LOOK_MS = 80  # eight periods of the light's 100 Hz


class Light(NamedTuple):
    """Which part of the time each colour is on, 0 to 1."""

    red: float
    green: float
    blue: float

    def near(self, other: tuple[float, float, float], tolerance: float = 0.2) -> bool:
        """Whether it is the same colour, as far as an estimate tells."""
        return all(abs(one - two) <= tolerance for one, two in zip(self, other, strict=True))

    @property
    def dark(self) -> bool:
        """Whether no colour is on."""
        return max(self) < 0.02


@dataclass(frozen=True)
class Pins:
    """GPIO numbers (BCM) of the board: inputs active low, the light's colours and the vibration motor active high."""

    inputs: Mapping[InputName, int] = field(
        default_factory=lambda: {
            "record": 5, "mark": 6, "mode-up": 16, "mode-down": 26, "power-fail": 22, "dock": 23,
        }
    )  # fmt: skip
    light: tuple[int, int, int] = (17, 27, 24)
    vibration: int = 25

    @property
    def outputs(self) -> tuple[int, ...]:
        """The lines that the firmware drives."""
        return (*self.light, self.vibration)


class Panel:
    """What hands and eyes do with the unit. Every method raises EmulatorError where the guest does not answer."""

    def __init__(self, agent: Agent, pins: Pins) -> None:
        self._agent, self._pins = agent, pins

    def press(self, name: InputName, seconds: float = TAP_S) -> None:
        """Press, and let go after as long; the guest's clock times it. Returns when it is let go."""
        self._drive([(0.0, name, True), (seconds, name, False)])

    def double(self, name: InputName, gap: float = 0.2) -> None:
        """Press twice; `gap`: seconds in between."""
        again = TAP_S + gap
        self._drive([(0.0, name, True), (TAP_S, name, False), (again, name, True), (again + TAP_S, name, False)])

    def hold(self, name: InputName, seconds: float = HOLD_S) -> None:
        """Press for as long as the firmware takes for a hold, and let go."""
        self.press(name, seconds)

    def down(self, name: InputName) -> None:
        """Press and keep it so: a button held, a unit in its dock, power failing."""
        self._drive([(0.0, name, True)])

    def release(self, name: InputName) -> None:
        """Let go."""
        self._drive([(0.0, name, False)])

    def light(self, ms: int = _LOOK_MS) -> Light:
        """What is seen within so many milliseconds."""
        return Light(*self._duty(self._pins.light, ms))

    def vibrates(self, ms: int = _LOOK_MS) -> bool:
        """Whether the motor runs within so many milliseconds."""
        return self._duty((self._pins.vibration,), ms)[0] > 0

    def wait_light(self, seen: Callable[[Light], bool], timeout_s: float) -> Light:
        """Look until the light is as wanted; gives what was seen. A look over a change sees a mixture."""
        end = time.monotonic() + timeout_s
        while not seen(light := self.light()):
            if time.monotonic() > end:
                raise EmulatorError(f"the light did not become as expected within {timeout_s:g} s; it is {light}")
        return light

    def _duty(self, lines: tuple[int, ...], ms: int) -> list[float]:
        return [float(each) for each in self._agent.ask("duty", lines=lines, ms=ms)["duty"]]

    def _drive(self, moves: list[tuple[float, InputName, bool]]) -> None:
        if missing := {name for _, name, _ in moves} - set(self._pins.inputs):
            raise EmulatorError(f"the board has no input {', '.join(sorted(missing))}: see its pins")
        steps = [(round(at * 1000), self._pins.inputs[name], active) for at, name, active in moves]
        job = int(self._agent.ask("drive", steps=steps)["job"])
        self._agent.finish(job, moves[-1][0] + 30.0)
