"""What the journal says the unit spoke is in the recorded sound, at the moment that the journal says."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from system_world import bodies, samples

from kuager.voice.speech import Voice, directories

RATE = 48_000
BAND = (300.0, 3400.0)
LATE_S = 0.3  # more than the room's delay and the loudspeaker's
Wave = npt.NDArray[np.float64]


class Heard:
    """The recorded sound, and the prompts whose words are the same each time."""

    def __init__(self, recording: Path) -> None:
        self.sound = band(samples(recording / "video-01.mp4").astype(np.float64))
        self.zero_us = min(each["first_us"] for each in bodies(recording, "chunk") if each["kind"] == "fragment")
        voice = Voice("ru", directories())
        # The kind of action is said once more when it is chosen, with the same sound: it would be found there as well.
        said = [
            each
            for each in bodies(recording, "prompt")
            if each.get("audible", True) and not each["prompt"].startswith("action.")
        ]
        spoken = [(each, voice.say(each["prompt"])) for each in said]
        self.prompts = [
            (each["prompt"], (each["from_us"] - self.zero_us) / 1e6, np.frombuffer(speech.pcm, np.int16))
            for each, speech in spoken
            if speech.audible and speech.text == each["text"]
        ]


@pytest.fixture(scope="module")
def heard(recording: Path) -> Heard:
    return Heard(recording)


def test_each_prompt_is_found_at_its_time(heard: Heard) -> None:
    assert len(heard.prompts) >= 10
    for prompt, at_s, pcm in heard.prompts:
        found_s = find(heard.sound, pcm)
        assert abs(found_s - at_s) < LATE_S, (prompt, found_s, at_s)


def test_a_prompt_cut_out_of_the_sound_is_not_found_there(heard: Heard) -> None:
    for prompt, at_s, pcm in heard.prompts[:4]:
        begin, length = int(at_s * RATE), len(pcm) + RATE // 2
        other = (begin + len(heard.sound) // 2) % (len(heard.sound) - length)
        forged = heard.sound.copy()
        forged[begin : begin + length] = heard.sound[other : other + length][: len(forged) - begin]
        assert abs(find(forged, pcm) - at_s) >= LATE_S, prompt


def band(wave: Wave) -> Wave:
    size = 1 << len(wave).bit_length()
    hertz = np.fft.rfftfreq(size, 1 / RATE)
    return np.fft.irfft(np.fft.rfft(wave, size) * ((hertz >= BAND[0]) & (hertz <= BAND[1])), size)[: len(wave)]


def find(sound: Wave, pcm: npt.NDArray[np.int16]) -> float:
    """Seconds at which the first 3 s of a prompt fit best, by normalised cross-correlation over all of the sound."""
    template = band(pcm.astype(np.float64)[: 3 * RATE])
    size = 1 << (len(sound) + len(template)).bit_length()
    cross = np.fft.irfft(np.fft.rfft(sound, size) * np.conj(np.fft.rfft(template, size)), size)
    cross = cross[: len(sound) - len(template)]
    energy = np.concatenate([[0.0], np.cumsum(sound**2)])
    local = energy[len(template) : len(template) + len(cross)] - energy[: len(cross)]
    return int(np.argmax(np.abs(cross) / np.sqrt(np.maximum(local, 1e-9 * local.max())))) / RATE
