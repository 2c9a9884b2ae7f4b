"""Configures a camera: asks for the layout that fits it, and says what libcamera has made of that."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kuager import settings as unit_settings
from kuager.capture.sensors import picamera2_layout
from kuager.capture.sensors.picamera2_buffers import BEST_FIRST, Stream
from kuager.capture.sensors.picamera2_layout import Layout
from kuager.capture.sensors.picamera2_opening import Module
from kuager.errors import HardwareError

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Streams:
    """Of a configured camera, by their names in picamera2; `large`: the one for stills, where there is one."""

    name: str
    video: Stream
    large_name: str | None
    large: Stream | None
    held: int  # pictures that may wait for a slow reader
    module: bool  # of the board's own camera connector, with pictures of exactly the wanted size in YUV420


def configure(module: Module, settings: unit_settings.Camera) -> Streams:
    """Raises HardwareError where the camera makes nothing that can be read, and what picamera2 raises."""
    if "ColorFilterArrangement" in module.camera_properties:
        return _camera_module(module, settings)
    return _webcam(module, settings)


def _webcam(module: Module, settings: unit_settings.Camera) -> Streams:
    size, rate = (settings.width, settings.height), settings.rate * 1000
    timed = "FrameDurationLimits" in module.camera_controls
    # picamera2 can't list a webcam's formats if one of them is grey; it takes another one than was asked for, though.
    for pixels in BEST_FIRST:
        layout = picamera2_layout.webcam(size, rate, pixels, timed=timed)
        made = _applied(module, layout)
        if made["main"]["format"] == pixels:
            break
    return _streams(layout, made, module=False)


def _camera_module(module: Module, settings: unit_settings.Camera) -> Streams:
    size, rate = (settings.width, settings.height), settings.rate * 1000
    still = None
    if settings.stills == "full":
        still = picamera2_layout.still_of(picamera2_layout.modes_of(module.sensor_modes), size, settings.rate)
    layout = picamera2_layout.module(size, rate, still)
    try:
        made = _applied(module, layout)
    except (RuntimeError, OSError) as error:
        if still is None:
            raise
        _log.warning("stills are as large as the video: %s", error)
        layout = picamera2_layout.module(size, rate, None)
        made = _applied(module, layout)
    streams = _streams(layout, made, module=True)
    if streams.video.size != size or streams.video.format != "YUV420":
        width, height = streams.video.size
        raise HardwareError(
            f"the camera makes {streams.video.format} of {width} x {height}, not of {size[0]} x {size[1]}"
        )
    return streams


def _applied(module: Module, layout: Layout) -> Mapping[str, Any]:
    module.configure(module.create_video_configuration(**layout.options))
    return module.camera_configuration()


def _streams(layout: Layout, made: Mapping[str, Any], *, module: bool) -> Streams:
    large = Stream.of(made[layout.still]) if layout.still else None
    return Streams(layout.video, Stream.of(made[layout.video]), layout.still, large, layout.held, module)
