"""The option that chooses the language of what is printed for people."""

import os
from collections.abc import Callable
from typing import Any

import click

from kuager.catalogue import LANGUAGES
from kuager.catalogue.reading import language_of

_LANG = click.option(
    "--lang",
    "language",
    type=click.Choice(LANGUAGES),
    default=lambda: language_of(os.environ),
    help="Language of the text; the locale's (LC_ALL, LC_MESSAGES, LANG) if not given, else English.",
)


def lang(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `--lang`; it comes as `language`."""
    return _LANG(command)
