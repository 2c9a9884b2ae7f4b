"""What every camera does to a picture: fit it into the target size, make it black."""

from fractions import Fraction

import av
import numpy as np
import numpy.typing as npt

from kuager.errors import HardwareError

_BLACK = (16, 128, 128)  # Y, U, V in the limited range
_LARGEST = 8192  # pixels a side; more is a broken or hostile header, not a camera


class Fitter:
    """Scales pictures of any format into yuv420p of one size, aspect kept, with black bars.

    The result is the caller's alone, never the decoder's own frame: drawing on it harms no later picture.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        self._size = size
        self._form: tuple[object, ...] = ()
        self._graph: av.filter.Graph

    def fit(self, frame: av.VideoFrame, pixel_aspect: Fraction = Fraction(1)) -> av.VideoFrame:
        """The picture in the target size. Raises HardwareError for one that no camera makes."""
        form = (frame.width, frame.height, frame.format.name, frame.colorspace, frame.color_range, pixel_aspect)
        try:
            if form != self._form:
                self._graph = self._build(frame, pixel_aspect)
                self._form = form
            self._graph.vpush(frame)
            return self._graph.vpull()
        except (av.FFmpegError, ValueError) as error:
            raise HardwareError(f"the camera's picture can't be scaled: {error}") from None

    def _build(self, frame: av.VideoFrame, pixel_aspect: Fraction) -> av.filter.Graph:
        width, height = self._size
        if not (0 < frame.width <= _LARGEST and 0 < frame.height <= _LARGEST):
            raise HardwareError(f"a picture of {frame.width} x {frame.height} is not one of a camera")
        shape = frame.width * pixel_aspect / frame.height
        inner_width = min(width, max(2, 2 * round(height * shape / 2)))
        inner_height = min(height, max(2, 2 * round(width / shape / 2)))
        graph = av.filter.Graph()
        graph.threads = 1  # two threads save no time on a picture this small, and cost CPU
        source = graph.add(
            "buffer",
            f"video_size={frame.width}x{frame.height}:pix_fmt={frame.format.name}:time_base=1/1000000"
            f":colorspace={frame.colorspace}:range={frame.color_range}",
        )
        steps = [
            graph.add("scale", f"{inner_width}:{inner_height}:flags=bilinear:out_range=tv"),
            graph.add("format", "pix_fmts=yuv420p"),
            graph.add("pad", f"{width}:{height}:-1:-1"),
            graph.add("buffersink"),
        ]
        if (frame.width, frame.height) == self._size:
            steps.insert(0, graph.add("copy"))  # scaling to the same size hands on the decoder's own frame
        graph.link_nodes(source, *steps).configure()
        return graph


def pixels(plane: av.video.plane.VideoPlane) -> npt.NDArray[np.uint8]:
    """A plane's own memory, writable, as rows of its line size (padding included)."""
    return np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)


def blacken(frame: av.VideoFrame) -> None:
    """Make a yuv420p picture black, in place."""
    for plane, value in zip(frame.planes, _BLACK, strict=True):
        pixels(plane)[:] = value
