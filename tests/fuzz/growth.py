"""Inputs of any length that would cost a careless parser the square of it, or all memory; by target."""

from collections.abc import Callable
from dataclasses import dataclass

import cbor2

from kuager.evidence.record import MARKER

Make = Callable[[int], bytes]


def box(kind: bytes, body: bytes = b"") -> bytes:
    return (8 + len(body)).to_bytes(4, "big") + kind + body


FRAGMENT = box(b"prft", bytes(24)) + box(b"moof") + box(b"mdat")


def repeated(piece: bytes, before: bytes = b"", after: bytes = b"") -> Make:
    return lambda size: before + piece * max(1, (size - len(before) - len(after)) // len(piece)) + after


def counted(head: bytes, width: int, piece: bytes, before: bytes = b"") -> Make:
    """`piece` so many times behind a count that is right."""

    def make(size: int) -> bytes:
        count = max(1, size // len(piece))
        return before + head + count.to_bytes(width, "big") + piece * count

    return make


def moof(size: int) -> bytes:
    traf = box(b"traf", box(b"tfhd", bytes(8)) + box(b"tfdt", bytes(8)) + box(b"trun", bytes(8)) * 3)
    return box(b"moof", traf * (size // len(traf)))


def nested_boxes(size: int) -> bytes:
    data = b""
    while len(data) < size:
        data = box(b"traf", data)
        if len(data) > 4096:
            return data * (size // len(data) or 1)
    return data


def within_one_traf(size: int) -> bytes:
    return box(b"moof", box(b"traf", box(b"free") * (size // 8)))


def beginnings(size: int) -> bytes:
    """Every piece of it looks like a record up to its stamp."""
    piece = MARKER + b"\x85\x00\x58\x20" + bytes(32) + b"\x84"
    return piece * (size // len(piece))


def long_item(size: int) -> bytes:
    """Beginnings of records, each of which claims nearly all that a record may have."""
    piece = MARKER + b"\x85\x00\x58\x20" + bytes(32) + b"\x84\x00\x00\x59\xff\x00"
    return piece * (size // len(piece))


def long_lists(size: int) -> bytes:
    """Beginnings of records within byte strings of a list that has no end, so that each is read to the longest."""
    piece = MARKER + b"\x85\x00\x58\x20" + bytes(32) + b"\x84\x99\xff\xff"
    piece = b"\x58" + bytes([len(piece)]) + piece + b"\x00" * 50
    return piece * (size // len(piece))


TOML: dict[str, Make] = {
    "dots in a key": repeated(b"a.", b"[unit]\n", b"a = 1\n"),
    "dots in a header": repeated(b"a.", b"[", b"a]\nb = 1\n"),
    "dots in every line": lambda size: (
        b"[unit]\n" + b"".join(b"a." * 31 + b"%05d = 1\n" % each for each in range(size // 72))
    ),
    "dots in an escaped key": repeated(b"\\u002e", b'"', b'" = 1\n'),
    "a long bare key": repeated(b"a", b"[unit]\n", b" = 1\n"),
    "a long quoted key": repeated(b'\\"', b'[unit]\n"', b'" = 1\n'),
    "an array that nobody closes": repeated(b"1,\n", b"[unit]\nname = 'A'\nx = [\n"),
    "arrays within arrays": repeated(b"[", b"x = "),
    "closed arrays within arrays": lambda size: b"x = " + b"[" * (size // 2) + b"]" * (size // 2) + b"\n",
    "tables within tables": repeated(b"{a=", b"x = "),
    "a string that nobody closes": repeated(b"x\n", b"[unit]\nname = 'A'\nx = '''\n"),
    "quotes": repeated(b'"""'),
    "spaces behind a bracket": repeated(b" ", b"speed = [\n[", b"\n]]\n"),
    "spaces before an equals sign": repeated(b" ", b"speed", b"= 1\n"),
    "wrong keys": lambda size: b"[unit]\n" + b"".join(b"k%d = 1\n" % number for number in range(size // 10)),
    "wrong sections": lambda size: b"".join(b"[s%d]\n" % number for number in range(size // 8)),
    "lists of tables": repeated(b"[[actions]]\n"),
    "errors": repeated(b"= = =\n"),
    "digits": repeated(b"9", b"[unit]\nname = ", b"\n"),
    "hexadecimal digits": repeated(b"f", b"[unit]\nname = 0x", b"\n"),
    "comments": repeated(b"#\n"),
    "a bracket in a wrong key": repeated(b"\\u005d", b'"', b'" = 1\n'),
    "a place in a wrong key": repeated(b".a", b'" - at `$', b'" = 1\n'),
}


@dataclass(frozen=True)
class Case:
    """`most`: the longest that this parser is ever given."""

    target: str
    name: str
    make: Make
    most: int


def cases() -> list[Case]:
    cbor, journal, text = 30_000, 100_000, 30_000
    return [
        Case("cbor", "arrays within arrays", repeated(b"\x81"), cbor),
        Case("cbor", "maps within maps", repeated(b"\xa1\x61a"), cbor),
        Case("cbor", "empty maps", counted(b"\x99", 2, b"\xa0"), cbor),
        Case("cbor", "empty arrays", counted(b"\x99", 2, b"\x80"), cbor),
        Case("cbor", "nulls", counted(b"\x99", 2, b"\xf6"), cbor),
        Case("cbor", "a count that is not true", lambda size: b"\x9b" + b"\x7f" * 8 + bytes(size), cbor),
        Case("cbor", "a length that is not true", lambda size: b"\x5b" + b"\x7f" * 8 + bytes(size), cbor),
        Case("cbor", "a map of a length that is not true", repeated(b"\x61a\0", b"\xbb" + b"\x7f" * 8), cbor),
        Case("cbor", "one long text", lambda size: b"\x7a" + size.to_bytes(4, "big") + b"x" * size, cbor),
        Case("journal", "tags", repeated(MARKER), journal),
        Case("journal", "first bytes of tags", repeated(b"\xd9"), journal),
        Case("journal", "beginnings", beginnings, journal),
        Case("journal", "beginnings of long records", long_item, journal),
        Case("journal", "zeros", repeated(b"\0"), journal),
        Case("unit-journal", "beginnings", beginnings, journal),
        Case("manifest", "empty maps", manifest, 100_000),
        Case("certificates", "beginnings", repeated(b"-----BEGIN CERTIFICATE-----\n"), text),
        Case("certificates", "sequences within sequences", repeated(b"\x30\x80"), text),
        Case("boxes", "empty boxes", repeated(box(b"free")), text),
        Case("boxes", "track fragments", moof, text),
        Case("boxes", "boxes within boxes", nested_boxes, text),
        Case("boxes", "a track fragment without its header", within_one_traf, text),
        Case("boxes", "chunks", repeated(FRAGMENT, box(b"ftyp") + box(b"moov")), text),
        Case("sei", "start codes", repeated(b"\0\0\1"), text),
        Case("sei", "messages", repeated(b"\0\0\1\6\5"), text),
        Case("sei", "one message", repeated(b"\0\0\3", b"\0\0\1\6"), text),
        Case("sei", "empty units", repeated(b"\0"), text),
        Case("wire-control", "frames of nothing", repeated(bytes(4)), text),
        Case("wire-control", "a frame's arrays", lambda size: size.to_bytes(4, "big") + b"\x91" * size, text),
        Case("wire-control", "a note's empty maps", note(b"\x80"), text),
        Case("wire-control", "a length that is not true", lambda size: b"\0\x7f\xff\xff" + bytes(size), text),
        Case("dock-link", "a line without an end", repeated(b"x"), text),
        Case("dock-link", "empty lines", repeated(b"\n"), text),
        Case("dock-link", "arrays within arrays", repeated(b"["), text),
        Case("nmea", "a line without an end", repeated(b"$GNGGA,"), text),
        Case("nmea", "empty lines", repeated(b"\n"), text),
        Case("session", "notes within notes", repeated(b"\x91", b"\x81\xa5notes\x91\x81\xa1z"), cbor),
        Case("session", "an untrue count", repeated(b"\xa6camera", b"\x81\xa8warnings\xdd" + b"\x7f" * 4), cbor),
        Case("script", "lines", repeated(b"wait 1s\n"), text),
        Case("script", "one long line", repeated(b"x "), text),
        *(Case("settings", name, make, text) for name, make in TOML.items()),
        *(Case("board-file", name, make, text) for name, make in TOML.items()),
        *(Case("procedure-pack", name, make, text) for name, make in TOML.items()),
        *(Case("operators", name, make, text) for name, make in TOML.items()),
    ]  # fmt: skip


def manifest(size: int) -> bytes:
    payload = b"\x9a" + size.to_bytes(4, "big") + b"\xa0" * size
    return b"\xd2" + cbor2.dumps([b"\xa1\x01\x27", {}, payload, bytes(64)])


def note(piece: bytes) -> Make:
    def make(size: int) -> bytes:
        body = b"\x83\xa1m\xa4Note\xa4type\xa5event\xa4body\x81\xa1a\xdd" + size.to_bytes(4, "big") + piece * size
        return len(body).to_bytes(4, "big") + body

    return make
