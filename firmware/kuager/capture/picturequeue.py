"""Pictures between camera and encoder, handed over in small groups.

Waking the encoder for each picture costs more than what is done to it beside encoding: so it is woken for a group. A
picture that finds the queue full is dropped, counted, and declared where it lies.
"""

import threading
from collections import deque

from kuager.capture.packets import Gap
from kuager.capture.sensors import Coded, Picture

CAPACITY = 15
"""Pictures that may wait for the encoder."""
GROUP = 5
"""Pictures handed over together, a fifth of a second at most: a process that dies loses what is not yet encoded."""


class PictureQueue:
    """`put` and `take` from one thread each; the newest picture is dropped when it is full.

    A picture that a camera has encoded refers to the one before it: where that was dropped, all are up to the next
    keyframe.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        self.capacity = capacity
        self._waiting: deque[tuple[Gap | None, Picture | Coded]] = deque()  # each with what is missing before it
        self._ready = threading.Condition()
        self._dropped: list[int] = []  # boot us of pictures dropped and not yet declared
        self._ended = False

    def put(self, picture: Picture | Coded) -> None:
        """Add one, or count it as dropped."""
        lost = picture.lost if isinstance(picture, Coded) else ()
        with self._ready:
            follows = isinstance(picture, Coded) and not picture.key
            if len(self._waiting) >= self.capacity or (follows and self._dropped):
                self._dropped += [*lost, picture.boot_us]
                return
            self._waiting.append((self._gap(lost, picture.boot_us), picture))
            if len(self._waiting) == GROUP:
                self._ready.notify()

    def take(self, timeout_s: float) -> list[Picture | Coded | Gap]:
        """The oldest GROUP, or what there is after so long; and gaps, each before the picture that follows it."""
        with self._ready:
            if len(self._waiting) < GROUP and not self._ended:
                self._ready.wait(timeout_s)
            items: list[Picture | Coded | Gap] = []
            for _ in range(min(GROUP, len(self._waiting))):
                items += [each for each in self._waiting.popleft() if each]
            return items

    def __len__(self) -> int:
        return len(self._waiting)

    def end(self) -> None:
        """Let a reader that waits go."""
        with self._ready:
            self._ended = True
            self._ready.notify_all()

    def _gap(self, lost: tuple[int, ...], until_us: int) -> Gap | None:
        dropped, self._dropped = self._dropped, []
        missing = [*dropped, *lost]
        if not missing:
            return None
        since_us, count = min(missing), len(missing)
        if dropped:
            return Gap("video", "limit", since_us, until_us, frames=count, detail="the encoder was too slow")
        return Gap("video", "camera", since_us, until_us, frames=count, detail="pictures were lost in the encoder")
