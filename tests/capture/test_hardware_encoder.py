"""The board's own encoder, from the camera's buffer to what a player decodes; x264 stands in for the device."""

import itertools
import time
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pytest
from fake_picamera2 import padded
from pipeline_world import UTC_US, Decoded, Source, begin, collect, picture
from sensor_world import luma

from kuager import wire
from kuager.capture.marker import InCamera, Marker
from kuager.capture.orders import Orders
from kuager.capture.overlay import planes
from kuager.capture.packets import Gap, Item, PicturePacket
from kuager.capture.picturequeue import PictureQueue
from kuager.capture.pictures import PictureEncoder
from kuager.capture.sensors import Coded, Picture
from kuager.capture.sensors.camera_picamera2 import Picamera2Camera
from kuager.capture.sensors.picamera2_buffers import Stream, in_place
from kuager.capture.sensors.picamera2_times import Clocks
from kuager.capture.take import Take
from kuager.errors import HardwareError
from kuager.media import cells, sei
from kuager.settings import Camera as CameraSettings

WIDTH, HEIGHT = 656, 368  # the lines of a buffer are longer
FIRST_US = 1_000_000


class Unit:
    """A camera module whose pictures the board encodes, and capture's own threads behind it, driven by the test."""

    def __init__(self, picamera2: Any, **changes: Any) -> None:
        self.settings = CameraSettings(
            **{"kind": "picamera2", "encoder": "hardware", "width": WIDTH, "height": HEIGHT, **changes}
        )
        self.orders = Orders("KZ0417", number=42, standby=False, training=True)
        self.marker = Marker(self.orders)
        self.now_us = FIRST_US
        clocks = Clocks(lambda: self.now_us, lambda: self.now_us + UTC_US, lambda: self.now_us)
        self.camera = Picamera2Camera(self.settings, InCamera(self.orders, self.marker), clocks)
        self.fake = picamera2.camera.opened[-1]
        self.encoder = picamera2.encoder.made[-1] if picamera2.encoder.made else None
        self._queue = PictureQueue(capacity=1000)
        self._emitted: list[Item] = []
        self._pictures = PictureEncoder(
            self.orders, self._queue, self.settings, self._emitted.extend, None, self.marker
        )
        self.requests: list[Any] = []

    def take(self, *times_us: int) -> None:
        """The camera takes pictures at these times, and delivers them together, 20 ms later."""
        self.now_us = times_us[-1] + 20_000

        def paint(name: str, stream: dict[str, Any]) -> bytes:
            return padded(picture(at, *stream["size"]).frame, stream)

        for at in times_us:
            self.requests.append(self.fake.complete(paint, SensorTimestamp=at * 1000))
        self.fake.process(*self.requests[-len(times_us) :])

    def film(self, times_us: Iterable[int]) -> list[Item]:
        for at in times_us:
            self.take(at)
            self.settle()
        return self.items()

    def settle(self) -> None:
        """Wait until the encoder has let go of all that went in."""
        end = time.monotonic() + 10
        while self.encoder.depth == 0 and self.requests[-1].ref_count and time.monotonic() < end:
            time.sleep(0.0005)

    def items(self) -> list[Item]:
        """What has come out by now, through queue and encoder thread."""
        self.settle()
        time.sleep(0.05)
        while coded := self.camera.read(0.0):
            assert isinstance(coded, Coded)
            self._queue.put(coded)
        found: list[Item] = []
        while group := self._queue.take(0.0):
            packets = iter(self._pictures.encode([each for each in group if not isinstance(each, Gap)]))
            found += [each if isinstance(each, Gap) else next(packets) for each in group]
        return found

    def close(self) -> None:
        self.camera.close()


@pytest.fixture
def unit(picamera2: Any) -> Iterator[Unit]:
    one = Unit(picamera2)
    yield one
    one.close()


def play(items: list[Item]) -> Decoded:
    """What a player gets of them."""
    packets = [item for item in items if isinstance(item, PicturePacket)]
    messages: list[Any] = []
    take, sound = Take(begin(packets[0]), collect(messages), 2_000_000_000), Source()
    for packet in packets:
        take.add(packet)
        if packet.frame % 3 == 0:
            take.add(sound.sound(packet.boot_us))
    take.end("closing")
    return Decoded(b"".join(message.data for message in messages if isinstance(message, wire.Fragment)))


def every(interval_us: int, seconds: float, from_us: int = FIRST_US) -> range:
    return range(from_us, from_us + int(seconds * 1_000_000), interval_us)


def test_every_picture_is_burned_in_where_it_lies_and_its_cells_sei_and_time_agree(unit: Unit) -> None:
    times = [at + at % 7 for at in every(33_333, 2.5)]
    items = unit.film(times)
    assert [packet.boot_us for packet in items] == times
    assert [packet.utc_us - UTC_US for packet in items] == times
    decoded = play(items)
    assert len(decoded.pictures) == len(times)
    for number, (image, packet) in enumerate(zip(decoded.pictures, decoded.packets, strict=True)):
        mark = sei.read_avcc(packet)
        assert mark is not None
        assert cells.read(luma(image)) == mark
        assert (mark.number, mark.frame, mark.utc_ms) == (42, number, (UTC_US + times[number]) // 1000)
    scene = luma(picture(times[-1], WIDTH, HEIGHT).frame)[200:].astype(int)
    assert np.abs(luma(decoded.pictures[-1])[200:] - scene).mean() < 8
    assert {packet.shape.encoder for packet in items} == {0}
    assert (unit.encoder.bitrate, unit.encoder.iperiod, unit.encoder.framerate) == (8_000_000, 60, 30)
    assert all(request.ref_count == 0 for request in unit.requests)


@pytest.mark.parametrize("rate", [6, 30])
def test_a_keyframe_comes_each_second_by_time_though_the_rate_sinks(unit: Unit, rate: int) -> None:
    decoded = play(unit.film(every(1_000_000 // rate, 4.2)))
    keys = [at for at, key in zip(decoded.times, decoded.keys, strict=True) if key]
    assert keys[0] == 0
    assert len(keys) >= 4
    for one, following in itertools.pairwise(keys):
        assert following - one == pytest.approx(1, abs=0.2 if rate == 6 else 0.05)


def test_the_press_changes_label_and_number_at_its_own_picture_which_is_a_keyframe(unit: Unit) -> None:
    unit.orders.standby = True
    before = unit.film(every(40_000, 0.4))
    press = FIRST_US + 420_000
    unit.orders.since_us = unit.orders.key_from_us = press
    unit.orders.number, unit.orders.standby, unit.orders.key = 43, False, True
    after = unit.film(every(40_000, 0.4, FIRST_US + 400_000))
    assert [packet.standby for packet in before + after] == [True] * 11 + [False] * 9
    assert [packet.number for packet in after] == [43] * 10
    assert [packet.key for packet in after[:3]] == [False, True, False]


def test_a_keyframe_that_falls_on_an_earlier_picture_is_asked_for_again(picamera2: Any) -> None:
    # The device takes the request for the next picture that it begins: with two inside, for one from before the press.
    picamera2.encoder.depth = 2
    unit = Unit(picamera2)
    press = FIRST_US + 400_000
    unit.film(every(40_000, 0.4))
    unit.orders.key_from_us, unit.orders.key = press, True
    for at in every(40_000, 0.8, press):
        unit.take(at)
        time.sleep(0.01)
    keys = [packet.boot_us for packet in unit.items() if isinstance(packet, PicturePacket) and packet.key]
    assert any(at < press for at in keys)
    assert any(press <= at <= press + 300_000 for at in keys)
    unit.close()


def test_pictures_that_come_together_are_each_followed(unit: Unit) -> None:
    for at in every(120_000, 1.0):
        unit.take(at, at + 40_000, at + 80_000)
    items = unit.items()
    assert [packet.boot_us for packet in items] == list(every(40_000, 1.08))
    decoded = play(items)
    assert [cells.read(luma(image)) for image in decoded.pictures] == [sei.read_avcc(one) for one in decoded.packets]


def test_what_the_encoder_loses_is_declared_and_all_that_is_kept_can_be_decoded(picamera2: Any) -> None:
    picamera2.encoder.loses = {7, 8}
    unit = Unit(picamera2)
    items = unit.film(every(40_000, 1.0))
    gaps = [item for item in items if isinstance(item, Gap)]
    packets = [item for item in items if isinstance(item, PicturePacket)]
    assert [(gap.cause, gap.detail) for gap in gaps] == [("camera", "pictures were lost in the encoder")]
    assert gaps[0].from_us == FIRST_US + 280_000
    assert len(packets) + gaps[0].frames == 25
    again = next(packet for packet in packets if packet.boot_us >= gaps[0].to_us)
    assert again.key
    assert 3 <= gaps[0].frames <= 8
    assert [packet.frame for packet in packets][:7] == list(range(7))
    assert again.frame == 7 + gaps[0].frames
    decoded = play(items)
    assert [cells.read(luma(image)) for image in decoded.pictures] == [sei.read_avcc(one) for one in decoded.packets]
    unit.close()


def test_an_encoded_picture_dropped_by_the_queue_takes_those_that_refer_to_it_along(unit: Unit) -> None:
    for at in every(40_000, 1.2):
        unit.take(at)
    time.sleep(0.3)
    queue, taken = PictureQueue(capacity=5), []
    while coded := unit.camera.read(0.1):
        queue.put(coded)
        if len(taken) == 0 and len(queue) == 5 and coded.boot_us > FIRST_US + 300_000:
            taken += queue.take(0.0)
    taken += queue.take(0.0)
    kinds = [type(each).__name__ for each in taken]
    assert kinds[:6] == ["Coded"] * 5 + ["Gap"]
    assert taken[6].key
    assert taken[5].frames == taken[6].marked.mark.frame - 5


def test_every_nth_picture_is_encoded_when_so_ordered_and_counted_without_holes(unit: Unit) -> None:
    unit.orders.divisor = 3
    items = unit.film(every(40_000, 1.2))
    assert [packet.frame for packet in items] == list(range(10))
    assert {then.boot_us - one.boot_us for one, then in itertools.pairwise(items)} == {120_000}
    assert len(play(items).pictures) == 10


def test_in_stills_nothing_is_encoded_and_the_video_goes_on_with_a_keyframe(unit: Unit) -> None:
    unit.film(every(40_000, 0.4))
    unit.orders.mode = "stills"
    for at in every(40_000, 1.2, FIRST_US + 400_000):
        unit.take(at)
        shot = unit.camera.read(1.0)
        assert isinstance(shot, Picture)
        assert cells.read(luma(shot.frame)) is None
    unit.orders.mode = "video"
    items = unit.film(every(40_000, 0.2, FIRST_US + 1_600_000))
    assert [packet.key for packet in items] == [True, False, False, False, False]
    assert [packet.frame for packet in items] == [10, 11, 12, 13, 14]


def test_a_still_during_the_video_is_of_a_picture_before_it_is_drawn_on(unit: Unit) -> None:
    unit.camera._still_wanted = True
    unit.take(FIRST_US)
    still = unit.camera._still
    assert still is not None
    assert (still.boot_us, still.utc_us) == (FIRST_US, UTC_US + FIRST_US)
    assert np.array_equal(luma(still.image), luma(picture(FIRST_US, WIDTH, HEIGHT).frame))
    assert not unit.camera._still_wanted
    assert unit.camera.photo() is None  # none came in time


def test_a_full_still_comes_from_the_larger_stream_while_the_smaller_is_encoded(picamera2: Any) -> None:
    picamera2.camera.modes = [
        {"format": "x", "bit_depth": 10, "size": (1640, 1232), "fps": 41.8, "crop_limits": (0, 0, 3280, 2464)}
    ]
    unit = Unit(picamera2, stills="full")
    unit.camera._still_wanted = True
    unit.film(every(40_000, 0.2))
    assert unit.camera._still is not None
    assert (unit.camera._still.image.width, unit.camera._still.image.height) == (1640, 920)
    assert (unit.encoder.width, unit.encoder.height, unit.encoder.name) == (WIDTH, HEIGHT, "lores")
    unit.close()


def _refuse(encoder: Any) -> None:
    raise OSError(19, "No such device")


def test_an_encoder_that_fails_ends_neither_the_cameras_loop_nor_silently(picamera2: Any) -> None:
    unit = Unit(picamera2)
    unit.film(every(40_000, 0.2))
    picamera2.encoder.breaks = True
    unit.take(FIRST_US + 200_000)
    with pytest.raises(HardwareError, match=r"the hardware encoder failed: .*Input/output error"):
        unit.camera.read(0.0)
    picamera2.encoder.stop = _refuse
    unit.close()
    assert unit.fake.closed
    del picamera2.encoder.stop
    picamera2.encoder.breaks = False
    again = Unit(picamera2)
    assert again.film(every(40_000, 0.2))
    again.close()


@pytest.mark.parametrize("why", ["no device", "a Pi 5", "an old library"])
def test_without_a_hardware_encoder_the_processor_encodes_and_it_is_said(
    picamera2: Any, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    if why == "no device":
        picamera2.encoder.device = "/dev/no-video11"
    elif why == "a Pi 5":
        picamera2.encoders.H264Encoder = picamera2.encoders.LibavH264Encoder
    else:
        picamera2.encoders.H264Encoder = type("H264Encoder", (), {})
    unit = Unit(picamera2)
    assert not unit.camera.encodes
    assert "pictures are encoded by the processor" in caplog.text
    unit.take(FIRST_US)
    assert isinstance(unit.camera.read(1.0), Picture)
    unit.close()


def test_a_camera_that_is_opened_again_has_another_encoder_and_the_count_goes_on(picamera2: Any) -> None:
    first = Unit(picamera2)
    one = first.film(every(40_000, 0.2))
    first.close()
    second = Unit(picamera2)
    second.marker._frame, second._pictures = first.marker._frame, first._pictures
    two = second.film(every(40_000, 0.2, FIRST_US + 300_000))
    assert [packet.frame for packet in one + two] == list(range(10))
    assert [packet.shape.encoder for packet in one + two] == [0] * 5 + [1] * 5
    assert two[0].key
    second.close()


def test_drawing_on_the_cameras_memory_costs_less_than_copying_the_picture_twice() -> None:
    """The frame budget, as a ratio: at 1080p the callback may do what a few copies of the picture cost."""
    stream = Stream("YUV420", (1920, 1080), 1920)
    memory = np.zeros(1920 * 1080 * 3 // 2, np.uint8)
    memory[:] = np.frombuffer(padded(picture(0, 1920, 1080).frame, {"stride": 1920}), np.uint8)
    marker = Marker(Orders("KZ0417", number=42, training=True))
    target = np.empty_like(memory)

    def best(work: Any) -> float:
        spent = []
        for number in range(60):
            since = time.perf_counter()
            work(number)
            spent.append(time.perf_counter() - since)
        return sorted(spent)[10]

    drawn = best(
        lambda number: marker.burn(Picture(in_place(memory, stream), number * 33_333, UTC_US + number * 33_333))
    )
    copied = best(lambda number: np.copyto(target, memory))
    assert cells.read(planes(in_place(memory, stream))[0]) is not None
    assert drawn < 2 * copied + 0.0005, (drawn, copied)
