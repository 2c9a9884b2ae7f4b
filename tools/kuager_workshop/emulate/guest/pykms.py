"""Stands in for the Python module of kms++, which Debian lacks: what picamera2 touches when it is imported, no more."""

from typing import Any


class _Names:
    """Any pixel format that is asked for is its own name."""

    def __getattr__(self, name: str) -> str:
        return name


PixelFormat = _Names()


class Card:
    """No display: opening one is refused."""

    def __init__(self, *_: Any) -> None:
        raise OSError("this machine has no display")
