"""Values of the kernel's small files; what can't be read or understood is not known."""

from pathlib import Path


def text(path: Path) -> str:
    """The text, at most 100 characters; empty: not known."""
    try:
        return path.read_text("ascii", "replace").strip()[:100]
    except OSError:
        return ""


def number(path: Path) -> int | None:
    """The integer in it."""
    try:
        return int(text(path))
    except ValueError:
        return None
