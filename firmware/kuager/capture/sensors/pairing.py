"""Follows pictures through an encoder that works on its own: which came out, which were lost, where keyframes fall.
Pure.

An encoder carries a picture's time stamp along to what it makes of it. Pairing goes by that stamp, never by counting:
what is lost on the way would else shift every mark after it.
"""

from collections import deque
from dataclasses import dataclass

from kuager.capture.sensors import Marked

_NEAR_US = 1_000  # a stamp may be rounded on its way
_MOST = 64  # pictures inside an encoder; a camera has six buffers
_KEY_US = 990_000  # a second, less the jitter of a picture's time


@dataclass(frozen=True, slots=True)
class Sent:
    """A marked picture inside the encoder."""

    stamp_us: int  # as the encoder knows it
    boot_us: int
    utc_us: int
    marked: Marked


class Pairing:
    """Pictures go in and come out in the order of their stamps."""

    def __init__(self) -> None:
        self._inside: deque[Sent] = deque()
        self._lost: list[int] = []  # boot us

    def sent(self, picture: Sent) -> None:
        """This picture goes into the encoder."""
        if len(self._inside) == _MOST:
            self._lost.append(self._inside.popleft().boot_us)
        self._inside.append(picture)

    def came(self, stamp_us: int) -> tuple[Sent, tuple[int, ...]] | None:
        """The picture with this stamp, and the boot us of those before it that are lost; None: it is none of ours."""
        while self._inside and self._inside[0].stamp_us < stamp_us - _NEAR_US:
            self._lost.append(self._inside.popleft().boot_us)
        if not self._inside or self._inside[0].stamp_us > stamp_us + _NEAR_US:
            return None
        lost, self._lost = tuple(self._lost), []
        return self._inside.popleft(), lost

    def give_up(self, picture: Sent, lost: tuple[int, ...]) -> None:
        """What came is of no use: it counts as lost, with what was lost before it."""
        self._lost = [*lost, picture.boot_us, *self._lost]


class Keyframes:
    """When to ask the encoder for a keyframe: each second by time, when ordered, and again where it came too early.

    A request takes effect on the next picture that the encoder begins, which may be one that was in it already. A
    recording begins with a keyframe of its own first picture, so what was ordered is ordered again until it is there.
    """

    def __init__(self) -> None:
        self._next_us = -1
        self._ordered_us: int | None = None
        self._again = False

    def due(self, boot_us: int, *, ordered: bool) -> bool:
        """Whether the picture of this moment, about to go in, is to be asked to be a keyframe."""
        if ordered or self._again:
            self._ordered_us, self._again = boot_us, False
        elif boot_us < self._next_us:
            return False
        self._next_us = boot_us + _KEY_US
        return True

    def came(self, boot_us: int, *, key: bool) -> None:
        """The picture of this moment came out."""
        if self._ordered_us is not None and boot_us >= self._ordered_us:
            self._ordered_us, self._again = None, not key

    def lost(self) -> None:
        """Pictures are lost: what follows can't be decoded before the next keyframe."""
        self._again = True
