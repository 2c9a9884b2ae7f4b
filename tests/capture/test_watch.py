import numpy as np
import pytest

from kuager.capture.sensors import SAMPLE_RATE, Samples
from kuager.capture.sensors.microphone_replay import default_voice, load
from kuager.capture.watch import SILENT_AFTER_US, SoundWatch

RATE = 48_000


def _look(watch: SoundWatch, samples: np.ndarray, begin_us: int = 0) -> int:
    """Feed 20 ms blocks; returns the time after the last."""
    for low in range(0, samples.size, 960):
        watch.push(samples[low : low + 960].astype(np.int16), begin_us + low * 1_000_000 // RATE)
    return begin_us + samples.size * 1_000_000 // RATE


def _tone(seconds: float, peak: float) -> np.ndarray:
    return np.rint(peak * np.sin(2 * np.pi * 1000 * np.arange(int(seconds * RATE)) / RATE))


def _hiss(seconds: float, rms: float) -> np.ndarray:
    return np.rint(np.random.default_rng(5).normal(0, rms, int(seconds * RATE)))


@pytest.mark.parametrize(("peak", "level"), [(32767, -3), (3276.7, -23), (327.67, -43)])
def test_level_of_a_tone(peak, level):
    watch = SoundWatch()
    _look(watch, _tone(1.0, peak))
    assert watch.level_db == level


def test_level_is_of_the_last_half_second():
    watch = SoundWatch()
    now = _look(watch, _tone(1.0, 16_000))
    now = _look(watch, _tone(0.4, 160), now)
    assert watch.level_db > -20
    _look(watch, _tone(0.2, 160), now)
    assert watch.level_db == -49


def test_no_sound_has_the_lowest_level():
    watch = SoundWatch()
    assert (watch.level_db, watch.clipped, watch.silent) == (-100, False, False)
    _look(watch, np.zeros(RATE))
    assert watch.level_db == -100


def test_clipping_is_seen_for_a_second():
    watch = SoundWatch()
    loud = np.clip(_tone(0.1, 45_000), -32768, 32767)
    now = _look(watch, loud)
    assert watch.clipped
    now = _look(watch, _tone(0.98, 8000), now)
    assert watch.clipped
    _look(watch, _tone(0.1, 8000), now)
    assert not watch.clipped


def test_a_single_full_scale_sample_is_a_true_peak():
    samples = _tone(0.1, 8000)
    samples[[100, 102, 2000]] = [32767, 32767, -32768]
    watch = SoundWatch()
    _look(watch, samples)
    assert not watch.clipped
    samples[100:103] = -32768
    _look(watch, samples)
    assert watch.clipped


@pytest.mark.parametrize("value", [0, 1, -700, 32767])
def test_a_dead_microphone_is_told_after_its_time(value):
    # Digital zero, or a constant: a broken cable may leave any.
    watch = SoundWatch()
    begin = _look(watch, _hiss(1.0, 30))
    now = _look(watch, np.full(int(RATE * (SILENT_AFTER_US - 20_000) / 1_000_000), value), begin)
    assert not watch.silent
    now = _look(watch, np.full(960, value), now)
    assert watch.silent
    _look(watch, _hiss(0.02, 30), now)
    assert not watch.silent


def test_a_quiet_room_is_not_a_dead_microphone():
    watch = SoundWatch()
    _look(watch, _hiss(5.0, 2.5))
    assert not watch.silent
    assert watch.level_db < -75


def test_an_empty_block_says_nothing():
    watch = SoundWatch()
    watch.push(np.zeros(0, np.int16), 1)
    assert watch.level_db == -100


def _voice(seconds: float, tones: tuple[int, ...]) -> Samples:
    at = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    wave = np.sum([np.sin(2 * np.pi * tone * at) for tone in tones], axis=0)
    return np.rint(wave * 3000 / len(tones)).astype(np.int16)


def _muffled(sound: Samples) -> bool:
    watch = SoundWatch()
    for first in range(0, len(sound) - 959, 960):
        watch.push(sound[first : first + 960], first * 1_000_000 // SAMPLE_RATE)
    return watch.muffled


def test_a_voice_without_its_high_tones_is_muffled_once_enough_was_heard() -> None:
    assert not _muffled(_voice(20, (200, 900, 2500)))
    assert _muffled(_voice(20, (200, 350)))
    assert not _muffled(_voice(9, (200, 350)))


def test_what_is_too_faint_to_be_speech_is_not_judged() -> None:
    assert not _muffled((_voice(20, (200, 350)) // 50).astype(np.int16))


def test_the_voice_of_set_up_is_not_muffled() -> None:
    assert not _muffled(load(default_voice()))
