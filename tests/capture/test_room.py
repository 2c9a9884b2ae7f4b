import threading

import numpy as np
import pytest
from sensor_world import find_prompt

from kuager.capture.sensors import microphone_replay
from kuager.capture.sensors.room import LIMIT, VirtualRoom, impulse_response

RATE = 48_000
BEGIN_US = 7_000_000


def _us(samples: int) -> int:
    return samples * 1_000_000 // RATE


@pytest.fixture(scope="module")
def voice() -> np.ndarray:
    return microphone_replay.load(microphone_replay.default_voice())


def _prompt(voice: np.ndarray, begin: float, seconds: float) -> np.ndarray:
    # Speech, like a prompt, but nothing that the microphone hears otherwise: played backwards.
    return voice[int(begin * RATE) : int((begin + seconds) * RATE)][::-1].copy()


def _hear(room: VirtualRoom, voice: np.ndarray, block: int = 960, begin_us: int = BEGIN_US) -> np.ndarray:
    parts = [room.heard(voice[low : low + block], begin_us + _us(low)) for low in range(0, voice.size, block)]
    return np.concatenate(parts)


def test_prompts_are_found_in_the_mixed_sound_and_absent_ones_are_not(voice):
    room = VirtualRoom()
    speech = voice[: 12 * RATE]
    spoken = [(_prompt(voice, 13.0, 1.2), 1.0), (_prompt(voice, 16.0, 2.5), 4.0), (_prompt(voice, 20.0, 1.5), 9.3)]
    for pcm, at in spoken:
        room.speak(pcm.tobytes(), BEGIN_US + int(at * 1_000_000))
    mixed = _hear(room, speech)
    direct = int(np.argmax(impulse_response()))
    for pcm, at in spoken:
        sureness, where = find_prompt(mixed, pcm)
        assert sureness > 12
        assert abs(where - at * RATE - direct) <= 2
        assert find_prompt(speech, pcm)[0] < 12
    for begin in (14.5, 18.7, 22.0, 25.0):
        assert find_prompt(mixed, _prompt(voice, begin, 1.2))[0] < 12


def test_the_sound_is_the_convolution_with_the_rooms_response():
    rng = np.random.default_rng(3)
    pcm = (rng.standard_normal(5000) * 2000).astype(np.int16)
    room = VirtualRoom()
    room.speak(pcm.tobytes(), BEGIN_US + _us(4800))
    heard = _hear(room, np.zeros(24_000, np.int16))
    expected = np.zeros(24_000)
    whole = np.convolve(pcm.astype(np.float64), impulse_response().astype(np.float64))
    expected[4800 : 4800 + whole.size] = whole[: 24_000 - 4800]
    assert np.abs(heard - expected).max() <= 1.0


@pytest.mark.parametrize("block", [1, 320, 960, 4800, 24_000])
def test_the_size_of_the_blocks_makes_no_difference(block):
    pcm = (np.random.default_rng(4).standard_normal(700) * 2000).astype(np.int16)
    size = 3000 if block == 1 else 24_000
    rooms = VirtualRoom(), VirtualRoom()
    for room in rooms:
        room.speak(pcm.tobytes(), BEGIN_US + 2500)
    silence = np.zeros(size, np.int16)
    assert np.abs(_hear(rooms[0], silence, block) - _hear(rooms[1], silence).astype(int)).max() <= 1


def test_two_prompts_at_once_and_a_loud_voice_saturate_and_never_wrap():
    room = VirtualRoom()
    loud = np.full(9600, 32767, np.int16)
    for _ in range(6):
        room.speak(loud.tobytes(), BEGIN_US)
    heard = _hear(room, np.full(9600, 30_000, np.int16))
    assert heard.max() == 32767
    assert heard[2000:].min() >= 30_000


def test_what_is_past_is_not_heard_and_the_rest_is_in_time():
    pcm = np.full(48_000, 8000, np.int16)
    late, early = VirtualRoom(), VirtualRoom()
    early.speak(pcm.tobytes(), BEGIN_US)
    first = _hear(late, np.zeros(9600, np.int16))
    late.speak(pcm.tobytes(), BEGIN_US)
    assert not first.any()
    rest = _hear(late, np.zeros(9600, np.int16), begin_us=BEGIN_US + 200_000)
    whole = _hear(early, np.zeros(19_200, np.int16))
    assert np.abs(rest[8000:] - whole[17_600:].astype(int)).max() <= 1


def test_silence_costs_nothing_and_changes_nothing(voice):
    room = VirtualRoom()
    block = voice[:960]
    assert room.heard(block, BEGIN_US) is block


def test_a_prompt_ends_and_the_room_becomes_quiet():
    room = VirtualRoom()
    room.speak(np.full(960, 20_000, np.int16).tobytes(), BEGIN_US)
    heard = _hear(room, np.zeros(48_000, np.int16))
    assert heard[:2000].any()
    assert not heard[960 + 8192 :].any()


def test_a_microphone_that_was_away_hears_on_from_now():
    room = VirtualRoom()
    room.speak(np.full(96_000, 5000, np.int16).tobytes(), BEGIN_US)
    _hear(room, np.zeros(9600, np.int16))
    again = _hear(room, np.zeros(9600, np.int16), begin_us=BEGIN_US + 1_500_000)
    assert again[5000:].any()
    assert not _hear(room, np.zeros(96_000, np.int16), begin_us=BEGIN_US + 3_000_000).any()


def test_a_crystals_error_tears_no_hole():
    # Stamps at +500 ppm wander against the sample count; the sound stays whole.
    room = VirtualRoom()
    wave = (8000 * np.sin(np.arange(96_000) * 2 * np.pi * 440 / RATE)).astype(np.int16)
    room.speak(wave.tobytes(), BEGIN_US)
    parts = [room.heard(np.zeros(960, np.int16), BEGIN_US + int(_us(low) * 0.9995)) for low in range(0, 96_000, 960)]
    heard = np.concatenate(parts).astype(float)[9600:90_000]
    steepest = np.abs(np.diff(heard)).max()
    assert steepest < 2.5 * 2 * np.pi * 440 / RATE * np.abs(heard).max()


def test_waiting_prompts_are_bounded_and_the_oldest_goes_first():
    room = VirtualRoom()
    message = np.full(3_000_000, 1000, np.int16).tobytes()
    for number in range(6):
        room.speak(message, BEGIN_US + 60_000_000 * number)
    waiting = room._playing
    assert sum(sound.size for _, sound in waiting) <= LIMIT
    assert waiting[-1][0] == (BEGIN_US + 300_000_000) * RATE // 1_000_000
    room.speak(b"\x01", BEGIN_US)  # half a sample
    room.speak(b"", BEGIN_US)
    assert room.heard(np.zeros(960, np.int16), BEGIN_US).size == 960


def test_speaking_from_another_thread_harms_nothing():
    room = VirtualRoom()
    pcm = np.full(4800, 3000, np.int16).tobytes()
    speaker = threading.Thread(target=lambda: [room.speak(pcm, BEGIN_US + 1000 * n) for n in range(200)])
    speaker.start()
    heard = _hear(room, np.zeros(48_000, np.int16))
    speaker.join()
    assert heard.size == 48_000
