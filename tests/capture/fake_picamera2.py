"""Stand-in for picamera2 0.3.36 and the libcamera below it, as far as capture uses them, their data and their order.

Written from its source (picamera2.py, request.py, encoders/, outputs/output.py): buffers are mappings that go with
their request, lines are padded to the stride, configurations are adjusted as libcamera does, a request lives as long as
somebody holds it, and the event loop calls `pre_callback`, then the encoders, then lets go. In place of the V4L2 device
there is x264, on a thread, reading the very buffer that was drawn on.
"""

import mmap
import os
import queue
import threading
import types
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any, ClassVar

import av
import numpy as np
from av.video.frame import PictureType

FORMATS = {"YUV420", "NV12", "YUYV", "UYVY", "BGR888", "RGB888", "XBGR8888", "XRGB8888", "MJPEG"}
_PIXEL_BYTES = {"YUYV": 2, "UYVY": 2, "BGR888": 3, "RGB888": 3, "XBGR8888": 4, "XRGB8888": 4}


class Output:
    def __init__(self, pts: object = None) -> None:
        self.recording = False

    def start(self) -> None:
        self.recording = True

    def stop(self) -> None:
        self.recording = False

    def outputframe(self, frame, keyframe=True, timestamp=None, packet=None, audio=False) -> None: ...


class Encoder:
    def __init__(self) -> None:
        self.width = self.height = self.stride = 0
        self.format = self.name = ""
        self.output: Output | None = None
        self.firsttimestamp: int | None = None
        self._running = False
        self._lock = threading.Lock()

    def encode(self, stream: str, request: "CompletedRequest") -> None:
        with self._lock:
            if self._running:
                self._encode(stream, request)

    def start(self, quality=None) -> None:
        with self._lock:
            if self._running:
                raise RuntimeError("Encoder already running")
            self._running, self.firsttimestamp = True, None
            self.output.start()
            self._start()

    def stop(self) -> None:
        with self._lock:
            if not self._running:
                raise RuntimeError("Encoder already stopped")
            self._running = False
            self._stop()
            self.output.stop()

    def _timestamp(self, request: "CompletedRequest") -> int:
        stamp = int(request.metadata["SensorTimestamp"] / 1000)
        if self.firsttimestamp is None:
            self.firsttimestamp = stamp
        return stamp - self.firsttimestamp


class LibavH264Encoder(Encoder):
    """Never to be used: capture has its own."""


class H264Encoder(Encoder):
    """`depth` pictures stay inside until more come; outputs whose number is in `loses` never come out."""

    made: ClassVar[list["H264Encoder"]] = []
    device = ""  # a path that is opened: none here
    depth = 0
    loses: ClassVar[set[int]] = set()
    breaks = False

    def __init__(
        self, bitrate=None, repeat=True, iperiod=None, framerate=None, enable_sps_framerate=False, qp=None, profile=None
    ) -> None:
        super().__init__()
        assert repeat
        self.bitrate, self.iperiod, self.framerate, self.profile = bitrate, iperiod, framerate, profile
        self.count = self.forced = 0
        self._key_asked = False  # the device's control: takes effect on the next picture that it begins
        self.made.append(self)

    def force_key_frame(self) -> None:
        self.forced += 1
        self._key_asked = True

    def _start(self) -> None:
        if self.device:
            self.opened = open(self.device, "rb+", buffering=0)  # noqa: SIM115
        codec = av.CodecContext.create("libx264", "w")
        codec.width, codec.height, codec.pix_fmt = self.width, self.height, "yuv420p"
        codec.time_base, codec.max_b_frames = Fraction(1, 1_000_000), 0
        x264 = f"repeat-headers=1:annexb=1:scenecut=0:keyint={self.iperiod}"
        options = {"preset": "ultrafast", "tune": "zerolatency", "crf": "24", "forced-idr": "1", "x264-params": x264}
        codec.options = options
        self._codec = codec
        self._frames: queue.Queue[tuple[CompletedRequest, str, int] | None] = queue.Queue()
        self._thread = threading.Thread(target=self._poll, daemon=True)
        self._thread.start()

    def _stop(self) -> None:
        self._frames.put(None)
        self._thread.join()

    def _encode(self, stream: str, request: "CompletedRequest") -> None:
        if self.breaks:
            raise OSError(5, "Input/output error")
        request.acquire()
        self._frames.put((request, stream, self._timestamp(request)))

    def _poll(self) -> None:
        inside: list[tuple[CompletedRequest, str, int]] = []
        while (sent := self._frames.get()) is not None:
            inside.append(sent)
            while len(inside) > self.depth:
                self._make(*inside.pop(0))
        for sent in inside:
            self._make(*sent)

    def _make(self, request: "CompletedRequest", stream: str, timestamp: int) -> None:
        rows = np.frombuffer(request.buffers[stream], np.uint8).reshape(-1, self.stride)
        frame = av.VideoFrame.from_numpy_buffer(rows, format="yuv420p", width=self.width)
        frame.pts, frame.time_base = timestamp, Fraction(1, 1_000_000)
        frame.pict_type = PictureType.I if self._key_asked else PictureType.NONE
        self._key_asked = False
        (packet,) = self._codec.encode(frame)
        del frame, rows
        request.release()
        self.count += 1
        if self.count - 1 not in self.loses:
            self.output.outputframe(bytes(packet), packet.is_keyframe, timestamp)


class CompletedRequest:
    def __init__(self, camera: "Picamera2", buffers: dict[str, mmap.mmap], metadata: dict[str, Any], used: int) -> None:
        self.ref_count, self.lock = 1, threading.Lock()
        self.buffers, self.metadata, self.config = buffers, metadata, camera.camera_config
        self.stream_map = {name: name for name in buffers}
        plane = types.SimpleNamespace(bytes_used=used)
        frame_metadata = types.SimpleNamespace(planes=[plane])
        self.request = types.SimpleNamespace(
            buffers={name: types.SimpleNamespace(metadata=frame_metadata) for name in buffers}
        )

    def acquire(self) -> None:
        with self.lock:
            if self.ref_count == 0:
                raise RuntimeError("CompletedRequest: acquiring lock with ref_count 0")
            self.ref_count += 1

    def release(self) -> None:
        with self.lock:
            self.ref_count -= 1
            if self.ref_count < 0:
                raise RuntimeError("CompletedRequest: lock now has negative ref_count")
            if self.ref_count == 0:
                for buffer in self.buffers.values():
                    buffer.close()

    def get_metadata(self) -> dict[str, Any]:
        return dict(self.metadata)


class MappedArray:
    def __init__(self, request: CompletedRequest, stream: str, reshape: bool = True, write: bool = True) -> None:
        assert not reshape  # capture lays out every buffer itself
        self._buffer = request.buffers[stream]

    def __enter__(self) -> "MappedArray":
        self.array = np.array(self._buffer, copy=False, dtype=np.uint8)
        return self

    def __exit__(self, *_: object) -> None:
        del self.array


class CameraManager:
    """picamera2's: libcamera's own looks for cameras when it is made."""

    def __init__(self) -> None:
        self.cameras: dict[int, Picamera2] = {}
        self.made = 0

    def cleanup(self, index: int) -> None:
        del self.cameras[index]

    def reset(self) -> None:
        self.made += 1


class Picamera2:
    """A camera module; tests set what is attached."""

    opened: ClassVar[list["Picamera2"]] = []
    refuses = ""
    webcam: ClassVar[dict[str, list[tuple[int, int]]]] = {}  # format -> sizes: a webcam instead
    modes: ClassVar[list[dict[str, Any]]] = []
    memory = 1 << 40  # bytes for buffers
    hangs: ClassVar[threading.Event | None] = None
    _cm: ClassVar[CameraManager]

    def __init__(self) -> None:
        if self.refuses:
            raise RuntimeError(self.refuses)
        self.pre_callback: Callable[[CompletedRequest], None] | None = None
        self.camera_config: dict[str, Any] = {}
        self.started = False
        self.closed = False
        self.encoders: set[Encoder] = set()
        self.environment = os.environ.get("LIBCAMERA_RPI_CONFIG_FILE", os.devnull)
        with open(self.environment) as stream:
            self.limits = stream.read()
        self.opened.append(self)

    @property
    def camera_properties(self) -> dict[str, Any]:
        if self.webcam:
            return {"Model": "USB Camera: USB Camera", "SystemDevices": (os.makedev(1, 3),)}
        return {"Model": "imx708", "ColorFilterArrangement": 0}

    @property
    def camera_controls(self) -> dict[str, Any]:
        if self.webcam:
            return {"Brightness": (0, 255, 128)}
        return {"FrameDurationLimits": (17_000, 1_000_000, 33_333), "NoiseReductionMode": (0, 4, 0)}

    @property
    def sensor_modes(self) -> list[dict[str, Any]]:
        assert not self.webcam  # picamera2 raises KeyError for one that has a grey format
        assert not self.started  # it configures the camera
        return self.modes

    def create_video_configuration(
        self, main=None, lores=None, raw=None, buffer_count=6, controls=None, display="main", encode="main",
        queue=True, sensor=None,
    ) -> dict[str, Any]:  # fmt: skip
        streams = {"main": main, "lores": lores}
        for name in (display, encode):
            if name is not None and streams.get(name) is None:
                raise RuntimeError(f"stream {name} was not defined")
        for stream in (main, lores):
            if stream and (set(stream) - {"format", "size", "stride", "preserve_ar"}):
                raise ValueError("Bad key")
        return {
            "main": dict(main), "lores": dict(lores) if lores else None, "raw": raw, "buffer_count": buffer_count,
            "controls": controls or {}, "display": display, "encode": encode, "queue": queue, "sensor": sensor,
        }  # fmt: skip

    def configure(self, camera_config: dict[str, Any]) -> None:
        if camera_config["main"]["format"] not in FORMATS:
            raise RuntimeError("Bad format in stream main")
        config = {name: dict(part) if isinstance(part, dict) else part for name, part in camera_config.items()}
        if set(config["sensor"] or {}) - {"bit_depth", "output_size"}:
            raise RuntimeError("Unexpected keys in sensor configuration")
        main, lores = config["main"], config["lores"]
        if lores and (lores["size"][0] > main["size"][0] or lores["size"][1] > main["size"][1]):
            raise RuntimeError("lores stream dimensions may not exceed main stream")
        for name in config["controls"]:
            if name not in self.camera_controls:
                raise RuntimeError(f"Control {name} is not advertised by libcamera")
        needed = 0
        for stream in filter(None, (main, lores)):
            self._adjust(stream)
            needed += config["buffer_count"] * stream["framesize"]
        if needed > self.memory:
            raise OSError(12, "Cannot allocate memory")
        self.camera_config = config

    def _adjust(self, stream: dict[str, Any]) -> None:
        if self.webcam:
            if stream["format"] not in self.webcam:
                stream["format"] = next(iter(self.webcam))
            sizes = self.webcam[stream["format"]]
            stream["size"] = ([size for size in sizes if size <= stream["size"]] or sizes[:1])[-1]
        width, height = stream["size"]
        if stream["format"] == "MJPEG":
            stream["stride"], stream["framesize"] = 0, width * height * 2
            return
        line = width * _PIXEL_BYTES.get(stream["format"], 1)
        stream["stride"] = (line + 63) // 64 * 64 if stream["format"] in ("YUV420", "NV12") else line + 16
        rows = height * 3 // 2 if stream["format"] in ("YUV420", "NV12") else height
        stream["framesize"] = stream["stride"] * rows

    def camera_configuration(self) -> dict[str, Any]:
        return self.camera_config

    def start_encoder(self, encoder: Encoder, output: Output, *, name: str) -> None:
        assert not self.started
        stream = self.camera_config[name]
        encoder.output, encoder.name = output, name
        (encoder.width, encoder.height), encoder.format = stream["size"], stream["format"]
        encoder.stride = stream["stride"]
        encoder.start()
        self.encoders.add(encoder)

    def stop_encoder(self) -> None:
        for encoder in list(self.encoders):
            encoder.stop()
            self.encoders.remove(encoder)

    def start(self) -> None:
        assert self.camera_config
        self.started = True

    def stop(self) -> None:
        if self.hangs:
            self.hangs.wait(10)
        self.started = False

    def close(self) -> None:
        self.stop()
        self.closed = True

    # what the tests do

    def complete(self, paint: Callable[[str, dict[str, Any]], bytes], **metadata: Any) -> CompletedRequest:
        """A request that libcamera has completed; `paint` gives the bytes of a stream."""
        buffers, used = {}, 0
        for name in ("main", "lores"):
            if stream := self.camera_config[name]:
                data = paint(name, stream)
                used = used or len(data)
                buffers[name] = mmap.mmap(-1, stream["framesize"])
                buffers[name][: len(data)] = data
        return CompletedRequest(self, buffers, metadata, used)

    def process(self, *requests: CompletedRequest) -> None:
        """picamera2's process_requests: the requests that have come since the last time."""
        assert self.started
        for request in requests:
            request.acquire()
        if self.pre_callback:
            for request in requests:
                self.pre_callback(request)
        for request in requests:
            for encoder in self.encoders:
                encoder.encode(encoder.name, request)
            request.release()
        for request in requests:
            request.release()


def padded(frame: av.VideoFrame, stream: dict[str, Any]) -> bytes:
    """A yuv420p frame as a YUV420 buffer with lines of the stream's stride, 99 in between."""
    parts = []
    for plane, divided in zip(frame.planes, (1, 2, 2), strict=True):
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[: plane.height, : plane.width]
        lines = np.full((plane.height, stream["stride"] // divided), 99, np.uint8)
        lines[:, : plane.width] = rows
        parts.append(lines.tobytes())
    return b"".join(parts)


def modules() -> Iterator[tuple[str, types.ModuleType]]:
    """What `import picamera2` and its packages give; classes of their own, so that tests may set their attributes."""
    camera = type("Picamera2", (Picamera2,), {"opened": [], "_cm": CameraManager()})
    hardware = type("H264Encoder", (H264Encoder,), {"made": []})
    parts = {
        "picamera2": {"Picamera2": camera, "MappedArray": MappedArray},
        "picamera2.encoders": {"H264Encoder": hardware, "LibavH264Encoder": LibavH264Encoder},
        "picamera2.outputs": {"Output": Output},
    }
    for name, names in parts.items():
        module = types.ModuleType(name)
        vars(module).update(names)
        yield name, module
