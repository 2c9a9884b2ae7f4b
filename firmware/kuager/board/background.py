"""What reads beside the board, each on a thread of its own: a driver that hangs must hold nobody up."""

import threading
from abc import ABC, abstractmethod

_CLOSE_S = 2.0


class Background(ABC):
    """`run` on a thread until `closed` is set; a thread that hangs is left to hang."""

    def __init__(self, name: str) -> None:
        self.closed = threading.Event()
        self._thread = threading.Thread(target=self.run, name=name, daemon=True)

    @abstractmethod
    def run(self) -> None:
        """Until `closed`, which is also how to wait."""

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """End, soon."""
        self.closed.set()
        if self._thread.is_alive():
            self._thread.join(_CLOSE_S)
