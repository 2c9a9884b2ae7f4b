"""Walks ISO base media file boxes (ISO/IEC 14496-12, 4.2) without ever reading past what is there.

A media file of ours is one *init* chunk, ``ftyp moov``, and then *fragment* chunks, each ``prft moof mdat``, nothing
between or after. A box is a 32-bit big-endian size that counts the header, and a four-letter type; size 1 means that a
64-bit size follows. Size 0 ("to the end of the file") is never written and is refused, for an append-only file has no
known end.

Buffers may be bytes, memoryview or mmap; nothing is copied but headers.
"""

import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Buffer = bytes | bytearray | memoryview | mmap.mmap
Kind = Literal["init", "fragment"]

PRFT_SIZE = 32
_SHAPES: dict[tuple[bytes, ...], Kind] = {(b"ftyp", b"moov"): "init", (b"prft", b"moof", b"mdat"): "fragment"}


class MediaError(ValueError):
    """Bytes that are not the media they should be; the text says what is wrong and where."""


@dataclass(frozen=True, slots=True)
class Box:
    """One whole box: type, offset of its header, size with header, and size of the header (8 or 16)."""

    type: bytes
    offset: int
    size: int
    header: int

    @property
    def body(self) -> int:
        """Offset of the first byte after the header."""
        return self.offset + self.header

    @property
    def end(self) -> int:
        """Offset of the first byte after the box."""
        return self.offset + self.size


@dataclass(frozen=True, slots=True)
class Chunk:
    """A chunk of a media file found by its boxes: bytes ``offset`` to ``offset + length``."""

    kind: Kind
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Run:
    """One track in a fragment: its base media decode time (tfdt, 8.8.12) and its number of samples (trun, 8.8.8)."""

    decode_time: int
    samples: int


def box_at(data: Buffer, offset: int, end: int) -> Box | None:
    """The box that begins at `offset` if all of it lies before `end`, else None."""
    if offset < 0 or offset + 8 > end or end > len(data):
        return None
    head = bytes(data[offset : min(offset + 16, end)])
    size, kind, header = int.from_bytes(head[:4], "big"), head[4:8], 8
    if size == 1:
        if len(head) < 16:
            return None
        size, header = int.from_bytes(head[8:16], "big"), 16
    if size < header or size > end - offset:
        return None
    return Box(kind, offset, size, header)


def walk(data: Buffer, start: int = 0, end: int | None = None) -> Iterator[Box]:
    """Whole boxes from `start` on; stops at the first that is not whole."""
    end = len(data) if end is None else min(end, len(data))
    while box := box_at(data, start, end):
        yield box
        start = box.end


def children(data: Buffer, box: Box) -> Iterator[Box]:
    """Whole boxes inside a container box."""
    return walk(data, box.body, box.end)


def find(data: Buffer, box: Box, *path: bytes) -> Box | None:
    """The first box down a path of types inside `box`."""
    here: Box | None = box
    for kind in path:
        here = next((child for child in children(data, here) if child.type == kind), None) if here else None
    return here


def chunk_at(data: Buffer, offset: int, end: int | None = None) -> Chunk | None:
    """The whole chunk that begins at `offset`, else None. A prft must be 32 bytes."""
    end = len(data) if end is None else min(end, len(data))
    first = box_at(data, offset, end)
    if first is None or (first.type == b"prft" and first.size != PRFT_SIZE):
        return None
    for shape, kind in _SHAPES.items():
        if first.type == shape[0]:
            last: Box | None = first
            for wanted in shape[1:]:
                last = box_at(data, last.end, end) if last else None
                if last is None or last.type != wanted:
                    return None
            return Chunk(kind, offset, last.end - offset) if last else None
    return None


def check_chunk(data: Buffer, kind: Kind) -> None:
    """Raises MediaError unless `data` is exactly one whole chunk of this kind."""
    chunk = chunk_at(data, 0)
    if chunk is None or chunk.kind != kind:
        wanted = "ftyp+moov" if kind == "init" else "prft+moof+mdat"
        raise MediaError(f"{len(data)} bytes are no whole {wanted}")
    if chunk.length != len(data):
        raise MediaError(f"{len(data) - chunk.length} bytes follow the {kind}")


def chunks(data: Buffer) -> Iterator[Chunk]:
    """Whole chunks of a media file from byte 0, an init first; stops at the first that is not whole or out of place."""
    offset = 0
    while chunk := chunk_at(data, offset):
        if (chunk.kind == "init") != (offset == 0):
            return
        yield chunk
        offset += chunk.length


def whole_length(data: Buffer) -> int:
    """How many bytes from byte 0 are whole chunks: what a player can be given of a file that was cut anywhere."""
    length = 0
    for chunk in chunks(data):
        length = chunk.offset + chunk.length
    return length


def runs(data: Buffer, moof: Box) -> dict[int, Run]:
    """What a fragment holds of each track, by track id. Raises MediaError where its track fragments are malformed."""
    found: dict[int, Run] = {}
    for traf in children(data, moof):
        if traf.type != b"traf":
            continue
        tfhd, tfdt = find(data, traf, b"tfhd"), find(data, traf, b"tfdt")
        if tfhd is None or tfdt is None:
            raise MediaError(f"the track fragment at byte {traf.offset} lacks its header or its time")
        time = _number(data, tfdt, 4, 8 if _number(data, tfdt, 0, 1) == 1 else 4)
        samples = sum(_number(data, trun, 4, 4) for trun in children(data, traf) if trun.type == b"trun")
        found[_number(data, tfhd, 4, 4)] = Run(time, samples)
    return found


def _number(data: Buffer, box: Box, at: int, size: int) -> int:
    if box.body + at + size > box.end:
        raise MediaError(f"the {box.type.decode('latin-1')} box at byte {box.offset} is torn")
    return int.from_bytes(data[box.body + at : box.body + at + size], "big")
