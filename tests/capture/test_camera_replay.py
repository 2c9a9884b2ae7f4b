import io
import os
import wave
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image
from sensor_world import Clock, luma, make_clip, shown_number

from kuager.capture import photo
from kuager.capture.sensors import Faults, camera_frames
from kuager.capture.sensors.camera import open_camera
from kuager.capture.sensors.camera_replay import BACKLOG_US, ReplayCamera, default_clip
from kuager.errors import HardwareError
from kuager.settings import Camera as CameraSettings


def _camera(path: Path, clock: Clock, size=(160, 96), rate=30_000) -> ReplayCamera:
    return ReplayCamera(path, size, rate, clock.now, clock.utc, clock.wait)


def test_plays_the_installed_clip_at_its_own_pace_in_the_target_size():
    clock = Clock()
    camera = _camera(default_clip(), clock, (1280, 720))
    pictures = [camera.read(1.0) for _ in range(6)]
    camera.close()
    assert camera.rate_millihertz == 25_000
    assert [p.boot_us - 5_000_000 for p in pictures] == [0, 40_000, 80_000, 120_000, 160_000, 200_000]
    assert all(p.utc_us - p.boot_us == 1_700_000_000_000_000 for p in pictures)
    assert {(p.frame.width, p.frame.height, p.frame.format.name) for p in pictures} == {(1280, 720, "yuv420p")}
    rows = luma(pictures[0].frame)
    assert np.all(rows[:88] == 16)  # 640 x 272 fills the width: bars above and below
    assert np.all(rows[632:] == 16)
    assert rows[88:632].std() > 20


def test_loops_without_a_seam(tmp_path):
    clock = Clock()
    camera = _camera(make_clip(tmp_path / "c.mp4", frames=10, rate=25), clock)
    pictures = [camera.read(1.0) for _ in range(35)]
    camera.close()
    assert [shown_number(p.frame) for p in pictures] == [n % 10 for n in range(35)]
    assert set(np.diff([p.boot_us for p in pictures])) == {40_000}


def test_leaves_out_pictures_above_the_target_rate(tmp_path):
    clock = Clock()
    camera = _camera(make_clip(tmp_path / "c.mp4", frames=12, rate=60), clock)
    pictures = [camera.read(1.0) for _ in range(30)]
    camera.close()
    assert camera.rate_millihertz == 30_000
    assert [shown_number(p.frame) for p in pictures[:6]] == [0, 2, 4, 6, 8, 10]
    assert pictures[-1].boot_us - pictures[0].boot_us == pytest.approx(29 / 30 * 1_000_000, abs=20_000)


def test_drawing_on_a_picture_harms_no_later_one(tmp_path):
    # In the clip's own size nothing needs scaling, and later pictures refer to earlier ones inside the decoder.
    path = make_clip(tmp_path / "c.mp4", frames=10, rate=25)
    camera = _camera(path, Clock())
    numbers = []
    for _ in range(10):
        frame = camera.read(1.0).frame
        numbers.append(shown_number(frame))
        np.frombuffer(memoryview(frame.planes[0]), np.uint8)[:] = 255
    camera.close()
    assert numbers == list(range(10))


def test_narrow_clip_gets_bars_left_and_right(tmp_path):
    camera = _camera(make_clip(tmp_path / "c.mp4", frames=2, rate=25, size=(96, 160)), Clock(), (320, 180))
    rows = luma(camera.read(1.0).frame)
    camera.close()
    assert rows.shape == (180, 320)
    assert np.all(rows[:, :105] == 16)
    assert np.all(rows[:, 215:] == 16)
    assert abs(int(rows[90, 160]) - 40) <= 1


def test_waits_no_longer_than_asked(tmp_path):
    clock = Clock()
    camera = _camera(make_clip(tmp_path / "c.mp4", frames=4, rate=1), clock)
    assert camera.read(0.2) is not None
    assert camera.read(0.2) is None
    assert clock.boot_us == 5_200_000
    assert camera.read(1.0).boot_us == 6_000_000
    camera.close()


def test_a_late_reader_finds_a_jump_in_the_stamps_and_no_lost_pace(tmp_path):
    clock = Clock()
    camera = _camera(make_clip(tmp_path / "c.mp4", frames=10, rate=25), clock)
    camera.read(1.0)
    clock.wait(BACKLOG_US / 1_000_000)
    assert camera.read(1.0).boot_us == 5_040_000  # within the backlog nothing is lost
    clock.wait(60.0)
    late = camera.read(1.0)
    assert late.boot_us == clock.now()
    assert camera.read(1.0).boot_us == late.boot_us + 40_000
    camera.close()


def test_photo_is_a_jpeg_in_the_clips_own_size(tmp_path):
    camera = _camera(make_clip(tmp_path / "c.mp4", frames=4, rate=25), Clock(), (1280, 720))
    assert camera.photo() is None
    camera.read(1.0)
    still = camera.photo()
    camera.close()
    jpeg = photo.make(still.image, photo.Caption(still.utc_us, "KZ0417", 42, True, None))
    with Image.open(io.BytesIO(jpeg)) as image:
        assert (image.format, image.size) == ("JPEG", (160, 96))


def _truncated(path: Path) -> None:
    path.write_bytes(default_clip().read_bytes()[:200_000])


def _zeros(path: Path) -> None:
    path.write_bytes(bytes(100_000))


def _text(path: Path) -> None:
    path.write_text("this is no video\n" * 1000)


def _playlist(path: Path) -> None:
    path.write_text(f"ffconcat version 1.0\nfile '{default_clip()}'\n")


def _sound_only(path: Path) -> None:
    with wave.open(str(path), "wb") as sound:
        sound.setparams((1, 2, 48_000, 0, "NONE", ""))
        sound.writeframes(bytes(9600))


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _empty(path: Path) -> None:
    path.touch()


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("cut.mp4", _truncated),
        ("zeros.mp4", _zeros),
        ("words.txt", _text),
        ("list.ffconcat", _playlist),
        ("sound.wav", _sound_only),
        ("pipe.mp4", _pipe),
        ("empty.mp4", _empty),
        ("folder.mp4", Path.mkdir),
        ("missing.mp4", lambda path: None),
    ],
)
def test_what_is_no_clip_is_named_in_one_sentence(tmp_path, name, make):
    make(tmp_path / name)
    with pytest.raises(HardwareError, match=name):
        _camera(tmp_path / name, Clock())


def test_damage_in_the_middle_costs_pictures_not_the_camera(tmp_path):
    data = bytearray(default_clip().read_bytes())
    begin = data.index(b"mdat") + 60_000
    data[begin : begin + 120_000] = os.urandom(120_000)
    (tmp_path / "c.mp4").write_bytes(data)
    camera = _camera(tmp_path / "c.mp4", Clock())
    stamps = [camera.read(2.0).boot_us for _ in range(400)]
    camera.close()
    assert np.all(np.diff(stamps) > 0)


def test_reading_a_closed_clip_is_an_error_of_the_camera(tmp_path):
    camera = _camera(make_clip(tmp_path / "c.mp4", frames=3, rate=25), Clock())
    camera.read(1.0)
    camera.close()
    camera.close()
    with pytest.raises(HardwareError, match="closed"):
        camera.read(1.0)


@pytest.mark.parametrize("pixels", ["yuv420p", "yuvj422p", "rgb24", "gray", "nv12", "yuyv422"])
def test_pictures_of_any_format_become_limited_range_yuv420p(pixels):
    white = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 255, np.uint8), "rgb24")
    fitted = camera_frames.Fitter((128, 96)).fit(white.reformat(format=pixels))
    assert (fitted.width, fitted.height, fitted.format.name) == (128, 96, "yuv420p")
    assert abs(int(luma(fitted)[48, 64]) - 235) <= 2


def test_one_camera_may_change_its_pictures_form():
    fitter = camera_frames.Fitter((160, 96))
    shapes = [(64, 48), (320, 180), (64, 48), (160, 96)]
    fitted = [fitter.fit(av.VideoFrame(*shape, "yuv420p")) for shape in shapes]
    assert {(frame.width, frame.height) for frame in fitted} == {(160, 96)}
    with pytest.raises(HardwareError, match="10000 x 2"):
        fitter.fit(av.VideoFrame(10_000, 2, "yuv420p"))


def test_a_clip_that_never_decodes_is_refused(tmp_path):
    data = bytearray(make_clip(tmp_path / "c.mp4", frames=10, rate=25).read_bytes())
    begin = data.index(b"mdat") + 4
    data[begin:-900] = bytes(len(data) - 900 - begin)
    (tmp_path / "c.mp4").write_bytes(data)
    with pytest.raises(HardwareError, match="no picture"):
        _camera(tmp_path / "c.mp4", Clock())


def test_faults_of_the_virtual_board(tmp_path):
    settings = CameraSettings(path=make_clip(tmp_path / "c.mp4", frames=10, rate=50), width=160, height=96, rate=50)
    faults = Faults()
    camera = open_camera(settings, faults)
    assert luma(camera.read(1.0).frame).mean() > 30
    faults.play("lens-covered")
    assert luma(camera.read(1.0).frame).max() == 16
    assert camera.photo() is None
    faults.play("lens-clear")
    assert luma(camera.read(1.0).frame).mean() > 30
    faults.play("camera-stall")
    assert camera.read(0.05) is None
    faults.play("camera-gone")
    with pytest.raises(HardwareError, match="unplugged"):
        camera.read(1.0)
    with pytest.raises(HardwareError, match="unplugged"):
        open_camera(settings, faults)
    camera.close()
    faults.play("camera-back")
    again = open_camera(settings, faults)
    assert again.read(1.0) is not None
    again.close()
