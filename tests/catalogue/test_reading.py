"""Texts that are read: their slots, their language, and the locale that chooses it."""

import re

import pytest

from kuager.catalogue import LANGUAGES, UnknownPromptError, load_catalogue
from kuager.catalogue.reading import Reader, language_of


def test_a_slot_is_filled_with_a_word_or_with_what_is_given() -> None:
    words = Reader("en")
    assert words("interruption.begun", cause="camera") == "Recording is interrupted. Cause: a fault of the camera."
    assert words.word("cause", "heat") == "overheating"
    assert words.word("cause", "a new one") == "a new one"
    assert words.group("mode") == {
        "video": "Video with sound.", "sound": "Sound only.", "stills": "Photographs.",
        "refused": "This procedure does not allow that mode.",
    }  # fmt: skip


def test_what_is_not_there_is_an_error_that_names_it() -> None:
    with pytest.raises(UnknownPromptError, match=r"nothing\.such"):
        Reader("ru")("nothing.such")
    with pytest.raises(UnknownPromptError, match="cause"):
        Reader("ru")("interruption.begun")


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "ru_KZ.UTF-8"}, "ru"),
        ({"LANG": "kk_KZ"}, "kk"),
        ({"LANG": "kk"}, "kk"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "rup"}, "en"),
        ({"LANG": "ru_RU", "LC_MESSAGES": "kk_KZ"}, "kk"),
        ({"LANG": "ru_RU", "LC_MESSAGES": "kk_KZ", "LC_ALL": "C"}, "en"),
        ({"LANG": "ru_RU", "LC_ALL": ""}, "ru"),
    ],
)
def test_the_locale_chooses_the_language(environment: dict[str, str], language: str) -> None:
    assert language_of(environment) == language


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_that_is_read_can_be_filled(language: str) -> None:
    catalogue, words = load_catalogue(language), Reader(language)
    for text_id in catalogue.shown:
        text = words(text_id, **{slot.name: 7 for slot in catalogue.slots(text_id)})
        assert text == text.strip()
        assert not set("{}") & set(text)
        assert "  " not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_letter_of_another_alphabet_hides_in_a_word_that_is_read(language: str) -> None:
    catalogue, words = load_catalogue(language), Reader(language)
    for text_id in catalogue.shown:
        text = words(text_id, **{slot.name: "" for slot in catalogue.slots(text_id)})
        for word in re.findall(r"\w+", text):
            assert not re.search(r"[A-Za-z]", word) or not re.search(r"[\u0400-\u04ff]", word), (text_id, word)
