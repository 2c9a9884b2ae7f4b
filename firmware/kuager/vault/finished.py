"""A recording that ended, as it goes to be sealed."""

from dataclasses import dataclass

from kuager.vault.journal_file import Written
from kuager.vault.summary import Summary


@dataclass(frozen=True)
class Finished:
    """A recording that ended: all that its manifest needs, and its files' digests so that none is read again."""

    name: str
    summary: Summary
    files: dict[str, Written]
    head: bytes
    records: int
    append_only: bool
