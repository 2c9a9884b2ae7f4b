"""Reads a journal that may be damaged: whole records, and between them the stretches that are none.

Links are not judged here. After damage the walk looks for the next marker at which a record can be read, so that what
stands behind a hole is still checked. It holds at most some 256 KiB, and looks a bounded number of times.
"""

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from kuager.evidence.cbor import MAX_BYTES, MalformedError
from kuager.evidence.journal import MARKER, Record, Source, parse

MAX_TRIES: Final = 4096
"""Beginnings tried in one journal without finding a record; behind the last of them all is damage."""

_BEGINNING: Final = re.compile(re.escape(MARKER) + b"[\x85\x86]")  # tag, array of five or six
_WINDOW: Final = 4 * MAX_BYTES


class Damage(msgspec.Struct, frozen=True):
    """Bytes begin..end (exclusive) of the journal in which no record can be read, and why not."""

    begin: int
    end: int
    why: str


def walk(source: Source) -> Iterator[Record | Damage]:
    """Records and damage in the order of the file; together they tile it from byte 0 to its end."""
    window = _Window(source)
    tries = MAX_TRIES
    while window.fill():
        try:
            record = parse(window.data, window.at, window.base)
        except MalformedError as error:
            begin, why = window.offset, str(error)
            tries = _resynchronise(window, tries)
            yield Damage(begin, window.offset, why)
        else:
            window.at += record.length
            yield record


def _resynchronise(window: "_Window", tries: int) -> int:
    """Move to the next record that can be read, or to the end; returns the tries left."""
    window.at += 1
    while window.fill():
        found = _BEGINNING.search(window.data, window.at)
        if found is None or tries == 0:
            # A beginning may lie across the end of what is held, so the last bytes are kept for the next look.
            kept = 0 if window.ended or tries == 0 else min(len(MARKER), len(window.data) - window.at)
            window.at = len(window.data) - kept
            continue
        if found.start() != window.at:
            window.at = found.start()  # refilled before the record is tried: it must be held whole
            continue
        tries -= 1
        try:
            parse(window.data, window.at, window.base)
        except MalformedError:
            window.at += 1
        else:
            return tries
    return tries


class _Window:
    """The part of the journal that is held: at least one longest record from `at`, unless the journal ends before."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.data, self.base, self.at, self.ended = b"", 0, 0, False

    @property
    def offset(self) -> int:
        return self.base + self.at

    def fill(self) -> bool:
        """Hold what is needed; False at the end of the journal."""
        if not self.ended and len(self.data) - self.at < MAX_BYTES:
            self.data, self.base, self.at = self.data[self.at :], self.base + self.at, 0
            while len(self.data) < _WINDOW and not self.ended:
                piece = self._source.read(_WINDOW - len(self.data))
                self.data, self.ended = self.data + piece, not piece
        return self.at < len(self.data)
