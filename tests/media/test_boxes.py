import contextlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kuager.media import boxes
from kuager.media.boxes import MediaError


def box(kind: bytes, body: bytes = b"") -> bytes:
    return (8 + len(body)).to_bytes(4, "big") + kind + body


INIT = box(b"ftyp", b"isom") + box(b"moov", b"x" * 20)
PRFT = box(b"prft", bytes(24))
FRAGMENT = PRFT + box(b"moof", b"m" * 10) + box(b"mdat", b"d" * 30)


def traf(track: int, time: int, counts: list[int], version: int = 1) -> bytes:
    tfhd = box(b"tfhd", bytes(4) + track.to_bytes(4, "big"))
    tfdt = box(b"tfdt", bytes([version, 0, 0, 0]) + time.to_bytes(8 if version else 4, "big"))
    return box(b"traf", tfhd + tfdt + b"".join(box(b"trun", bytes(4) + n.to_bytes(4, "big")) for n in counts))


def test_whole_chunks_tile_the_file() -> None:
    data = INIT + FRAGMENT * 3
    found = list(boxes.chunks(data))
    assert [chunk.kind for chunk in found] == ["init", "fragment", "fragment", "fragment"]
    assert sum(chunk.length for chunk in found) == len(data) == boxes.whole_length(data)


def test_a_file_cut_anywhere_is_trimmed_to_its_last_whole_chunk() -> None:
    data = INIT + FRAGMENT * 2
    ends = [0, len(INIT), len(INIT) + len(FRAGMENT), len(data)]
    for cut in range(len(data) + 1):
        assert boxes.whole_length(data[:cut]) == max(end for end in ends if end <= cut)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (INIT + b"x", "init"),
        (INIT[:-1], "init"),
        (FRAGMENT, "init"),
        (INIT, "fragment"),
        (FRAGMENT[32:], "fragment"),  # without its reference time
        (box(b"prft", bytes(28)) + FRAGMENT[32:], "fragment"),
        (FRAGMENT + FRAGMENT, "fragment"),
        (b"", "fragment"),
        (bytes(64), "init"),
    ],
)
def test_what_is_no_chunk_is_refused(data: bytes, kind: boxes.Kind) -> None:
    with pytest.raises(MediaError):
        boxes.check_chunk(data, kind)


def test_an_init_in_the_middle_or_no_init_ends_the_file() -> None:
    assert boxes.whole_length(INIT + FRAGMENT + INIT + FRAGMENT) == len(INIT + FRAGMENT)
    assert boxes.whole_length(FRAGMENT) == 0


def test_sizes_of_64_bits_and_size_0() -> None:
    large = (1).to_bytes(4, "big") + b"mdat" + (20).to_bytes(8, "big") + b"abcd"
    assert boxes.box_at(large, 0, len(large)) == boxes.Box(b"mdat", 0, 20, 16)
    assert boxes.box_at(large[:-1], 0, len(large) - 1) is None
    assert boxes.box_at(large[:12], 0, 12) is None
    assert boxes.box_at(bytes(4) + b"mdat" + b"abcd", 0, 12) is None


def test_runs_tell_time_and_number_of_samples_of_each_track() -> None:
    moof = box(b"moof", box(b"mfhd", bytes(8)) + traf(1, 2**40, [10, 5]) + traf(2, 4608, [5], version=0))
    (found,) = boxes.walk(moof)
    assert boxes.runs(moof, found) == {1: boxes.Run(2**40, 15), 2: boxes.Run(4608, 5)}


@pytest.mark.parametrize(
    "inner",
    [
        box(b"traf"),
        box(b"traf", box(b"tfhd", bytes(8))),
        box(b"traf", box(b"tfhd", bytes(4)) + box(b"tfdt", bytes(8))),
        box(b"traf", box(b"tfhd", bytes(8)) + box(b"tfdt", b"\x01" + bytes(7))),
        box(b"traf", box(b"tfhd", bytes(8)) + box(b"tfdt", bytes(8)) + box(b"trun", bytes(4))),
    ],
)
def test_torn_track_fragments_are_refused(inner: bytes) -> None:
    moof = box(b"moof", inner)
    with pytest.raises(MediaError):
        boxes.runs(moof, next(boxes.walk(moof)))


@given(st.binary(max_size=400))
def test_no_bytes_crash_or_hang_the_walk(data: bytes) -> None:
    for start in (data, INIT + data, PRFT + data):
        assert boxes.whole_length(start) <= len(start)
        for found in boxes.walk(start):
            assert found.end <= len(start)
            with contextlib.suppress(MediaError):
                boxes.runs(start, found)


@given(st.integers(0, len(FRAGMENT) - 1), st.integers(0, 255))
@example(at=FRAGMENT.index(b"mdat") - 1, value=8)  # a media box that claims to be shorter than it is
def test_a_changed_byte_never_makes_a_chunk_longer_than_the_data(at: int, value: int) -> None:
    data = bytearray(INIT + FRAGMENT)
    data[len(INIT) + at] = value
    mdat = len(INIT) + FRAGMENT.index(b"mdat") - 4
    claimed = mdat + int.from_bytes(data[mdat : mdat + 4], "big")
    assert boxes.whole_length(data) in {len(INIT), len(data), min(claimed, len(data))}
