"""Reads the camera on a thread of its own and never waits for the encoder; a lost camera is opened again for ever."""

import contextlib
import threading
from collections.abc import Callable

from PIL import Image

from kuager import clock
from kuager.capture import photo
from kuager.capture.orders import Orders
from kuager.capture.picturequeue import PictureQueue
from kuager.capture.sensors import Camera, Picture
from kuager.errors import HardwareError
from kuager.evidence.records import Device

_READ_S = 0.5
_REOPEN_S = 1.0
_STALL_US = 2_000_000
_SEEN_US = 200_000


class CameraReader:
    """Reads the camera. Callbacks are called from its thread and must not block.

    `seen` gets a picture now and then where none is encoded; it must not keep its frame.
    """

    def __init__(
        self,
        orders: Orders,
        queue: PictureQueue,
        open_camera: Callable[[], Camera],
        *,
        opened: Callable[[Camera | None, str], None],
        seen: Callable[[Picture], None],
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

    def skip(self, divisor: int) -> None:
        """From now on encode only every so many pictures."""
        self.divisor = divisor

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
            self._seen(picture)

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
