"""Checks what capture says before anything of it is written: the vault trusts nobody. Pure.

A violation is an InputError whose text is told to capture and journalled; it ends the take.
"""

from kuager import wire
from kuager.errors import InputError
from kuager.media import boxes

HARD_MAX_BYTES = 2**31 - (1 << 20)
"""A media file is never longer: it must fit any disc or card. Capture rolls over earlier."""

MAX_FILES = 1024
"""Files of one take."""

_FUTURE_US = 5_000_000  # a frame from later than this after now has no honest origin
_LONGEST_US = 60_000_000  # a fragment is half a second; after a stall its last frame may be late
_LAST_MICROS = 2**53 - 1


class Take:
    """One take as capture sends it: which file it is at, and that order and times only go forward."""

    def __init__(self, begin: wire.TakeBegin, interval: int) -> None:
        if not begin.streams or len(set(begin.streams)) != len(begin.streams):
            raise InputError("a take needs one or two different streams")
        self.number, self.streams, self.interval = begin.take, begin.streams, interval
        self.file = -1
        """Capture's count of the take's files; -1 before the first."""
        self.fragments = 0
        self.last_us, self.last_utc_us = begin.first_us, begin.first_utc_us
        self._first_us = 0

    def check(self, fragment: wire.Fragment, length: int, max_bytes: int, now_us: int) -> None:
        """Raises InputError unless this chunk may follow, with `length` bytes in the file so far."""
        if fragment.take != self.number:
            raise InputError(f"take {fragment.take} does not run, take {self.number} does")
        self._check_place(fragment)
        room = min(max_bytes, HARD_MAX_BYTES) - (0 if fragment.kind == "init" else length)
        if len(fragment.data) > room:
            raise InputError(f"the file would be longer than {max_bytes} bytes")
        self._check_times(fragment, now_us)
        try:
            boxes.check_chunk(fragment.data, fragment.kind)
        except boxes.MediaError as error:
            raise InputError(str(error)) from None

    def _check_place(self, fragment: wire.Fragment) -> None:
        if fragment.kind == "init":
            if fragment.file >= MAX_FILES:
                raise InputError(f"a take has at most {MAX_FILES} files")
            if fragment.file != self.file + 1:
                raise InputError(f"file {fragment.file} begins where file {self.file + 1} was due")
        elif fragment.file != self.file:
            raise InputError(f"a fragment of file {fragment.file} while file {self.file} is being written")

    def _check_times(self, fragment: wire.Fragment, now_us: int) -> None:
        if not fragment.first_us <= fragment.last_us <= fragment.first_us + _LONGEST_US:
            raise InputError("the chunk's times are not a short stretch")
        if fragment.last_us > now_us + _FUTURE_US:
            raise InputError("the chunk is from the future")
        backwards = fragment.first_us < self._first_us or fragment.last_us < self.last_us
        if fragment.kind == "fragment" and self.fragments and backwards:
            raise InputError("time goes backwards between two fragments")

    def took(self, fragment: wire.Fragment) -> None:
        """This chunk was written."""
        self.file = fragment.file
        if fragment.kind == "fragment":
            self.fragments += 1
            self._first_us, self.last_us = fragment.first_us, fragment.last_us
            self.last_utc_us = min(fragment.first_utc_us + fragment.last_us - fragment.first_us, _LAST_MICROS)


def check_photo(data: bytes) -> None:
    """Raises InputError unless this begins and ends as a JPEG does (ISO/IEC 10918-1, B.1.1.3)."""
    if not data.startswith(b"\xff\xd8\xff") or b"\xff\xd9" not in data[-65536:]:
        raise InputError(f"{len(data)} bytes are no whole JPEG")
