"""A camera module on a Raspberry Pi, through picamera2.

Written against picamera2's source and libcamera's control documentation; what is not tried on hardware yet: the
stride of the mapped buffer at sizes other than 1280x720 and 1920x1080, and closing a camera that has stalled.

`pre_callback` runs inside the camera's loop under its lock, so there the request is only kept and queued (and, where a
hardware encoder will read the buffer, `burn` draws on it); the reader copies it out and gives the buffer back.
"""

import contextlib
import importlib
import json
import logging
import os
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

import av
import numpy as np
import numpy.typing as npt

from kuager import clock
from kuager.capture.sensors import Picture, camera_frames
from kuager.errors import HardwareError
from kuager.evidence.records import Device

_log = logging.getLogger(__name__)

Plane = npt.NDArray[np.uint8]
Burn = Callable[[Plane, int], None]
"""Draws on a mapped YUV420 buffer (3/2 the height, rows of the stride) of the picture taken at this time, us."""

_BUFFERS = 6  # the camera's; at least three must stay with it to keep its rate
_QUEUE = 3  # requests held for a slow reader; then the oldest is dropped, which shows in the stamps
_TIMEOUT_MS = 2000  # libcamera then gives the sensor up
_CLOSE_S = 2.0
_CONFIG = "LIBCAMERA_RPI_CONFIG_FILE"


class Request(Protocol):
    """What is used of picamera2's CompletedRequest."""

    def acquire(self) -> None:
        """Keep the buffer."""

    def release(self) -> None:
        """Give the buffer back."""

    def get_metadata(self) -> Mapping[str, Any]:
        """libcamera's metadata of this picture."""


class Mapped(Protocol):
    """What is used of picamera2's MappedArray once entered."""

    array: Plane


class Module(Protocol):
    """What is used of picamera2's Picamera2."""

    pre_callback: Callable[[Request], None] | None
    camera_properties: Mapping[str, Any]

    def create_video_configuration(self, **options: Any) -> Any:
        """A configuration for `configure`."""

    def configure(self, configuration: Any) -> None:
        """Apply it."""

    def camera_configuration(self) -> Any:
        """The configuration as libcamera has adjusted it."""

    def start(self) -> None:
        """Let pictures come."""

    def close(self) -> None:
        """Stop, and give the camera back."""


class Picamera2Camera:
    """The first camera module; pictures come stamped with the moment at which the sensor exposed its first row."""

    kind = "picamera2"

    def __init__(
        self,
        size: tuple[int, int],
        rate_millihertz: int,
        burn: Burn | None = None,
        now: Callable[[], int] = clock.boot_us,
        utc: Callable[[], int] = clock.utc_us,
    ) -> None:
        self.size, self.rate_millihertz = size, rate_millihertz
        self._burn, self._now, self._utc = burn, now, utc
        self._queue: deque[Request] = deque()
        self._ready = threading.Condition()
        self._shown: av.VideoFrame | None = None
        self._map, self._module = _open()
        try:
            period = 1_000_000_000 // rate_millihertz  # us
            self._module.configure(
                self._module.create_video_configuration(
                    main={"size": size, "format": "YUV420"},
                    controls={"FrameDurationLimits": (period, period)},
                    buffer_count=_BUFFERS,
                )
            )
            made = tuple(self._module.camera_configuration()["main"]["size"])
            if made != size:
                raise ValueError(f"it makes pictures of {made[0]} x {made[1]}, not of {size[0]} x {size[1]}")
            self._module.pre_callback = self._arrived
            self._module.start()
        except (RuntimeError, ValueError, OSError) as error:
            self.close()
            raise HardwareError(f"the camera module can't be started: {error}") from None
        self.device = Device(make="", model=str(self._module.camera_properties.get("Model", "camera module"))[:200])

    def read(self, timeout_s: float) -> Picture | None:
        """The oldest picture not read yet; None also when libcamera has ended the stream without a word."""
        with self._ready:
            if not self._ready.wait_for(lambda: bool(self._queue), timeout_s):
                return None
            request = self._queue.popleft()
        try:
            boot, utc = self._stamps(request.get_metadata())
            with self._map(request, "main") as mapped:
                frame = _copied(mapped.array, self.size)
        except (RuntimeError, ValueError) as error:
            raise HardwareError(f"the camera's buffer can't be read: {error}") from None
        finally:
            request.release()
        self._shown = frame
        return Picture(frame, boot, utc)

    def photo(self) -> bytes | None:
        """The picture read last as a JPEG; None before the first."""
        return camera_frames.jpeg(self._shown) if self._shown else None

    def close(self) -> None:
        """Give the camera back. Stopping a stalled camera can hang for ever, so it is waited for only a moment."""
        with self._ready:
            held = list(self._queue)
            self._queue.clear()
        for request in held:
            request.release()
        closing = threading.Thread(target=self._close, name="camera-close", daemon=True)
        closing.start()
        closing.join(_CLOSE_S)
        if closing.is_alive():
            _log.error("the camera module does not stop: the process must be restarted to free it")

    def _close(self) -> None:
        try:
            self._module.pre_callback = None
            self._module.close()
        except (RuntimeError, OSError) as error:
            _log.warning("the camera module did not close: %s", error)

    def _arrived(self, request: Request) -> None:
        # Whatever is raised here would end the camera's loop for good.
        try:
            if self._burn:
                with self._map(request, "main") as mapped:
                    self._burn(mapped.array, self._stamps(request.get_metadata())[0])
            request.acquire()
            with self._ready:
                late = self._queue.popleft() if len(self._queue) >= _QUEUE else None
                self._queue.append(request)
                self._ready.notify()
            if late:
                late.release()
        except Exception:  # noqa: BLE001
            _log.exception("a picture was lost")

    def _stamps(self, metadata: Mapping[str, Any]) -> tuple[int, int]:
        """CLOCK_BOOTTIME and UTC us of the first row's exposure; an older libcamera gives only the first."""
        boot = int(metadata.get("SensorTimestamp", self._now() * 1000)) // 1000
        wall = metadata.get("FrameWallClock")
        return boot, int(wall) // 1000 if wall else self._utc() - (self._now() - boot)


def _open() -> tuple[Callable[[Request, str], AbstractContextManager[Mapped]], Module]:
    try:
        library = importlib.import_module("picamera2")
    except ImportError:
        raise HardwareError("picamera2 is not installed: it comes with Raspberry Pi OS as python3-picamera2") from None
    try:
        with _time_limit():
            return library.MappedArray, library.Picamera2()
    except (RuntimeError, IndexError, OSError) as error:
        raise HardwareError(f"there is no camera module that works: {error}") from None


@contextlib.contextmanager
def _time_limit() -> Iterator[None]:
    """While the camera is opened, point libcamera to a configuration that limits how long it waits for a picture.

    picamera2 has set the variable to its platform's default file at import; an administrator's own file is left alone.
    """
    chosen = os.environ.get(_CONFIG, "")
    target = {"vc4": "bcm2835", "pisp": "pisp"}.get(Path(chosen).parent.name)
    if Path(chosen).name != "rpi_apps.yaml" or not target:
        yield
        return
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        handler = {"camera_timeout_value_ms": _TIMEOUT_MS}
        json.dump({"version": 1.0, "target": target, "pipeline_handler": handler}, file)
        file.flush()
        os.environ[_CONFIG] = file.name
        try:
            yield
        finally:
            os.environ[_CONFIG] = chosen


def _copied(array: Plane, size: tuple[int, int]) -> av.VideoFrame:
    """A frame of our own from libcamera's YUV420 buffer: Y rows of the stride, then U and V rows of half of it."""
    width, height = size
    halves = array.reshape(array.shape[0] * 2, array.shape[1] // 2)
    half = height // 2
    planes = (
        array[:height, :width],
        halves[2 * height : 2 * height + half, : width // 2],
        halves[2 * height + half : 2 * height + 2 * half, : width // 2],
    )
    frame = av.VideoFrame(width, height, "yuv420p")
    for plane, part in zip(frame.planes, planes, strict=True):
        camera_frames.pixels(plane)[:, : part.shape[1]] = part
    return frame
