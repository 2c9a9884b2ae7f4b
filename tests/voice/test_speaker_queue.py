"""Who speaks next: order, cutting, keeping, urgency, bounds, and loudspeakers that fail or never end."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from voice_fakes import Card, Time

from kuager.voice.player import WAITING, SpeakerQueue, Spoken
from kuager.voice.speech import Speech


class Stage:
    def __init__(self, card: bool = True) -> None:
        self.time = Time()
        self.card = Card(self.time)
        self.begun: list[str] = []
        self.ends: list[Spoken] = []
        self.queue = SpeakerQueue(
            self.card if card else None, self._begun, self.ends.append, self.time.now, self.time.later
        )

    def _begun(self, speech: Speech, at_us: int) -> None:
        self.begun.append(speech.prompt)

    def say(self, prompt: str, *, audible: bool = True, **how: Any) -> None:
        pcm = bytes(96_000) if audible else b""
        self.queue.say(prompt, lambda: Speech(prompt, prompt.title(), pcm, audible), **how)

    def endings(self) -> list[tuple[str, str]]:
        return [(spoken.prompt, spoken.ending) for spoken in self.ends]


def test_one_voice_at_a_time_in_order() -> None:
    stage = Stage()
    for prompt in "abc":
        stage.say(prompt)
    assert stage.begun == ["a"]
    stage.time.pass_(700)
    stage.card.end()
    assert stage.begun == ["a", "b"]
    assert stage.ends[0] == Spoken("a", Speech("a", "A", bytes(96_000), True), 1_000_005, 1_000_700, "whole", True)
    stage.card.end()
    stage.card.end()
    assert stage.begun == ["a", "b", "c"]
    assert stage.queue.idle


def test_speech_is_put_together_when_its_turn_comes() -> None:
    stage = Stage()
    stage.say("a")
    made: list[int] = []
    stage.queue.say("b", lambda: (made.append(stage.time.us), Speech("b", "B", b"", False))[1])
    stage.time.pass_(900_000)
    assert made == []
    stage.card.end()
    assert made == [1_900_000]


def test_a_warning_goes_before_what_is_not_urgent() -> None:
    stage = Stage()
    for prompt in ("a", "b"):
        stage.say(prompt)
    stage.say("warning", urgent=True)
    stage.say("second", urgent=True)
    for _ in range(4):
        stage.card.end()
    assert stage.begun == ["a", "warning", "second", "b"]
    assert stage.card.stops == 0, "nobody is interrupted by it"


def test_a_cut_replaces_what_sounds_and_waits() -> None:
    stage = Stage()
    for prompt in "ab":
        stage.say(prompt)
    stage.say("c", cut=True)
    assert stage.begun == ["a", "c"]
    assert stage.endings() == [("b", "dropped"), ("a", "cut")]


def test_interruptions_that_follow_each_other_quickly_do_not_pile_up() -> None:
    stage = Stage()
    stage.say("resumed", cut=True, keep=True, subject="camera")
    for subject in ("camera", "software", "camera", "software", "camera"):
        stage.say("begun", cut=True, subject=subject)
        stage.say("resumed", cut=True, keep=True, subject=subject)
    while not stage.queue.idle:
        stage.card.end()
    assert stage.begun == ["resumed"] * 3, "the first, and each cause once more"
    assert len(stage.ends) == 11


def test_what_must_be_kept_is_never_cut() -> None:
    stage = Stage()
    stage.say("first", keep=True)
    stage.say("second", keep=True)
    stage.say("other")
    stage.say("new", cut=True)
    assert stage.card.stops == 0
    assert stage.endings() == [("other", "dropped")]
    for _ in range(3):
        stage.card.end()
    assert stage.begun == ["first", "second", "new"]


def test_what_is_said_alone_replaces_even_what_must_be_kept() -> None:
    stage = Stage()
    for prompt in "ab":
        stage.say(prompt, keep=True)
    stage.say("ending", keep=True, alone=True)
    assert stage.begun == ["a", "ending"]
    assert stage.endings() == [("b", "dropped"), ("a", "cut")]


def test_silence_drops_all() -> None:
    stage = Stage()
    for prompt in "abc":
        stage.say(prompt, keep=True)
    stage.queue.silence()
    assert sorted(stage.endings()) == [("a", "cut"), ("b", "dropped"), ("c", "dropped")]
    assert stage.queue.idle


def test_what_cannot_be_heard_is_shown_and_passes() -> None:
    stage = Stage()
    stage.say("a", audible=False)
    stage.card.works = False
    stage.say("b")
    stage.card.works = True
    stage.say("c")
    stage.card.end(heard=False)
    assert stage.begun == ["a", "b", "c"]
    assert [spoken.audible for spoken in stage.ends] == [False, False, False]
    assert stage.endings() == [("a", "whole"), ("b", "whole"), ("c", "whole")]


def test_without_a_loudspeaker_all_is_shown() -> None:
    stage = Stage(card=False)
    stage.say("a")
    stage.say("b", cut=True)
    assert stage.endings() == [("a", "whole"), ("b", "whole")]
    assert not any(spoken.audible for spoken in stage.ends)


def test_a_loudspeaker_that_never_ends_is_given_up() -> None:
    stage = Stage()
    stage.say("a")
    stage.say("b")
    stuck = stage.card.done
    stage.card.done = None
    stage.time.pass_(2_900_000)
    assert stage.begun == ["a"]
    stage.time.pass_(200_000)
    assert stage.begun == ["a", "b"]
    assert stage.ends[0].ending == "cut"
    assert not stage.ends[0].audible
    assert stuck is not None
    stuck(True)
    assert stage.begun == ["a", "b"], "a late end is nobody's"
    assert not stage.queue.idle


def test_a_prompt_that_fails_does_not_silence_the_next(caplog) -> None:
    stage = Stage()
    stage.queue.say("bad", lambda: Speech(*[]))
    stage.say("good")
    assert stage.begun == ["bad", "good"]
    assert "bad" in caplog.text


def test_the_line_is_bounded_and_keeps_what_must_be_kept() -> None:
    stage = Stage()
    stage.say("a")
    stage.say("kept", keep=True)
    for number in range(100):
        stage.say(f"n{number}")
    dropped = [spoken.prompt for spoken in stage.ends if spoken.ending == "dropped"]
    assert dropped == [f"n{number}" for number in range(100 - WAITING + 1)]
    stage.card.end()
    assert stage.begun == ["a", "kept"]
    for number in range(100):
        stage.say(f"k{number}", keep=True)
    while stage.card.done:
        stage.card.end()
    assert stage.begun == ["a", "kept", *(f"k{number}" for number in range(WAITING))]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["say", "end", "fail", "unplug", "plug", "silence", "wait"]),
            st.booleans(),
            st.booleans(),
            st.booleans(),
        )
    )
)
def test_every_prompt_ends_exactly_once_and_nothing_gets_stuck(steps: list[tuple[str, bool, bool, bool]]) -> None:
    stage = Stage()
    said = []
    for step, cut, keep, urgent in steps:
        match step:
            case "say":
                said.append(str(len(said)))
                stage.say(said[-1], cut=cut, keep=keep, urgent=urgent, audible=not (cut and urgent))
            case "end" | "fail":
                stage.card.end(heard=step == "end")
            case "unplug" | "plug":
                stage.card.works = step == "plug"
            case "silence":
                stage.queue.silence()
            case "wait":
                stage.time.pass_(700_000)
                if not stage.queue.idle and stage.card.done is None:
                    pytest.fail("something waits and nothing sounds")
        assert len(stage.queue._waiting) <= WAITING
    while stage.card.done:
        stage.card.end()
    assert stage.queue.idle
    assert sorted(spoken.prompt for spoken in stage.ends) == sorted(said)
    assert [spoken.prompt for spoken in stage.ends if spoken.ending != "dropped"] == stage.begun


def test_a_hushed_voice_is_shown_and_not_heard_and_speaks_again_afterwards() -> None:
    stage = Stage()
    stage.say("a")
    stage.queue.hush(True)
    stage.card.end()
    assert stage.endings() == [("a", "cut")]
    stage.say("b")
    stage.say("c", keep=True)
    assert stage.begun == ["a", "b", "c"]
    assert [(spoken.ending, spoken.audible) for spoken in stage.ends[1:]] == [("whole", False)] * 2
    stage.queue.hush(False)
    stage.say("d")
    stage.card.end()
    assert (stage.ends[-1].prompt, stage.ends[-1].audible) == ("d", True)
