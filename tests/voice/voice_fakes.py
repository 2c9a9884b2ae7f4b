"""A clock that goes on when it is told, and a loudspeaker that ends when it is told."""

from collections.abc import Callable

from kuager.errors import HardwareError
from kuager.voice.loudspeaker import Done


class Time:
    """A clock and a Later that go on when they are told."""

    def __init__(self) -> None:
        self.us = 1_000_000
        self.calls: list[list] = []

    def now(self) -> int:
        return self.us

    def later(self, seconds: float, function: Callable[[], None]):
        call = [self.us + round(seconds * 1_000_000), function]
        self.calls.append(call)

        class Call:
            def cancel(_self) -> None:  # noqa: N805
                if call in self.calls:
                    self.calls.remove(call)

        return Call()

    def pass_(self, us: int) -> None:
        until = self.us + us
        while due := [call for call in self.calls if call[0] <= until]:
            call = min(due, key=lambda call: call[0])
            self.calls.remove(call)
            self.us = max(self.us, call[0])
            call[1]()
        self.us = until


class Card:
    """A loudspeaker that ends when the test says so."""

    def __init__(self, time: Time) -> None:
        self.time, self.done, self.heard, self.stops, self.works = time, None, [], 0, True

    def play(self, pcm: bytes, done: Done) -> int:
        assert self.done is None, "two voices at once"
        if not self.works:
            raise HardwareError("unplugged")
        self.heard.append(pcm)
        self.done = done
        return self.time.us + 5

    def stop(self) -> None:
        self.stops += 1
        self.end()

    def end(self, heard: bool = True) -> None:
        done, self.done = self.done, None
        if done is not None:
            done(heard)
