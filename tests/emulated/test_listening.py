"""The scenarios' ear itself: it hears a prompt through the holes of a slow machine, and none that was not said."""

import numpy as np
import numpy.typing as npt
import pytest
from listening import heard, said, share, speech

from kuager.voice.speech import Voice, directories

PROMPT, REASON = "interruption.sound-only", {"cause": "cause.camera"}
RATE = 48_000
Sound = npt.NDArray[np.int16]


def pcm(prompt: str, **arguments: str) -> Sound:
    return np.frombuffer(Voice("ru", directories()).say(prompt, **arguments).pcm, np.int16)


def with_holes(sound: Sound, every_s: float, seed: int) -> Sound:
    """As it is played where the processor comes too late every so often, by up to 60 ms."""
    chance = np.random.default_rng(seed)
    cuts = np.cumsum(chance.exponential(every_s * RATE, 1000).astype(int))
    played = [
        each
        for part in np.split(sound, cuts[cuts < len(sound)])
        for each in (part, np.zeros(chance.integers(RATE // 100, RATE * 6 // 100), np.int16))
    ]
    return np.concatenate(played)


@pytest.fixture(scope="module")
def around() -> list[Sound]:
    """What is said before and after."""
    return [pcm(name) for name in ("opening.recording-on", "warning.carrier-low", "menu.intro")]


@pytest.mark.parametrize("seed", range(3))
def test_a_prompt_is_heard_through_holes(around: list[Sound], seed: int) -> None:
    sound = with_holes(np.concatenate([*around, pcm(PROMPT, **REASON), *around]), 0.12, seed)
    assert heard(sound, PROMPT, **REASON)
    assert not heard(sound, "break.begun")


def test_what_was_not_said_is_not_heard(around: list[Sound]) -> None:
    sound = with_holes(np.concatenate([*around, *around]), 0.12, 0)
    assert not heard(sound, PROMPT, **REASON)
    assert not heard(np.zeros(10 * RATE, np.int16), PROMPT, **REASON)
    assert not heard(np.zeros(0, np.int16), PROMPT, **REASON)


def test_a_prompt_cut_short_is_found_in_part(around: list[Sound]) -> None:
    whole, prompt = pcm(PROMPT, **REASON), said(PROMPT, **REASON)
    assert share(speech(np.concatenate([*around, whole, *around])), prompt) > 0.95
    assert 0.3 < share(speech(np.concatenate([*around, whole[: len(whole) // 2], *around])), prompt) < 0.7
