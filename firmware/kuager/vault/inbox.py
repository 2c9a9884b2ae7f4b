"""What waits for the vault's thread: bounded in bytes for each source, so that a sender is held back and nothing
grows.
"""

import threading
from collections import deque
from collections.abc import Callable
from typing import Literal

Source = Literal["media", "control", "self"]
Call = Callable[[], None]

LIMITS: dict[Source, int] = {"media": 16 << 20, "control": 1 << 20, "self": 1 << 20}
"""Bytes that may wait of each source; one message more than that is let in, so that the longest one always passes."""
OVERHEAD = 512
"""Bytes that a message counts for beside its media."""


class Inbox:
    """A queue of calls. `put` waits while its source has too much in it: a socket's reader then reads no further."""

    def __init__(self) -> None:
        self._calls: deque[tuple[Source, int, Call]] = deque()
        self._held: dict[Source, int] = dict.fromkeys(LIMITS, 0)
        self._changed = threading.Condition()
        self._shut = False

    def put(self, source: Source, call: Call, size: int = 0) -> None:
        """Queue a call; waits for room. After `shut` calls are dropped."""
        size += OVERHEAD
        with self._changed:
            while self._held[source] >= LIMITS[source] and not self._shut:
                self._changed.wait()
            if self._shut:
                return
            self._held[source] += size
            self._calls.append((source, size, call))
            self._changed.notify_all()

    def get(self, timeout_s: float) -> Call | None:
        """The next call; None when none came in time."""
        with self._changed:
            if not self._calls and not self._shut:
                self._changed.wait(max(0.0, timeout_s))
            if not self._calls:
                return None
            source, size, call = self._calls.popleft()
            self._held[source] -= size
            self._changed.notify_all()
            return call

    def shut(self) -> None:
        """Let nobody wait any more."""
        with self._changed:
            self._shut = True
            self._changed.notify_all()
