"""Raw yuv420p pictures from standard input, straight into a frame's planes: the same for every contender in Python."""

import sys
from collections.abc import Iterator
from itertools import cycle

import av
import msgspec

from kuager_workshop.bench.measure import BenchError

_RING = 24  # more than wait anywhere between camera and encoder


class Form(msgspec.Struct, frozen=True):
    """How pictures come and how they are to be encoded; the same for every contender."""

    width: int
    height: int
    rate: int
    preset: str
    crf: int

    @property
    def size(self) -> int:
        """Bytes of one picture."""
        return self.width * self.height * 3 // 2

    def arguments(self) -> list[str]:
        """As a command line."""
        return [str(each) for each in (self.width, self.height, self.rate, self.preset, self.crf)]

    @classmethod
    def parse(cls, arguments: list[str]) -> "Form":
        """From a command line."""
        width, height, rate, preset, crf = arguments
        return cls(int(width), int(height), int(rate), preset, int(crf))


def pictures(form: Form) -> Iterator[av.VideoFrame]:
    """Frames until the input ends, from a ring of them as a camera's driver has one.

    Memory of frames made anew is given back to the system and faulted in again, or not, by the allocator's luck: that
    alone moves a figure by a tenth.
    """
    source = open(sys.stdin.fileno(), "rb", buffering=0, closefd=False)  # noqa: SIM115 - standard input stays open
    for frame in cycle([av.VideoFrame(form.width, form.height, "yuv420p") for _ in range(_RING)]):
        for plane in frame.planes:
            if plane.line_size != plane.width:
                raise BenchError(f"a width of {form.width} needs padding: choose a multiple of 64")
            view = memoryview(plane).cast("B")[: plane.width * plane.height]
            while view:
                if not (count := source.readinto(view)):
                    return
                view = view[count:]
        yield frame
