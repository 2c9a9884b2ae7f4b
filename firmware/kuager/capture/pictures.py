"""From the camera to marked H.264 packets: one thread reads, one burns in and encodes, a short queue lies between.

The reading thread never waits for the encoder: a picture that finds the queue full is dropped, counted and declared. A
camera that is lost is opened again for ever.
"""

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable
from fractions import Fraction

from PIL import Image

from kuager import clock
from kuager.capture import photo
from kuager.capture.encoder import VideoEncoder
from kuager.capture.orders import Orders
from kuager.capture.overlay import Label, Overlay
from kuager.capture.pace import LIGHT_STEPS, STEPS, Pace
from kuager.capture.packets import Gap, Item, PicturePacket, Said, Shape
from kuager.capture.sensors import Camera, Picture
from kuager.errors import HardwareError
from kuager.evidence.records import Device
from kuager.media import sei
from kuager.media.mark import FrameMark, unit_bits
from kuager.settings import Camera as CameraSettings

CAPACITY = 12
"""Pictures that may wait for the encoder."""

_READ_S = 0.5
_REOPEN_S = 1.0
_STALL_US = 2_000_000
_SEEN_US = 200_000


class PictureQueue:
    """Pictures between the two threads; the newest is dropped when it is full."""

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
            self._ready.notify()

    def get(self, timeout_s: float) -> tuple[Picture | None, Gap | None]:
        """The oldest, if one comes in time; and the gap that lies before it once the queue has run."""
        with self._ready:
            if not self._waiting and not self._ended:
                self._ready.wait(timeout_s)
            picture = self._waiting.popleft() if self._waiting else None
            gap = None
            if self._dropped and picture and picture.boot_us > self._dropped[-1]:
                first, last, frames = self._dropped[0], picture.boot_us, len(self._dropped)
                self._dropped = []
                gap = Gap("video", "limit", first, last, frames=frames, detail="the encoder was too slow")
            return picture, gap

    def __len__(self) -> int:
        return len(self._waiting)

    def end(self) -> None:
        """Let a reader that waits go."""
        with self._ready:
            self._ended = True
            self._ready.notify_all()


class CameraReader:
    """Reads the camera. Callbacks are called from its thread and must not block."""

    def __init__(
        self,
        orders: Orders,
        queue: PictureQueue,
        open_camera: Callable[[], Camera],
        *,
        opened: Callable[[Camera | None, str], None],
        seen: Callable[[], None],
        still: Callable[[bytes, bytes, Picture], None],
        alive: Callable[[], None],
    ) -> None:
        self._orders, self._queue, self._open = orders, queue, open_camera
        self._opened, self._seen, self._still, self._alive = opened, seen, still, alive
        self._camera: Camera | None = None
        self._last_us = 0
        self._seen_us = 0
        self._count = 0
        self.divisor = 1
        """Every so many pictures one is encoded."""
        self.device: Device | None = None

    def run(self, stop: threading.Event) -> None:
        """Until `stop`."""
        while not stop.is_set():
            if not self._orders.camera:
                self._close()
                self._alive()
                stop.wait(0.05)
                continue
            try:
                self._step()
            except HardwareError as error:
                self._close()
                self._alive()
                self._opened(None, str(error))
                stop.wait(_REOPEN_S)
        self._close()

    def _step(self) -> None:
        if self._camera is None:
            self._camera = camera = self._open()
            self.device, self._last_us = camera.device, clock.boot_us()
            self._opened(camera, "")
        picture = self._camera.read(_READ_S)
        now_us = clock.boot_us()
        if picture is None:
            if now_us - self._last_us > _STALL_US:
                raise HardwareError("the camera gives no pictures")
            return
        self._last_us = now_us
        self._alive()
        if (recording := self._orders.photo) is not None:
            self._orders.photo = None
            self._photo(recording, picture)
        if self._orders.mode == "video":
            self._count += 1
            if self._count % self.divisor == 0:
                self._queue.put(picture)
        elif now_us - self._seen_us >= _SEEN_US:
            self._seen_us = now_us
            self._seen()

    def _photo(self, recording: bytes, picture: Picture) -> None:
        orders = self._orders
        caption = photo.Caption(picture.utc_us, orders.unit, orders.number, orders.training, self.device)
        own = picture.jpeg or (self._camera.photo() if self._camera else None)
        if own:
            with contextlib.suppress(ValueError):  # a camera whose JPEG is none still gives pictures
                self._still(recording, photo.stamp(own, caption), picture)
                return
        image = Image.fromarray(picture.frame.to_ndarray(format="rgb24"))  # a copy, before anything is burned in

        def encode() -> None:
            self._still(recording, photo.encode(image, caption), picture)

        threading.Thread(target=encode, name="photo").start()

    def _close(self) -> None:
        camera, self._camera = self._camera, None
        if camera:
            camera.close()


class PictureEncoder:
    """Burns in, encodes and marks; packets and notes go to `emit`."""

    def __init__(
        self,
        orders: Orders,
        queue: PictureQueue,
        settings: CameraSettings,
        emit: Callable[[Item], None],
        pace: Pace | None = None,
    ) -> None:
        self._orders, self._queue, self._settings, self._emit = orders, queue, settings, emit
        self.pace = pace or Pace(LIGHT_STEPS if settings.preset == "ultrafast" else STEPS)
        self._clock = clock.Clock()
        self._frame = 0
        self._encoders = -1
        self._shape = Shape(0, 0, -1)
        self._preset = ""
        self._encoder: VideoEncoder | None = None
        self._overlay: Overlay | None = None

    def run(self, stop: threading.Event, step: Callable[[int], None]) -> None:
        """Until `stop`; `step` is told the divisor when the pace changes."""
        while not stop.is_set():
            picture, gap = self._queue.get(0.2)
            if gap:
                self._emit(gap)
            if picture is None:
                continue
            begin = time.perf_counter_ns()
            self._emit(self.encode(picture))
            busy_us = (time.perf_counter_ns() - begin) // 1000
            if self.pace.observe(clock.boot_us(), len(self._queue), self._queue.capacity, busy_us):
                step(self.pace.step.divisor)
                self._emit(self._said(picture.boot_us))

    def encode(self, picture: Picture) -> PicturePacket:
        """One packet; the picture's frame is drawn on."""
        frame, orders = picture.frame, self._orders
        preset = "ultrafast" if self.pace.step.light else self._settings.preset
        if self._encoder is None or (frame.width, frame.height, preset) != (*self._size, self._preset):
            self._renew(frame.width, frame.height, preset)
        unit, number, standby, training = orders.unit, orders.number, orders.standby, orders.training
        key, orders.key = orders.key, False
        mark = FrameMark(unit_bits(unit), number, self._frame, picture.utc_us // 1000)
        label = Label(unit, number, self._clock.now().state, standby, training)
        if self._encoder is None or self._overlay is None:
            raise RuntimeError("no encoder")
        self._overlay.draw(frame, mark, label)
        data, is_key = self._encoder.encode(frame, picture.boot_us, key=key)
        counter, self._frame = self._frame, self._frame + 1
        return PicturePacket(
            sei.insert(data, mark), picture.boot_us, picture.utc_us, is_key, counter, number, standby, self._shape
        )

    @property
    def _size(self) -> tuple[int, int]:
        return self._shape.width, self._shape.height

    def _renew(self, width: int, height: int, preset: str) -> None:
        self._encoders += 1
        self._encoder = VideoEncoder(width, height, Fraction(self._settings.rate), preset, self._settings.crf)
        if (width, height) != self._size:
            self._overlay = Overlay(width, height)
        self._shape, self._preset = Shape(width, height, self._encoders), preset

    def _said(self, at_us: int) -> Said:
        step = self.pace.step
        preset = "ultrafast" if step.light else self._settings.preset
        return Said("rate-step", at_us, {"every": step.divisor, "preset": preset})
