"""The hub between unit and browsers: who controls, what is let go, what may be lost and what may not."""

import asyncio
import json
from typing import Any

import pytest

from kuager import wire
from kuager.board.page.live import MAX_BROWSERS, PICTURE, SOUND, Browser, Hub
from kuager.peer import Down, Heard, Up


class World:
    def __init__(self) -> None:
        self.sent: list[wire.Message] = []
        self.watched: list[bool] = []
        self.played: list[str] = []
        self.hub = Hub(self.sent.append, self.watched.append, self.played.append)

    def pins(self) -> list[tuple[str, bool]]:
        return [(each.name, each.level) for each in self.sent if isinstance(each, wire.Pin)]

    def say(self, message: wire.Message) -> None:
        self.hub.heard(Heard("board", message))

    def join(self) -> Browser:
        browser = self.hub.join()
        assert browser
        return browser


def panel(**values: Any) -> wire.Panel:
    about: dict[str, Any] = {"at_us": 1, "state": "ready", "signal": "ready", "light": [0, 255, 0], "vibration": False}
    return wire.Panel(**about | {"mode": "video"} | values)


def spoken(text: str) -> wire.Spoken:
    return wire.Spoken(prompt="opening.recording-on", text=text, at_us=1, duration_us=1)


def waiting(browser: Browser) -> list[Any]:
    """What the browser would be sent now."""
    got: list[str | bytes] = []
    while (message := browser.take()) is not None:
        got.append(message)
    return [json.loads(each) if isinstance(each, str) else each for each in got]


def test_the_first_controls_and_the_others_watch() -> None:
    world = World()
    first, second = world.join(), world.join()
    assert waiting(first)[-1] == {"m": "who", "controls": True, "others": 1}
    assert waiting(second)[-1] == {"m": "who", "controls": False, "others": 1}
    world.hub.wish(second, '{"do":"press","button":"record","down":true}')
    world.hub.wish(second, '{"do":"fault","fault":"camera-gone"}')
    assert (world.pins(), world.played) == ([], [])
    world.hub.wish(first, '{"do":"press","button":"record","down":true}')
    world.hub.wish(first, '{"do":"slide","mode":"sound"}')
    world.hub.wish(first, '{"do":"fault","fault":"camera-gone"}')
    assert world.pins() == [("record", True), ("mode-up", False), ("mode-down", True)]
    assert world.played == ["camera-gone"]


def test_who_takes_the_controls_has_them_and_what_was_held_is_let_go() -> None:
    world = World()
    first, second = world.join(), world.join()
    world.hub.wish(first, '{"do":"press","button":"mark","down":true}')
    world.hub.wish(second, '{"do":"take"}')
    assert world.pins() == [("mark", True), ("mark", False)]
    world.hub.wish(first, '{"do":"press","button":"record","down":true}')
    world.hub.wish(second, '{"do":"press","button":"record","down":true}')
    assert world.pins()[2:] == [("record", True)]


def test_a_browser_that_goes_lets_its_buttons_go_and_nothing_else() -> None:
    world = World()
    browser = world.join()
    world.hub.wish(browser, '{"do":"press","button":"record","down":true}')
    world.hub.leave(browser)
    assert world.pins() == [("record", True), ("record", False)]
    assert waiting(world.join())[-1]["controls"]


def test_the_controls_go_to_whoever_has_looked_longest() -> None:
    world = World()
    first, second, third = world.join(), world.join(), world.join()
    world.hub.leave(first)
    assert [waiting(each)[-1]["controls"] for each in (second, third)] == [True, False]


def test_the_unit_is_watched_and_heard_only_while_somebody_looks() -> None:
    world = World()
    world.hub.heard(Up("capture"))
    world.hub.heard(Up("board"))
    browser = world.join()
    world.hub.heard(Up("capture"))  # a new capture must be asked again
    world.hub.leave(browser)
    assert world.watched == [False, True, True, False]
    assert [each.on for each in world.sent if isinstance(each, wire.Listen)] == [False, True, False]


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", "null", '{"do":"press"}', '{"do":"press","button":"power-fail","down":true}', '{"do":"dance"}',
        '{"do":"press","button":"record","down":1}', '{"do":"take","x":1}', '{"do":"slide","mode":"off"}', "[" * 4000,
    ],
)  # fmt: skip
def test_what_is_no_wish_does_nothing(text: str) -> None:
    world = World()
    world.hub.wish(world.join(), text)
    assert (world.pins(), world.played) == ([], [])


def test_only_the_newest_state_and_picture_wait_but_every_word() -> None:
    world = World()
    browser = world.join()
    waiting(browser)
    for number in range(100):
        world.say(panel(number=number))
        world.hub.heard(Heard("capture", wire.Preview(at_us=number, data=b"jpeg%d" % number)))
    for text in ("one", "two"):
        world.say(spoken(text))
    got = waiting(browser)
    assert [each["number"] for each in got if isinstance(each, dict) and each["m"] == "Panel"] == [99]
    assert [each for each in got if isinstance(each, bytes)] == [PICTURE + b"jpeg99"]
    assert [each["text"] for each in got if isinstance(each, dict) and each["m"] == "Spoken"] == ["one", "two"]
    assert got[0]["m"] == "Panel", "a light is never older than the words about it"


def test_sound_is_passed_on_in_order() -> None:
    world = World()
    browser = world.join()
    waiting(browser)
    for part in (b"ab", b"cd"):
        world.say(wire.Sound(pcm=part, at_us=1))
    assert waiting(browser) == [SOUND + b"ab", SOUND + b"cd"]


def test_who_comes_later_gets_the_state_and_what_was_said() -> None:
    world = World()
    world.say(panel())
    world.say(spoken("before"))
    world.say(wire.SealedNotice(name="KZ0417-000001-20261126T000000Z", path="/c", sha256=bytes(32)))
    got = waiting(world.join())
    assert got[0]["state"] == "ready"
    assert [(each["m"], each.get("old")) for each in got[1:3]] == [("Spoken", True), ("SealedNotice", True)]


def test_when_the_unit_goes_nobody_is_shown_an_old_light() -> None:
    world = World()
    browser = world.join()
    world.say(panel(light=[255, 0, 0]))
    world.hub.heard(Down("board"))
    assert waiting(browser)[0] == {"m": "gone"}
    assert waiting(world.join())[0] == {"m": "gone"}


def test_a_browser_that_falls_behind_is_sent_away_and_holds_nobody_up() -> None:
    world = World()
    slow, quick = world.join(), world.join()
    for number in range(1000):
        world.say(spoken(f"word {number}"))
        if number % 100 == 0:
            waiting(quick)
    assert slow.lost
    assert asyncio.run(slow.next()) is None
    assert not quick.lost


def test_there_is_a_limit_to_how_many_look() -> None:
    world = World()
    for _ in range(MAX_BROWSERS):
        world.join()
    assert world.hub.join() is None
