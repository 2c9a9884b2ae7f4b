"""The card: one sheet in every language, the whole table on it, and of the buttons what the session really does."""

import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from markupsafe import escape
from sessions import World, noted
from weasyprint.urls import FatalURLFetchingError

from kuager.board.page import card
from kuager.catalogue import LANGUAGES, load_catalogue
from kuager.catalogue.reading import Reader
from kuager.cli import main
from kuager.session import events as ev


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_card_is_one_page_of_a4(language: str) -> None:
    pages = card.lay_out(language).pages
    assert [(round(page.width), round(page.height)) for page in pages] == [(794, 1123)]  # CSS pixels


@pytest.mark.parametrize("words", [Reader(language) for language in LANGUAGES], ids=LANGUAGES)
def test_the_card_tells_every_signal_and_every_button(words: Reader) -> None:
    text = card.html(words.language)
    ids = [each for each in load_catalogue(words.language).shown if each.startswith(("signal.", "meaning.", "card."))]
    assert [each for each in ids if not words.slots(each) and str(escape(words(each))) not in text] == []
    assert str(escape(words("signals.red"))) in text
    assert words("card.hold", seconds="1.2" if words.language == "en" else "1,2") in text


@pytest.mark.parametrize("source", ["file:///etc/hostname", "http://127.0.0.1:9/x.png", "base.css", "data:image/png,x"])
def test_the_card_fetches_nothing(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(card, "html", lambda _: f'<img src="{source}">')
    with pytest.raises(FatalURLFetchingError) as refused:
        card.lay_out("en")
    assert isinstance(refused.value.__cause__, ValueError), "it was not even asked for"


def test_the_card_is_set_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    class Document:
        def write_pdf(self) -> bytes:
            return b"%PDF"

    def lay_out(language: str) -> Document:
        made.append(language)
        return Document()

    monkeypatch.setattr(card, "lay_out", lay_out)
    card._pdf.cache_clear()
    assert [card.pdf("kk"), card.pdf("kk"), card.pdf("ru")] == [b"%PDF"] * 3
    assert made == ["kk", "ru"]
    card._pdf.cache_clear()


# What the card says of a button -> what the session notes as its answer to it.
ANSWERS = {
    ("record-starting", "press"): "remembered",
    ("record-starting", "hold"): "cancelled",
    ("record-ready", "press"): "open",
    ("record-ready", "hold"): "open",
    ("record-menu", "press"): "choose",
    ("record-menu", "hold"): "closing",
    ("record-recording", "press"): "break-asked",
    ("record-recording", "hold"): "closing",
    ("record-asked", "press"): "end",
    ("record-asked", "hold"): "closing-cancelled",
    ("record-break", "press"): "resume",
    ("record-break", "hold"): "resume",
    ("mark-idle", "press"): "refused",
    ("mark-idle", "hold"): "discreet",
    ("mark-menu", "press"): "next-choice",
    ("mark-menu", "hold"): "photo",
    ("mark-asked", "press"): "item-done",
    ("mark-asked", "hold"): "photo",
    ("mark-recording", "press"): "chapter",
    ("mark-recording", "hold"): "photo",
}


def brought(where: str) -> World:
    """A session there; a new one is not ready yet."""
    world = World()
    match where:
        case "ready" | "idle":
            world.ready()
        case "menu":
            world.ready().press("record")
        case "recording":
            world.record()
        case "asked":
            world.record().hold("record")
        case "break":
            world.record().twice()
            world.press("record", 40_000_000)
    return world


def answer(world: World, effects: list[Any]) -> str:
    """What was noted last of a press; a note that no vault could take yet waits in the state."""
    notes = [note.data for note in world.state.notes if note.code == "press"] + noted(effects, "press")
    return str(notes[-1]["answer"])


@pytest.mark.parametrize(("line", "gesture"), list(ANSWERS))
def test_a_button_does_what_the_card_says(line: str, gesture: str) -> None:
    button, _, where = line.partition("-")
    world = brought(where)
    if line == "record-asked" and gesture == "press":
        while not world.confirming:
            world.press("mark")
    if line == "record-starting" and gesture == "hold":
        world.press("record")
    if line == "record-recording" and gesture == "press":
        effects = world.twice()
    else:
        effects = world.press(button) if gesture == "press" else world.hold(button)
    assert answer(world, effects) == ANSWERS[line, gesture]


def test_the_card_has_no_line_that_is_not_held_against_the_session() -> None:
    lines = {f"{button}-{where}" for button, places in card.BUTTONS.items() for where in places}
    assert {line for line, _ in ANSWERS} == lines


def test_photographs_are_the_other_way_round_in_their_mode() -> None:
    world = World().ready()
    world.send(ev.ModeSlid, mode="stills")
    world.record()
    assert answer(world, world.press("mark")) == "photo"
    assert answer(world, world.hold("mark")) == "chapter"


def test_a_break_is_confirmed_and_taken_back_like_the_end() -> None:
    world = World().record()
    world.twice()
    assert answer(world, world.hold("record")) == "break-cancelled"
    world.twice()
    assert answer(world, world.press("record", 40_000_000)) == "break"


def kuager(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["card", *arguments])


def test_the_command_writes_the_card_in_place_of_an_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(card, "pdf", lambda language: f"%PDF {language}".encode())
    out = tmp_path / "card.pdf"
    out.write_bytes(b"an old card, longer than the new one")
    done = kuager("--lang", "kk", "--out", str(out))
    assert (done.exit_code, done.stdout) == (0, f"{out}\n")
    assert out.read_bytes() == b"%PDF kk"
    assert list(tmp_path.iterdir()) == [out]


def test_where_the_card_cant_be_written_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(card, "pdf", lambda _: b"%PDF")
    done = kuager("--out", str(tmp_path / "nowhere" / "card.pdf"))
    assert done.exit_code == 64
    assert "nowhere/card.pdf can't be written: No such file or directory" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("missing", ["weasyprint", "jinja2"])
def test_without_the_extra_the_command_says_what_to_install(
    missing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    card._pdf.cache_clear()
    monkeypatch.setitem(sys.modules, missing, None)
    if missing == "jinja2":
        for module in ("card", "templating"):
            monkeypatch.delitem(sys.modules, f"kuager.board.page.{module}")
            monkeypatch.delattr(f"kuager.board.page.{module}")
    done = kuager("--out", str(tmp_path / "card.pdf"))
    assert (done.exit_code, done.stderr) == (64, f"kuager: the card needs {missing}: install kuager[page]\n")
    assert list(tmp_path.iterdir()) == []


def test_without_its_libraries_the_command_says_which(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def pdf(_: str) -> bytes:
        raise OSError("cannot load library 'libpango-1.0-0'")

    monkeypatch.setattr(card, "pdf", pdf)
    done = kuager("--out", str(tmp_path / "card.pdf"))
    assert done.exit_code == 64
    assert "libpangoft2-1.0-0" in done.stderr
