import errno
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import av
import av.error
import pytest
from sensor_world import make_clip, shown_number

from kuager import clock
from kuager.capture.sensors import Picture
from kuager.capture.sensors.camera import open_camera
from kuager.capture.sensors.camera_v4l2 import V4l2Camera, boot_stamp, candidates, describe, find_node, unblock
from kuager.errors import HardwareError
from kuager.settings import Camera as CameraSettings


def _webcam(sys: Path) -> None:
    """A sysfs tree with one USB webcam that has a picture node and a metadata node, behind another card."""
    device = sys / "devices/pci0000:00/usb1/1-4"
    function = device / "1-4:1.0"
    function.mkdir(parents=True)
    for name, text in {
        "idVendor": "046d\n",
        "manufacturer": "Logitech\n",
        "product": "C920\x00 HD\n",
        "serial": "7C0B\n",
    }.items():
        (device / name).write_text(text)
    for node, index in {"video10": "1", "video2": "0", "video3": "1"}.items():
        folder = sys / "class/video4linux" / node
        folder.mkdir(parents=True)
        (folder / "index").write_text(f"{index}\n")
        (folder / "name").write_text("HD Pro Webcam C920\n")
        (folder / "device").symlink_to(function)


def test_the_first_node_with_pictures_is_taken(tmp_path):
    _webcam(tmp_path)
    assert find_node("", tmp_path) == Path("/dev/video2")
    assert find_node("/dev/video7", tmp_path) == Path("/dev/video7")


def test_make_model_and_serial_come_from_the_usb_device(tmp_path):
    _webcam(tmp_path)
    device = describe(Path("/dev/video2"), tmp_path)
    assert (device.make, device.model, device.serial) == ("Logitech", "C920 HD", "7C0B")


def test_a_link_to_a_node_is_followed(tmp_path):
    _webcam(tmp_path)
    (tmp_path / "by-id").symlink_to("/dev/video2")
    assert describe(tmp_path / "by-id", tmp_path).serial == "7C0B"


def test_a_camera_without_names_is_called_by_what_the_kernel_knows(tmp_path):
    folder = tmp_path / "class/video4linux/video0"
    folder.mkdir(parents=True)
    (folder / "name").write_text("vivid\n")
    assert (describe(Path("/dev/video0"), tmp_path).make, describe(Path("/dev/video0"), tmp_path).model) == (
        "",
        "vivid",
    )
    assert describe(Path("/dev/video9"), tmp_path).model == "video9"


def test_no_webcam_is_said_in_one_sentence(tmp_path):
    with pytest.raises(HardwareError, match="no webcam"):
        find_node("", tmp_path)
    with pytest.raises(HardwareError, match="/dev/video99: there is no such webcam"):
        open_camera(CameraSettings(kind="v4l2", device="/dev/video99"))
    with pytest.raises(HardwareError, match="can't be opened"):
        open_camera(CameraSettings(kind="v4l2", device="/dev/null"))


def test_asks_for_mjpeg_first_and_for_nothing_last():
    wishes = candidates((1280, 720), 30_000)
    assert wishes[0] == {"input_format": "mjpeg", "video_size": "1280x720", "framerate": "30000/1000"}
    assert "input_format" not in wishes[1]
    assert wishes[-1] == {}


@pytest.mark.parametrize(
    ("kernel", "stamp"),
    [
        (99_990_000, 999_990_000),
        (99_000_000, 999_000_000),
        (98_999_999, 1_000_000_000),  # too old to be this picture's
        (100_000_001, 1_000_000_000),  # from the future: another clock
        (1_700_000_000_000_000, 1_000_000_000),  # CLOCK_REALTIME
        (12, 1_000_000_000),  # counted from the camera's own start
        (None, 1_000_000_000),
    ],
)
def test_the_kernels_stamp_is_believed_only_if_it_is_of_its_monotonic_clock(kernel, stamp):
    # The machine was suspended for 900 s: CLOCK_BOOTTIME is that far ahead of CLOCK_MONOTONIC.
    assert boot_stamp(kernel, arrived_us=1_000_000_000, monotonic_us=100_000_000) == stamp


def _jpegs(tmp_path: Path, count: int) -> list[bytes]:
    pictures = make_clip(tmp_path / "camera.mjpeg", count, 25, codec="mjpeg").read_bytes().split(b"\xff\xd8\xff")
    return [b"\xff\xd8\xff" + picture for picture in pictures[1:]]


def _read_to_end(camera: V4l2Camera) -> list[Picture]:
    pictures = []
    while True:
        try:
            picture = camera.read(5.0)
        except HardwareError as error:
            assert "stopped" in str(error)  # noqa: PT017
            return pictures
        assert picture
        pictures.append(picture)


def _feed(pipe: Path, parts: list[bytes], turns: list[threading.Event]) -> None:
    with pipe.open("wb", buffering=0) as stream:
        for part, turn in zip(parts, turns, strict=True):
            stream.write(part)
            turn.wait(20.0)


def test_reads_a_live_source_sees_it_stall_and_end(tmp_path):
    # The same loop as on a webcam, fed by a pipe with what a webcam sends.
    stream = _jpegs(tmp_path, 60)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    turns = [threading.Event(), threading.Event()]
    feeder = threading.Thread(target=_feed, args=(pipe, [b"".join(stream[:50]), b"".join(stream[50:])], turns))
    feeder.start()
    camera = V4l2Camera(str(pipe), (320, 192), 25_000, "mjpeg", [{"probesize": "4096"}])
    before = clock.boot_us()
    first = camera.read(5.0)
    assert (first.frame.width, first.frame.height, first.frame.format.name) == (320, 192, "yuv420p")
    assert before - 5_000_000 < first.boot_us <= clock.boot_us()
    assert first.jpeg in stream
    assert (camera.photo().image, camera.photo().boot_us) == (first.jpeg, first.boot_us)
    while camera.read(0.1):
        pass
    assert camera.read(0.1) is None  # stalled
    turns[0].set()
    assert camera.read(5.0) is not None
    turns[1].set()
    feeder.join()
    _read_to_end(camera)
    camera.close()


def test_raw_pictures_come_without_a_jpeg_and_the_oldest_are_dropped(tmp_path):
    size = 160, 96
    with (tmp_path / "raw").open("wb") as stream:
        for number in range(20):
            stream.write(bytes([40 + 10 * number]) * (160 * 96) + bytes([128]) * (160 * 96 // 2))
    camera = V4l2Camera(str(tmp_path / "raw"), size, 25_000, input_format="rawvideo")
    for thread in threading.enumerate():
        if thread.name == "camera-v4l2":  # it may have read all and ended already
            thread.join(5.0)
    pictures = [camera.read(1.0) for _ in range(8)]
    with pytest.raises(HardwareError, match="stopped"):
        camera.read(1.0)
    assert [shown_number(picture.frame) for picture in pictures] == list(range(12, 20))
    assert {picture.jpeg for picture in pictures} == {None}
    assert (camera.photo().image.width, camera.photo().image.height) == size
    camera.close()


class _Driver:
    """libav's V4L2 input on a non-blocking descriptor: nothing ready at every other call, unplugged at the end."""

    def __init__(self, path: Path) -> None:
        self._container = av.open(str(path))
        self.streams = self._container.streams
        self._packets = self._container.demux(self.streams.video[0])
        self._calls = 0

    def demux(self, stream: av.VideoStream) -> Iterator[av.Packet]:
        while True:
            self._calls += 1
            if self._calls % 2:
                raise av.error.BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")
            packet = next(self._packets)
            if not packet.size:
                raise av.error.OSError(errno.ENODEV, "No such device")
            yield packet

    def close(self) -> None:
        self._container.close()


def test_nothing_ready_is_waited_for_and_unplugging_is_told(tmp_path, monkeypatch):
    clip = make_clip(tmp_path / "c.avi", 5, 25, codec="mjpeg")
    driver = _Driver(clip)
    monkeypatch.setattr(av, "open", lambda *arguments, **options: driver)
    monkeypatch.setattr("kuager.capture.sensors.camera_v4l2._POLL_S", 0.01)
    camera = V4l2Camera("/dev/video99", (160, 96), 25_000)
    numbers = [shown_number(camera.read(5.0).frame) for _ in range(5)]
    with pytest.raises(HardwareError, match="No such device"):
        camera.read(5.0)
    camera.close()
    assert numbers == [0, 1, 2, 3, 4]


def test_the_drivers_descriptor_is_made_non_blocking(tmp_path):
    main, terminal = os.openpty()
    try:
        assert unblock(Path(os.ttyname(terminal))) == terminal
        assert not os.get_blocking(terminal)
    finally:
        os.close(main)
        os.close(terminal)
    (tmp_path / "file").touch()
    assert unblock(tmp_path / "file") is None
    assert unblock(tmp_path / "missing") is None


def test_damaged_pictures_are_left_out(tmp_path):
    stream = _jpegs(tmp_path, 6)
    stream[2] = stream[2][:40]
    (tmp_path / "damaged.mjpeg").write_bytes(b"".join(stream))
    camera = V4l2Camera(str(tmp_path / "damaged.mjpeg"), (160, 96), 25_000, input_format="mjpeg")
    seen = _read_to_end(camera)
    camera.close()
    assert 4 <= len(seen) <= 6
