"""Burns in, encodes and marks pictures, a group at a time, on a thread of its own.

What a camera has encoded itself was burned in there already, and gets its SEI here.
"""

import threading
import time
from collections.abc import Callable, Sequence
from fractions import Fraction

from kuager import clock
from kuager.capture.encoder import VideoEncoder
from kuager.capture.marker import Marker
from kuager.capture.orders import Orders
from kuager.capture.pace import LIGHT_STEPS, STEPS, Pace
from kuager.capture.packets import Gap, Item, PicturePacket, Said, Shape
from kuager.capture.picturequeue import PictureQueue
from kuager.capture.sensors import Coded, Marked, Picture
from kuager.media import sei
from kuager.settings import Camera as CameraSettings

_WAIT_S = 0.2  # as long as a group takes to gather
_HARDWARE = "hardware"


class PictureEncoder:
    """Packets and notes go to `emit`, all of a group together.

    Each step is done to the whole group before the next one begins: encoding a picture drives everything else out of
    the processor's caches, and what is then done to one picture alone costs several times as much.
    """

    def __init__(
        self,
        orders: Orders,
        queue: PictureQueue,
        settings: CameraSettings,
        emit: Callable[[list[Item]], None],
        pace: Pace | None = None,
        marker: Marker | None = None,
    ) -> None:
        self._orders, self._queue, self._settings, self._emit = orders, queue, settings, emit
        self.pace = pace or Pace(LIGHT_STEPS if settings.preset == "ultrafast" else STEPS)
        self._marker = marker or Marker(orders)
        self._shape = Shape(0, 0, -1)
        self._made_by: object = None  # which encoder's pictures have this shape
        self._encoder: VideoEncoder | None = None

    def run(self, stop: threading.Event) -> None:
        """Until `stop`; the orders' divisor follows the pace."""
        while not stop.is_set():
            group = self._queue.take(_WAIT_S)
            pictures = [each for each in group if not isinstance(each, Gap)]
            if not pictures:
                continue
            begin = time.perf_counter_ns()
            packets = iter(self.encode(pictures))
            items: list[Item] = [each if isinstance(each, Gap) else next(packets) for each in group]
            busy_us = (time.perf_counter_ns() - begin) // 1000
            if self.pace.observe(clock.boot_us(), len(self._queue), self._queue.capacity, busy_us):
                self._orders.divisor = self.pace.step.divisor
                items.append(self._said(pictures[-1]))
            self._emit(items)

    def encode(self, pictures: Sequence[Picture | Coded]) -> list[PicturePacket]:
        """One packet for each; the pictures' frames are drawn on."""
        marked = [(each, each.marked if isinstance(each, Coded) else self._marker.burn(each)) for each in pictures]
        encoded = [(each, mark, *self._encode(each, mark)) for each, mark in marked]
        return [
            PicturePacket(
                sei.insert(data, marked.mark), each.boot_us, each.utc_us, key, marked.mark.frame, marked.mark.number,
                marked.standby, shape,
            )
            for each, marked, data, key, shape in encoded
        ]  # fmt: skip

    def _encode(self, picture: Picture | Coded, marked: Marked) -> tuple[bytes, bool, Shape]:
        if isinstance(picture, Coded):
            self._follow(picture.encoder, picture.size)
            return picture.data, picture.key, self._shape
        frame = picture.frame
        preset, size = self._preset, (frame.width, frame.height)
        if self._follow(preset, size) or self._encoder is None:
            self._encoder = VideoEncoder(*size, Fraction(self._settings.rate), preset, self._settings.crf)
        return *self._encoder.encode(frame, picture.boot_us, key=marked.key), self._shape

    def _follow(self, made_by: object, size: tuple[int, int]) -> bool:
        """Whether pictures now come out of another encoder."""
        if (made_by, *size) == (self._made_by, self._shape.width, self._shape.height):
            return False
        self._shape, self._made_by = Shape(*size, self._shape.encoder + 1), made_by
        return True

    @property
    def _preset(self) -> str:
        return "ultrafast" if self.pace.step.light else self._settings.preset

    def _said(self, picture: Picture | Coded) -> Said:
        encoder = _HARDWARE if isinstance(picture, Coded) else self._preset
        return Said("rate-step", picture.boot_us, {"every": self.pace.step.divisor, "preset": encoder})
