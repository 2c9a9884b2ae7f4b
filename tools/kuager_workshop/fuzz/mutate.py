"""Changes inputs: anywhere, or within their structure so that what lies behind a link or a length is reached too."""

import hashlib
import io
from collections.abc import Sequence
from random import Random
from typing import Any

import cbor2

from kuager.evidence import cbor
from kuager.evidence.cbor import MalformedError
from kuager.evidence.journal import MARKER, Record
from kuager.evidence.rules_walk import walk

_BYTES = (0, 1, 0x7F, 0x80, 0xFF, ord("\n"), ord('"'), ord("["), ord("]"), ord("."))
_SIZES = (0, 1, 7, 8, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF)
_MOST_STEPS = 4
_DEEP = 12

_VALUES: tuple[Any, ...] = (
    0, 1, -1, 2**53 - 1, 2**53, 2**63, 2**64 - 1, "", "\0", "x" * 200, "я" * 1001, "../x", "a\nb", "\u202e",
    b"", bytes(16), bytes(32), b"\xff" * 64, None, True, False, [], {}, [[[[]]]], {"a": {"b": {}}}, ["video", "video"],
    {1: 2},
)  # fmt: skip
"""Never changed in place: a changed value is a new one."""


def mutated(data: bytes, chance: Random, others: Sequence[bytes], words: Sequence[bytes], longest: int) -> bytes:
    """`data` changed in one to four places; `others` are inputs of the same kind."""
    changed = bytearray(data)
    for _ in range(chance.randint(1, _MOST_STEPS)):
        _step(changed, chance, others, words)
    return bytes(changed[:longest])


def _step(data: bytearray, chance: Random, others: Sequence[bytes], words: Sequence[bytes]) -> None:
    at = chance.randint(0, len(data))
    to = min(len(data), at + chance.choice((1, 2, 4, 8, 40, 300)))
    match chance.randrange(9):
        case 0 if at < len(data):
            data[at] ^= 1 << chance.randrange(8)
        case 1 if at < len(data):
            data[at] = chance.choice(_BYTES)
        case 2:
            data[at:at] = chance.randbytes(chance.randint(1, 8))
        case 3:
            del data[at:to]
        case 4:
            data[at:at] = data[at:to] * chance.choice((1, 1, 2, 20))
        case 5:
            del data[at:]
        case 6 if words:
            data[at:at] = chance.choice(words)
        case 7 if others:
            other = chance.choice(others)
            data[at:] = other[chance.randint(0, len(other)) :]
        case _:
            data[at : at + 4] = chance.choice(_SIZES).to_bytes(4, "big")


def plain_mutated(value: Any, chance: Random, depth: int = 0) -> Any:
    """A plain value with one part of it replaced, left out, or put twice."""
    if depth < _DEEP and isinstance(value, dict) and value and chance.random() < 0.9:
        changed = dict(value)
        key = chance.choice(list(changed))
        match chance.randrange(8):
            case 0:
                del changed[key]
            case 1:
                changed[chance.choice(("x", "id", "file", "data"))] = changed[key]
            case _:
                changed[key] = plain_mutated(changed[key], chance, depth + 1)
        return changed
    if depth < _DEEP and isinstance(value, list) and value and chance.random() < 0.9:
        items = list(value)
        at = chance.randrange(len(items))
        match chance.randrange(8):
            case 0:
                del items[at]
            case 1:
                items[at:at] = [items[at]] * chance.choice((1, 2, 40))
            case _:
                items[at] = plain_mutated(items[at], chance, depth + 1)
        return items
    if isinstance(value, int) and chance.random() < 0.5:
        return max(0, value + chance.choice((-1, 1, 1000, -1000, 10**6, 10**9)))
    return chance.choice(_VALUES)


def record_mutated(data: bytes, chance: Random) -> bytes:
    """A journal in which one record says something else, is there twice, or is missing; the links are made anew."""
    records = [item for item in walk(io.BytesIO(data)) if isinstance(item, Record)]
    if not records:
        return data
    at = chance.randrange(len(records))
    match chance.randrange(5):
        case 0:
            del records[at]
        case 1:
            records.insert(at, records[at])
        case 2:
            other = chance.randrange(len(records))
            records[at], records[other] = records[other], records[at]
        case _:
            return _linked(records, at, chance)
    return _linked(records, -1, chance)


def _linked(records: list[Record], changed: int, chance: Random) -> bytes:
    out, prev = [], bytes(32)
    for seq, record in enumerate(records):
        fields = cbor2.loads(record.raw[len(MARKER) :])
        fields[0], fields[1] = seq, prev
        if seq == changed:
            fields[chance.choice((2, 4, 4, 4))] = plain_mutated(fields[4], chance)
        raw = MARKER + encoded(fields)
        prev = hashlib.sha256(raw).digest()
        out.append(raw)
    return b"".join(out)


def encoded(value: Any) -> bytes:
    """The value as CBOR, also where the evidence's rules do not allow it."""
    try:
        return cbor.encode(value)
    except MalformedError:
        return cbor2.dumps(value)
