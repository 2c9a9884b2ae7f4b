"""Burns in, encodes and marks pictures, a group at a time, on a thread of its own."""

import threading
import time
from collections.abc import Callable, Sequence
from fractions import Fraction

from kuager import clock
from kuager.capture.encoder import VideoEncoder
from kuager.capture.orders import Orders
from kuager.capture.overlay import Label, Overlay, planes
from kuager.capture.pace import LIGHT_STEPS, STEPS, Pace
from kuager.capture.packets import Gap, Item, PicturePacket, Said, Shape
from kuager.capture.picturequeue import PictureQueue
from kuager.capture.picturewatch import PictureWatch
from kuager.capture.sensors import Picture
from kuager.media import sei
from kuager.media.mark import FrameMark, unit_bits
from kuager.settings import Camera as CameraSettings

_WAIT_S = 0.2  # as long as a group takes to gather


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
        burned: Callable[[Picture], None] = lambda _: None,
    ) -> None:
        """`burned` sees each picture as it will be encoded; it must not keep its frame."""
        self._orders, self._queue, self._settings, self._emit = orders, queue, settings, emit
        self._burned = burned
        self.pace = pace or Pace(LIGHT_STEPS if settings.preset == "ultrafast" else STEPS)
        self.watch = PictureWatch()
        self._clock = clock.Clock()
        self._frame = 0
        self._shape = Shape(0, 0, -1)
        self._preset = ""
        self._encoder: VideoEncoder | None = None
        self._overlay: Overlay | None = None

    def run(self, stop: threading.Event, step: Callable[[int], None]) -> None:
        """Until `stop`; `step` is told the divisor when the pace changes."""
        while not stop.is_set():
            group = self._queue.take(_WAIT_S)
            pictures = [each for each in group if isinstance(each, Picture)]
            if not pictures:
                continue
            begin = time.perf_counter_ns()
            packets = iter(self.encode(pictures))
            items: list[Item] = [each if isinstance(each, Gap) else next(packets) for each in group]
            busy_us = (time.perf_counter_ns() - begin) // 1000
            if self.pace.observe(clock.boot_us(), len(self._queue), self._queue.capacity, busy_us):
                step(self.pace.step.divisor)
                items.append(self._said(pictures[-1].boot_us))
            self._emit(items)

    def encode(self, pictures: Sequence[Picture]) -> list[PicturePacket]:
        """One packet for each; the pictures' frames are drawn on."""
        marked = [(picture, *self._burn_in(picture)) for picture in pictures]
        encoded = [(picture, mark, label, *self._encode(picture)) for picture, mark, label in marked]
        return [
            PicturePacket(
                sei.insert(data, mark), picture.boot_us, picture.utc_us, key, mark.frame, label.number, label.standby,
                shape,
            )
            for picture, mark, label, data, key, shape in encoded
        ]  # fmt: skip

    def _burn_in(self, picture: Picture) -> tuple[FrameMark, Label]:
        frame, orders = picture.frame, self._orders
        if self.watch.due(picture.boot_us):
            self.watch.look(planes(frame)[0], picture.boot_us)
        if self._overlay is None or self._overlay.size != (frame.width, frame.height):
            self._overlay = Overlay(frame.width, frame.height)
        unit, number, standby = orders.unit, orders.number, orders.standby_at(picture.boot_us)
        mark = FrameMark(unit_bits(unit), number, self._frame, picture.utc_us // 1000)
        label = Label(unit, number, self._clock.now().state, standby, orders.training)
        self._overlay.draw(frame, mark, label)
        self._burned(picture)
        self._frame += 1
        return mark, label

    def _encode(self, picture: Picture) -> tuple[bytes, bool, Shape]:
        frame = picture.frame
        preset = "ultrafast" if self.pace.step.light else self._settings.preset
        size = frame.width, frame.height
        if self._encoder is None or (*size, preset) != (self._shape.width, self._shape.height, self._preset):
            self._encoder = VideoEncoder(*size, Fraction(self._settings.rate), preset, self._settings.crf)
            self._shape, self._preset = Shape(*size, self._shape.encoder + 1), preset
        key = self._orders.take_key(picture.boot_us)
        return *self._encoder.encode(frame, picture.boot_us, key=key), self._shape

    def _said(self, at_us: int) -> Said:
        step = self.pace.step
        preset = "ultrafast" if step.light else self._settings.preset
        return Said("rate-step", at_us, {"every": step.divisor, "preset": preset})
