"""The supervisor's voice holds nobody up, whatever reads its sound files."""

import sys
import threading
import time
from typing import Any

import pytest

from kuager.clock import Clock
from kuager.session import effects
from kuager.settings import Settings
from kuager.supervisor.mouth import Mouth
from kuager.voice.player import Spoken


def test_hushing_does_not_wait_for_a_prompt_that_is_being_put_together(monkeypatch):
    reading, disk = threading.Event(), threading.Event()
    posted: list[Any] = []
    mouth = Mouth(Settings(), Clock(), lambda pcm, at_us: None, posted.append)
    whole = Mouth._make

    def slow(self: Mouth, *arguments: Any) -> Any:
        reading.set()
        assert disk.wait(20)
        return whole(self, *arguments)

    monkeypatch.setattr(Mouth, "_make", slow)
    mouth.start()
    mouth.say(effects.Speak(prompt="hint.ready"))
    assert reading.wait(20)
    begin = time.monotonic()
    mouth.hush(True)
    assert time.monotonic() - begin < 1
    mouth.say(effects.Speak(prompt="hint.break"))
    disk.set()
    end = time.monotonic() + 20
    while sum(isinstance(each, Spoken) for each in posted) < 2 and time.monotonic() < end:
        time.sleep(0.01)
    last = [each for each in posted if isinstance(each, Spoken)][-1]
    assert (last.prompt, last.audible) == ("hint.break", False)
    mouth.close()


@pytest.mark.parametrize("room", [True, False])
def test_what_no_sound_card_plays_is_heard_in_the_virtual_room_alone(monkeypatch, room):
    monkeypatch.setitem(sys.modules, "pyaudio", None)
    posted: list[Any] = []
    mouth = Mouth(Settings(), Clock(), (lambda pcm, at_us: None) if room else None, posted.append)
    mouth.start()
    mouth.say(effects.Speak(prompt="hint.ready"))
    end = time.monotonic() + 30
    while not any(isinstance(each, Spoken) for each in posted) and time.monotonic() < end:
        time.sleep(0.01)
    [said] = [each for each in posted if isinstance(each, Spoken)]
    assert said.audible == room
    mouth.close()
