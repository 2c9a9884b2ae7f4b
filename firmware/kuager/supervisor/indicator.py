"""What light and vibration do at a moment, by the table in signals.py. Pure: times come in."""

from kuager import signals
from kuager.signals import FLASHES, MODES, REMINDER, WARNINGS, Signal


class Indicator:
    """Follows the signalling mode, warnings and flashes; times are CLOCK_BOOTTIME us."""

    def __init__(self, reminder_s: int = 0) -> None:
        """`reminder_s`: while the light is red, how often that is felt; 0: never."""
        self._reminder_us = reminder_s * 1_000_000
        self._reminded_us = 0
        self._discreet = False
        self._mode: signals.Mode = "starting"
        self._since_us = 0
        self._warnings: frozenset[str] = frozenset()
        self._flash: tuple[Signal, int] | None = None
        self._shake: tuple[tuple[int, ...], int] = ((), 0)  # the pattern that runs, and since when
        self._shaken_us = 0

    @property
    def mode(self) -> signals.Mode:
        """The signalling mode shown."""
        return self._mode

    def moving(self, now_us: int) -> bool:
        """Whether light or motor change by themselves, so that they must be asked often."""
        pattern, since_us = self._shake
        shaking = _once(pattern, now_us - since_us) is not None
        return bool(self._flash or shaking or self._warnings or MODES[self._mode].steps)

    def follow(self, mode: signals.Mode, warnings: frozenset[str], now_us: int, *, discreet: bool = False) -> None:
        """Take the present mode and warnings; what is new vibrates. Where the unit is discreet, nothing shines."""
        self._discreet = discreet
        if not (MODES[mode].red and MODES[self._mode].red):
            self._reminded_us = now_us
            if MODES[mode].red and discreet:
                self._vibrate(REMINDER.vibration, now_us)  # what the light would say
        elif self._reminder_us and now_us - self._reminded_us >= self._reminder_us:
            self._reminded_us = now_us
            self._vibrate(REMINDER.vibration, now_us)
        if mode != self._mode:
            self._mode, self._since_us = mode, now_us
            self._vibrate(MODES[mode].vibration, now_us)
        repeat_s = MODES[mode].repeat_s
        if repeat_s and now_us - self._shaken_us >= repeat_s * 1_000_000:
            self._vibrate(MODES[mode].vibration, now_us)
        for code in sorted(warnings - self._warnings, key=lambda code: WARNINGS[code].priority):
            self._vibrate(WARNINGS[code].vibration, now_us)
        self._warnings = warnings

    def flash(self, name: str, now_us: int) -> None:
        """Answer a hand."""
        self._flash = (FLASHES[name], now_us)
        self._vibrate(FLASHES[name].vibration, now_us)

    def at(self, now_us: int) -> tuple[signals.Colour, bool]:
        """Light and vibration now."""
        pattern, since_us = self._shake
        vibration = _once(pattern, now_us - since_us) is True
        if self._discreet:
            return signals.OFF, vibration
        if self._flash:
            signal, began_us = self._flash
            lit = _once(signal.steps, now_us - began_us)
            if lit is not None:
                return (signal.colour if lit else signals.OFF), vibration
            self._flash = None
        return signals.light(self._mode, bool(self._warnings), self._since_us, now_us), vibration

    def _vibrate(self, pattern: tuple[int, ...], now_us: int) -> None:
        if pattern:
            self._shake, self._shaken_us = (pattern, now_us), now_us


def _once(steps: tuple[int, ...], elapsed_us: int) -> bool | None:
    """Whether a pattern (ms on, off, on ...) is on after so long; None once it is over."""
    rest = elapsed_us // 1000
    for index, length in enumerate(steps):
        if rest < length:
            return index % 2 == 0
        rest -= length
    return None
