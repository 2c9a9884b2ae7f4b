"""Opens picamera2, which exists only where libcamera does, and what of it is used (read in 0.3.36)."""

import importlib
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from kuager.capture.sensors import identity
from kuager.capture.sensors.libcamera_config import time_limit
from kuager.capture.sensors.picamera2_buffers import Bytes
from kuager.capture.sensors.presence import usable_nodes
from kuager.errors import HardwareError
from kuager.evidence.records import Device


class Request(Protocol):
    """CompletedRequest."""

    def acquire(self) -> None:
        """Keep the buffers."""

    def release(self) -> None:
        """Give the buffers back."""

    def get_metadata(self) -> Mapping[str, Any]:
        """libcamera's metadata of this picture."""


class Mapped(Protocol):
    """MappedArray, once entered: with `reshape=False` the whole buffer as one run of bytes."""

    array: Bytes


class Module(Protocol):
    """Picamera2."""

    pre_callback: Callable[[Request], None] | None
    camera_properties: Mapping[str, Any]
    camera_controls: Mapping[str, Any]
    sensor_modes: Sequence[Mapping[str, Any]]

    def create_video_configuration(self, **options: Any) -> Any:
        """A configuration for `configure`."""

    def configure(self, configuration: Any) -> None:
        """Apply it."""

    def camera_configuration(self) -> Mapping[str, Any]:
        """The configuration as libcamera has adjusted it."""

    def start(self) -> None:
        """Let pictures come."""

    def stop(self) -> None:
        """Let none come; nothing where none do."""

    def start_encoder(self, encoder: Any, output: Any, *, name: str) -> None:
        """Feed an encoder from the stream of this name."""

    def stop_encoder(self) -> None:
        """Feed none."""

    def close(self) -> None:
        """Give the camera back."""


_LOOKS = 3  # after a change: a device's nodes do not come all at once

Map = Callable[..., AbstractContextManager[Mapped]]


@dataclass(frozen=True, slots=True)
class Library:
    """An open camera, and how its buffers are read and drawn on: ``mapped(request, name, reshape=False)``."""

    module: Module
    mapped: Map

    def used(self, request: Any, name: str) -> int | None:
        """How many bytes of a buffer hold the picture; None where libcamera does not say."""
        planes = request.request.buffers[request.stream_map[name]].metadata.planes
        return sum(plane.bytes_used for plane in planes) or None


def open_library() -> Library:
    """The first camera, not yet configured: a camera module where there is one, else a webcam.

    Raises HardwareError.
    """
    os.environ.setdefault("LIBCAMERA_LOG_LEVELS", "*:WARN")
    try:
        library = importlib.import_module("picamera2")
    except ImportError as error:
        if error.name not in (None, "picamera2"):
            raise HardwareError(f"picamera2 does not load: it needs {error.name}") from None
        raise HardwareError("picamera2 is not installed: it comes with Raspberry Pi OS as python3-picamera2") from None
    try:
        with time_limit():
            _look_again(library.Picamera2._cm)
            return Library(library.Picamera2(), library.MappedArray)
    except (RuntimeError, IndexError, OSError) as error:
        raise HardwareError(f"there is no camera that works: {error}") from None


def _look_again(manager: Any) -> None:
    """Have libcamera list the cameras anew where video devices have come or gone, or may be opened now.

    Shut off from the network a process hears nothing of udev, and libcamera looks once: when its manager is made.
    picamera2 keeps that one for ever where no camera was ever closed, and the cameras whose opening failed with it.
    """
    nodes = usable_nodes()
    if nodes != _Seen.nodes:
        _Seen.nodes, _Seen.looks = nodes, _LOOKS
    if _Seen.looks:
        _Seen.looks -= 1
        for index in list(manager.cameras):
            manager.cleanup(index)
        manager.reset()


class _Seen:
    nodes: frozenset[tuple[str, int, bool]] | None = None  # when libcamera listed the cameras
    looks = 0  # that are still due


def describe(properties: Mapping[str, Any], sys: Path = Path("/sys")) -> Device:
    """A webcam's make, model and serial from the kernel; of a camera module the sensor's name is all there is."""
    model = str(properties.get("Model", "camera module"))[:200]
    for number in properties.get("SystemDevices", ()):
        return identity.usb_device(sys / f"dev/char/{os.major(number)}:{os.minor(number)}/device", model)
    return Device(make="", model=model)
