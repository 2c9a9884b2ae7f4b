"""What has happened and is not yet dealt with, in order; for one thread that sleeps until something is urgent.

Pictures and sound come forty times a second and none of them is urgent alone: waking for each would cost more than
dealing with it.
"""

import contextlib
import queue
from collections import deque
from collections.abc import Callable

from kuager import clock

Event = Callable[[int], None]
"""Something that happened; called with the present moment, boot us."""


class Agenda:
    """`put` and `put_later` from any thread, and from a signal's handler: nothing here holds a lock."""

    def __init__(self) -> None:
        self._events: deque[Event] = deque()
        self._wake: queue.SimpleQueue[None] = queue.SimpleQueue()

    def put(self, event: Event) -> None:
        """This is to be dealt with at once, after all that was put before it."""
        self._events.append(event)
        self._wake.put(None)

    def put_later(self, event: Event) -> None:
        """This may wait for the next `run` that begins for another reason."""
        self._events.append(event)

    def run(self, timeout_s: float) -> None:
        """Wait for something urgent, no longer than this; then deal with all that is there."""
        with contextlib.suppress(queue.Empty):
            self._wake.get(timeout=timeout_s)
        for _ in range(len(self._events)):
            self._events.popleft()(clock.boot_us())
