"""What the journal says the unit spoke is in the recorded sound, where the journal says it is."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
from system_world import bodies, samples

from kuager.voice.speech import Voice, directories

RATE = 48_000
BAND = (300.0, 3400.0)
HEARD = 12.0  # peak over rms of the correlation; absent prompts stay below 9.4
Wave = npt.NDArray[np.float64]


def test_each_prompt_is_in_the_sound_at_its_time(recording: Path) -> None:
    sound = samples(recording / "video-01.mp4").astype(np.float64)
    first_us = min(int(str(chunk["first_us"])) for chunk in bodies(recording, "chunk") if chunk["kind"] == "fragment")
    voice = Voice("ru", directories())
    prompts = [each for each in bodies(recording, "prompt") if each["audible"]]
    fixed = [(each, voice.say(str(each["prompt"]))) for each in prompts]
    fixed = [(each, speech) for each, speech in fixed if speech.text == each["text"] and speech.audible]
    assert len(fixed) >= 6, [each["prompt"] for each in prompts]
    for each, speech in fixed:
        pcm = np.frombuffer(speech.pcm, np.int16).astype(np.float64)[: 3 * RATE]
        begin = (int(str(each["from_us"])) - first_us) * RATE // 1_000_000
        window = sound[max(0, begin - RATE) : begin + len(pcm) + 2 * RATE]
        peak, at = correlate(window, pcm)
        assert peak > HEARD, (each["prompt"], peak)
        late = (max(0, begin - RATE) + at - begin) / RATE
        assert -0.1 < late < 0.5, (each["prompt"], late)


def test_a_prompt_that_was_not_spoken_is_not_heard(recording: Path) -> None:
    sound = samples(recording / "video-01.mp4").astype(np.float64)
    speech = Voice("ru", directories()).say("warning.heat")
    assert speech.audible
    peak, _ = correlate(sound, np.frombuffer(speech.pcm, np.int16).astype(np.float64)[: 3 * RATE])
    assert peak < HEARD


def correlate(sound: Wave, template: Wave) -> tuple[float, int]:
    """Peak over rms of the band-passed cross-correlation, and the sample at which it stands."""
    size = 1 << (len(sound) + len(template)).bit_length()
    bands = np.fft.rfftfreq(size, 1 / RATE)
    band = (bands >= BAND[0]) & (bands <= BAND[1])
    cross = np.fft.irfft(np.fft.rfft(sound, size) * np.conj(np.fft.rfft(template, size)) * band, size)
    cross = cross[: max(1, len(sound) - len(template) // 2)]
    at = int(np.argmax(np.abs(cross)))
    return float(np.abs(cross[at]) / np.sqrt(np.mean(cross**2))), at
