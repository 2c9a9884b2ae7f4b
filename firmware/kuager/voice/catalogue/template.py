"""A prompt's text as a row of fixed pieces and slots. Pure."""

import re
from typing import NamedTuple

_SLOT = re.compile(r"\{([a-z_]+)(?::([a-z-]+))?\}")
_WORD = re.compile(r"\w")


class Piece(NamedTuple):
    """A stretch of a spoken text. `token` names its sound file without suffix; empty where nothing is heard (", ")."""

    token: str
    text: str


class Slot(NamedTuple):
    """A place in a text: the argument that fills it, and the table or form that it is said with."""

    name: str
    kind: str


Template = tuple[Piece | Slot, ...]


def parse(token: str, text: str) -> Template:
    """A text with slots ``{name}`` or ``{name:kind}``; its pieces are numbered from 1 where it has several parts."""
    parts: list[Piece | Slot] = []
    number, at = 0, 0
    for found in _SLOT.finditer(text):
        if found.start() > at:
            number += 1
            parts.append(_piece(f"{token}-{number}", text[at : found.start()]))
        parts.append(Slot(found[1], found[2] or found[1].replace("_", "-")))
        at = found.end()
    if at < len(text):
        parts.append(_piece(f"{token}-{number + 1}" if parts else token, text[at:]))
    return tuple(parts)


def slots(template: Template) -> list[Slot]:
    """The slots of a template, in the order of the text."""
    return [part for part in template if isinstance(part, Slot)]


def pieces(template: Template) -> list[Piece]:
    """The fixed pieces of a template, in the order of the text."""
    return [part for part in template if isinstance(part, Piece)]


def _piece(token: str, text: str) -> Piece:
    return Piece(token if _WORD.search(text) else "", text)
