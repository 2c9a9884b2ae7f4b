"""The table of a run, in the terminal and as a page."""

import shlex
import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from rich import box
from rich.table import Table

from kuager_workshop.torture import campaign
from kuager_workshop.torture.campaign import Finding

HEADINGS = (
    "", "tried", "survived", "acknowledged bytes lost", "picture lost: median, s", "worst, s",
)  # fmt: skip
_SHOWN = 40  # failures that the table names


@dataclass(frozen=True)
class Row:
    """One campaign's line."""

    title: str
    tried: int
    survived: int
    lost_bytes: int | None
    median_s: float | None
    worst_s: float | None

    @property
    def good(self) -> bool:
        """Whether every fault was survived."""
        return self.survived == self.tried and not self.lost_bytes

    @property
    def cells(self) -> tuple[str, ...]:
        """As shown."""
        times = ("" if each is None else f"{each:.2f}" for each in (self.median_s, self.worst_s))
        lost = "" if self.lost_bytes is None else f"{self.lost_bytes:,}"
        return (self.title, f"{self.tried:,}", f"{self.survived:,}", lost, *times)


def rows(findings: Iterable[Finding]) -> list[Row]:
    """A line for each campaign, in the order in which they come."""
    each: dict[str, list[Finding]] = {}
    for finding in findings:
        each.setdefault(finding.campaign, []).append(finding)
    return [_row(name, of) for name, of in each.items()]


def _row(name: str, of: list[Finding]) -> Row:
    counted = [each.lost_bytes for each in of if each.lost_bytes is not None]
    lost = [each.lost_us / 1e6 for each in of if each.lost_us is not None]
    return Row(
        title=campaign.load(name).title,
        tried=len(of),
        survived=sum(each.survived for each in of),
        lost_bytes=sum(counted) if counted else None,
        median_s=statistics.median(lost) if lost else None,
        worst_s=max(lost) if lost else None,
    )


def replay(finding: Finding) -> str:
    """The command that plays this case again."""
    return f"python -m kuager_workshop.torture --replay {finding.campaign} {shlex.quote(finding.case)}"


def table(findings: list[Finding]) -> Table:
    """For the terminal."""
    shown = Table(*HEADINGS, title="Faults", box=box.SIMPLE, pad_edge=False, collapse_padding=True)
    shown.columns[0].min_width = 24  # all of it fits into 80 characters
    for column in shown.columns[1:]:
        column.justify, column.max_width = "right", 12
    for row in rows(findings):
        shown.add_row(*row.cells, style=None if row.good else "bold red")
    return shown


def failures(findings: list[Finding]) -> list[str]:
    """What was not survived, and how to see it again: one line each."""
    bad = [each for each in findings if not each.survived or each.lost_bytes]
    lines = [f"{each.campaign}: {each.why or 'acknowledged bytes are lost'}\n    {replay(each)}" for each in bad]
    return lines[:_SHOWN] + ([f"... and {len(bad) - _SHOWN} more"] if len(bad) > _SHOWN else [])


def markdown(findings: list[Finding]) -> str:
    """For a README."""
    lines = ["| " + " | ".join(HEADINGS) + " |", "|---" + "|---:" * (len(HEADINGS) - 1) + "|"]
    lines += ["| " + " | ".join(row.cells) + " |" for row in rows(findings)]
    return "\n".join(lines) + "\n"


def page(findings: list[Finding], seed: int, at: datetime, file: Path) -> None:
    """Write it as a page."""
    loader = PackageLoader("kuager_workshop.torture", ".")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    text = environment.get_template("page.html").render(
        rows=rows(findings), headings=HEADINGS, failures=failures(findings), seed=seed, at=at
    )
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
