"""Whether the camera delivers: pure."""

STALL_US = 2_000_000
"""A camera that gives nothing for so long has stalled."""

_OPENING_US = 2_000_000  # that it may take from off to its first picture besides


class CameraWatch:
    """Told of every picture, and when the camera begins to be wanted."""

    def __init__(self, now_us: int) -> None:
        self._due_us = now_us + STALL_US + _OPENING_US
        self.newest_us = now_us
        """When the newest picture was taken."""
        self.lost = False

    def wanted(self, now_us: int) -> None:
        """It was off, and is to deliver from now on."""
        self.lost = False
        self._due_us = now_us + STALL_US + _OPENING_US

    def seen(self, now_us: int, taken_us: int | None = None) -> bool:
        """A picture came, taken at that moment if it is known. True: the camera was lost until now."""
        self.newest_us, self._due_us = now_us if taken_us is None else taken_us, now_us + STALL_US
        was_lost, self.lost = self.lost, False
        return was_lost

    def fails(self, now_us: int) -> bool:
        """True once, when it has given nothing for too long."""
        if self.lost or now_us <= self._due_us:
            return False
        self.lost = True
        return True
