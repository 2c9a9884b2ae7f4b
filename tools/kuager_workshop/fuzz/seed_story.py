"""Seeds that are made of a recording's records and media: a story to be linked and signed, boxes, marks."""

from collections.abc import Iterator
from typing import Any

import cbor2

from kuager.evidence import cbor, cose, journal
from kuager.evidence.journal import Record
from kuager.media import boxes, prft
from kuager.media.mark import FrameMark
from kuager_workshop.fuzz.story import MEDIA_BYTES

_MOST = {"chunk": 6, "checkpoint": 2, "event": 4, "prompt": 2}
"""Records of a type that a story takes; of all others, each."""
_BLANK = ("id", "certificates", "recording_key")
_LENGTH = 128  # of a chunk in a story


def story(data: bytes, signed: bytes) -> bytes:
    """The story of a journal and a manifest, as `story.told` takes it."""
    left, offset, told = dict(_MOST), 0, []
    for record in journal.iterate(data):
        if record.type in left:
            left[record.type] -= 1
            if left[record.type] < 0:
                continue
        body = _blank(record.body)
        if record.type == "chunk":
            body |= {"sha256": bytes(32), "offset": offset, "length": _LENGTH, "file": "video-01.mp4"}
            offset += _LENGTH
        elif record.type == "photo":
            body |= {"sha256": bytes(32), "length": MEDIA_BYTES}
        told.append(_entry(record, body))
    _, payload, _ = cose.parse(signed, 1 << 22)
    plain = cbor.decode(payload or b"", 1 << 22)
    files = [
        {"name": name, "format": "video/mp4", "bytes": MEDIA_BYTES, "proven": offset, "sha256": bytes(32)}
        for name in ("video-01.mp4", "photo-0001.jpg")
    ]
    told.append(cbor.encode(["manifest", [], _blank(plain) | {"files": files}]))
    return b"".join(told)


def _blank(body: dict[str, Any]) -> dict[str, Any]:
    return body | {key: b"" for key in _BLANK if key in body}


def _entry(record: Record, body: dict[str, Any]) -> bytes:
    stamp = cbor2.loads(record.raw[3:])[2]
    return cbor.encode([record.type, stamp, body])


def media(data: bytes) -> Iterator[tuple[str, str, bytes]]:
    """Boxes, a reference time, access units and marks of a media file."""
    init, *fragments = boxes.chunks(data)
    head = data[: init.length]
    smallest = min(fragments, key=lambda each: each.length)
    fragment = data[smallest.offset : smallest.offset + smallest.length]
    yield "boxes", "init", head
    yield "boxes", "init-fragment", head + fragment
    yield "boxes", "torn", head + fragment[: len(fragment) // 2]
    yield "prft", "fragment", fragment[: boxes.PRFT_SIZE]
    again = prft.ReferenceTime(1, 2_200_000_000_000_000, 2**63).encode()
    yield "prft", "era-1", again
    body = fragment[boxes.PRFT_SIZE :]
    mdat = next(box for box in boxes.walk(body) if box.type == b"mdat")
    packet = body[mdat.body : mdat.body + 400]
    yield "sei", "avcc", packet
    yield "sei", "annexb", packet.replace(packet[:4], b"\0\0\0\1", 1)
    yield "mark", "packed", FrameMark(0x1234, 1, 2, 1_795_324_500_000).pack()
    yield "mark", "strip", bytes(600)
