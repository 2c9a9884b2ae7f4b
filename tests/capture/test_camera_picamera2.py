"""Cameras whose pictures the processor encodes: modules and webcams behind the fake picamera2."""

import io
import json
import os
import sys
import threading
import types
from typing import Any

import av
import numpy as np
import pytest
from fake_picamera2 import FORMATS, CompletedRequest, padded
from pipeline_world import picture
from sensor_world import luma

from kuager.capture import photo
from kuager.capture.sensors import closing, picamera2_opening
from kuager.capture.sensors.camera import open_camera
from kuager.capture.sensors.camera_picamera2 import Picamera2Camera
from kuager.capture.sensors.closing import StuckError
from kuager.capture.sensors.picamera2_buffers import BEST_FIRST
from kuager.capture.sensors.picamera2_times import Clocks
from kuager.capture.sensors.presence import Presence
from kuager.errors import HardwareError
from kuager.settings import Camera as CameraSettings

WIDTH, HEIGHT = 656, 368  # the lines of a buffer are longer
UTC_US = 1_700_000_000_000_000


class Time:
    """Just after a picture was taken."""

    now_us = 9_000_000

    def clocks(self, asleep_us: int = 0) -> Clocks:
        return Clocks(lambda: self.now_us, lambda: self.now_us + UTC_US, lambda: self.now_us - asleep_us)


def settings(**changes: Any) -> CameraSettings:
    return CameraSettings(**{"kind": "picamera2", "width": WIDTH, "height": HEIGHT, **changes})


def opened(time: Time | None = None, **changes: Any) -> Picamera2Camera:
    return Picamera2Camera(settings(**changes), None, (time or Time()).clocks())


def grey(value: int) -> Any:
    """Paints every stream in one grey."""

    def paint(_: str, stream: dict[str, Any]) -> bytes:
        frame = av.VideoFrame(*stream["size"], "yuv420p")
        for plane, level in zip(frame.planes, (value, 110, 140), strict=True):
            np.frombuffer(memoryview(plane), np.uint8)[:] = level
        return padded(frame, stream)

    return paint


def deliver(picamera2: types.SimpleNamespace, paint: Any, stamp_us: int, **metadata: Any) -> CompletedRequest:
    camera = picamera2.camera.opened[-1]
    request = camera.complete(paint, SensorTimestamp=stamp_us * 1000, **metadata)
    camera.process(request)
    return request


def test_asks_a_module_for_yuv420_at_a_steady_rate_and_for_nothing_else(picamera2):
    camera = open_camera(CameraSettings(kind="picamera2", width=1280, height=720, rate=25))
    configuration = picamera2.camera.opened[0].camera_configuration()
    assert (configuration["main"]["size"], configuration["main"]["format"]) == ((1280, 720), "YUV420")
    assert (configuration["lores"], configuration["raw"], configuration["display"]) == (None, None, None)
    assert configuration["controls"] == {"FrameDurationLimits": (40_000, 40_000)}
    assert camera.device.model == "imx708"
    assert not camera.encodes
    camera.close()
    assert picamera2.camera.opened[0].closed


def test_pictures_are_copied_without_padding_and_stamped_by_the_sensor(picamera2):
    camera = opened()
    request = deliver(picamera2, grey(77), 8_970_000, FrameWallClock=(UTC_US + 8_970_123) * 1000)
    assert request.ref_count == 1
    shot = camera.read(1.0)
    assert request.ref_count == 0
    assert (shot.boot_us, shot.utc_us) == (8_970_000, UTC_US + 8_970_123)
    assert np.all(luma(shot.frame) == 77)
    for plane, value in zip(shot.frame.planes[1:], (110, 140), strict=True):
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
        assert np.all(rows[:, : plane.width] == value)
    assert camera.photo() is None  # no better one than this
    camera.close()


@pytest.mark.parametrize(
    ("metadata", "asleep_us", "boot_us", "utc_us"),
    [
        ({"SensorTimestamp": 8_970_000_000}, 0, 8_970_000, 8_970_000),
        ({"SensorTimestamp": 8_970_000_000, "FrameWallClock": (UTC_US + 99_000_000) * 1000}, 0, 8_970_000, 8_970_000),
        ({"SensorTimestamp": 970_000_000}, 8_000_000, 8_970_000, 8_970_000),  # the kernel's CLOCK_MONOTONIC
        ({"SensorTimestamp": 0}, 0, 9_000_000, 9_000_000),
        ({}, 0, 9_000_000, 9_000_000),
    ],
)
def test_times_of_pictures(metadata, asleep_us, boot_us, utc_us):
    assert Time().clocks(asleep_us).times(metadata) == (boot_us, UTC_US + utc_us)


def test_a_slow_reader_loses_the_oldest_and_never_starves_the_camera(picamera2):
    camera = opened()
    requests = [deliver(picamera2, grey(n), 8_900_000 + n) for n in range(1, 9)]
    assert [request.ref_count for request in requests] == [0] * 5 + [1] * 3
    assert [camera.read(1.0).boot_us for _ in range(3)] == [8_900_006, 8_900_007, 8_900_008]
    assert camera.read(0.0) is None
    camera.close()


def test_buffers_go_back_at_closing(picamera2):
    camera = opened()
    request = deliver(picamera2, grey(1), 8_900_000)
    camera.close()
    assert request.ref_count == 0


def test_a_request_that_can_not_be_kept_never_ends_the_cameras_loop(picamera2, monkeypatch, caplog):
    camera = opened()
    with monkeypatch.context() as patch:
        patch.setattr(CompletedRequest, "get_metadata", lambda self: 1 / 0)
        camera._burner = object()
        deliver(picamera2, grey(1), 8_900_000)
    assert "a picture was lost" in caplog.text
    deliver(picamera2, grey(2), 8_940_000)
    assert camera.read(1.0).boot_us == 8_940_000
    camera.close()


IMX708 = [
    {"format": "SRGGB10_CSI2P", "unpacked": "SRGGB10", "bit_depth": 10, "size": size, "fps": fps, "crop_limits": crop}
    for size, fps, crop in [
        ((1536, 864), 120.13, (768, 432, 3072, 1728)),
        ((2304, 1296), 56.03, (0, 0, 4608, 2592)),
        ((4608, 2592), 14.35, (0, 0, 4608, 2592)),
    ]
]
IMX219 = [
    {"format": "SBGGR10_CSI2P", "unpacked": "SBGGR10", "bit_depth": 10, "size": size, "fps": fps, "crop_limits": crop}
    for size, fps, crop in [
        ((640, 480), 103.33, (1000, 752, 1280, 960)),
        ((1640, 1232), 41.85, (0, 0, 3280, 2464)),
        ((1920, 1080), 47.57, (680, 692, 1920, 1080)),
        ((3280, 2464), 21.19, (0, 0, 3280, 2464)),
    ]
]


@pytest.mark.parametrize(
    ("modes", "size", "rate", "still"),
    [
        (IMX708, (1920, 1080), 30, (2304, 1296)),
        (IMX708, (1920, 1080), 14, (4608, 2592)),
        (IMX219, (1280, 720), 30, (1640, 922)),
        (IMX219, (1920, 1080), 30, None),  # no mode that keeps the rate gives more
        (IMX219, (1920, 1080), 20, (3280, 1844)),
        ([], (1920, 1080), 30, None),
    ],
)
def test_full_stills_are_as_large_as_the_sensor_makes_them_at_the_videos_rate(picamera2, modes, size, rate, still):
    picamera2.camera.modes = modes
    camera = opened(width=size[0], height=size[1], rate=rate, stills="full")
    configuration = picamera2.camera.opened[0].camera_configuration()
    if still is None:
        assert (configuration["main"]["size"], configuration["lores"]) == (size, None)
    else:
        assert (configuration["main"]["size"], configuration["lores"]["size"]) == (still, size)
        assert configuration["sensor"]["output_size"][0] == still[0]
        assert configuration["buffer_count"] == (4 if still[0] > 4000 or rate == 20 else 6)
    camera.close()


def test_a_full_still_is_of_the_larger_stream_and_of_its_own_moment(picamera2):
    picamera2.camera.modes = IMX219
    camera = opened(stills="full")
    stills: list[Any] = []
    reader = threading.Thread(target=lambda: stills.append(camera.photo()))
    reader.start()
    while not camera._still_wanted:
        pass
    streams = {"main": 60, "lores": 180}
    deliver(picamera2, lambda name, stream: grey(streams[name])(name, stream), 8_950_000)
    reader.join(10)
    assert (stills[0].image.width, stills[0].image.height, stills[0].boot_us) == (1640, 920, 8_950_000)
    assert np.all(luma(stills[0].image) == 60)
    assert np.all(luma(camera.read(1.0).frame) == 180)
    assert photo.make(stills[0].image, photo.Caption(0, "KZ0417", 42, False, None)).startswith(b"\xff\xd8\xff")
    camera.close()


def test_where_memory_is_short_stills_are_as_large_as_the_video(picamera2, caplog):
    picamera2.camera.modes, picamera2.camera.memory = IMX708, 8 * WIDTH * HEIGHT * 2
    camera = opened(stills="full")
    assert picamera2.camera.opened[0].camera_configuration()["lores"] is None
    assert "as large as the video: [Errno 12] Cannot allocate memory" in caplog.text
    camera.close()


# webcams


def shown(name: str, stream: dict[str, Any], number: int = 0) -> bytes:
    """A picture as a webcam sends it, in any format."""
    width, height = stream["size"]
    frame = picture(number * 40_000, width, height).frame
    if stream["format"] == "YUV420":
        return padded(frame, stream)
    if stream["format"] == "MJPEG":
        out = io.BytesIO()
        with av.open(out, "w", format="mjpeg") as container:
            track = container.add_stream("mjpeg", rate=25)
            track.width, track.height, track.pix_fmt = width, height, "yuvj420p"
            container.mux(track.encode(frame.reformat(format="yuvj420p")))
            container.mux(track.encode(None))
        return out.getvalue()
    name = {"BGR888": "rgb24", "RGB888": "bgr24", "YUYV": "yuyv422", "UYVY": "uyvy422", "R8": "gray"}.get(
        stream["format"], "nv12"
    )
    if stream["format"].startswith("X"):
        name = {"XBGR8888": "rgba", "XRGB8888": "bgra"}[stream["format"]]
    made = frame.reformat(format=name)
    parts = []
    for plane in made.planes:
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[: plane.height]
        lines = np.full((plane.height, stream["stride"]), 99, np.uint8)
        width = min(plane.line_size, stream["stride"])
        lines[:, :width] = rows[:, :width]
        parts.append(lines.tobytes())
    return b"".join(parts)


@pytest.mark.parametrize("name", [*sorted(FORMATS), "R8"])
def test_a_webcams_pictures_of_any_format_become_yuv420p_of_the_wanted_size(picamera2, name):
    picamera2.camera.webcam = {name: [(160, 120), (640, 480), (1920, 1080)]}
    camera = opened(width=1280, height=720, rate=5)
    configuration = picamera2.camera.opened[0].camera_configuration()
    assert (configuration["main"]["format"], configuration["main"]["size"]) == (name, (640, 480))
    assert configuration["controls"] == {}  # its rate can't be set
    deliver(picamera2, shown, 8_950_000)
    shot = camera.read(1.0)
    assert (shot.frame.width, shot.frame.height, shot.frame.format.name) == (1280, 720, "yuv420p")
    ours = luma(shot.frame)[::3, 160:1120:3].astype(int)
    wanted = luma(picture(0, 640, 480).frame.reformat(960, 720, "yuv420p"))[::3, ::3].astype(int)
    assert np.abs(ours - wanted).mean() < 12
    assert (shot.jpeg is not None) == (name == "MJPEG")
    camera.close()


def test_of_a_webcams_formats_the_best_is_taken(picamera2):
    picamera2.camera.webcam = {name: [(640, 480)] for name in ("YUYV", "MJPEG", "RGB888")}
    camera = opened()
    assert picamera2.camera.opened[0].camera_configuration()["main"]["format"] == "MJPEG"
    camera.close()
    assert set(BEST_FIRST) == FORMATS


def test_a_webcam_without_a_usable_format_is_one_sentence(picamera2):
    picamera2.camera.webcam = {"R16": [(640, 480)]}
    with pytest.raises(HardwareError, match="no usable format: it makes R16"):
        opened()
    assert picamera2.camera.opened[0].closed


def test_a_damaged_jpeg_costs_one_picture(picamera2):
    picamera2.camera.webcam = {"MJPEG": [(WIDTH, HEIGHT)]}
    camera = opened()
    deliver(picamera2, lambda *_: b"\xff\xd8\xff\xe0 torn on the cable", 8_900_000)
    assert camera.read(1.0) is None
    deliver(picamera2, shown, 8_940_000)
    assert camera.read(1.0).jpeg.startswith(b"\xff\xd8")
    camera.close()


# opening and closing


@pytest.mark.parametrize(("platform", "target"), [("vc4", "bcm2835"), ("pisp", "pisp")])
def test_libcamera_is_told_how_long_to_wait_for_a_picture(picamera2, monkeypatch, tmp_path, platform, target):
    default = tmp_path / platform / "rpi_apps.yaml"
    default.parent.mkdir()
    default.write_text("the platform's own")
    monkeypatch.setenv("LIBCAMERA_RPI_CONFIG_FILE", str(default))
    opened().close()
    told = json.loads(picamera2.camera.opened[0].limits)
    assert told == {"version": 1.0, "target": target, "pipeline_handler": {"camera_timeout_value_ms": 2000}}
    assert os.environ["LIBCAMERA_RPI_CONFIG_FILE"] == str(default)


def test_an_administrators_own_configuration_is_left_alone(picamera2, monkeypatch, tmp_path):
    own = tmp_path / "own.yaml"
    own.write_text("mine")
    monkeypatch.setenv("LIBCAMERA_RPI_CONFIG_FILE", str(own))
    opened().close()
    assert picamera2.camera.opened[0].limits == "mine"


def test_a_camera_that_can_not_be_opened(picamera2):
    picamera2.camera.refuses = "Camera __init__ sequence did not complete."
    with pytest.raises(HardwareError, match="no camera that works"):
        open_camera(CameraSettings(kind="picamera2"))


def test_a_camera_that_is_pulled_out_is_never_stopped_and_another_needs_a_new_process(picamera2, monkeypatch):
    picamera2.camera.webcam = {"YUYV": [(640, 480)]}
    camera = opened()
    monkeypatch.setattr(Presence, "gone", True)
    with pytest.raises(HardwareError, match="the camera was unplugged"):
        camera.read(0.0)
    camera.close()
    assert picamera2.camera.opened[0].started  # stopping it would end the process
    with pytest.raises(HardwareError, match="the camera was unplugged"):
        opened()
    monkeypatch.setattr(Presence, "another", True)
    with pytest.raises(StuckError, match="a camera was plugged in") as stuck:
        opened()
    assert stuck.value.another


def test_presence_by_the_kernels_device_tree(tmp_path):
    nodes, numbers = tmp_path / "class/video4linux", tmp_path / "dev/char"
    numbers.mkdir(parents=True)
    (nodes / "video0").mkdir(parents=True)
    (numbers / "81:0").mkdir()
    presence = Presence([os.makedev(81, 0)], tmp_path)
    assert not presence.gone
    assert not presence.another
    (numbers / "81:0").rmdir()
    (nodes / "video0").rmdir()
    assert presence.gone
    assert not presence.another
    (nodes / "video1").mkdir()
    assert presence.another
    assert not Presence([], tmp_path).gone  # a camera that names no device


def test_libcamera_looks_again_where_devices_have_come_or_gone(picamera2, monkeypatch):
    seen = frozenset[tuple[str, int]]()
    monkeypatch.setattr(picamera2_opening, "usable_nodes", lambda: seen)
    manager = picamera2.camera._cm
    picamera2.camera.refuses = "No camera number 0 found"
    for _ in range(9):
        with pytest.raises(HardwareError, match="No camera number 0"):
            opened()
    assert manager.made == 3  # the nodes of a device may come one after the other
    manager.cameras[0] = object()  # one whose opening failed
    seen = frozenset({("video0", 77)})
    picamera2.camera.refuses = ""
    opened().close()
    assert (manager.made, manager.cameras) == (4, {})


def test_a_camera_that_does_not_stop_needs_a_new_process(picamera2, monkeypatch):
    monkeypatch.setattr(closing, "WAIT_S", 0.05)
    picamera2.camera.hangs = release = threading.Event()
    opened().close()
    with pytest.raises(StuckError, match="the camera does not stop"):
        opened()
    release.set()
    closing._closing["camera"].join(10)
    opened().close()


def test_without_the_library_the_sentence_says_where_it_comes_from(monkeypatch):
    monkeypatch.setitem(sys.modules, "picamera2", None)
    with pytest.raises(HardwareError, match="python3-picamera2"):
        open_camera(CameraSettings(kind="picamera2"))
    with pytest.raises(HardwareError, match="no such webcam"):
        open_camera(CameraSettings(kind="auto", device="/dev/video99"))
