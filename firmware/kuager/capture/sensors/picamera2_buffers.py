"""libcamera's picture buffers: their formats, copies as frames of our own, and a frame that lies on the buffer itself.

A buffer is one run of bytes, its lines padded to the stream's stride. libcamera names RGB formats by the order of bits
in a little-endian word, libav by the order of bytes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from av.video.codeccontext import VideoCodecContext

from kuager.capture.sensors import camera_frames
from kuager.errors import HardwareError

Bytes = npt.NDArray[np.uint8]

MJPEG = "MJPEG"


@dataclass(frozen=True, slots=True)
class _Plane:
    pixel_bytes: int  # of a full-size line, before it is divided
    across: int = 1  # the stride is divided by this
    down: int = 1


_FORMATS: dict[str, tuple[str, tuple[_Plane, ...]]] = {
    "YUV420": ("yuv420p", (_Plane(1), _Plane(1, 2, 2), _Plane(1, 2, 2))),
    "NV12": ("nv12", (_Plane(1), _Plane(1, 1, 2))),
    "YUYV": ("yuyv422", (_Plane(2),)),
    "UYVY": ("uyvy422", (_Plane(2),)),
    "BGR888": ("rgb24", (_Plane(3),)),
    "RGB888": ("bgr24", (_Plane(3),)),
    "XBGR8888": ("rgb0", (_Plane(4),)),
    "XRGB8888": ("bgr0", (_Plane(4),)),
    "R8": ("gray", (_Plane(1),)),
}
BEST_FIRST = ("YUV420", MJPEG, "NV12", "YUYV", "UYVY", "BGR888", "RGB888", "XBGR8888", "XRGB8888")
"""Formats to ask for. A webcam's JPEG is more pictures a second than its raw formats, and a still of its own."""


@dataclass(frozen=True, slots=True)
class Stream:
    """One stream of a camera as it was configured."""

    format: str
    size: tuple[int, int]
    stride: int  # bytes

    @classmethod
    def of(cls, configuration: Mapping[str, Any]) -> "Stream":
        """From picamera2's configuration of one stream. Raises HardwareError for a format that can't be read."""
        width, height = configuration["size"]
        if configuration["format"] not in (*_FORMATS, MJPEG):
            raise HardwareError(f"the camera offers no usable format: it makes {configuration['format']}")
        return cls(configuration["format"], (width, height), configuration["stride"])


def copied(data: Bytes, stream: Stream) -> av.VideoFrame:
    """A frame of our own from a raw buffer, without padding. Raises ValueError where the buffer is too short."""
    name, planes = _FORMATS[stream.format]
    width, height = stream.size
    frame = av.VideoFrame(width, height, name)
    begin = 0
    for ours, plane in zip(frame.planes, planes, strict=True):
        stride, rows = stream.stride // plane.across, height // plane.down
        line = width * plane.pixel_bytes // plane.across
        part = data[begin : begin + rows * stride].reshape(rows, stride)[:, :line]
        camera_frames.pixels(ours)[:rows, :line] = part
        begin += rows * stride
    return frame


def in_place(data: Bytes, stream: Stream) -> av.VideoFrame:
    """A frame on the memory of a YUV420 buffer: what is drawn on it is drawn there. It must not outlive the mapping."""
    width, height = stream.size
    rows = height * 3 // 2
    whole = data[: rows * stream.stride].reshape(rows, stream.stride)
    return av.VideoFrame.from_numpy_buffer(whole, format="yuv420p", width=width)


class Jpegs:
    """Decodes the JPEGs of a webcam."""

    def __init__(self) -> None:
        decoder = av.CodecContext.create("mjpeg", "r")
        if not isinstance(decoder, VideoCodecContext):
            raise TypeError("mjpeg is no video decoder here")
        self._decoder = decoder

    def decode(self, jpeg: bytes) -> av.VideoFrame | None:
        """The picture, or None where it was damaged on the cable."""
        try:
            frames = self._decoder.decode(av.Packet(jpeg))
        except av.FFmpegError:
            return None
        return frames[0] if frames else None
