"""A measured figure, what it must be, and how all of them are shown."""

from typing import Literal

import msgspec
from rich.table import Table


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """`limit`: None where the figure only informs. `how`: what exactly was measured, in one sentence."""

    group: str
    name: str
    value: float
    unit: str
    limit: float | None = None
    bound: Literal["at most", "at least", "above", "below"] = "at most"
    how: str = ""

    @property
    def met(self) -> bool:
        """Whether the limit holds; a figure without one is never unmet."""
        if self.limit is None:
            return True
        return {
            "at most": self.value <= self.limit,
            "at least": self.value >= self.limit,
            "above": self.value > self.limit,
            "below": self.value < self.limit,
        }[self.bound]


def table(figures: list[Figure]) -> Table:
    """All of them for people."""
    shown = Table(title="Figures")
    for heading in ("", "figure", "measured", "limit", ""):
        shown.add_column(heading, justify="right" if heading in ("measured", "limit") else "left")
    group = ""
    for each in figures:
        limit = "" if each.limit is None else f"{each.bound} {each.limit:g}"
        verdict = "" if each.limit is None else "met" if each.met else "NOT met"
        value = f"{each.value:.4g} {each.unit}".strip()
        shown.add_row("" if each.group == group else each.group, each.name, value, limit, verdict)
        group = each.group
    return shown


def as_json(figures: list[Figure]) -> bytes:
    """All of them for machines: a list of objects, with `met`."""
    plain = [msgspec.to_builtins(each) | {"met": each.met} for each in figures]
    return msgspec.json.format(msgspec.json.encode(plain)) + b"\n"
