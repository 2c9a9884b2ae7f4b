"""The threads that read and encode, with a camera and an encoder that the test slows down."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from pipeline_world import UTC_US, picture

from kuager import clock
from kuager.capture.camerareader import CameraReader
from kuager.capture.orders import Orders
from kuager.capture.packets import Gap, PicturePacket, Said
from kuager.capture.picturequeue import GROUP, PictureQueue
from kuager.capture.pictures import PictureEncoder
from kuager.capture.sensors import Camera, Coded, Marked, Picture, Still
from kuager.capture.sensors.closing import StuckError
from kuager.errors import HardwareError
from kuager.evidence.records import Device
from kuager.media.mark import FrameMark
from kuager.settings import Camera as CameraSettings


class FakeCamera:
    kind = "replay"
    size = (640, 360)
    rate_millihertz = 25_000
    encodes = False
    device = Device(make="Kuager", model="fake")

    def __init__(self, script: list[Any]) -> None:
        self.script, self.closed = script, False
        self.still: Still | None = None

    def read(self, timeout_s: float) -> Picture | Coded | None:
        step = self.script.pop(0) if self.script else None
        if isinstance(step, Exception):
            raise step
        if isinstance(step, Picture | Coded) or step is None:
            return step
        raise AssertionError(step)

    def photo(self) -> Still | None:
        return self.still

    def close(self) -> None:
        self.closed = True


class Bench:
    """A reader over scripted cameras; `run` goes on until `until` is true."""

    def __init__(self, open_camera: Callable[[], Camera], orders: Orders | None = None) -> None:
        self.orders = orders or Orders("KZ0417", number=42)
        self.queue = PictureQueue()
        self.opened: list[str] = []
        self.seen = 0
        self.stills: list[tuple[bytes, bytes, Still]] = []
        self.stuck: list[bool] = []
        self.reader = CameraReader(
            self.orders,
            self.queue,
            open_camera,
            opened=lambda camera, reason: self.opened.append(reason),
            seen=self._see,
            still=lambda *still: self.stills.append(still),
            alive=lambda: None,
            stuck=self.stuck.append,
        )

    def _see(self, _: Picture) -> None:
        self.seen += 1

    def run(self, until: Callable[[], bool]) -> None:
        stop = threading.Event()
        thread = threading.Thread(target=self.reader.run, args=(stop,))
        thread.start()
        end = time.monotonic() + 10
        while not until() and time.monotonic() < end:
            time.sleep(0.005)
        stop.set()
        thread.join(10)
        assert until()


def test_pictures_that_find_the_queue_full_are_counted_and_declared_where_they_lie() -> None:
    queue = PictureQueue(capacity=3)
    for at in range(8):
        queue.put(picture(1_000_000 + at * 40_000))
    got = queue.take(0)
    queue.put(picture(2_000_000))
    gap, after = queue.take(0)
    assert [found.boot_us for found in got if isinstance(found, Picture)] == [1_000_000, 1_040_000, 1_080_000]
    assert not any(isinstance(found, Gap) for found in got)
    assert isinstance(after, Picture)
    assert isinstance(gap, Gap)
    assert (gap.cause, gap.frames, gap.from_us, gap.to_us) == ("limit", 5, 1_120_000, 2_000_000)
    assert queue.take(0) == []


def test_pictures_are_handed_over_in_groups_and_a_lonely_one_after_a_while() -> None:
    queue = PictureQueue()
    for at in range(2 * GROUP + 1):
        queue.put(picture(1_000_000 + at * 40_000))
    begin = time.monotonic()
    assert [len(queue.take(10)) for _ in range(2)] == [GROUP, GROUP]
    assert time.monotonic() - begin < 5
    assert len(queue.take(0.05)) == 1
    assert time.monotonic() - begin >= 0.05
    queue.end()
    assert queue.take(10) == []
    assert time.monotonic() - begin < 5


def test_what_is_burned_in_goes_by_the_time_at_which_a_picture_was_taken() -> None:
    orders = Orders("KZ0417", number=42)
    encoder = PictureEncoder(orders, PictureQueue(), CameraSettings(crf=30), lambda items: None)
    encoder.encode([picture(900_000)])
    orders.since_us = orders.key_from_us = 1_000_000  # the press; three pictures wait, one of them from before it
    orders.standby, orders.key = False, True
    packets = encoder.encode([picture(980_000), picture(1_020_000), picture(1_060_000)])
    assert [packet.standby for packet in packets] == [True, False, False]
    assert [packet.key for packet in packets] == [False, True, False]
    orders.until_us, orders.standby = 1_120_000, True
    packets = encoder.encode([picture(1_100_000), picture(1_140_000)])
    assert [packet.standby for packet in packets] == [False, True]


def test_a_slow_encoder_lowers_the_rate_says_so_and_declares_every_picture_it_missed() -> None:
    orders = Orders("KZ0417", number=42)
    queue, items = PictureQueue(), []
    settings = CameraSettings(rate=25, preset="superfast", crf=30)
    encoder = PictureEncoder(orders, queue, settings, items.extend)
    whole = encoder.encode

    def slow(shots: Sequence[Picture]) -> list[PicturePacket]:
        time.sleep(0.012 * len(shots) if not encoder.pace.step.light else 0)
        return whole(shots)

    encoder.encode = slow  # type: ignore[method-assign]
    stop = threading.Event()
    thread = threading.Thread(target=encoder.run, args=(stop,))
    thread.start()
    given = left = 0
    end = time.monotonic() + 8
    # a camera of 250 pictures a second, too many for an encoder that needs 12 ms
    while time.monotonic() < end and not any(isinstance(item, Said) and item.data["every"] > 1 for item in items[:-40]):
        given += 1
        if given % orders.divisor == 0:
            queue.put(picture(clock.boot_us()))
        else:
            left += 1
        time.sleep(0.004)
    end = time.monotonic() + 3
    while len(queue) and time.monotonic() < end:
        time.sleep(0.01)
    time.sleep(0.1)
    queue.put(picture(clock.boot_us()))
    time.sleep(0.2)
    stop.set()
    queue.end()
    thread.join(5)
    packets = [item for item in items if isinstance(item, PicturePacket)]
    dropped = sum(item.frames for item in items if isinstance(item, Gap))
    steps = [item.data for item in items if isinstance(item, Said)]
    assert steps[0] == {"every": 2, "preset": "superfast"}
    assert len(packets) + dropped + left == given + 1
    assert [packet.frame for packet in packets] == list(range(len(packets)))


def test_a_lighter_preset_is_a_new_encoder_that_begins_with_a_keyframe() -> None:
    encoder = PictureEncoder(Orders("KZ0417"), PictureQueue(), CameraSettings(crf=30), lambda item: None)
    first, second = encoder.encode([picture(1_000_000), picture(1_040_000)])
    for at in range(30):
        encoder.pace.observe(at * 1_200_000, 12, 12, 40_000)
    (third,) = encoder.encode([picture(1_080_000)])
    assert [packet.key for packet in (first, second, third)] == [True, False, True]
    assert [packet.shape.encoder for packet in (first, second, third)] == [0, 0, 1]
    assert [packet.frame for packet in (first, second, third)] == [0, 1, 2]


def test_a_camera_that_changes_its_size_gets_a_new_encoder() -> None:
    encoder = PictureEncoder(Orders("KZ0417"), PictureQueue(), CameraSettings(crf=30), lambda item: None)
    _, packet = encoder.encode([picture(1_000_000), picture(1_040_000, 320, 240)])
    assert packet.key
    assert (packet.shape.width, packet.shape.height, packet.shape.encoder) == (320, 240, 1)


def test_a_lost_camera_is_opened_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kuager.capture.camerareader._REOPEN_S", 0.001)
    cameras = [
        FakeCamera([picture(1_000_000), HardwareError("unplugged")]),
        HardwareError("there is no camera"),
        FakeCamera([picture(2_000_000)]),
    ]
    used = list(cameras)

    def open_camera() -> Camera:
        camera = cameras.pop(0) if cameras else HardwareError("no more")
        if isinstance(camera, HardwareError):
            raise camera
        return camera

    bench = Bench(open_camera)
    bench.run(lambda: len(bench.queue) == 2)
    assert bench.opened[:4] == ["", "unplugged", "there is no camera", ""]
    assert isinstance(used[0], FakeCamera)
    assert used[0].closed


def test_a_camera_that_delivers_nothing_is_closed_and_opened_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kuager.capture.camerareader._REOPEN_S", 0.001)
    monkeypatch.setattr("kuager.capture.camerareader._STALL_US", 10_000)
    bench = Bench(lambda: FakeCamera([]))
    bench.run(lambda: bench.opened.count("") >= 2)
    assert "the camera gives no pictures" in bench.opened


def test_every_nth_picture_is_encoded_when_so_ordered() -> None:
    bench = Bench(lambda: FakeCamera([picture(1_000_000 + at * 40_000) for at in range(9)]))
    bench.orders.divisor = 3
    bench.run(lambda: len(bench.queue) == 3)


def test_a_mode_without_pictures_encodes_none_and_one_without_camera_closes_it() -> None:
    orders = Orders("KZ0417", mode="stills")
    cameras: list[FakeCamera] = []

    def open_camera() -> Camera:
        cameras.append(FakeCamera([picture(1_000_000), picture(1_040_000)]))
        return cameras[-1]

    bench = Bench(open_camera, orders)
    bench.run(lambda: bench.seen > 0)
    assert not len(bench.queue)
    orders.mode = "sound"
    bench = Bench(open_camera, orders)
    bench.run(lambda: True)
    assert len(cameras) == 1
    assert cameras[0].closed


def test_a_still_is_taken_from_the_clean_picture_and_carries_its_time() -> None:
    orders = Orders("KZ0417", number=42, mode="stills", photo=b"r" * 16)
    bench = Bench(lambda: FakeCamera([picture(1_000_000)]), orders)
    bench.run(lambda: bool(bench.stills))
    recording, jpeg, shot = bench.stills[0]
    assert recording == b"r" * 16
    assert jpeg.startswith(b"\xff\xd8\xff\xe1") or b"Exif" in jpeg[:64]
    assert jpeg.endswith(b"\xff\xd9")
    assert shot.utc_us == UTC_US + 1_000_000
    assert orders.photo is None


def test_a_camera_whose_jpeg_is_none_still_gives_a_still() -> None:
    shot = picture(1_000_000)
    shot.jpeg = b"no JPEG at all"
    bench = Bench(lambda: FakeCamera([shot]), Orders("KZ0417", number=42, photo=b"r" * 16))
    bench.run(lambda: bool(bench.stills))
    assert bench.stills[0][1].startswith(b"\xff\xd8\xff")


def test_the_cameras_own_jpeg_is_taken_where_it_makes_one() -> None:
    shot = picture(1_000_000)
    shot.jpeg = b"\xff\xd8\xff\xdb the camera's own \xff\xd9"
    orders = Orders("KZ0417", number=42, photo=b"r" * 16)
    bench = Bench(lambda: FakeCamera([shot]), orders)
    bench.run(lambda: bool(bench.stills))
    assert bench.stills[0][1].endswith(shot.jpeg[2:])


def test_a_driver_that_does_not_let_go_is_told_and_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kuager.capture.camerareader._REOPEN_S", 0.001)

    def open_camera() -> Camera:
        raise StuckError("the camera does not stop", another=bool(bench.stuck))

    bench = Bench(open_camera)
    bench.run(lambda: len(bench.stuck) >= 2)
    assert bench.stuck[:2] == [False, True]
    assert not bench.reader.delivered


def coded(at_us: int) -> Coded:
    mark = FrameMark(1, 42, at_us // 40_000, 7)
    return Coded(b"", False, at_us, UTC_US + at_us, Marked(mark, standby=False, key=False), (640, 360), "device")


def test_what_a_camera_has_encoded_goes_on_as_it_is_and_its_still_is_asked_for_until_there_is_one() -> None:
    camera = FakeCamera([coded(1_000_000), coded(1_040_000), picture(1_080_000)])
    camera.encodes = True
    orders = Orders("KZ0417", number=42, photo=b"r" * 16)
    bench = Bench(lambda: camera, orders)
    bench.run(lambda: bool(bench.stills))  # of the first picture that came as it is
    assert bench.stills[0][2].boot_us == 1_080_000
    taken = bench.queue.take(0.0)
    assert len(taken) == 2
    assert all(isinstance(each, Coded) for each in taken)
    camera.script = [coded(2_000_000)]
    camera.still = Still(picture(1_990_000).frame, 1_990_000, UTC_US + 1_990_000)
    orders.photo = b"s" * 16
    bench.run(lambda: any(recording == b"s" * 16 for recording, _, _ in bench.stills))
    assert bench.stills[-1][2].boot_us == 1_990_000
