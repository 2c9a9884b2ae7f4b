"""The page of signals: nothing of the table is missing, what is drawn is what the unit shows, all words are there."""

import re
from dataclasses import replace
from pathlib import Path
from typing import get_args

import asgi
import pytest
from sessions import World, said

from kuager import signals
from kuager.board.page import lights, signalpage, table, told
from kuager.board.page.app import Page
from kuager.board.page.link import Link
from kuager.board.page.table import LIGHT_MS, SHORT_MS, SPOKEN, rows
from kuager.catalogue import LANGUAGES, UnknownPromptError, load_catalogue
from kuager.catalogue.reading import Reader
from kuager.session import events as ev
from kuager.settings import Paths, Settings, Unit, Voice
from kuager.signals import BLIP, FLASHES, MODES, WARNINGS, Signal
from kuager.voice.sound import write_wav

READERS = [Reader(language) for language in LANGUAGES]
LINK = Link(host="127.0.0.1", port=8417, key="k" * 32)
NAMES = (
    {f"state-{mode}" for mode in (*get_args(signals.Mode), "reminder")}
    | {f"warning-{code}" for code in get_args(ev.WarningCode)}
    | {f"answer-{name}" for name in FLASHES}
)


def row(name: str) -> table.Row:
    return next(each for each in rows() if each.name == name)


def test_every_mode_warning_and_flash_has_its_row() -> None:
    names = [each.name for each in rows()]
    assert set(names) == NAMES
    assert len(names) == len(NAMES)


@pytest.mark.parametrize("words", READERS, ids=LANGUAGES)
def test_every_row_has_all_of_its_words(words: Reader) -> None:
    told_rows = [each for group in told.tell(words, 120).values() for each in group]
    assert {each.row.name for each in told_rows} == NAMES
    for each in told_rows:
        assert each.title
        assert each.meaning
        assert each.pulses
        if each.row.shown:
            assert each.light.startswith(words(f"colour.{each.row.light.colour}")), (
                "colour is never told by colour alone"
            )
        assert bool(each.said) == bool(each.row.prompt)
    titles = [each.title for each in told_rows]
    assert len(set(titles)) == len(titles)


def test_there_are_no_words_for_a_signal_that_is_not_in_the_table() -> None:
    for group in ("signal", "meaning"):
        assert set(READERS[0].group(group)) == NAMES


def test_a_warning_without_words_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(WARNINGS, "made-up", Signal(signals.AMBER, (), (300,), 0, "warning.made-up", 50))
    assert "warning-made-up" in {each.name for each in rows()}
    with pytest.raises(UnknownPromptError, match=r"signal\.warning-made-up"):
        told.tell(READERS[0], 120)


def test_rows_come_by_group_and_the_most_urgent_first() -> None:
    order = [(table.GROUPS.index(each.group), -each.priority) for each in rows()]
    assert order == sorted(order)
    assert rows()[0].name == "state-no-carrier"


def test_a_reminder_that_never_comes_is_not_told() -> None:
    assert row("state-reminder").repeat_s == 120
    assert "reminder" not in {each.code for each in rows(0)}


def colour_at(segments: tuple[table.Segment, ...], ms: int) -> str:
    return next((each.colour for each in segments if each.start_ms <= ms < each.start_ms + each.length_ms), "off")


def test_what_is_drawn_is_what_the_unit_shows() -> None:
    for mode in get_args(signals.Mode):
        drawn = row(f"state-{mode}").shown
        for ms in range(5, LIGHT_MS, 10):
            assert colour_at(drawn, ms) == table.COLOURS[signals.light(mode, False, 0, ms * 1000)], (mode, ms)
    blip = row("warning-camera").shown
    for ms in range(5, LIGHT_MS, 10):
        warned = signals.light("recording", True, 0, ms * 1000)
        assert colour_at(blip, ms) == table.COLOURS[warned], ms


def test_every_pattern_fits_its_bar() -> None:
    assert all(sum(each.steps) <= LIGHT_MS for each in (*MODES.values(), BLIP))
    for each in rows():
        ends = [segment.start_ms + segment.length_ms for segment in each.shown]
        assert max(ends, default=0) <= each.drawn_ms
        assert sum(each.pulses) <= SHORT_MS
        assert [segment.length_ms for segment in each.vibration] == list(each.pulses[::2])


@pytest.mark.parametrize(
    ("steps", "manner"),
    [
        ((), "steady"), ((150, 150), "fast"), ((400, 200), "blinks"), ((900, 300), "gaps"), ((300, 2700), "flashes"),
        ((1200, 200, 200, 200), "double"), ((150, 150, 150, 1550), "twice"),
    ],
)  # fmt: skip
def test_the_manner_of_a_light_in_one_word(steps: tuple[int, ...], manner: str) -> None:
    assert table.manner(steps) == manner


def spoken_in() -> dict[signals.Mode, World]:
    """A session in each of the modes where the session itself speaks."""
    worlds = {name: World() for name in SPOKEN}
    worlds["opening"].ready().press("record")
    for name in set(SPOKEN) - {"opening"}:
        worlds[name].record()
    worlds["breaking"].twice()
    worlds["break"].twice()
    worlds["break"].press("record", 40_000_000)
    worlds["closing"].hold("record")
    worlds["interrupted"].send(ev.CaptureLost)
    worlds["interrupted-partly"].send(ev.Trouble, part="camera", well=False, streams=("sound",))
    worlds["sealing"].end()
    return worlds


def test_the_session_says_what_the_table_says_that_it_says() -> None:
    for name, world in spoken_in().items():
        assert SPOKEN[name] in said(world.all), name
        assert name == "sealing" or world.state.signal == name  # this vault seals in no time


def test_lights_burn_in_their_rhythm_and_stand_still_for_those_who_ask_for_it() -> None:
    still, _, moving = lights.stylesheet(rows()).partition("@media (prefers-reduced-motion: no-preference)")
    assert "animation" not in still
    assert ".lamp.red { color: #ff0000; }" in still
    assert "@keyframes state-no-carrier { 0.000% { color: #ff7800;" in moving
    assert "50.000% { color: var(--unlit);" in moving
    assert "state-no-carrier 300ms step-end infinite" in moving
    assert "@keyframes state-recording" not in moving
    assert {name for name in NAMES if f"@keyframes {name} " in moving} == {
        each.name for each in rows() if len(each.light.cycle) > 1 or sum(each.light.steps)
    }


class Site:
    """The page's process without a server."""

    def __init__(self, folder: Path) -> None:
        self.voice = folder / "voice"
        settings = Settings(
            unit=Unit(language="ru"), voice=Voice(directory=self.voice), paths=Paths(state=folder, run=folder)
        )
        self._app = Page(settings, folder, LINK, lambda: None).app

    def get(self, path: str, query: str = "") -> tuple[int, dict[str, str], bytes]:
        cookie = f"kuager-{LINK.port}={LINK.key}"
        sent = asgi.ask(self._app, asgi.scope("http", path, query, host=LINK.place, cookie=cookie))
        body = b"".join(message.get("body", b"") for message in sent[1:])
        return asgi.status(sent), asgi.headers(sent), body


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "nothing"))
    return Site(tmp_path)


@pytest.mark.parametrize("words", READERS, ids=LANGUAGES)
def test_the_page_shows_every_signal_and_needs_no_style_or_script_of_its_own(site: Site, words: Reader) -> None:
    status, headers, body = site.get("/signals", f"lang={words.language}")
    text = body.decode()
    assert status == 200
    assert headers["content-type"].startswith("text/html")
    for name in NAMES:
        assert f'<tr role="row" id="{name}">' in text
    for title in words.group("signal").values():
        assert title.replace("'", "&#39;") in text
    assert not re.search(r"\sstyle=|<style|\son\w+=|<script(?! src=)", text)
    assert "data-voice" not in text, "nothing was rendered"


def test_lights_are_served_as_a_stylesheet(site: Site) -> None:
    status, headers, body = site.get("/signals.css")
    assert (status, headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert b"@keyframes warning-heat" in body


def test_what_is_rendered_can_be_listened_to(site: Site) -> None:
    pcm = bytes(range(200)) * 48
    write_wav(site.voice / "ru" / "warning" / "heat.wav", pcm)
    text = site.get("/signals")[2].decode()
    assert re.findall(r'data-voice="([^"]*)"', text) == ["/voice/warning.heat.wav?lang=ru"]
    status, headers, body = site.get("/voice/warning.heat.wav", "lang=ru")
    assert (status, headers["content-type"]) == (200, "audio/wav")
    assert body.startswith(b"RIFF")
    assert body.endswith(pcm)
    assert site.get("/voice/warning.heat.wav", "lang=kk")[0] == 404, "not rendered in this language"


@pytest.mark.parametrize(
    "prompt", ["interruption.begun", "closing.time", "opening.place", "nothing", "../warning.heat"]
)
def test_nothing_else_is_spoken(site: Site, prompt: str) -> None:
    for token in load_catalogue("ru").tokens():
        write_wav(site.voice / "ru" / f"{token}.wav", bytes(96))
    assert site.get("/voice/warning.heat.wav")[0] == 200
    assert site.get(f"/voice/{prompt}.wav")[0] == 404


def test_the_card_opens_in_the_browser(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signalpage.card, "pdf", lambda language: f"%PDF {language}".encode())
    status, headers, body = site.get("/signals.pdf", "lang=kk")
    assert (status, body) == (200, b"%PDF kk")
    assert headers["content-type"] == "application/pdf"
    assert headers["content-disposition"] == 'inline; filename="kuager-signals-kk.pdf"'


def test_a_light_is_cut_where_its_bar_ends() -> None:
    light = replace(row("state-break").light, cycle_ms=3000)
    assert light.over(3100) == (table.Segment(0, 300, "blue"), table.Segment(3000, 100, "blue"))
