"""Reads the camera on a thread of its own and never waits for the encoder; a lost camera is opened again for ever.

A driver that does not let go of this process is told to `stuck`, with whether another device waits: a new process is
then all that helps.
"""

import contextlib
import threading
from collections.abc import Callable

import av

from kuager import clock
from kuager.capture import photo
from kuager.capture.orders import Orders
from kuager.capture.picturequeue import PictureQueue
from kuager.capture.sensors import Camera, Coded, Picture, Still
from kuager.capture.sensors.closing import StuckError
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
        still: Callable[[bytes, bytes, Still], None],
        alive: Callable[[], None],
        stuck: Callable[[bool], None],
    ) -> None:
        self._orders, self._queue, self._open = orders, queue, open_camera
        self._opened, self._seen, self._still, self._alive, self._stuck = opened, seen, still, alive, stuck
        self._camera: Camera | None = None
        self._last_us = 0
        self._seen_us = 0
        self._count = 0
        self.device: Device | None = None
        self.delivered = False
        """Whether a camera has ever given a picture here."""

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
                if isinstance(error, StuckError):
                    self._stuck(error.another)
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
        self._last_us, self.delivered = now_us, True
        self._alive()
        if (recording := self._orders.photo) is not None and (stills := _stills(self._camera, picture)):
            self._orders.photo = None
            self._photo(recording, stills)
        if isinstance(picture, Coded):
            self._queue.put(picture)
        elif self._orders.mode == "video":
            self._count += 1
            # A camera that encodes has a last picture of its own from before it was told to.
            if self._count % self._orders.divisor == 0 and not self._camera.encodes:
                self._queue.put(picture)
        elif now_us - self._seen_us >= _SEEN_US:
            self._seen_us = now_us
            self._seen(picture)

    def _photo(self, recording: bytes, stills: list[Still]) -> None:
        orders = self._orders

        def encode() -> None:
            for still in stills:
                caption = photo.Caption(still.utc_us, orders.unit, orders.number, orders.training, self.device)
                with contextlib.suppress(ValueError):  # a camera whose JPEG is none still gives pictures
                    self._still(recording, photo.make(still.image, caption), still)
                    return

        threading.Thread(target=encode, name="photo", daemon=True).start()

    def _close(self) -> None:
        camera, self._camera = self._camera, None
        if camera:
            camera.close()


def _stills(camera: Camera, picture: Picture | Coded) -> list[Still]:
    """Stills of this moment, the best first; empty where the next picture may give one."""
    own = camera.photo() if isinstance(picture, Coded) or not picture.jpeg else None
    stills = [own] if own else []
    if isinstance(picture, Picture):
        if picture.jpeg:
            stills.append(Still(picture.jpeg, picture.boot_us, picture.utc_us))
        pixels = picture.frame.to_ndarray(format="rgb24")  # a copy, before anything is burned in
        stills.append(Still(av.VideoFrame.from_ndarray(pixels, "rgb24"), picture.boot_us, picture.utc_us))
    return stills
