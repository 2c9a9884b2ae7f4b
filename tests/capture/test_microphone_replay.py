import os
import wave
from pathlib import Path

import numpy as np
import pytest
from sensor_world import Clock, find_prompt

from kuager.capture.sensors import Faults, microphone_replay
from kuager.capture.sensors.microphone import open_microphone
from kuager.capture.sensors.microphone_replay import BACKLOG_US, BLOCK, ReplayMicrophone
from kuager.capture.sensors.room import VirtualRoom
from kuager.errors import HardwareError
from kuager.settings import Microphone as MicrophoneSettings

RATE = 48_000


def _wav(path: Path, samples: np.ndarray, rate: int = RATE) -> Path:
    with wave.open(str(path), "wb") as sound:
        sound.setparams((1, 2, rate, 0, "NONE", ""))
        sound.writeframes(samples.astype("<i2").tobytes())
    return path


def _tone(seconds: float, rate: int = RATE, hertz: float = 1000.0) -> np.ndarray:
    return (8000 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)).astype(np.int16)


def _microphone(path: Path, clock: Clock, **options) -> ReplayMicrophone:
    return ReplayMicrophone([path], now=clock.now, wait=clock.wait, **options)


def test_replays_the_installed_voice():
    clock = Clock()
    microphone = ReplayMicrophone(microphone_replay.default_voice(), now=clock.now, wait=clock.wait)
    heard = np.concatenate([microphone.read(1.0).samples for _ in range(250)]).astype(float)
    assert microphone.device.model == "replay microphone"
    assert 500 < np.sqrt(np.mean(heard**2)) < 8000
    spectrum = np.abs(np.fft.rfft(heard))
    hertz = np.fft.rfftfreq(heard.size, 1 / RATE)
    assert spectrum[hertz < 4000].sum() > 20 * spectrum[hertz > 8500].sum()  # recorded at 16 kHz: nothing above 8


def test_samples_at_48_khz_come_through_bit_for_bit_and_loop(tmp_path):
    samples = np.random.default_rng(2).integers(-9000, 9000, 24_000).astype(np.int16)
    microphone = _microphone(_wav(tmp_path / "v.wav", samples), Clock())
    heard = np.concatenate([microphone.read(1.0).samples for _ in range(200)])
    assert np.array_equal(heard[:24_000], samples)
    pause = heard[24_000:72_000]
    assert 1 <= np.abs(pause).max() < 20  # a room's hiss, not a dead microphone
    assert np.array_equal(heard[72_000:96_000], samples)


def test_blocks_come_when_their_last_sample_was_taken_stamped_with_their_first(tmp_path):
    clock = Clock()
    microphone = _microphone(_wav(tmp_path / "v.wav", _tone(1.0)), clock)
    for number in range(5):
        sound = microphone.read(1.0)
        assert sound.boot_us == 5_000_000 + 20_000 * number
        assert clock.boot_us == sound.boot_us + 20_000
        assert (sound.samples.size, sound.samples.dtype, sound.rate) == (BLOCK, np.int16, RATE)
    assert microphone.read(0.005) is None
    assert microphone.read(0.015) is not None


def test_a_modelled_crystal_runs_fast(tmp_path):
    clock = Clock()
    microphone = _microphone(_wav(tmp_path / "v.wav", _tone(1.0)), clock, error_ppm=500)
    stamps = [microphone.read(1.0).boot_us for _ in range(501)]
    assert stamps[-1] - stamps[0] == pytest.approx(10_000_000 / 1.0005, abs=2)


def test_what_a_slow_reader_leaves_is_lost_and_counted(tmp_path):
    clock = Clock()
    microphone = _microphone(_wav(tmp_path / "v.wav", _tone(1.0)), clock)
    microphone.read(1.0)
    clock.wait(BACKLOG_US / 1_000_000)
    assert microphone.read(1.0).boot_us == 5_020_000
    assert microphone.overflowed == 0
    clock.wait(3.0)
    sound = microphone.read(1.0)
    lost_us = sound.boot_us - 5_040_000
    assert lost_us > 3_000_000
    assert microphone.overflowed == lost_us * RATE // 1_000_000
    assert clock.boot_us == sound.boot_us + 20_000


def test_other_rates_and_channels_become_48_khz_mono(tmp_path):
    with wave.open(str(tmp_path / "v.wav"), "wb") as sound:
        sound.setparams((2, 2, 22_050, 0, "NONE", ""))
        sound.writeframes(np.repeat(_tone(0.5, 22_050), 2).astype("<i2").tobytes())
    heard = microphone_replay.load([tmp_path / "v.wav"])[:24_000].astype(float)
    spectrum = np.abs(np.fft.rfft(heard * np.hanning(heard.size)))
    assert np.argmax(spectrum) * RATE / heard.size == pytest.approx(1000, abs=3)


def test_a_long_file_is_cut_so_that_memory_is_bounded(tmp_path):
    path = _wav(tmp_path / "long.wav", np.zeros(8000 * 150), 8000)
    assert microphone_replay.load([path, path]).size <= 121 * RATE


@pytest.mark.parametrize("content", [b"", b"no sound\n" * 500, bytes(50_000), b"RIFF" + os.urandom(5000), None])
def test_what_is_no_sound_is_named_in_one_sentence(tmp_path, content):
    if content is not None:
        (tmp_path / "voice.wav").write_bytes(content)
    with pytest.raises(HardwareError, match=r"voice\.wav"):
        open_microphone(MicrophoneSettings(path=tmp_path / "voice.wav"))


def test_a_cut_file_gives_what_is_there(tmp_path):
    path = _wav(tmp_path / "v.wav", _tone(1.0))
    path.write_bytes(path.read_bytes()[:50_000])
    assert 24_000 < microphone_replay.load([path]).size < 24_000 + RATE + 2000


def test_the_loudspeaker_is_heard_through_the_room_at_its_time():
    clock, room = Clock(), VirtualRoom()
    microphone = ReplayMicrophone(microphone_replay.default_voice(), room, now=clock.now, wait=clock.wait)
    prompt = microphone_replay.load(microphone_replay.default_voice())[20 * RATE : 22 * RATE][::-1].copy()
    room.speak(prompt.tobytes(), 8_000_000)
    heard = np.concatenate([microphone.read(1.0).samples for _ in range(400)])
    sureness, where = find_prompt(heard, prompt)
    assert sureness > 12
    assert where / RATE == pytest.approx(3.0, abs=0.01)


def test_faults_of_the_virtual_board(tmp_path):
    settings = MicrophoneSettings(path=_wav(tmp_path / "v.wav", _tone(1.0)))
    faults = Faults()
    microphone = open_microphone(settings, None, faults)
    assert microphone.read(1.0).samples.any()
    faults.play("microphone-mute")
    assert not microphone.read(1.0).samples.any()
    faults.play("microphone-gone")
    with pytest.raises(HardwareError, match="unplugged"):
        microphone.read(1.0)
    with pytest.raises(HardwareError, match="unplugged"):
        open_microphone(settings, None, faults)
    faults.play("microphone-back")
    assert open_microphone(settings, None, faults).read(1.0).samples.any()
    microphone.close()
