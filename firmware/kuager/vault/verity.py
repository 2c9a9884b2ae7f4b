"""Has the kernel verify what is sealed (fs-verity), in the background, where the carrier's file system can do it.

From then on the kernel checks each block of a file against its Merkle tree whenever it is read, and nobody can write
it. It proves nothing to others, and is lost when a file is copied: the signatures prove.
"""

from collections.abc import Callable
from dataclasses import dataclass

from kuager.vault.files import Files


@dataclass(frozen=True)
class Verified:
    """So many of a sealed recording's files are under fs-verity."""

    number: int
    files: int
    of: int


def verify_by_kernel(files: Files, name: str, number: int, stopped: Callable[[], bool]) -> Verified | None:
    """Put every file of a recording under fs-verity; None when `stopped` said so meanwhile. Raises OSError.

    A file system that has none refuses the first file, and the others are not tried.
    """
    names = [entry.name for entry in files.entries(name) if entry.kind == "file"]
    for done, each in enumerate(names):
        if stopped():
            return None
        if not files.protect(f"{name}/{each}", "verity"):
            return Verified(number, done, len(names))
    return Verified(number, len(names), len(names))
