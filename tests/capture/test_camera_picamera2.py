"""The adapter against a module that offers what picamera2 documents, and nothing else."""

import contextlib
import io
import json
import os
import sys
import threading
import types
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from PIL import Image
from sensor_world import Clock, luma

from kuager.capture.sensors.camera import open_camera
from kuager.capture.sensors.camera_picamera2 import Picamera2Camera
from kuager.errors import HardwareError
from kuager.settings import Camera as CameraSettings

WIDTH, HEIGHT, STRIDE = 64, 48, 96


class Request:
    def __init__(self, luma_value: int, metadata: dict[str, object]) -> None:
        self.uses = 1  # the camera loop's own
        self.metadata = metadata
        self.buffer = np.full((HEIGHT * 3 // 2, STRIDE), 99, np.uint8)  # 99: padding that must not be seen
        self.buffer[:HEIGHT, :WIDTH] = luma_value
        chroma = self.buffer.reshape(HEIGHT * 3, STRIDE // 2)
        chroma[2 * HEIGHT : 2 * HEIGHT + HEIGHT // 2, : WIDTH // 2] = 110
        chroma[2 * HEIGHT + HEIGHT // 2 :, : WIDTH // 2] = 140

    def acquire(self) -> None:
        self.uses += 1

    def release(self) -> None:
        self.uses -= 1

    def get_metadata(self) -> dict[str, object]:
        return self.metadata


@contextlib.contextmanager
def mapped_array(request: Request, stream: str):
    assert stream == "main"
    yield types.SimpleNamespace(array=request.buffer)


class Picamera2:
    opened: ClassVar[list["Picamera2"]] = []
    refuses = ""
    adjusts: ClassVar[dict[str, object]] = {}

    def __init__(self) -> None:
        if self.refuses:
            raise RuntimeError(self.refuses)
        self.pre_callback = None
        self.camera_properties = {"Model": "imx708"}
        self.running = False
        self.limits = Path(os.environ.get("LIBCAMERA_RPI_CONFIG_FILE", os.devnull)).read_text()
        self.opened.append(self)

    def create_video_configuration(self, **options):
        return options

    def configure(self, configuration) -> None:
        self.configuration = configuration

    def camera_configuration(self):
        return {"main": {**self.configuration["main"], **self.adjusts}}

    def start(self) -> None:
        self.running = True

    def close(self) -> None:
        self.running = False

    def deliver(self, request: Request) -> Request:
        """What the camera's loop does with a completed request."""
        self.pre_callback(request)
        request.release()
        return request


@pytest.fixture
def library(monkeypatch):
    module = types.ModuleType("picamera2")
    module.Picamera2, module.MappedArray = type("Picamera2", (Picamera2,), {"opened": []}), mapped_array
    monkeypatch.setitem(sys.modules, "picamera2", module)
    monkeypatch.delenv("LIBCAMERA_RPI_CONFIG_FILE", raising=False)
    return module.Picamera2


def _metadata(sensor_us: int, wall_us: int | None = None) -> dict[str, object]:
    wall = {} if wall_us is None else {"FrameWallClock": wall_us * 1000}
    return {"SensorTimestamp": sensor_us * 1000, **wall}


def test_asks_for_yuv420_at_a_steady_rate(library):
    camera = open_camera(CameraSettings(kind="picamera2", width=1280, height=720, rate=25))
    configuration = library.opened[0].configuration
    assert configuration["main"] == {"size": (1280, 720), "format": "YUV420"}
    assert configuration["controls"] == {"FrameDurationLimits": (40_000, 40_000)}
    assert camera.device.model == "imx708"
    camera.close()
    assert not library.opened[0].running


def test_pictures_are_copied_without_padding_and_stamped_by_the_sensor(library):
    clock = Clock(9_000_000)
    camera = Picamera2Camera((WIDTH, HEIGHT), 30_000, now=clock.now, utc=clock.utc)
    request = library.opened[0].deliver(Request(77, _metadata(8_970_000, wall_us=1_700_000_000_000_123)))
    assert request.uses == 1
    picture = camera.read(1.0)
    assert request.uses == 0
    assert (picture.boot_us, picture.utc_us) == (8_970_000, 1_700_000_000_000_123)
    assert np.all(luma(picture.frame) == 77)
    for plane, value in zip(picture.frame.planes[1:], (110, 140), strict=True):
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
        assert np.all(rows[:, : plane.width] == value)
    with Image.open(io.BytesIO(camera.photo())) as image:
        assert image.size == (WIDTH, HEIGHT)
    camera.close()


def test_an_older_libcamera_without_a_wall_clock(library):
    clock = Clock(9_000_000)
    camera = Picamera2Camera((WIDTH, HEIGHT), 30_000, now=clock.now, utc=clock.utc)
    library.opened[0].deliver(Request(77, _metadata(8_970_000)))
    assert camera.read(1.0).utc_us == 1_700_000_000_000_000 + 8_970_000
    camera.close()


def test_a_slow_reader_loses_the_oldest_and_never_starves_the_camera(library):
    camera = Picamera2Camera((WIDTH, HEIGHT), 30_000)
    requests = [library.opened[0].deliver(Request(n, _metadata(1000 * n))) for n in range(1, 9)]
    assert [request.uses for request in requests] == [0] * 5 + [1] * 3
    assert [camera.read(1.0).boot_us for _ in range(3)] == [6000, 7000, 8000]
    assert camera.read(0.0) is None
    camera.close()


def test_buffers_go_back_at_closing(library):
    camera = Picamera2Camera((WIDTH, HEIGHT), 30_000)
    request = library.opened[0].deliver(Request(1, _metadata(1)))
    camera.close()
    assert request.uses == 0


def test_the_overlay_is_drawn_on_the_mapped_buffer_and_never_ends_the_cameras_loop(library):
    drawn = []

    def burn(rows: np.ndarray, boot_us: int) -> None:
        drawn.append(boot_us)
        rows[:8, :8] = 235
        if len(drawn) == 2:
            raise ZeroDivisionError

    camera = Picamera2Camera((WIDTH, HEIGHT), 30_000, burn)
    for number in range(1, 4):
        library.opened[0].deliver(Request(50, _metadata(1000 * number)))
    assert drawn == [1000, 2000, 3000]
    first, third = camera.read(1.0), camera.read(1.0)
    assert np.all(luma(first.frame)[:8, :8] == 235)
    assert (first.boot_us, third.boot_us) == (1000, 3000)
    camera.close()


@pytest.mark.parametrize(("platform", "target"), [("vc4", "bcm2835"), ("pisp", "pisp")])
def test_libcamera_is_told_how_long_to_wait_for_a_picture(library, monkeypatch, tmp_path, platform, target):
    default = tmp_path / platform / "rpi_apps.yaml"
    default.parent.mkdir()
    default.write_text("the platform's own")
    monkeypatch.setenv("LIBCAMERA_RPI_CONFIG_FILE", str(default))
    Picamera2Camera((WIDTH, HEIGHT), 30_000).close()
    told = json.loads(library.opened[0].limits)
    assert told == {"version": 1.0, "target": target, "pipeline_handler": {"camera_timeout_value_ms": 2000}}
    assert os.environ["LIBCAMERA_RPI_CONFIG_FILE"] == str(default)


def test_an_administrators_own_configuration_is_left_alone(library, monkeypatch, tmp_path):
    own = tmp_path / "own.yaml"
    own.write_text("mine")
    monkeypatch.setenv("LIBCAMERA_RPI_CONFIG_FILE", str(own))
    Picamera2Camera((WIDTH, HEIGHT), 30_000).close()
    assert library.opened[0].limits == "mine"


def test_a_camera_that_can_not_be_opened(library, monkeypatch):
    monkeypatch.setattr(library, "refuses", "Camera __init__ sequence did not complete.")
    with pytest.raises(HardwareError, match="no camera module"):
        open_camera(CameraSettings(kind="picamera2"))


def test_a_size_that_the_camera_can_not_make_is_refused(library, monkeypatch):
    monkeypatch.setattr(library, "adjusts", {"size": (1296, 972)})
    with pytest.raises(HardwareError, match="1296 x 972, not of 64 x 48"):
        Picamera2Camera((WIDTH, HEIGHT), 30_000)
    assert not library.opened[0].running


def test_a_camera_that_hangs_at_closing_is_given_up(library, monkeypatch, caplog):
    for_ever = threading.Event()
    monkeypatch.setattr(library, "close", lambda self: for_ever.wait(10.0))
    monkeypatch.setattr("kuager.capture.sensors.camera_picamera2._CLOSE_S", 0.05)
    Picamera2Camera((WIDTH, HEIGHT), 30_000).close()
    for_ever.set()
    assert "must be restarted" in caplog.text


def test_without_the_library_the_sentence_says_where_it_comes_from(monkeypatch):
    monkeypatch.setitem(sys.modules, "picamera2", None)
    with pytest.raises(HardwareError, match="python3-picamera2"):
        open_camera(CameraSettings(kind="picamera2"))
    with pytest.raises(HardwareError, match="no such webcam"):
        open_camera(CameraSettings(kind="auto", device="/dev/video99"))
