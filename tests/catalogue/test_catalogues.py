"""The catalogues against each other, against what the unit says, and against mistakes in them."""

import ast
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

import kuager.session
import kuager.signals
from kuager.catalogue import FORMS, LANGUAGES, UNKNOWN, UnknownPromptError, load_catalogue, read_catalogue
from kuager.catalogue.template import Piece, Slot, parse
from kuager.errors import InputError
from kuager.procedure import pack
from kuager.procedure.pack import Item, Pack

CATALOGUES = [load_catalogue(language) for language in LANGUAGES]
NOON = datetime(2026, 11, 22, 12, 0)
PACKS = [pack(path.stem) for path in sorted(Path(kuager.session.__file__).parents[1].glob("procedure/*.toml"))]
ID = re.compile(r"[a-z]+\.[a-z]+(-[a-z]+)*")


def items(procedure: Pack) -> list[Item]:
    return [*procedure.opening, *procedure.closing, procedure.breaking, procedure.resumed, procedure.interruption]


def session_nodes() -> Iterator[ast.AST]:
    for path in Path(kuager.session.__file__).parent.glob("*.py"):
        yield from ast.walk(ast.parse(path.read_text("utf-8")))


def used_by_the_unit() -> set[str]:
    """Ids that pack, table of signals and session speak."""
    groups = {text_id.partition(".")[0] for text_id in CATALOGUES[0].spoken}
    used = {item.prompt for procedure in PACKS for item in items(procedure)}
    used |= {action.prompt for procedure in PACKS for action in procedure.actions}
    used |= {signal.prompt for signal in (*kuager.signals.MODES.values(), *kuager.signals.WARNINGS.values())}
    strings = {node.value for node in session_nodes() if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    used |= {text for text in strings if ID.fullmatch(text) and text.partition(".")[0] in groups}
    used |= {f"{procedure.interruption.prompt}-undated" for procedure in PACKS}
    used |= {f"mode.{mode}" for mode in ("video", "sound", "stills")}
    return used - {""}


def test_the_languages_have_the_same_texts_with_the_same_arguments() -> None:
    first = CATALOGUES[0]
    for other in CATALOGUES[1:]:
        assert other.spoken == first.spoken
        assert other.shown == first.shown
        for text_id in first.spoken | first.shown:
            assert set(other.slots(text_id)) == set(first.slots(text_id)), text_id


def test_all_that_the_unit_says_is_there() -> None:
    assert used_by_the_unit() <= CATALOGUES[0].spoken


def test_nothing_is_there_that_the_unit_never_says() -> None:
    words = {part for form in FORMS.values() for part in form} | {"cause"}
    spoken = {text_id for text_id in CATALOGUES[0].spoken if text_id.partition(".")[0] not in words}
    assert spoken - used_by_the_unit() == set()


def test_the_session_gives_its_prompts_what_they_say() -> None:
    calls = [node for node in session_nodes() if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    spoken = [
        (call.args[0], call.keywords)
        for call in calls
        if isinstance(call.func, ast.Attribute) and call.func.attr == "speak"
    ]
    assert spoken
    for prompt, keywords in spoken:
        if isinstance(prompt, ast.Constant) and None not in {keyword.arg for keyword in keywords}:
            slots = {slot.name for slot in CATALOGUES[0].slots(str(prompt.value))}
            assert slots <= {keyword.arg for keyword in keywords}, prompt.value


def test_every_chapter_has_its_title_and_no_title_is_unused() -> None:
    ids = {item.id for procedure in PACKS for item in items(procedure)} | {"mark", "photo"}
    assert {f"title.{item}" for item in ids} == {text for text in CATALOGUES[0].shown if text.startswith("title.")}


def test_the_words_for_dates_and_times_are_whole() -> None:
    ranges = {
        "day": range(1, 32),
        "month": range(1, 13),
        "year": range(2024, 2041),
        "hour": range(24),
        "minute": range(60),
    }
    for catalogue in CATALOGUES:
        for group, numbers in ranges.items():
            keys = {text_id.partition(".")[2] for text_id in catalogue.spoken if text_id.startswith(f"{group}.")}
            assert keys - {UNKNOWN} == {str(number) for number in numbers}


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=LANGUAGES)
def test_every_text_can_be_said_without_a_digit_or_a_slot_left(catalogue) -> None:
    for text_id in catalogue.spoken:
        arguments = {slot.name: NOON if slot.kind in FORMS else UNKNOWN for slot in catalogue.slots(text_id)}
        arguments |= {slot.name: "search" for slot in catalogue.slots(text_id) if slot.kind == "action"}
        text = catalogue.text(text_id, **arguments)
        assert not re.search(r"[\d{}]", text)
        assert text[0].isupper()
        assert "  " not in text
        assert len(text) <= 1000, "the journal's limit for a prompt's text"


RUSSIAN = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"
ALPHABETS = {"ru": RUSSIAN, "kk": RUSSIAN + "әғқңөұүһі", "en": "abcdefghijklmnopqrstuvwxyz"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_letter_of_another_alphabet_hides_in_a_word(language: str) -> None:
    letters = set("".join(load_catalogue(language).tokens().values()).lower())
    assert {letter for letter in letters if letter.isalpha()} <= set(ALPHABETS[language])


def test_legal_terms_are_the_instructions() -> None:
    terms = {
        "ru": ("понятых", "ходатайства", "замечания", "предложения", "опечатана", "носитель информации", "причина"),
        "kk": ("куәгерлердің", "өтінішхаттар", "ескертулер", "ұсыныстар", "мөрленген", "ақпарат жеткізгіш", "себебі"),
        "en": ("attesting witnesses", "motions", "remarks", "proposals", "sealed", "information carrier", "cause"),
    }
    for language, words in terms.items():
        said = " ".join(load_catalogue(language).tokens().values()).lower()
        assert [word for word in words if word not in said] == []


def test_a_word_is_named_by_its_key_or_its_id() -> None:
    catalogue = load_catalogue("en")
    assert catalogue.text("interruption.begun", cause="camera") == catalogue.text(
        "interruption.begun", cause="cause.camera"
    )
    assert catalogue.text("cause.camera") == "A fault of the camera"
    assert "Cause: not known." in catalogue.text("interruption.begun", cause="press")


def test_what_cannot_be_said_is_an_error_that_names_it() -> None:
    catalogue = load_catalogue("en")
    with pytest.raises(UnknownPromptError, match=r"nothing\.such"):
        catalogue.text("nothing.such")
    with pytest.raises(UnknownPromptError, match="cause"):
        catalogue.text("interruption.begun")
    with pytest.raises(UnknownPromptError, match=r"action\.dance"):
        catalogue.text("menu.chosen", action="dance")
    with pytest.raises(UnknownPromptError, match="time"):
        catalogue.text("closing.time", now="ten")


def test_a_caption_leaves_out_what_is_only_known_when_spoken() -> None:
    catalogue = load_catalogue("en")
    assert catalogue.caption("opening.time-date") == "Please repeat the time and date. Then press mark."
    assert catalogue.caption("title.place") == "Place"
    assert catalogue.caption("opening.unheard-of") == "opening.unheard-of"


def test_the_parts_of_a_text_name_their_sound_files() -> None:
    assert parse("a/b", "Plain.") == (Piece("a/b", "Plain."),)
    assert parse("a/b", "It is {now:time}, {now:date}. Go on.") == (
        Piece("a/b-1", "It is "),
        Slot("now", "time"),
        Piece("", ", "),
        Slot("now", "date"),
        Piece("a/b-2", ". Go on."),
    )
    assert parse("a/b", "{cause}") == (Slot("cause", "cause"),)


GOOD = """
language = "en"
[synthesis]
voice = "en-gb"
speed = 150
pitch = 50
[form]
date = "{day} {month} {year}"
time = "{hour} {minute}"
[spoken.day]
unknown = "a day"
[spoken.month]
unknown = "a month"
[spoken.year]
unknown = "a year"
[spoken.hour]
unknown = "an hour"
[spoken.minute]
unknown = "a minute"
[spoken.seal]
done = "Sealed."
[shown.title]
place = "Place"
[shown.about]
seen = "7 of {count}: {seal}"
"""


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("language", "tongue", "tongue|language"),
        ('"en"', '"xx"', "language"),
        ("speed = 150", "speed = 5", "speed"),
        ("Sealed.", "Sealed 7 times.", "'7'"),
        ("Sealed.", "Sealed {.", "'{'"),
        ("Sealed.", "Sealed by {whom}.", "whom"),
        ("Sealed.", "Sealed because {seal}.", "seal"),
        ("Sealed.", "", "length|empty"),
        ("{seal}", "{what:stamp}", "stamp"),
        ("{seal}", "}", "'}'"),
        ("[shown.title]", "[shown.seal]\ndone = 'Sealed'\n[shown.title]", "twice"),
        ("{day} {month}", "{month}", "day"),
        ("{hour} {minute}", "{hour} {day}", "minute"),
        ('time = "{hour} {minute}"', "", "time"),
        ("done =", "Done_it =", "pattern|regex"),
        ('done = "Sealed."', 'done = "Sealed."\nit-1 = "One."\nit = "Say {day}: it."', "share"),
        ("[spoken.seal]", "[spoken.seal", "damaged"),
        ("Sealed.", "\x00", "damaged"),
    ],
)
def test_a_mistake_in_a_catalogue_is_named(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    path = tmp_path / "en.toml"
    path.write_text(GOOD)
    assert read_catalogue(path).text("seal.done") == "Sealed."
    path.write_text(GOOD.replace(old, new, 1))
    with pytest.raises(InputError, match=complaint):
        read_catalogue(path)


def test_a_catalogue_that_is_no_text_or_not_there(tmp_path: Path) -> None:
    path = tmp_path / "en.toml"
    with pytest.raises(InputError, match="cannot be read"):
        read_catalogue(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="damaged"):
        read_catalogue(path)
    with pytest.raises(InputError, match="xx"):
        load_catalogue("xx")
