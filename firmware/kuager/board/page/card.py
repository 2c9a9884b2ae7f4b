"""The card: buttons and signals on one sheet of A4, as PDF, for the pocket and the wall; readable in black and white.

WeasyPrint sets it from our own template and stylesheet, which are handed over as text. It may fetch nothing: a card is
the same on any machine, and nothing in the words can make it read a file.
"""

import functools
import importlib.metadata
import logging
import threading
from pathlib import Path
from typing import Any

from kuager.board.inputs import HOLD_US
from kuager.board.page.lights import HEX
from kuager.board.page.table import LIGHT_MS, SHORT_MS
from kuager.board.page.templating import templates
from kuager.board.page.told import seconds, tell
from kuager.catalogue.reading import Reader
from kuager.settings import Signals

BUTTONS = {
    "record": ("starting", "ready", "menu", "recording", "asked", "break"),
    "mark": ("idle", "menu", "asked", "recording"),
}
"""Button -> where a press of it means something of its own: lines of the card, as procedure/README.md tells them."""

_LETTERS = (8, 7.5, 7.25, 7, 6.5, 6)  # points
_NOWHERE = "card:/"
_STYLE = Path(__file__).parent / "static" / "card.css"
_one_at_a_time = threading.Lock()


def pdf(language: str) -> bytes:
    """The card in a language; made once. From any thread."""
    with _one_at_a_time:
        return _pdf(language)


def lay_out(language: str) -> Any:
    """The card as a WeasyPrint document: one page, in the largest letters with which it is one."""
    # Takes a second and tens of megabytes: only for those who want a card.
    from weasyprint import CSS, HTML
    from weasyprint.urls import URLFetcher

    logging.getLogger("weasyprint.progress").setLevel(logging.WARNING)
    nothing = URLFetcher(allowed_protocols=(), fail_on_errors=True)
    text, style = html(language), _STYLE.read_text("utf-8")
    for points in _LETTERS:
        letters = f"body {{ font-size: {points}pt }}"
        sheet = CSS(string=f"{style}{letters}", base_url=_NOWHERE, url_fetcher=nothing)
        document = HTML(string=text, base_url=_NOWHERE, url_fetcher=nothing).render(stylesheets=[sheet])
        if len(document.pages) == 1:
            break
    return document


def html(language: str) -> str:
    """The card's text, without its stylesheet."""
    words = Reader(language)
    return templates().get_template("card.html").render(
        t=words, lang=language, told=tell(words, Signals().reminder_s), buttons=BUTTONS, hex=HEX,
        light_ms=LIGHT_MS, short_ms=SHORT_MS, scale=lambda ms: seconds(ms, language), hold_ms=HOLD_US // 1000,
        version=importlib.metadata.version("kuager"),
    )  # fmt: skip


@functools.cache
def _pdf(language: str) -> bytes:
    return bytes(lay_out(language).write_pdf())
