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
    """A text with slots ``{name}`` or ``{name:kind}``; where it has slots its audible pieces are numbered from 1."""
    parts: list[Piece | Slot] = []
    number, at = 0, 0
    for found in (*_SLOT.finditer(text), None):
        fixed = text[at : found.start() if found else None]
        if _WORD.search(fixed):
            number += 1
            parts.append(Piece(f"{token}-{number}" if _SLOT.search(text) else token, fixed))
        elif fixed:
            parts.append(Piece("", fixed))
        if found:
            parts.append(Slot(found[1], found[2] or found[1]))
            at = found.end()
    return tuple(parts)


def slots(template: Template) -> list[Slot]:
    """The slots of a template, in the order of the text."""
    return [part for part in template if isinstance(part, Slot)]


def pieces(template: Template) -> list[Piece]:
    """The fixed pieces of a template, in the order of the text."""
    return [part for part in template if isinstance(part, Piece)]
