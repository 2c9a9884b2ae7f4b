"""What may follow in a take, at the very bounds of each rule."""

from typing import Any

import pytest
from vault_world import fragment_chunk, init_chunk

from kuager import wire
from kuager.errors import InputError
from kuager.vault.intake import HARD_MAX_BYTES, MAX_FILES, Take, check_photo

BEGUN = 1_000_000_000
NOW = BEGUN + 100_000_000
MINUTE, FUTURE = 60_000_000, 5_000_000
MAX_BYTES = 5000
LAST = 2**53 - 1


def begin(**changes: Any) -> wire.TakeBegin:
    fields = {"streams": ["video"], "first_us": BEGUN, "first_utc_us": BEGUN + 7}
    return wire.TakeBegin(**({"sequence": 1, "recording": bytes(16), "take": 7, "cause": "press"} | fields | changes))


def chunk(kind: str, **changes: Any) -> wire.Fragment:
    data = init_chunk() if kind == "init" else fragment_chunk(1, 200)
    fields = {"data": data, "first_us": BEGUN, "last_us": BEGUN, "first_utc_us": BEGUN}
    return wire.Fragment(**({"sequence": 2, "take": 7, "file": 0, "kind": kind} | fields | changes))


def running(*fragments: dict[str, Any]) -> Take:
    """A take that took its first file's head and these fragments."""
    take = Take(begin(), 1)
    for each in (chunk("init"), *(chunk("fragment", **changes) for changes in fragments)):
        take.check(each, 0, MAX_BYTES, NOW)
        take.took(each)
    return take


def refusal(take: Take, fragment: wire.Fragment, length: int = 0, max_bytes: int = MAX_BYTES) -> str:
    """Why it is refused; empty: it is not."""
    try:
        take.check(fragment, length, max_bytes, NOW)
    except InputError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("streams", [[], ["video", "video"], ["sound", "video", "sound"]])
def test_a_take_has_one_or_two_different_streams(streams: list[str]):
    with pytest.raises(InputError, match="one or two different streams"):
        Take(begin(streams=streams), 1)


LONGER = "the file would be longer than 5000 bytes"
HEAD, PIECE = len(init_chunk()), len(fragment_chunk(1, 200))


@pytest.mark.parametrize(
    ("fragment", "length", "expected"),
    [
        (chunk("fragment"), MAX_BYTES - PIECE, ""),
        (chunk("fragment"), MAX_BYTES - PIECE + 1, LONGER),
        (chunk("init", file=1), MAX_BYTES, ""),  # the file before is as long as it may be, and this one is new
        (chunk("fragment", data=fragment_chunk(1, MAX_BYTES - PIECE + 200)), 0, ""),
        (chunk("fragment", data=fragment_chunk(1, MAX_BYTES - PIECE + 201)), 0, LONGER),
    ],
)
def test_a_file_may_be_as_long_as_its_limit(fragment: wire.Fragment, length: int, expected: str):
    assert refusal(running(), fragment, length) == expected


@pytest.mark.parametrize(("limit", "expected"), [(HEAD, ""), (HEAD - 1, "the file would be longer than 83 bytes")])
def test_a_files_head_may_fill_it(limit: int, expected: str):
    assert refusal(Take(begin(), 1), chunk("init"), 0, limit) == expected


@pytest.mark.parametrize(("beyond", "expected"), [(0, ""), (1, f"the file would be longer than {2**31} bytes")])
def test_no_setting_lets_a_file_outgrow_a_disc(beyond: int, expected: str):
    assert refusal(running(), chunk("fragment"), HARD_MAX_BYTES - PIECE + beyond, 2**31) == expected


@pytest.mark.parametrize(("file", "expected"), [(MAX_FILES - 1, ""), (MAX_FILES, "a take has at most 1024 files")])
def test_a_take_has_so_many_files(file: int, expected: str):
    take = running()
    take.file = file - 1
    assert refusal(take, chunk("init", file=file)) == expected


@pytest.mark.parametrize(
    ("fragment", "expected"),
    [
        (chunk("fragment", take=8), "take 8 does not run, take 7 does"),
        (chunk("init", file=0), "file 0 begins where file 1 was due"),
        (chunk("init", file=2), "file 2 begins where file 1 was due"),
        (chunk("fragment", file=1), "a fragment of file 1 while file 0 is being written"),
        (chunk("fragment", last_us=BEGUN - 1), "the chunk's times are not a short stretch"),
        (chunk("fragment", last_us=BEGUN + MINUTE), ""),
        (chunk("fragment", last_us=BEGUN + MINUTE + 1), "the chunk's times are not a short stretch"),
        (chunk("fragment", first_us=NOW, last_us=NOW + FUTURE), ""),
        (chunk("fragment", first_us=NOW, last_us=NOW + FUTURE + 1), "the chunk is from the future"),
    ],
)
def test_what_does_not_follow_is_refused_with_a_reason(fragment: wire.Fragment, expected: str):
    assert refusal(running(), fragment) == expected


@pytest.mark.parametrize(
    ("first_us", "last_us", "backwards"),
    [(0, 0, False), (-1, 5, True), (1, -1, True), (-1, -1, True), (1, 1, False)],
)
def test_neither_begin_nor_end_of_a_fragment_goes_back(first_us: int, last_us: int, backwards: bool):
    before = {"first_us": BEGUN + 500, "last_us": BEGUN + 1000}
    after = {"first_us": before["first_us"] + first_us, "last_us": before["last_us"] + last_us}
    expected = "time goes backwards between two fragments" if backwards else ""
    assert refusal(running(before), chunk("fragment", **after)) == expected


def test_a_files_head_may_be_of_an_earlier_time_than_the_last_fragment():
    assert refusal(running({"first_us": BEGUN + 500, "last_us": BEGUN + 1000}), chunk("init", file=1)) == ""


@pytest.mark.parametrize(
    ("fragments", "expected"),
    [
        ([], (BEGUN, BEGUN + 7)),
        ([{"last_us": BEGUN + 300, "first_utc_us": BEGUN + 40}], (BEGUN + 300, BEGUN + 340)),
        ([{"first_us": BEGUN + 100, "last_us": BEGUN + 300, "first_utc_us": LAST - 150}], (BEGUN + 300, LAST)),
    ],
)
def test_a_take_knows_the_end_of_its_last_fragment_by_both_clocks(
    fragments: list[dict[str, int]], expected: tuple[int, int]
):
    take = running(*fragments)
    assert (take.last_us, take.last_utc_us) == expected


@pytest.mark.parametrize(
    ("data", "whole"),
    [
        (b"\xff\xd8\xff\xd9", True),
        (b"\xff\xd8\xff\xe1" + bytes(100), False),
        (bytes(100) + b"\xff\xd9", False),
        (b"\xff\xd8\xff\xe1\xff\xd9" + bytes(65_534), True),  # what a camera appends to its picture
        (b"\xff\xd8\xff\xe1\xff\xd9" + bytes(65_535), False),
    ],
)
def test_a_photograph_begins_and_ends_as_a_jpeg_does(data: bytes, whole: bool):
    if whole:
        check_photo(data)
        return
    with pytest.raises(InputError, match=f"{len(data)} bytes are no whole JPEG"):
        check_photo(data)
