"""Pictures between camera and encoder, handed over in small groups.

Waking the encoder for each picture costs more than what is done to it beside encoding: so it is woken for a group. A
picture that finds the queue full is dropped, counted, and declared where it lies.
"""

import threading
from collections import deque

from kuager.capture.packets import Gap
from kuager.capture.sensors import Picture

CAPACITY = 15
"""Pictures that may wait for the encoder."""
GROUP = 5
"""Pictures handed over together, a fifth of a second at most: a process that dies loses what is not yet encoded."""


class PictureQueue:
    """`put` and `take` from one thread each; the newest picture is dropped when it is full."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self.capacity = capacity
        self._waiting: deque[Picture] = deque()
        self._ready = threading.Condition()
        self._dropped: list[int] = []  # boot us of pictures dropped and not yet declared
        self._ended = False

    def put(self, picture: Picture) -> None:
        """Add one, or count it as dropped."""
        with self._ready:
            if len(self._waiting) >= self.capacity:
                self._dropped.append(picture.boot_us)
                return
            self._waiting.append(picture)
            if len(self._waiting) == GROUP:
                self._ready.notify()

    def take(self, timeout_s: float) -> list[Picture | Gap]:
        """The oldest GROUP, or what there is after so long; and gaps, each before the picture that follows it."""
        with self._ready:
            if len(self._waiting) < GROUP and not self._ended:
                self._ready.wait(timeout_s)
            items: list[Picture | Gap] = []
            for _ in range(min(GROUP, len(self._waiting))):
                picture = self._waiting.popleft()
                if self._dropped and picture.boot_us > self._dropped[-1]:
                    dropped, self._dropped = self._dropped, []
                    span = dropped[0], picture.boot_us
                    items.append(Gap("video", "limit", *span, frames=len(dropped), detail="the encoder was too slow"))
                items.append(picture)
            return items

    def __len__(self) -> int:
        return len(self._waiting)

    def end(self) -> None:
        """Let a reader that waits go."""
        with self._ready:
            self._ended = True
            self._ready.notify_all()
