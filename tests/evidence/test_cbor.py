"""The one encoding of each value, and the refusal of every other."""

import resource
import time
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kuager.evidence import cbor
from kuager.evidence.cbor import MalformedError, TruncatedError

SCALARS = st.none() | st.booleans() | st.integers(-(2**64), 2**64 - 1) | st.binary(max_size=40) | st.text(max_size=20)
VALUES = st.recursive(
    SCALARS,
    lambda inside: (
        st.lists(inside, max_size=6)
        | st.dictionaries(st.text(max_size=30), inside, max_size=6)
        | st.dictionaries(st.integers(0, 2**64 - 1), inside, max_size=6)
    ),
    max_leaves=20,
)

INVALID = {
    "float": "fb3ff8000000000000",
    "float, half": "f93c00",
    "float, not a number": "f97e00",
    "float in a map": "a16161f93c00",
    "undefined": "f7",
    "simple value": "f0",
    "simple value of two bytes": "f8ff",
    "number not in its shortest form": "1800",
    "number of eight bytes for one": "1b0000000000000001",
    "negative number not in its shortest form": "3800",
    "length not in its shortest form": "580100",
    "array head not in its shortest form": "980100",
    "map head not in its shortest form": "b801616100",
    "text head not in its shortest form": "780161",
    "array of indefinite length": "9f00ff",
    "map of indefinite length": "bf616100ff",
    "byte string of indefinite length": "5f4100ff",
    "text of indefinite length": "7f6161ff",
    "duplicate key": "a2616101616102",
    "duplicate number as key": "a201010102",
    "keys out of order": "a2616201616101",
    "shorter key after longer": "a26262620161610 1".replace(" ", ""),
    "numbers as keys out of order": "a202000100",
    "keys of two kinds": "a201006161 00".replace(" ", ""),
    "negative number as key": "a12000",
    "byte string as key": "a1410000",
    "array as key": "a1810000",
    "true as key": "a1f500",
    "tag: date": "c11a00000000",
    "tag: date as text": "c074323031332d30332d32315432303a30343a30305a",
    "tag: big number": "c249010000000000000000",
    "tag: small big number": "c24101",
    "tag: pattern": "d823612a",
    "tag: set": "d9010280",
    "tag: shared value": "d81c00",
    "tag: of our own": "d9d9f700",
    "tag: unknown, of eight bytes": "dbffffffffffffffff00",
    "reserved head": "1c",
    "text that is no UTF-8": "61ff",
    "surrogate in text": "63eda080",
    "break alone": "ff",
    "one byte too many": "0000",
    "a whole item too many": "820102f6",
}


@given(VALUES)
def test_what_is_encoded_is_read_back_and_is_the_only_encoding(value: Any) -> None:
    data = cbor.encode(value)
    assert cbor.decode(data) == value
    assert data == cbor2.dumps(value, canonical=True)
    assert cbor.decode_first(b"xyz" + data + b"\x00rest", 3) == (value, 3 + len(data))


@given(st.binary(max_size=60))
def test_any_bytes_are_either_refused_or_the_one_encoding_of_their_value(data: bytes) -> None:
    try:
        value = cbor.decode(data)
    except MalformedError:
        return
    assert cbor.encode(value) == data


@given(VALUES, st.data())
def test_every_beginning_of_an_item_is_told_from_a_malformed_one(value: Any, data: st.DataObject) -> None:
    whole = cbor.encode(value)
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(TruncatedError):
        cbor.decode_first(whole[:cut])


@pytest.mark.parametrize("what", INVALID)
def test_refuses(what: str) -> None:
    with pytest.raises(MalformedError):
        cbor.decode(bytes.fromhex(INVALID[what]))


@pytest.mark.parametrize(
    "inside", ["fb3ff8000000000000", "f7", "f0", "a2616201616101", "a201006161 00", "a12000", "81f7"]
)
@pytest.mark.parametrize("around", ["81", "a16161", "a100", "8181"])
def test_refuses_inside_as_well(inside: str, around: str) -> None:
    with pytest.raises(MalformedError):
        cbor.decode(bytes.fromhex(around + inside))


def test_keys_stand_in_the_order_of_their_encodings() -> None:
    keys = ["b", "aa", "я", "a" * 24, "z" * 23, ""]
    assert list(cbor.decode(cbor.encode(dict.fromkeys(keys, 0)))) == ["", "b", "aa", "я", "z" * 23, "a" * 24]
    assert cbor.encode({1000: 0, 1: 0, 24: 0}).hex() == "a30100181800" + "1903e800"


@pytest.mark.parametrize(
    "value", [1.0, 2**64, -(2**64) - 1, {1: 0, "a": 0}, {-1: 0}, {b"": 0}, {1, 2}, "\ud800", object()]
)
def test_encodes_nothing_that_it_would_not_read(value: Any) -> None:
    with pytest.raises(MalformedError):
        cbor.encode(value)


def test_sixteen_levels_and_no_more() -> None:
    deepest: Any = 0
    for _ in range(cbor.MAX_DEPTH):
        deepest = [deepest]
    assert cbor.decode(cbor.encode(deepest)) == deepest
    with pytest.raises(MalformedError):
        cbor.encode([deepest])
    for data in (b"\x81" * 17 + b"\x00", b"\x81" * 60_000, b"\xa1\x61\x61" * 20_000):
        with pytest.raises(MalformedError):
            cbor.decode(data)


@pytest.mark.parametrize("head", ["9b", "bb", "5b", "7b", "9a", "ba", "5a", "7a"])
def test_huge_counts_cost_neither_memory_nor_time(head: str) -> None:
    before, begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    size = 8 if head[1] == "b" else 4
    for count in (2 ** (8 * size) - 1, 2 ** (8 * size - 1) - 1, 2 ** (8 * size - 1)):
        with pytest.raises(MalformedError):
            cbor.decode(bytes.fromhex(head) + count.to_bytes(size, "big") + bytes(1000))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # KiB
    assert time.monotonic() - begun < 1


def test_length_limits() -> None:
    long = cbor.encode(bytes(cbor.MAX_BYTES))
    with pytest.raises(MalformedError, match="more than"):
        cbor.decode(long)
    with pytest.raises(MalformedError, match="longer than"):
        cbor.decode_first(long)
    assert cbor.decode(long, max_bytes=len(long)) == bytes(cbor.MAX_BYTES)
    assert cbor.decode_first(long[:-1] + b"\0\0", max_bytes=len(long))[1] == len(long)
    with pytest.raises(TruncatedError):
        cbor.decode_first(long[:-1], max_bytes=len(long))


def test_what_stands_before_an_item_does_not_make_it_long() -> None:
    cut = cbor.encode(bytes(40_000))[:30_000]
    with pytest.raises(TruncatedError):
        cbor.decode_first(bytes(40_000) + cut, 40_000)


def test_an_order_of_keys_once_seen_lets_no_other_through() -> None:
    good = cbor.encode({"a": 1, "b": 2, "aa": 3})
    assert cbor.decode(good) == {"a": 1, "b": 2, "aa": 3}
    for wrong in (b"\xa2\x61b\x02\x61a\x01", b"\xa2\x62aa\x03\x61a\x01"):
        for _ in range(2):
            with pytest.raises(MalformedError):
                cbor.decode(wrong)
