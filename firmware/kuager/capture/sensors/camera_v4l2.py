"""Any Linux webcam through libav's V4L2 input, MJPEG where the camera has it.

A thread of its own takes packets from the driver into a short queue whose oldest are dropped when nobody reads: the
reader sees that, like a stalled or unplugged camera, in stamps and time-outs, and never waits longer than it asked.
"""

import logging
import os
import re
import select
import stat
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

import av

from kuager import clock
from kuager.capture.sensors import Picture, Still, camera_frames, identity
from kuager.errors import HardwareError
from kuager.evidence.records import Device

_log = logging.getLogger(__name__)

_QUEUE = 8  # packets: 0.27 s at 30 a second, at most 15 MB of raw 720p
_POLL_S = 0.1  # how soon the thread notices that it shall end
_LATEST_US = 1_000_000  # a kernel stamp older than this at arrival was made by another clock


def find_node(device: str, sys: Path = Path("/sys")) -> Path:
    """The device node to open: as given, else that of the first webcam. Raises HardwareError where there is none."""
    if device:
        return Path(device)
    nodes = sorted((sys / "class/video4linux").glob("video*"), key=lambda p: int(re.sub(r"\D", "", p.name) or 0))
    for node in nodes:
        # A webcam has several nodes; index 0 is the one with pictures, the others carry metadata.
        if identity.read_text(node / "index") in ("0", ""):
            return Path("/dev") / node.name
    raise HardwareError("there is no webcam: connect one, or set [camera] kind to replay")


def describe(node: Path, sys: Path = Path("/sys")) -> Device:
    """The webcam behind a node (or a link to one)."""
    folder = sys / "class/video4linux" / Path(os.path.realpath(node)).name
    return identity.usb_device(folder / "device", identity.read_text(folder / "name") or node.name)


def candidates(size: tuple[int, int], rate_millihertz: int) -> list[dict[str, str]]:
    """What to ask the driver for, best first; it may answer with another size, and refuses what it does not know."""
    exact = {"video_size": f"{size[0]}x{size[1]}", "framerate": f"{rate_millihertz}/1000"}
    return [{"input_format": "mjpeg", **exact}, exact, {"video_size": exact["video_size"]}, {}]


def boot_stamp(kernel_us: int | None, arrived_us: int, monotonic_us: int) -> int:
    """CLOCK_BOOTTIME of a picture from the kernel's CLOCK_MONOTONIC stamp, else its arrival."""
    if kernel_us is None:
        return arrived_us
    age = monotonic_us - kernel_us
    return arrived_us - age if 0 <= age <= _LATEST_US else arrived_us


class V4l2Camera:
    """A webcam, read by a thread; pictures come fitted into `size`, with the camera's own JPEG if it makes one."""

    kind = "v4l2"
    encodes = False

    def __init__(
        self,
        device: str,
        size: tuple[int, int],
        rate_millihertz: int,
        input_format: str = "v4l2",
        wishes: Sequence[dict[str, str]] | None = None,
        now: Callable[[], int] = clock.boot_us,
        utc: Callable[[], int] = clock.utc_us,
    ) -> None:
        """`input_format` and `wishes` (else `candidates`): libav's input and its options, best first."""
        node = find_node(device)
        self._container = _open(node, wishes or candidates(size, rate_millihertz), input_format)
        self._stream = self._container.streams.video[0]
        self._stream.thread_type = "NONE"
        self._makes_jpeg = self._stream.codec_context.name == "mjpeg"
        self.device, self.size = describe(node), size
        self.rate_millihertz = int((self._stream.average_rate or 0) * 1000) or rate_millihertz
        self._fitter = camera_frames.Fitter(size)
        self._now, self._utc = now, utc
        self._queue: deque[tuple[bytes, int]] = deque(maxlen=_QUEUE)
        self._ready = threading.Condition()
        self._ended = ""  # why the thread ended; empty while it runs
        self._closing = False
        self._shown: Still | None = None
        self._descriptor = unblock(node)
        self._thread = threading.Thread(target=self._pump, name="camera-v4l2", daemon=True)
        self._thread.start()

    def read(self, timeout_s: float) -> Picture | None:
        """The oldest picture not read yet."""
        deadline = time.monotonic() + timeout_s
        while True:
            with self._ready:
                self._ready.wait_for(lambda: self._queue or self._ended, max(0.0, deadline - time.monotonic()))
                if not self._queue:
                    if self._ended:
                        raise HardwareError(self._ended)
                    return None
                data, stamp = self._queue.popleft()
            frame = self._decode(data)
            if frame:
                jpeg = data if self._makes_jpeg else None
                utc = self._utc() - (self._now() - stamp)
                self._shown = Still(jpeg or frame, stamp, utc)
                return Picture(self._fitter.fit(frame), stamp, utc, jpeg)

    def photo(self) -> Still | None:
        """The camera's own JPEG of the picture read last, else its raw picture; None before the first."""
        return self._shown

    def close(self) -> None:
        """Stop the thread and give the device back."""
        self._closing = True
        self._thread.join(10 * _POLL_S)
        if self._thread.is_alive():
            # Closing under the thread's hands would crash the process; it must be restarted to free the device.
            _log.error("the webcam's driver does not answer: its device stays open")
        else:
            self._container.close()

    def _pump(self) -> None:
        reason = "the webcam has stopped"
        while not self._closing:
            try:
                for packet in self._container.demux(self._stream):
                    self._put(packet)
                    if self._closing:
                        break
                else:
                    break
            except BlockingIOError:
                select.select([self._descriptor] if self._descriptor is not None else [], [], [], _POLL_S)
            except (av.FFmpegError, OSError) as error:
                reason = f"the webcam is gone: {error.strerror}"
                break
        with self._ready:
            self._ended = reason
            self._ready.notify_all()

    def _put(self, packet: "av.Packet[av.VideoStream]") -> None:
        if not packet.size:
            return
        kernel = int(packet.pts * packet.time_base * 1_000_000) if packet.pts is not None and packet.time_base else None
        stamp = boot_stamp(kernel, self._now(), time.monotonic_ns() // 1000)
        # A copy, because the packet lies in a buffer of the driver's, which must be back before the device is closed.
        data = bytes(packet)
        with self._ready:
            self._queue.append((data, stamp))
            self._ready.notify_all()

    def _decode(self, data: bytes) -> av.VideoFrame | None:
        # A picture damaged on the cable is dropped; the next one comes.
        try:
            frames = self._stream.codec_context.decode(av.Packet(data))
        except av.FFmpegError:
            return None
        return frames[-1] if frames else None


def _open(node: Path, wishes: Sequence[dict[str, str]], input_format: str) -> av.container.InputContainer:
    reason = ""
    for wish in wishes:
        try:
            return av.open(str(node), format=input_format, options=wish)
        except PermissionError:
            raise HardwareError(f"{node}: no right to use this webcam: add the user to the group video") from None
        except FileNotFoundError:
            raise HardwareError(f"{node}: there is no such webcam") from None
        except (av.FFmpegError, OSError, ValueError) as error:
            reason = str(getattr(error, "strerror", None) or error)
    raise HardwareError(f"{node}: the webcam can't be opened: {reason}")


def unblock(node: Path) -> int | None:
    """Make our open descriptor of this device non-blocking, and return it; None where there is none.

    libav opens devices blocking and offers no other way; its read would wait for ever in a camera that stalls, and a
    device that is being read can't be closed.
    """
    try:
        wanted = node.stat()
        if stat.S_ISCHR(wanted.st_mode):
            for descriptor in (int(name) for name in os.listdir("/proc/self/fd")):
                try:
                    found = os.fstat(descriptor)
                except OSError:
                    continue
                if stat.S_ISCHR(found.st_mode) and found.st_rdev == wanted.st_rdev:
                    os.set_blocking(descriptor, False)
                    return descriptor
    except OSError:
        pass
    return None
