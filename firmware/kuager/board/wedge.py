"""A card's number out of the keys that a reader types: digits or hexadecimal letters, then Enter. Pure."""

import re

PAUSE_US = 500_000
"""A reader types without a pause; after a longer one what came before belongs to no card."""
LEAST, MOST = 4, 32
"""Characters of a number: a UID of four to ten bytes, decimal or hexadecimal."""

_KEY = re.compile(r"KEY_(?:KP)?([0-9A-F])\Z")
_ENTER = frozenset({"KEY_ENTER", "KEY_KPENTER"})


class Wedge:
    """Follows the keys that go down, by their names in linux/input-event-codes.h."""

    def __init__(self) -> None:
        self._typed = ""
        self._spoilt = False
        self._at_us = 0

    def key(self, name: str, at_us: int) -> str | None:
        """Take a key; a card's number where it is complete."""
        if at_us - self._at_us > PAUSE_US:
            self._typed, self._spoilt = "", False
        self._at_us = at_us
        if name in _ENTER:
            typed, spoilt = self._typed, self._spoilt
            self._typed, self._spoilt = "", False
            return typed if not spoilt and len(typed) >= LEAST else None
        found = _KEY.match(name)
        if found and len(self._typed) < MOST:
            self._typed += found[1]
        elif name not in ("KEY_LEFTSHIFT", "KEY_RIGHTSHIFT"):
            self._spoilt = True
        return None
