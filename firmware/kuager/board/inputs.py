"""Presses out of edges: debounces every input, tells a press from a hold, and a hand from a button that is stuck.

A level counts once it has not changed for `STEADY_US`; then its first moment is the time of the press. A button that is
down at start counts as pressed at start: whoever holds it wants it. It is never held, as nobody saw how it came to be.
A button that is down for `STUCK_US` longer than a hold is stuck: it tells nothing more until it was let go and stayed
so for `FREE_US`, as what is jammed or wet makes and breaks contact. Pure: times come in with the edges.
"""

from typing import Literal, NamedTuple

from kuager.board import Edge, InputName

STEADY_US = 20_000
HOLD_US = 1_200_000
STUCK_US = 30_000_000
FREE_US = 1_000_000

_BUTTONS: tuple[InputName, ...] = ("record", "mark")
Kind = Literal["down", "press", "hold", "stuck", "free", "on", "off"]


class Gesture(NamedTuple):
    """What was done with an input. A button: `down`, then `press` (let go) or `hold`; if it stays down long after,
    `stuck`, then `free`. Any other pin: `on`, `off`. `found`: it was so at start.
    """

    pin: InputName
    kind: Kind
    at_us: int
    found: bool = False


class Inputs:
    """All inputs of a board. Call `tick` no later than `deadline`."""

    def __init__(self) -> None:
        self._pins: dict[InputName, _Pin] = {}

    def edge(self, edge: Edge) -> list[Gesture]:
        """Take an edge; gives what became certain by its time."""
        pin = self._pins.setdefault(edge.pin, _Pin(edge.pin))
        done = pin.tick(edge.at_us)
        pin.change(edge)
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
        self._since_us = 0  # when `_level` changed last
        self._told = True  # of a button that is down: press or hold was told
        self._found = False  # it was down at start
        self._stuck = False

    def change(self, edge: Edge) -> None:
        if edge.level != self._raw:
            self._raw, self._changed_us = edge.level, edge.at_us
            if edge.level:
                self._found = edge.found

    def tick(self, now_us: int) -> list[Gesture]:
        if self._stuck:
            return self._freed(now_us)
        done: list[Gesture] = []
        if self._raw != self._level and now_us - self._changed_us >= STEADY_US:
            # A hold that was complete before the button was let go stays a hold, however late this is called.
            done += self._lasts(self._changed_us)
            if self._stuck:
                return done + self._freed(now_us)
            self._level, self._since_us = self._raw, self._changed_us
            done += self._settled()
        if self._level:
            done += self._lasts(now_us if self._raw else self._changed_us)
        return done

    def _settled(self) -> list[Gesture]:
        at = self._since_us
        if not self._button:
            return [Gesture(self._name, "on", at, self._found) if self._level else Gesture(self._name, "off", at)]
        if self._level:
            self._told = False
            return [Gesture(self._name, "down", at, self._found)]
        told, self._told = self._told, True
        return [] if told else [Gesture(self._name, "press", at)]

    def _lasts(self, until_us: int) -> list[Gesture]:
        """What comes of a button being down until then."""
        if not (self._button and self._level):
            return []
        done: list[Gesture] = []
        lasted_us = until_us - self._since_us
        if not self._told and not self._found and lasted_us >= HOLD_US:
            self._told = True
            done.append(Gesture(self._name, "hold", self._since_us + HOLD_US))
        if lasted_us >= HOLD_US + STUCK_US:
            self._told = self._stuck = True
            done.append(Gesture(self._name, "stuck", self._since_us + HOLD_US + STUCK_US))
        return done

    def _freed(self, now_us: int) -> list[Gesture]:
        if self._raw or now_us - self._changed_us < FREE_US:
            return []
        self._level = self._stuck = False
        return [Gesture(self._name, "free", self._changed_us + FREE_US)]

    def deadline(self) -> int | None:
        if self._stuck:
            return None if self._raw else self._changed_us + FREE_US
        if self._raw != self._level:
            return self._changed_us + STEADY_US
        if not (self._button and self._level):
            return None
        waits_for_hold = not self._told and not self._found
        return self._since_us + HOLD_US + (0 if waits_for_hold else STUCK_US)
