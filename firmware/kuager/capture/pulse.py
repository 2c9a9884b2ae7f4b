"""Whether the sensors' threads live: for the watchdog outside, and for a thread that never comes back. Pure."""

HUNG_US = 15_000_000
"""A thread that does not come back from its device for so long never will."""


class Pulse:
    """Any thread may `beat`: its sensor has given something, has clearly refused, or is not wanted."""

    def __init__(self, names: tuple[str, ...], now_us: int) -> None:
        self._beats = dict.fromkeys(names, now_us)
        self._fed_us = now_us

    def beat(self, name: str, now_us: int) -> None:
        """This thread lives."""
        self._beats[name] = now_us

    def give_up(self, name: str) -> None:
        """Expect nothing of this thread until it beats again."""
        self._beats.pop(name, None)

    def felt(self) -> bool:
        """Whether any has lived since this was last asked: then the watchdog may be fed."""
        newest = max(self._beats.values(), default=self._fed_us)
        felt, self._fed_us = newest > self._fed_us, newest
        return felt

    def hung(self, now_us: int) -> str:
        """The thread that has not lived for too long, or empty."""
        beats = dict(self._beats)  # other threads beat meanwhile
        name = min(beats, key=lambda name: beats[name], default="")
        return name if name and now_us - beats[name] > HUNG_US else ""
