"""The unit in the terminal, driven by keys; what it shows is read from the screen's text."""

import asyncio
import inspect
import re
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, get_args

import pytest
from textual.pilot import Pilot
from textual.widgets import OptionList, RichLog, Static

from kuager import wire
from kuager.catalogue import LANGUAGES
from kuager.catalogue.reading import Reader
from kuager.evidence.records import State
from kuager.session import Phase
from kuager.terminal import app as unit
from kuager.terminal import view
from kuager.terminal.app import FaultMenu, UnitApp
from kuager.terminal.script import FAULTS


def panel(**fields: Any) -> wire.Panel:
    base: dict[str, Any] = {
        "at_us": 1, "state": "recording", "signal": "recording", "light": [255, 0, 0], "vibration": False,
        "mode": "video", "number": 42, "elapsed_us": 3_723_000_000, "durable_us": 10, "level_db": -20, "camera": "C",
        "microphone": "M", "carrier": "ready X", "hours_left_tenths": 123, "battery_percent": 80,
        "clock": "synchronised", "item": "Say the place.",
    }  # fmt: skip
    return wire.Panel(**base | fields)


class FakeHand:
    def __init__(self) -> None:
        self.panel: wire.Panel | None = panel()
        self.connected, self.count = True, 0
        self.spoken: list[wire.Spoken] = []
        self.sealed: list[wire.SealedNotice] = []
        self.did: list[tuple[Any, ...]] = []

    def pin(self, name: str, level: bool) -> None:
        self.did.append((name, level))

    def fault(self, name: str) -> None:
        self.did.append(("fault", name))

    def slide(self, mode: str) -> None:
        self.did.append(("slide", mode))


@pytest.fixture(autouse=True)
def quick_buttons(monkeypatch):
    monkeypatch.setattr(unit, "PRESS_S", 0.01)
    monkeypatch.setattr(unit, "HOLD_S", 0.02)


def drive(
    hand: FakeHand, act: Callable[[UnitApp, Pilot[None]], Coroutine[Any, Any, None]], size: tuple[int, int] = (80, 24)
) -> UnitApp:
    app = UnitApp(hand, "KZ0417", "en", lambda path: [f"authentic {path}"], lambda: hand.did.append(("stop",)))

    async def body() -> None:
        async with app.run_test(size=size) as pilot:
            await pilot.pause(0.1)
            await act(app, pilot)

    asyncio.run(body())
    return app


def text(app: UnitApp, selector: str) -> str:
    return str(app.query_one(selector, Static).content)


async def until(pilot: Pilot[None], condition: Callable[[], object]) -> None:
    for _ in range(200):
        if condition():
            return
        await pilot.pause(0.02)
    raise AssertionError("it did not come to be")


def test_keys_are_buttons():
    hand = FakeHand()

    async def act(app, pilot):
        for key, button in (("r", "record"), ("R", "record"), ("m", "mark"), ("M", "mark")):
            hand.did.clear()
            await pilot.press(key)
            await until(pilot, lambda: len(hand.did) == 2)
            assert hand.did == [(button, True), (button, False)]
        hand.did.clear()
        await pilot.press("tab")
        await pilot.press("q")
        assert hand.did == [("slide", "sound"), ("stop",)]
        await until(pilot, lambda: "being sealed" in text(app, "#item"))

    drive(hand, act)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (40, 12)])
def test_it_shows_what_the_unit_shows(size):
    hand = FakeHand()

    async def act(app, pilot):
        assert "RECORDING  1:02:03" in text(app, "#headline")
        assert "No. 000042" in text(app, "#headline")
        assert text(app, "#item") == "Say the place."
        assert app.query_one("#light").styles.background.rgb == (255, 0, 0)
        assert not app.query_one("#warnings").display
        hand.panel = panel(light=[0, 0, 0], warnings=["The battery is low."])
        await until(pilot, lambda: text(app, "#warnings") == "The battery is low.")
        assert app.query_one("#light").styles.background.rgb == (0, 0, 0)
        hand.connected = False
        await until(pilot, lambda: text(app, "#headline") == "NO CONNECTION")

    drive(hand, act, size)


def test_a_seal_is_checked_and_its_verdict_shown():
    hand = FakeHand()

    async def act(app, pilot):
        hand.spoken.append(wire.Spoken(prompt="x", text="The recording is sealed.", at_us=1, duration_us=1))
        hand.count = 1
        hand.sealed.append(wire.SealedNotice(name="n", path="/c/n", sha256=bytes(32)))
        await until(pilot, lambda: app.results)
        lines = [line.text for line in app.query_one("#said", RichLog).lines]
        assert any("The recording is sealed." in line for line in lines)
        await until(pilot, lambda: any("authentic /c/n" in line.text for line in app.query_one("#said", RichLog).lines))

    assert drive(hand, act).results == ["/c/n", "authentic /c/n"]


def test_faults_are_chosen_from_a_list():
    hand = FakeHand()

    async def act(app, pilot):
        await pilot.press("f")
        await until(pilot, lambda: isinstance(app.screen, FaultMenu) and app.screen.query(OptionList))
        await pilot.press("down", "enter")
        await until(pilot, lambda: ("fault", "camera-gone") in hand.did)
        await pilot.press("f")
        await until(pilot, lambda: isinstance(app.screen, FaultMenu))
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, FaultMenu))
        assert len(hand.did) == 1

    drive(hand, act)


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_that_the_screen_and_its_menu_show_has_a_text_in_every_language(language):
    reader = Reader(language)
    assert set(reader.group("fault")) == set(FAULTS)
    words = reader.group("screen")
    assert {*get_args(Phase), *get_args(State), "video", "sound", "stills"} <= set(words)
    labels = set(re.findall(r"words\[[\"'](\S+?)[\"']\]", "".join(map(inspect.getsource, (unit, view)))))
    assert len(labels) > 10
    assert labels <= set(words)
    assert view.keys(words).cell_len <= 80


def test_the_meter_and_the_age_of_what_is_safe():
    words = Reader("en").group("screen")
    assert view.meter(panel(level_db=0), 10, words).plain.count("█") == 10
    assert view.meter(panel(level_db=-60), 10, words).plain.count("█") == 0
    assert view.meter(None, 10, words).plain.endswith("—")
    assert view.durable(panel(durable_us=1_000_000), 1_600_000, words).plain == "safe: 0.6 s ago"
    assert "red" in str(view.durable(panel(durable_us=1_000_000), 4_000_000, words).style)
    assert view.durable(panel(durable_us=0), 1, words).plain == "safe: nothing"
    assert "12.3 h · X" in view.parts(panel(), words, {}).plain
    assert "read-only" in view.parts(panel(carrier="read-only it is"), words, {"read-only": "read-only"}).plain
    assert Path(unit.__file__).with_name("app.tcss").exists()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_discreet_unit_says_so_within_its_column(language):
    words = Reader(language).group("screen")
    text = view.battery(panel(discreet=True), words).plain
    assert words["discreet"] in text
    assert len(text) <= 36
    assert words["discreet"] not in view.battery(panel(), words).plain
    assert view.battery(panel(battery_percent=-1), words).plain == ""
