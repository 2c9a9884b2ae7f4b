"""The rows of the table of signals in a person's words, for the page and the card. Pure."""

from dataclasses import dataclass

from kuager.board.page.table import GROUPS, Group, Row, rows
from kuager.catalogue import Catalogue, load_catalogue
from kuager.catalogue.reading import Reader

_COMMA = ("ru", "kk")  # languages that write 0,5


@dataclass(frozen=True, slots=True)
class Told:
    """One row for people. `pattern`, `pulses`: what the two bars draw, in words."""

    row: Row
    title: str
    meaning: str
    light: str
    pattern: str
    pulses: str
    again: str  # how often the vibration comes again; empty: it does not
    said: str  # what is spoken, without its slots; empty: nothing


def tell(words: Reader, reminder_s: int) -> dict[Group, list[Told]]:
    """All rows by group. Raises UnknownPromptError where the catalogue lacks a word for one."""
    catalogue = load_catalogue(words.language)
    told: dict[Group, list[Told]] = {group: [] for group in GROUPS}
    for row in rows(reminder_s):
        told[row.group].append(_row(row, words, catalogue))
    return told


def seconds(ms: int, language: str) -> str:
    """A time in seconds as a person writes it."""
    text = f"{ms / 1000:g}"
    return text.replace(".", ",") if language in _COMMA else text


def _row(row: Row, words: Reader, catalogue: Catalogue) -> Told:
    cycle = seconds(sum(row.light.steps), words.language)
    how = words(f"manner.{row.light.manner}", seconds=cycle, count=len(row.light.cycle))
    colour = words(f"colour.{row.light.colour}")
    return Told(
        row=row,
        title=words(f"signal.{row.name}"),
        meaning=words(f"meaning.{row.name}"),
        light=f"{colour}, {how}" if row.light.cycle else how,
        pattern=_steps(row.light.steps, words, "lit", "dark"),
        pulses=_steps(row.pulses, words, "vibrates", "pause") or words("signals.none"),
        again=words("signals.again", seconds=row.repeat_s) if row.repeat_s else "",
        said=catalogue.caption(row.prompt) if row.prompt else "",
    )


def _steps(steps: tuple[int, ...], words: Reader, on: str, off: str) -> str:
    names = (on, off)
    return ", ".join(
        words(f"signals.{names[index % 2]}", seconds=seconds(length, words.language))
        for index, length in enumerate(steps)
    )
