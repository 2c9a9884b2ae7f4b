"""What an H.264 access unit in Annex B form begins with: its parameter sets and the kind of its first slice. Pure.

ITU-T H.264, 7.3.1 and annex B.1; nothing behind the first slice's start code is looked at.
"""

from dataclasses import dataclass

_START = b"\x00\x00\x01"
_SLICES = range(1, 6)
_SEQUENCE, _PICTURE = 7, 8
_IDR = 5


@dataclass(frozen=True, slots=True)
class Head:
    """`picture`: there is a coded slice; `idr`: decoding can begin here; `sets`: SPS and PPS with start codes."""

    picture: bool
    idr: bool
    sets: bytes


def head(access_unit: bytes) -> Head:
    """What stands before the first slice, and what that is. `sets` is empty unless both SPS and PPS are there."""
    sets, kinds = bytearray(), set[int]()
    at = access_unit.find(_START)
    while 0 <= at < len(access_unit) - len(_START):
        kind = access_unit[at + 3] & 0x1F
        if kind in _SLICES:
            return Head(True, kind == _IDR, _both(kinds, sets))
        following = access_unit.find(_START, at + 3)
        if kind in (_SEQUENCE, _PICTURE):
            kinds.add(kind)
            # Zero bytes before the next start code belong to that, or are padding.
            unit = access_unit[at + 3 : following if following >= 0 else len(access_unit)]
            sets += b"\x00" + _START + unit.rstrip(b"\x00")
        at = following
    return Head(False, False, _both(kinds, sets))


def _both(kinds: set[int], sets: bytearray) -> bytes:
    return bytes(sets) if kinds == {_SEQUENCE, _PICTURE} else b""
