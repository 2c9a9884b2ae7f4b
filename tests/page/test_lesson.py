"""What the drawer teaches of its faults: nothing is missing, and it is what the unit does."""

import re
from pathlib import Path
from typing import Any, get_args

import asgi
import pytest
from sessions import World, of

from kuager import signals
from kuager.board.page.app import Page
from kuager.board.page.drawer import GROUPS
from kuager.board.page.lesson import LESSONS, Lesson, teach
from kuager.board.page.link import Link
from kuager.catalogue import LANGUAGES, load_catalogue
from kuager.catalogue.reading import Reader
from kuager.evidence.records import Cause
from kuager.session import effects as fx
from kuager.session import events as ev
from kuager.settings import Paths, Settings
from kuager.signals import MODES, WARNINGS

FAULTS = [fault for faults in GROUPS.values() for fault in faults]
LINK = Link(host="127.0.0.1", port=8417, key="k" * 32)
FULL, SOUND = ("video", "sound"), ("sound",)
DEAD = ev.Dead(number=1, cause="software", until_utc_us=1)
S = 1_000_000

Event = tuple[type[Any], dict[str, Any]]

BLIND: list[Event] = [
    (ev.Trouble, {"part": "camera", "well": False, "streams": SOUND}),
    (ev.TakeEnded, {"cause": "camera"}),
    (ev.TakeStarted, {"streams": SOUND, "cause": "camera"}),
]
DEAF: Event = (ev.Trouble, {"part": "microphone", "well": False, "streams": ("video",)})
LOST: list[Event] = [(ev.CarrierLost, {}), (ev.Tick, {"after_us": 21 * S})]


def warned(*codes: str, active: bool = True) -> list[Event]:
    return [(ev.Warned, {"code": code, "active": active}) for code in codes]


PLAYED: dict[str, tuple[list[Event], list[Event]]] = {
    "camera-gone": ([], BLIND),
    "camera-stall": ([], BLIND),
    "camera-back": (BLIND, [(ev.Trouble, {"part": "camera", "well": True, "streams": FULL})]),
    "lens-covered": ([], warned("lens-covered")),
    "lens-clear": (warned("lens-covered"), warned("lens-covered", active=False)),
    "microphone-mute": ([], [DEAF, *warned("sound-level")]),
    "microphone-gone": ([], [DEAF]),
    "microphone-back": ([DEAF], [(ev.Trouble, {"part": "microphone", "well": True, "streams": FULL})]),
    "carrier-gone": ([], LOST),
    "carrier-blank": ([], [(ev.CarrierLost, {}), (ev.CarrierLost, {"unfit": "blank"})]),
    "carrier-foreign": ([], [(ev.CarrierLost, {}), (ev.CarrierLost, {"unfit": "foreign"})]),
    "carrier-full": ([], [(ev.CarrierFull, {}), (ev.CarrierLost, {})]),
    "carrier-read-only": ([], LOST),
    "carrier-failed": ([], LOST),
    "carrier-slow": ([], [(ev.Tick, {"after_us": 3 * S}), (ev.Durable, {"us": 10**15})]),
    "carrier-well": ([(ev.CarrierLost, {})], [(ev.CarrierBack, {})]),
    "battery-low": ([], warned("power-low")),
    "battery-empty": ([], [(ev.PowerFail, {}), *warned("power-low", "power-nearly-empty")]),
    "battery-full": (warned("power-low"), warned("power-low", active=False)),
    "power-fail": ([], [(ev.PowerFail, {})]),
    "clock-lost": ([], warned("clock-unset")),
    "clock-back": (warned("clock-unset"), warned("clock-unset", active=False)),
    "hang": ([], [(ev.Tick, {"after_us": 3 * S}), (ev.CaptureLost, {}), (ev.CaptureBack, {})]),
    "kill-capture": ([], [(ev.CaptureLost, {}), (ev.CaptureBack, {})]),
    "kill-vault": ([], [(ev.VaultLost, {}), (ev.VaultReady, {"dead": DEAD})]),
}
"""Fault -> what vault, capture and watch tell the session: before it, and when it is played. Those that take the
supervisor are not here: it is another one that goes on.
"""


class Unit(World):
    """Remembers every signalling mode that was shown."""

    shown: list[signals.Mode]

    def _answer(self, effect: Any) -> None:
        self.shown.append(self.state.signal)
        super()._answer(effect)

    def play(self, events: list[Event]) -> None:
        self.clear()
        self.shown = []
        for kind, fields in events:
            # No media become durable by themselves while only time passes.
            after_us = fields.get("after_us", 100_000)
            self.kind, answered = after_us < S, self.kind
            self.send(kind, after_us, **{name: value for name, value in fields.items() if name != "after_us"})
            self.kind = answered
            self.shown.append(self.state.signal)


@pytest.mark.parametrize("fault", PLAYED)
def test_a_lesson_is_what_the_session_does(fault: str) -> None:
    unit, lesson = Unit(), LESSONS[fault]
    unit.shown = []
    unit.record()
    before, events = PLAYED[fault]
    unit.play(before)
    unit.play(events)
    assert set(lesson.modes) <= set(unit.shown)
    assert unit.shown[-1] == (lesson.modes[-1] if lesson.modes else "recording")
    spoken = of(unit.new, fx.Speak)
    assert [each.prompt for each in spoken] == prompts(lesson)
    causes = {each.args["cause"].key for each in spoken if "cause" in each.args}
    assert causes <= {f"cause.{lesson.cause}"}


def prompts(lesson: Lesson) -> list[str]:
    return [*lesson.said, *(WARNINGS[code].prompt for code in lesson.warnings)]


def test_a_new_supervisor_goes_on_with_what_a_power_cut_killed_and_says_so() -> None:
    unit, lesson = World(kind=False), LESSONS["power-cut"]
    unit.send(ev.CaptureBack)
    unit.send(ev.VaultReady, dead=DEAD)
    unit.send(ev.Opened, id=bytes(16), number=2, continues=DEAD)
    unit.send(ev.TakeStarted, streams=FULL, cause="software")
    unit.send(ev.Durable, us=unit.at)
    spoken = of(unit.all, fx.Speak)[0]
    assert (spoken.prompt, spoken.args["cause"].key) == (lesson.said[0], f"cause.{lesson.cause}")
    assert MODES[unit.state.signal].red


def test_every_fault_has_its_lesson_of_signals_that_there_are() -> None:
    assert set(LESSONS) == set(FAULTS)
    assert set(FAULTS) - set(PLAYED) == {fault for fault, lesson in LESSONS.items() if lesson.dark}
    for lesson in LESSONS.values():
        assert lesson.modes or lesson.warnings
        assert set(lesson.modes) <= set(MODES)
        assert set(lesson.warnings) <= set(WARNINGS)
        assert lesson.cause in (None, *get_args(Cause))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_lesson_has_its_words(language: str) -> None:
    words, catalogue = Reader(language), load_catalogue(language)
    taught = teach(language)
    assert {f"afterwards.{fault}" for fault in FAULTS} == {
        text for text in catalogue.shown if text.startswith("afterwards.")
    }
    for fault, lesson in LESSONS.items():
        each = taught[fault]
        texts = [*each.seen, *each.heard, each.afterwards]
        assert len(each.heard) == len(prompts(lesson))
        assert len(each.seen) == lesson.dark + len(lesson.modes) + len(lesson.warnings)
        assert all(text and not re.search(r"[{}]|\.\.", text) for text in texts), texts
        assert words.slots(f"afterwards.{fault}") == ({"cause"} if lesson.cause else set())
        assert each.verdict in {"", words("verdict.authentic"), words("verdict.ends-early")}


def test_a_light_that_is_amber_is_not_said_to_show_a_warning() -> None:
    blank = teach("en")["carrier-blank"].seen
    assert blank[0].startswith("Recording is interrupted: amber, blinks; vibrates 0.5")
    assert blank[1].startswith("Blank information carrier: vibrates 0.3")
    assert teach("en")["lens-covered"].seen[0].startswith("The picture is dark: amber, a flash every")


def test_times_that_are_only_known_when_spoken_are_left_open() -> None:
    (resumed,) = teach("en")["camera-back"].heard
    assert resumed == "It is … Recording goes on. It was interrupted at … Cause: a fault of the camera."


def test_the_page_holds_them_all(tmp_path: Path) -> None:
    settings = Settings(paths=Paths(state=tmp_path, run=tmp_path / "run"))
    page = Page(settings, tmp_path / "run", LINK, lambda: None)
    asked = asgi.scope("http", query="lang=kk", host=LINK.place, cookie=f"kuager-{LINK.port}={LINK.key}")
    sent = asgi.ask(page.app, asked)
    text = b"".join(part.get("body", b"") for part in sent[1:]).decode()
    assert text.count('class="lesson" hidden') == len(FAULTS)
    assert len(re.findall(r'<div class="fault">\s*<button data-fault=', text)) == len(FAULTS)
    assert teach("kk")["kill-vault"].afterwards in text
    assert " style=" not in text
