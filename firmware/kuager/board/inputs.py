"""Presses out of edges: debounces every input and tells a press from a hold. Pure: times come in with the edges.

A level counts once it has not changed for `STEADY_US`; then its first moment is the time of the press. A button that is
down at start counts as pressed at start: whoever holds it wants it.
"""

from typing import Literal, NamedTuple

from kuager.board import Edge, InputName

STEADY_US = 20_000
HOLD_US = 1_200_000

_BUTTONS: tuple[InputName, ...] = ("record", "mark")
Kind = Literal["down", "press", "hold", "on", "off"]


class Gesture(NamedTuple):
    """What was done with an input. A button: `down`, then `press` (let go) or `hold`; any other pin: `on`, `off`."""

    pin: InputName
    kind: Kind
    at_us: int


class Inputs:
    """All inputs of a board. Call `tick` no later than `deadline`."""

    def __init__(self) -> None:
        self._pins: dict[InputName, _Pin] = {}

    def edge(self, edge: Edge) -> list[Gesture]:
        """Take an edge; gives what became certain by its time."""
        pin = self._pins.setdefault(edge.pin, _Pin(edge.pin))
        done = pin.tick(edge.at_us)
        pin.change(edge.level, edge.at_us)
        return done

    def tick(self, now_us: int) -> list[Gesture]:
        """What became certain by now, in the order of its time."""
        done = [gesture for pin in self._pins.values() for gesture in pin.tick(now_us)]
        return sorted(done, key=lambda gesture: gesture.at_us)

    def deadline(self) -> int | None:
        """When `tick` must be called next; None while nothing is under way."""
        times = [at for pin in self._pins.values() if (at := pin.deadline()) is not None]
        return min(times) if times else None


class _Pin:
    def __init__(self, name: InputName) -> None:
        self._name, self._button = name, name in _BUTTONS
        self._level = self._raw = False  # what counts, and what was last heard
        self._changed_us = 0  # when `_raw` changed last
        self._down_us: int | None = None  # a button is down and neither press nor hold was told yet

    def change(self, level: bool, at_us: int) -> None:
        if level != self._raw:
            self._raw, self._changed_us = level, at_us

    def tick(self, now_us: int) -> list[Gesture]:
        done: list[Gesture] = []
        if self._raw != self._level and now_us - self._changed_us >= STEADY_US:
            # A hold that was complete before the button was let go stays a hold, however late this is called.
            done += self._hold(self._changed_us)
            self._level = self._raw
            done += self._settled()
        if self._level:
            done += self._hold(now_us if self._raw else self._changed_us)
        return done

    def _settled(self) -> list[Gesture]:
        if not self._button:
            return [Gesture(self._name, "on" if self._level else "off", self._changed_us)]
        if self._level:
            self._down_us = self._changed_us
            return [Gesture(self._name, "down", self._changed_us)]
        if self._down_us is None:
            return []
        self._down_us = None
        return [Gesture(self._name, "press", self._changed_us)]

    def _hold(self, until_us: int) -> list[Gesture]:
        if self._down_us is None or until_us - self._down_us < HOLD_US:
            return []
        at, self._down_us = self._down_us + HOLD_US, None
        return [Gesture(self._name, "hold", at)]

    def deadline(self) -> int | None:
        times = []
        if self._raw != self._level:
            times.append(self._changed_us + STEADY_US)
        elif self._down_us is not None:
            times.append(self._down_us + HOLD_US)
        return min(times) if times else None
