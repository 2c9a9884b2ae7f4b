"""What is burned into and sent with each picture, read back from what a player decodes."""

import itertools
import shutil
import subprocess
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image
from pipeline_world import UTC_US, Decoded, Source, begin, collect, picture

from kuager import wire
from kuager.capture import overlay
from kuager.capture.orders import Orders
from kuager.capture.overlay import Label, Overlay, planes, state_text
from kuager.capture.take import Take
from kuager.media import cells, sei
from kuager.media.mark import FrameMark, unit_bits


def film(source: Source, seconds: float, **size: int) -> Decoded:
    """What a player gets of a take of so many seconds."""
    messages: list[Any] = []
    times = range(1_000_000, 1_000_000 + int(seconds * 1_000_000), source.interval_us)
    packets = [source.picture(at, **size) for at in times]
    take = Take(begin(packets[0]), collect(messages), 2_000_000_000)
    for packet in packets:
        take.add(packet)
        if packet.frame % 3 == 0:
            take.add(source.sound(packet.boot_us))
    take.end("closing")
    return Decoded(b"".join(message.data for message in messages if isinstance(message, wire.Fragment)))


def luma(frame: av.VideoFrame) -> cells.Luma:
    return planes(frame)[0]


@pytest.mark.parametrize("crf", [23, 28, 33])
def test_cells_and_sei_of_every_decoded_picture_agree(crf: int) -> None:
    decoded = film(Source(crf=crf), 2)
    assert len(decoded.pictures) == len(decoded.packets) == 50
    for frame, (image, packet) in enumerate(zip(decoded.pictures, decoded.packets, strict=True)):
        mark = FrameMark(unit_bits("KZ0417"), 42, frame, (UTC_US + 1_000_000) // 1000 + frame * 40)
        assert sei.read_avcc(packet) == mark
        assert cells.read(luma(image)) == mark


def test_cells_are_read_at_half_size() -> None:
    for image in film(Source(crf=33), 0.4, width=1280, height=720).pictures:
        half = image.reformat(640, 360)
        assert cells.read(luma(half)) == cells.read(luma(image)) is not None


@pytest.mark.skipif(not shutil.which("tesseract"), reason="tesseract is not installed")
@pytest.mark.parametrize(("width", "height", "crf"), [(1280, 720, 25), (1280, 720, 28), (1920, 1080, 28)])
def test_tesseract_reads_the_time_from_decoded_pictures(
    width: int, height: int, crf: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Almaty")
    overlay.time.tzset()
    try:
        image = film(Source(crf=crf), 0.2, width=width, height=height).pictures[-1]
    finally:
        monkeypatch.undo()
        overlay.time.tzset()
    left, top, right, bottom = Overlay(width, height).time_box
    line = luma(image)[top + 2 : bottom - 2, left + 2 : left + round(49 * 17 * height / 720)]
    assert right <= width
    Image.fromarray(255 - line).save(tmp_path / "line.png")
    command = ["tesseract", str(tmp_path / "line.png"), "-", "--psm", "7"]
    text = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout
    assert text.split()[:3] == ["2026-11-18", "16:06:41.160", "+05:00"]
    assert "KZ0417" in text
    assert "000042" in text


@pytest.mark.parametrize(("clock", "words"), [("synchronised", ""), ("holdover", "CLOCK NOT SYNCHRONISED")])
def test_the_second_line_says_what_must_be_known(clock: Any, words: str) -> None:
    assert state_text(Label("KZ0417", 1, clock, standby=False, training=False)) == words
    everything = state_text(Label("KZ0417", 1, clock, standby=True, training=True))
    assert everything.split("  ") == [*([words] if words else []), "PRE-RECORDED", "TRAINING"]


@pytest.mark.parametrize(("width", "height"), [(640, 360), (1280, 720), (1920, 1080), (320, 240)])
def test_boxes_lie_inside_the_picture_and_never_over_the_strip(width: int, height: int) -> None:
    shot = picture(0, width, height).frame
    clean = luma(picture(0, width, height).frame).copy()
    mark = FrameMark(1, 2, 3, 4)
    drawn = Overlay(width, height)
    drawn.draw(shot, mark, Label("A" * 16, 999_999, "unset", standby=True, training=True))
    assert cells.read(luma(shot)) == mark
    changed = luma(shot) != clean
    strip_width, strip_height = cells.strip_size(width)
    assert not changed[:strip_height, strip_width:].any()
    assert drawn.time_box[1] >= strip_height
    assert drawn.time_box[2] <= width
    assert changed.mean() < 0.5


def test_chroma_is_neutral_under_the_boxes_alone() -> None:
    shot = picture(0, 1280, 720).frame
    drawn = Overlay(1280, 720)
    drawn.draw(shot, FrameMark(1, 2, 3, 4), Label("KZ0417", 1, "synchronised", standby=False, training=False))
    _, blue, _ = planes(shot)
    left, top, right, bottom = (side // 2 for side in drawn.time_box)
    assert (blue[top:bottom, left:right] == 128).all()
    assert (blue[bottom + 1 :] == 100).all()


@pytest.mark.parametrize("rate", [6, 25, 30])
def test_a_keyframe_comes_each_second_by_time(rate: int) -> None:
    decoded = film(Source(rate=rate), 4.2)
    keys = [at for at, key in zip(decoded.times, decoded.keys, strict=True) if key]
    assert keys[0] == 0
    assert len(keys) >= 4
    for one, following in itertools.pairwise(keys):
        assert following - one == pytest.approx(1, abs=0.001)


def test_times_are_the_cameras_and_no_picture_is_held_back_or_reordered() -> None:
    decoded = film(Source(), 1)
    assert np.allclose(np.diff(decoded.times), 0.04, atol=1e-4)
    assert not any(frame.pict_type == av.video.frame.PictureType.B for frame in decoded.pictures)


def test_pictures_at_the_same_or_an_earlier_time_still_go_in() -> None:
    source = Source()
    packets = [source.picture(at) for at in (1_000_000, 1_040_000, 1_040_000, 1_039_000, 1_080_000)]
    messages: list[Any] = []
    take = Take(begin(packets[0]), collect(messages), 2_000_000_000)
    for packet in packets:
        take.add(packet)
    take.add(source.sound(1_000_000))
    take.end("closing")
    decoded = Decoded(b"".join(message.data for message in messages if isinstance(message, wire.Fragment)))
    assert len(decoded.pictures) == 5
    assert (np.diff(decoded.times) > 0).all()


def test_the_label_goes_when_the_order_changes() -> None:
    orders = Orders("KZ0417", number=42, standby=True)
    source = Source(orders=orders)
    before = source.picture(1_000_000)
    orders.standby, orders.key, orders.number = False, True, 43
    after = source.picture(1_040_000)
    assert (before.standby, before.number) == (True, 42)
    assert (after.standby, after.number, after.key) == (False, 43, True)
    assert not orders.key
