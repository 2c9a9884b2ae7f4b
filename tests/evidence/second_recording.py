"""What the second checker holds of one recording while it judges it. See second_checker.py."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography import x509
from second_journal import Record

AUTHENTIC, EARLY, CANNOT, NOT = "authentic", "authentic, ends early", "cannot be checked", "not authentic"
VERDICTS = (AUTHENTIC, EARLY, CANNOT, NOT)
"""From the best to the worst."""


@dataclass
class Recording:
    """One folder, and what was found in it."""

    path: Path
    anchors: list[x509.Certificate]
    broken: list[tuple[str, str]] = field(default_factory=list)
    """What does not hold: the verdict that it leads to, and the reason."""
    notes: list[str] = field(default_factory=list)
    proven: list[Record] = field(default_factory=list)
    lengths: dict[str, int] = field(default_factory=dict)
    """Proven bytes by file."""
    doubted: bool = False
    """Who signed it is not vouched for, or is another unit."""
    chains: list[list[x509.Certificate]] = field(default_factory=list)
    """Certificates of who signed `opened`, and `died`."""

    @property
    def verdict(self) -> str:
        """The worst that anything leads to."""
        return max((verdict for verdict, _ in self.broken), key=VERDICTS.index, default=AUTHENTIC)

    @property
    def reasons(self) -> list[str]:
        """What the verdict rests on."""
        return [reason for verdict, reason in self.broken if verdict == self.verdict]

    @property
    def opened(self) -> dict[str, Any]:
        """The body of `opened`; empty if it is not proven."""
        return self.proven[0].body if self.proven else {}

    def ask(self, holds: bool, reason: str, verdict: str = NOT) -> bool:
        """Passes on whether it holds; else keeps the reason."""
        if not holds:
            self.broken.append((verdict, reason))
        return holds

    def of(self, kind: str) -> list[Record]:
        """The proven records of one type."""
        return [record for record in self.proven if record.type == kind]

    def file(self, name: str) -> Path | None:
        """A regular file of that name; a link in its place is as good as nothing."""
        path = self.path / name
        return path if path.is_file() and not path.is_symlink() else None

    def read(self, name: str, most: int = -1) -> bytes | None:
        """The beginning of a file, or all of it; None if it is not there."""
        if (path := self.file(name)) is None:
            return None
        with path.open("rb") as file:
            return file.read(most)
