"""Every word that is said or read: one TOML file a language, and its loader; README.md tells how to change them.

A text's id is ``<group>.<key>``, e.g. ``opening.place``. It may have slots, ``{name:kind}``, filled when it is spoken:
a kind is a group of words (cause, action, day, hour, ...), of which the argument names one, or a form (date, time), a
text with slots of its own. So all that is said is a row of pieces, each with a token that names one sound file: a
stretch of a text (``opening/time-date-1``) or a word (``day/22``). No spoken text holds digits: synthesisers misread
them. Texts that are only read are filled by `reading`.
"""

import functools
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from kuager.catalogue.template import Piece, Slot, Template, parse, pieces, slots
from kuager.errors import InputError, KuagerError

LANGUAGES = ("ru", "kk", "en")
FORMS = {"date": ("day", "month", "year"), "time": ("hour", "minute")}
"""Form -> the groups of words that its text is made of."""

UNKNOWN = "unknown"
"""A group's word for an argument that it does not list, e.g. a year before 2024."""

Argument = str | datetime
"""What fills a slot: a word's key, or its id (``camera`` or ``cause.camera``); a local datetime for date and time."""

Phrase = Annotated[str, Meta(min_length=1, max_length=400)]
Key = Annotated[str, Meta(pattern=r"^([A-Z]+|K\d{3}|[a-z0-9]+(-[a-z0-9]+)*)$", max_length=60)]


class UnknownPromptError(KuagerError, LookupError):
    """Ours: a text that the catalogue does not have, or an argument that it cannot say."""


class Synthesis(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How espeak-ng reads a language: voice, words a minute, pitch; `respell`: words that it would stress wrongly."""

    voice: str
    speed: Annotated[int, Meta(ge=80, le=450)]
    pitch: Annotated[int, Meta(ge=0, le=99)]
    respell: dict[str, str] = {}


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    language: Literal["ru", "kk", "en"]
    synthesis: Synthesis
    form: dict[Literal["date", "time"], Phrase]
    spoken: dict[Key, dict[Key, Phrase]]
    shown: dict[Key, dict[Key, Phrase]]


class Catalogue:
    """One language's words; immutable, and checked when it is made (InputError names the mistake)."""

    def __init__(self, file: _File) -> None:
        self.language: str = file.language
        self.synthesis = file.synthesis
        self._forms = {str(form): parse(f"form/{form}", text) for form, text in file.form.items()}
        self._spoken = _templates(file.spoken)
        self._shown = _templates(file.shown)
        self._words = _groups_of_words({**self._spoken, **self._shown})
        self._check()

    @property
    def spoken(self) -> frozenset[str]:
        """The ids of all that can be said."""
        return frozenset(self._spoken)

    @property
    def shown(self) -> frozenset[str]:
        """The ids of what is only read."""
        return frozenset(self._shown)

    def slots(self, text_id: str) -> list[Slot]:
        """What a text must be given, in the order of its words. Raises UnknownPromptError."""
        return slots(self.template(text_id))

    def has(self, group: str) -> bool:
        """Whether it is a group of words, which can fill a slot."""
        return group in self._words

    def pieces(self, text_id: str, **arguments: Argument) -> list[Piece]:
        """A text as a row of pieces. Raises UnknownPromptError for an id or an argument that cannot be said."""
        row: list[Piece] = []
        for part in self.template(text_id):
            if isinstance(part, Piece):
                row.append(part)
            elif part.name in arguments:
                row += self._fill(part.kind, arguments[part.name])
            else:
                raise UnknownPromptError(f"{text_id} needs the argument {part.name}")
        return row

    def text(self, text_id: str, **arguments: Argument) -> str:
        """The exact words, beginning with a capital. Raises as `pieces`."""
        return written(self.pieces(text_id, **arguments))

    def caption(self, text_id: str) -> str:
        """What the screen shows while the unit waits: the sentences without slots. An unknown id is shown as it is."""
        template = self._spoken.get(text_id) or self._shown.get(text_id) or (Piece("", text_id),)
        whole = "".join(part.text if isinstance(part, Piece) else "{}" for part in template)
        return " ".join(sentence for sentence in re.split(r"(?<=[.?!]) ", whole) if "{}" not in sentence)

    def tokens(self) -> dict[str, str]:
        """Every token that this language can say, with the words that its sound file must hold."""
        templates = (*self._spoken.values(), *self._forms.values())
        return {piece.token: piece.text for template in templates for piece in pieces(template) if piece.token}

    def template(self, text_id: str) -> Template:
        """The text as it stands in the file. Raises UnknownPromptError."""
        template = self._spoken.get(text_id) or self._shown.get(text_id)
        if template is None:
            raise UnknownPromptError(f"the catalogue {self.language} has no text {text_id}")
        return template

    def _fill(self, kind: str, argument: Argument) -> Iterator[Piece]:
        if kind not in FORMS:
            yield self._word(kind, str(argument).removeprefix(f"{kind}."))
        elif isinstance(argument, datetime):
            for part in self._forms[kind]:
                yield part if isinstance(part, Piece) else self._word(part.kind, str(getattr(argument, part.kind)))
        else:
            raise UnknownPromptError(f"{argument!r} cannot be said as a {kind}")

    def _word(self, group: str, key: str) -> Piece:
        template = self._spoken.get(f"{group}.{key}") or self._spoken.get(f"{group}.{UNKNOWN}")
        if template is None:
            raise UnknownPromptError(f"the catalogue {self.language} has no word for {group}.{key}")
        return pieces(template)[0]

    def _check(self) -> None:
        sayable = _groups_of_words(self._spoken)
        for form, groups in FORMS.items():
            if sorted(slot.kind for slot in slots(self._forms.get(form, ()))) != sorted(groups):
                raise self._wrong(f"the form {form} must hold {', '.join(groups)}")
        for text_id, template in (*self._forms.items(), *self._spoken.items(), *self._shown.items()):
            read = text_id in self._shown
            for slot in slots(template):
                known = slot.kind in self._words or slot.kind == slot.name if read else slot.kind in sayable
                if not known and slot.kind not in FORMS:
                    raise self._wrong(f"{text_id} wants words of an unknown kind: {slot.kind}")
            for piece in pieces(template):
                if wrong := re.search(r"[{}]" if read else r"[\d{}]", piece.text):
                    raise self._wrong(f"{text_id} holds '{wrong[0]}'")
        if both := self._spoken.keys() & self._shown.keys():
            raise self._wrong(f"{min(both)} is there twice, spoken and shown")
        # Ids that differ only by "-" and a number could name the same file.
        if len(self.tokens()) < sum(
            bool(p.token) for t in (*self._spoken.values(), *self._forms.values()) for p in pieces(t)
        ):
            raise self._wrong("two texts would share a sound file")

    def _wrong(self, what: str) -> InputError:
        return InputError(f"the catalogue {self.language}: {what}")


def written(row: list[Piece]) -> str:
    """A row of pieces as a sentence: joined, with a capital first."""
    text = "".join(piece.text for piece in row)
    return text[:1].upper() + text[1:]


def load_catalogue(language: str) -> Catalogue:
    """The catalogue of one of LANGUAGES, as shipped. Raises InputError naming the mistake in its file."""
    return _load(language)


def read_catalogue(path: Path) -> Catalogue:
    """A catalogue from a file. Raises InputError."""
    try:
        file = msgspec.toml.decode(path.read_bytes(), type=_File)
    except OSError as error:
        raise InputError(f"the catalogue {path} cannot be read: {error.strerror}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(f"the catalogue {path} is damaged: {error}") from None
    return Catalogue(file)


@functools.cache
def _load(language: str) -> Catalogue:
    if language not in LANGUAGES:
        raise InputError(f"there is no catalogue for the language {language}; there are {', '.join(LANGUAGES)}")
    return read_catalogue(Path(__file__).with_name(f"{language}.toml"))


def _templates(groups: dict[str, dict[str, str]]) -> dict[str, Template]:
    return {
        f"{group}.{key}": parse(f"{group}/{key}", text) for group, row in groups.items() for key, text in row.items()
    }


def _groups_of_words(texts: dict[str, Template]) -> set[str]:
    """The groups whose every text is one piece: only these can fill a slot."""
    groups = {text_id.partition(".")[0] for text_id in texts}
    return groups - {text_id.partition(".")[0] for text_id, template in texts.items() if slots(template)}
