"""Decides how many pictures are encoded, and how hard, so that encoding never falls behind in silence. Pure.

One step down at once when pictures pile up; one step up after a long time with room, and later each time that a step up
did not hold.
"""

from dataclasses import dataclass

_WINDOW_US = 1_000_000
_FIRST_PATIENCE_US = 10_000_000
_LAST_PATIENCE_US = 600_000_000
_PILED_US = 500_000  # a hiccup is shorter
_SETTLE_US = 1_000_000  # after a step the queue needs time to show what it did


@dataclass(frozen=True, slots=True)
class Step:
    """Every `divisor`-th picture is encoded; `light` asks for the encoder's cheapest preset."""

    divisor: int
    light: bool


STEPS = (Step(1, False), Step(2, False), Step(2, True), Step(4, True))
LIGHT_STEPS = (Step(1, True), Step(2, True), Step(4, True))
"""For an encoder whose preset is the cheapest from the begin."""


class Pace:
    """Fed once for each group of encoded pictures; `step` is what holds now."""

    def __init__(self, steps: tuple[Step, ...] = STEPS) -> None:
        self._steps = steps
        self._at = 0
        self._since_us = -1  # when this step was taken
        self._patience_us = _FIRST_PATIENCE_US
        self._window_us = -1
        self._busy_us = 0
        self._roomy_us = -1  # since when there has been room without a break
        self._rose_us = -1
        self._left = 0  # how many waited when that was last judged
        self._piled_us = -1  # since when half the queue is full

    @property
    def step(self) -> Step:
        """What holds now."""
        return self._steps[self._at]

    def observe(self, now_us: int, waiting: int, capacity: int, busy_us: int) -> bool:
        """A group took `busy_us` to encode while `waiting` of `capacity` wait. True: the step has changed."""
        if self._window_us < 0:
            self._window_us = self._since_us = self._roomy_us = now_us
        self._busy_us += busy_us
        if waiting * 2 < capacity:
            self._piled_us = -1
        elif self._piled_us < 0:
            self._piled_us = now_us
        if waiting * 4 >= capacity * 3 or (self._piled_us >= 0 and now_us - self._piled_us >= _PILED_US):
            return self._fall(now_us, waiting)
        if (span := now_us - self._window_us) >= _WINDOW_US:
            load = self._busy_us / span
            self._window_us, self._busy_us = now_us, 0
            # The step above costs at most about twice as much.
            if load > 0.4:
                self._roomy_us = now_us
            return self._rise(now_us)
        return False

    def _fall(self, now_us: int, waiting: int) -> bool:
        self._roomy_us = now_us
        if self._at == len(self._steps) - 1 or (self._at and now_us - self._since_us < _SETTLE_US):
            return False
        fewer, self._left = waiting < self._left, waiting
        if fewer and self._at:
            self._since_us = now_us  # the last step is enough: what had piled up is being worked off
            return False
        if self._rose_us >= 0 and now_us - self._rose_us < self._patience_us * 3:
            self._patience_us = min(self._patience_us * 2, _LAST_PATIENCE_US)
        self._go(self._at + 1, now_us)
        return True

    def _rise(self, now_us: int) -> bool:
        if not self._at or now_us - self._roomy_us < self._patience_us:
            return False
        self._rose_us = self._roomy_us = now_us
        self._go(self._at - 1, now_us)
        return True

    def _go(self, to: int, now_us: int) -> None:
        self._at, self._since_us = to, now_us
        self._window_us, self._busy_us = now_us, 0
