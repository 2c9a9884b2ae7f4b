"""Texts that are read, on the unit's screen, in verdicts and in timelines: no sound files, no digits to be spelled.

A slot ``{cause}`` or ``{what:cause}`` whose kind is a group of words is filled with the word that its value names, or
with the value itself where the group has none of that name: a kind of action of a pack that this catalogue does not
know is told by its id. Any other slot is filled with its value as it is. Several values are told with commas between.
"""

import re
from collections.abc import Mapping

from kuager.catalogue import LANGUAGES, Catalogue, UnknownPromptError, load_catalogue
from kuager.catalogue.template import Piece, Slot

Value = str | int | tuple[str, ...]

_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")


class Reader:
    """Fills the texts of one language."""

    def __init__(self, language: str) -> None:
        """Raises InputError where there is no such language, or its catalogue is damaged."""
        self._catalogue: Catalogue = load_catalogue(language)
        self.language = language
        self._ids = self._catalogue.spoken | self._catalogue.shown

    def __call__(self, text_id: str, /, **values: Value) -> str:
        """The text with its slots filled. Raises UnknownPromptError for an unknown id, or a value that is not given."""
        return "".join(self._part(text_id, part, values) for part in self._catalogue.template(text_id))

    def __contains__(self, text_id: str) -> bool:
        return text_id in self._ids

    def slots(self, text_id: str) -> set[str]:
        """The names of what the text must be given. Raises UnknownPromptError."""
        return {slot.name for slot in self._catalogue.slots(text_id)}

    def word(self, group: str, key: Value) -> str:
        """The word of that key; the key itself where there is none."""
        if isinstance(key, tuple):
            return ", ".join(self.word(group, each) for each in key)
        text_id = f"{group}.{key}"
        return self(text_id) if text_id in self else str(key)

    def group(self, name: str) -> dict[str, str]:
        """All words of a group by their keys."""
        return {text_id.partition(".")[2]: self(text_id) for text_id in self._ids if text_id.startswith(f"{name}.")}

    def _part(self, text_id: str, part: Piece | Slot, values: Mapping[str, Value]) -> str:
        if isinstance(part, Piece):
            return part.text
        if part.name not in values:
            raise UnknownPromptError(f"{text_id} needs the argument {part.name}")
        value = values[part.name]
        return self.word(part.kind if self._catalogue.has(part.kind) else "", value)


def language_of(environment: Mapping[str, str]) -> str:
    """The language that a locale asks for, by POSIX precedence: ``ru_KZ.UTF-8`` is Russian; else English."""
    locale = next((value for name in _VARIABLES if (value := environment.get(name))), "")
    asked = re.split(r"[_.@]", locale)[0]
    return asked if asked in LANGUAGES else "en"
