"""The second checker's pictures: the mark in cells and in SEI, and what a fragment's boxes say.

See second_checker.py. Decoding is somebody else's work: this takes luma planes and access units.
"""

import binascii
import hashlib
from typing import Any, NamedTuple

import numpy as np
from second_checker import boxes

UUID = bytes.fromhex("6f0b9f4ce3a94a5ab7c1d25a8e0f7316")


class Mark(NamedTuple):
    """What each picture bears: unit and number shortened, the counter modulo 2^24, UTC in ms modulo 2^42."""

    unit: int
    number: int
    frame: int
    utc_ms: int


def unit_bits(unit: str) -> int:
    """The unit's 16 bits in a mark."""
    return int.from_bytes(hashlib.sha256(unit.encode()).digest()[:2])


def unpack(mark: int) -> Mark | None:
    """From 118 bits; None if the CRC does not confirm them."""
    crc, rest = mark & 0xFFFF, mark >> 16
    if binascii.crc_hqx(rest.to_bytes(13), 0xFFFF) != crc:
        return None
    return Mark(rest >> 86, rest >> 66 & 0xFFFFF, rest >> 42 & 0xFFFFFF, rest & (1 << 42) - 1)


def cells(luma: "np.ndarray[Any, np.dtype[np.uint8]]") -> Mark | None:
    """The mark drawn into a picture's top left corner."""
    width = luma.shape[1]
    side = 4 if width < 512 else max(8, width // 160 // 2 * 2)
    inner = slice(side // 4, side - side // 4)
    grid = luma[: 2 * side, : 64 * side].reshape(2, side, 64, side)[:, inner, :, inner].mean(axis=(1, 3))
    mark = 0
    for row, means in enumerate(grid):
        white, black = [means[0], means[2]], [means[1], means[3]]
        (black if row else white).append(means[63])
        threshold = (np.mean(white) + np.mean(black)) / 2
        for mean in means[4:63]:
            mark = mark << 1 | int(mean > threshold)
    return unpack(mark)


def sei(access_unit: bytes, length_size: int = 4) -> Mark | None:
    """The mark in the SEI of an access unit as it lies in MP4, each NAL unit behind its length."""
    at, found = 0, None
    while at + length_size <= len(access_unit):
        size = int.from_bytes(access_unit[at : at + length_size])
        nal = access_unit[at + length_size :][:size]
        at += length_size + size
        if nal[0] & 0x1F in (1, 5):  # a slice: the mark stands directly before the first
            return found
        plain = nal.replace(b"\x00\x00\x03", b"\x00\x00")
        form = plain[:3] == b"\x06\x05\x1f" and plain[3:19] == UUID and plain[34:] == b"\x80"
        found = unpack(int.from_bytes(plain[19:34])) if form else None
    return None


def reference(fragment: bytes) -> tuple[int, int, int]:
    """Of a fragment's `prft`: track, UTC us, media time; ValueError if it is not as FORMAT.md says."""
    kind, body = next(iter(boxes(fragment)))
    if kind != b"prft" or len(body) != 24 or body[:4] != b"\x01\x00\x00\x18":
        raise ValueError("not the prft that it should be")
    seconds, parts = int.from_bytes(body[8:12]), int.from_bytes(body[12:16])
    utc_us = (seconds - 2_208_988_800) * 1_000_000 + (parts * 1_000_000 >> 32)
    return int.from_bytes(body[4:8]), utc_us, int.from_bytes(body[16:24])


def decode_time(fragment: bytes, track: int) -> int:
    """`tfdt` of a track in a fragment (ISO/IEC 14496-12, 8.8.12)."""
    moof = dict(boxes(fragment))[b"moof"]
    for kind, traf in boxes(moof):
        inside = dict(boxes(traf)) if kind == b"traf" else {}
        if inside and int.from_bytes(inside[b"tfhd"][4:8]) == track:
            wide = inside[b"tfdt"][0] == 1
            return int.from_bytes(inside[b"tfdt"][4 : 12 if wide else 8])
    raise ValueError(f"no track {track}")
