"""A folder for targets that read files: in memory where there is such a place, and gone with the process."""

import os
import tempfile
from functools import cache
from pathlib import Path

_SHARED = Path("/dev/shm")


def within() -> str | None:
    """Where temporary folders are best made; None: where the system makes them."""
    return str(_SHARED) if os.access(_SHARED, os.W_OK) and "TMPDIR" not in os.environ else None


@cache
def _held() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="kuager-fuzz-", dir=within())


def folder() -> Path:
    """The same one in all of the process."""
    return Path(_held().name)


def file(data: bytes, name: str) -> Path:
    """A file in it with these bytes."""
    path = folder() / name
    path.write_bytes(data)
    return path
