"""Targets of the media: boxes, reference times, and the mark of a picture."""

from functools import cache

import numpy as np

from kuager.capture import annexb
from kuager.media import boxes, cells, prft, sei
from kuager.media.boxes import Box, MediaError
from kuager.media.mark import SIZE, FrameMark
from kuager_workshop.fuzz.target import expect, refusing, table

_KINDS = (
    b"ftyp", b"moov", b"prft", b"moof", b"mdat", b"traf", b"tfhd", b"tfdt", b"trun", b"mfhd", b"mvex", b"trak", b"free",
)  # fmt: skip
_MOST_DEEP = 8


def _boxes(data: bytes) -> None:
    at = 0
    for box in boxes.walk(data):
        expect(box.offset == at and box.header <= box.size, "boxes tile the data")
        expect(box.end <= len(data), "no box is longer than the data")
        at = box.end
        _inside(data, box, 0)
    whole = 0
    for chunk in boxes.chunks(data):
        expect(chunk.offset == whole and chunk.length > 0, "chunks tile the file")
        whole += chunk.length
        boxes.check_chunk(data[chunk.offset : whole], chunk.kind)
    expect(boxes.whole_length(data) == whole <= len(data), "what is whole is the chunks")
    for kind in ("init", "fragment"):
        try:
            boxes.check_chunk(data, kind)
        except MediaError as error:
            str(error).encode()
        else:
            expect(boxes.chunk_at(data, 0) == boxes.Chunk(kind, 0, len(data)), "a chunk is all of its data")


def _inside(data: bytes, box: Box, depth: int) -> None:
    if box.type == b"moof":
        try:
            found = boxes.runs(data, box)
        except MediaError:
            found = {}
        expect(len(found) <= len(data) // 8, "no more tracks than there is room for")
    if depth < _MOST_DEEP and box.type in (b"moov", b"moof", b"traf", b"trak"):
        at = box.body
        for child in boxes.children(data, box):
            expect(child.offset == at and child.end <= box.end, "what is in a box ends within it")
            at = child.end
            _inside(data, child, depth + 1)


def _prft(data: bytes) -> None:
    with refusing(MediaError):
        found = prft.decode(data)
    again = found.encode()
    expect(
        len(again) == boxes.PRFT_SIZE and prft.decode(again) == found, "a reference time is the same when read again"
    )


def _sei(data: bytes) -> None:
    mark = FrameMark(0x1234, 0x54321, 0, 1_795_324_500_000)
    annexb.head(data)
    for found in (sei.read_annexb(data), *(sei.read_avcc(data, size) for size in (1, 2, 4))):
        _same(found)
    with refusing(ValueError):
        whole = sei.insert(data, mark)
    expect(len(whole) - len(data) == len(sei.nal_unit(mark)), "the mark is put in, and nothing changed")
    expect(sei.read_annexb(whole) == mark, "the mark that was put in can be read, whatever else looks like one")


def _mark(data: bytes) -> None:
    found = FrameMark.unpack(data[:SIZE])
    _same(found)
    _same(FrameMark.unpack(data))
    if found is not None:
        expect(cells.read(_picture(found)) == found, "what is drawn can be read")
    if len(data) >= 3:
        width, rows = max(1, data[0] * 8), data[1:]
        height = len(rows) // width
        luma = np.frombuffer(rows, np.uint8, width * height).reshape(height, width)
        _same(cells.read(luma))
    drawn = _strip().copy()
    noise = np.frombuffer(data[: drawn.size], np.uint8)
    drawn.reshape(-1)[: noise.size] ^= noise
    _same(cells.read(drawn))


@cache
def _strip() -> cells.Luma:
    return _picture(FrameMark(1, 2, 3, 4))


def _picture(mark: FrameMark) -> cells.Luma:
    luma = np.zeros((8, 256), np.uint8)
    cells.draw(luma, mark)
    return luma


def _same(found: FrameMark | None) -> None:
    if found is not None:
        expect(FrameMark.unpack(found.pack()) == found, "a mark is the same when read again")


TARGETS = table(
    ("boxes", _boxes, {"longest": 32768, "words": _KINDS}),
    ("prft", _prft, {"longest": 64}),
    ("sei", _sei, {"longest": 2048, "words": (b"\0\0\1", b"\0\0\3", b"\x06\x05\x1f", sei.UUID)}),
    ("mark", _mark, {"longest": 2048}),
)
