"""Which streams a camera is asked for: one for the video, beside it a larger one for stills where that is wanted. Pure.

A sensor can't change its mode without stopping (picamera2 #1096, #1113): a still taken during a recording is as large
as the mode that the video runs in. Its own full size is reached only at rates that it sustains there: an imx708 makes
4608 x 2592 pixels 14 times a second, 2304 x 1296 pixels 56 times.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

_BUFFERS = 6
_FEW_BUFFERS = 4  # of a still so large that six take more memory than a Pi sets aside
_WITH_CAMERA = 3  # buffers; with fewer it does not keep its rate
_WEBCAM_HELD = 1  # libcamera gives a webcam four buffers, whatever is asked
_LARGE = 6_000_000  # pixels


@dataclass(frozen=True, slots=True)
class Layout:
    """`options` for picamera2's create_video_configuration; which stream is the video, and which makes stills; how many
    pictures may wait for a slow reader.
    """

    options: dict[str, Any] = field(hash=False)
    held: int
    video: str = "main"
    still: str | None = None


@dataclass(frozen=True, slots=True)
class Mode:
    """A sensor's mode: pixels, bits a pixel, pictures a second at most, and how much of the sensor it sees."""

    size: tuple[int, int]
    bit_depth: int
    rate: float
    view: int  # area, in the sensor's own pixels


def modes_of(found: Iterable[Mapping[str, Any]]) -> list[Mode]:
    """From picamera2's `sensor_modes`; a webcam's, which are formats alone, are left out."""
    return [
        Mode(each["size"], each["bit_depth"], each["fps"], each["crop_limits"][2] * each["crop_limits"][3])
        for each in found
        if "crop_limits" in each
    ]


def still_of(modes: Iterable[Mode], size: tuple[int, int], rate: float) -> tuple[Mode, tuple[int, int]] | None:
    """The mode that keeps up this rate and sees most, and the largest picture in it of the video's shape.

    None where no mode gives more than the video itself.
    """
    found: list[tuple[tuple[int, int, int], Mode, tuple[int, int]]] = []
    for mode in modes:
        width = min(mode.size[0], mode.size[1] * size[0] // size[1])
        still = width & ~1, width * size[1] // size[0] & ~1
        if mode.rate * 1.01 >= rate and still[0] > size[0] and still[1] > size[1]:
            found.append(((mode.view, still[0] * still[1], mode.bit_depth), mode, still))
    if not found:
        return None
    _, mode, still = max(found, key=lambda each: each[0])
    return mode, still


def module(size: tuple[int, int], rate_millihertz: int, still: tuple[Mode, tuple[int, int]] | None) -> Layout:
    """For a camera module, whose processor makes pictures of any size."""
    period = 1_000_000_000 // rate_millihertz  # us
    video = {"size": size, "format": "YUV420"}
    options: dict[str, Any] = {
        "main": video, "raw": None, "controls": {"FrameDurationLimits": (period, period)}, "buffer_count": _BUFFERS,
        "display": None, "encode": "main", "queue": False,
    }  # fmt: skip
    if still is None:
        return Layout(options, _BUFFERS - _WITH_CAMERA)
    mode, large = still
    buffers = _FEW_BUFFERS if large[0] * large[1] > _LARGE else _BUFFERS
    options |= {
        "main": {"size": large, "format": "YUV420"},
        "lores": video,
        "encode": "lores",
        "sensor": {"output_size": mode.size, "bit_depth": mode.bit_depth},
        "buffer_count": buffers,
    }
    return Layout(options, buffers - _WITH_CAMERA, "lores", "main")


def webcam(size: tuple[int, int], rate_millihertz: int, pixels: str, *, timed: bool) -> Layout:
    """For a webcam in this format; libcamera takes the size nearest to this. `timed`: its rate can be set."""
    period = 1_000_000_000 // rate_millihertz
    controls = {"FrameDurationLimits": (period, period)} if timed else {}
    options = {
        "main": {"size": size, "format": pixels}, "raw": None, "controls": controls, "buffer_count": _BUFFERS,
        "display": None, "encode": None, "queue": False,
    }  # fmt: skip
    return Layout(options, _WEBCAM_HELD)
