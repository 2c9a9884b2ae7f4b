"""CBOR as the evidence uses it: RFC 8949 section 4.2.1 (core deterministic), and only its plain part.

Allowed are integers of 64 bits and sign, byte and text strings, arrays, maps, false, true and null; every map's keys
are all text or all unsigned integers. There are no tags inside, no floats, no indefinite lengths. There is exactly one
encoding of each value, so a reader that encodes what it decoded and compares has checked all of these rules at once.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Never

import cbor2

MAX_BYTES = 65536
"""Longest journal record, bytes."""
MAX_DEPTH = 16
"""Deepest nesting of arrays and maps."""

# Most records are shorter than this; decoding a copy of so much first keeps a long journal's reading cheap.
_FIRST_TRY = 2048
_SCALARS = frozenset({int, str, bytes, bool, type(None)})


class MalformedError(ValueError):
    """Bytes that are not what the format allows; says what is wrong."""


class TruncatedError(MalformedError):
    """The bytes end within an item: what there is may be the beginning of a good one."""


def _refuse(*_: object) -> Never:
    raise MalformedError("a tag where none is allowed")


class _EveryTag(dict[int, Callable[..., Never]]):
    """Gives the refusal for any tag, so that no tag's own decoder (dates, patterns, big numbers) ever runs."""

    def get(self, _key: int, _default: object = None) -> Callable[..., Never]:
        return _refuse

    def __getitem__(self, _key: int) -> Callable[..., Never]:
        return _refuse

    def __contains__(self, _key: object) -> bool:
        return True

    def __len__(self) -> int:
        return 1


_NO_TAGS = _EveryTag()


def encode(value: object) -> bytes:
    """The one encoding of a value; raises MalformedError for a value that has none, and so could not be read back."""
    try:
        data = cbor2.dumps(value, canonical=True)
    except (cbor2.CBOREncodeError, ValueError, OverflowError, RecursionError) as error:
        raise MalformedError(f"not to be encoded: {error}") from None
    decode(data, max_bytes=len(data))
    return data


def decode(data: bytes, max_bytes: int = MAX_BYTES) -> Any:
    """The value of exactly these bytes; raises MalformedError where they break any rule, bytes left over included."""
    if len(data) > max_bytes:
        raise MalformedError(f"{len(data)} bytes, more than the {max_bytes} allowed")
    value, end = decode_first(data, 0, max_bytes)
    if end != len(data):
        raise MalformedError(f"{len(data) - end} bytes left over after the item")
    return value


def decode_first(data: bytes, offset: int = 0, max_bytes: int = MAX_BYTES) -> tuple[Any, int]:
    """The item that begins at `offset`, and the offset of the byte after it.

    Raises MalformedError; TruncatedError where the data end too early to tell.
    """
    window = data[offset : offset + _FIRST_TRY]
    value: Any = None
    try:
        value = _loads(window)
    except TruncatedError:
        if len(data) - offset <= len(window):
            raise
        window = data[offset : offset + max_bytes]
        try:
            value = _loads(window)
        except TruncatedError:
            if len(data) - offset > max_bytes:
                raise MalformedError(f"an item longer than {max_bytes} bytes") from None
            raise
    _check(value)
    # Decoding keeps the order of keys, which _check has seen, and encoding repeats it: only heads of items can still
    # differ. (Sorting once more while encoding would take twice the time.)
    again = cbor2.dumps(value)
    if not window.startswith(again):
        raise MalformedError("not in the deterministic encoding of RFC 8949 section 4.2.1")
    return value, offset + len(again)


def _loads(data: bytes) -> Any:
    try:
        return cbor2.loads(
            data,
            max_depth=MAX_DEPTH,
            allow_indefinite=False,
            allow_duplicate_keys=False,
            semantic_decoders=_NO_TAGS,
        )
    except cbor2.CBORDecodeEOF:
        raise TruncatedError("the bytes end within an item") from None
    except (cbor2.CBORDecodeError, ValueError, TypeError, OverflowError, RecursionError, MemoryError) as error:
        raise MalformedError(str(error)) from None


def _check(value: Any, depth: int = 0) -> None:
    kind = type(value)
    if kind is dict:
        _check_keys(value)
        inside = value.values()
    elif kind is list:
        inside = value
    elif kind in _SCALARS:
        return
    else:
        raise MalformedError(f"a value of a kind that is not allowed: {kind.__name__}")
    if depth == MAX_DEPTH:
        raise MalformedError(f"nested deeper than {MAX_DEPTH}")
    for item in inside:
        if type(item) not in _SCALARS:
            _check(item, depth + 1)


def _check_keys(value: dict[Any, Any]) -> None:
    kinds = set(map(type, value))
    if kinds == {str}:
        ordered = _in_order(tuple(value))
    elif kinds == {int} and min(value) >= 0:
        keys = list(value)
        ordered = keys == sorted(keys)
    elif not kinds:
        return
    else:
        raise MalformedError("map keys must be all text or all unsigned integers")
    if not ordered:
        raise MalformedError("map keys must stand in the bytewise order of their encodings")


# The records of a journal have few sets of keys. Only text may be remembered: 1, True and 1.0 are equal keys.
@lru_cache(maxsize=256)
def _in_order(texts: tuple[str, ...]) -> bool:
    # Bytewise order of the encoded keys is, for keys of one major type, shorter first and then bytewise.
    keys = [text.encode() for text in texts]
    return keys == sorted(sorted(keys), key=len)
