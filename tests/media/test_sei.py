import pytest
from hypothesis import given
from hypothesis import strategies as st

from kuager.media import sei
from kuager.media.mark import FrameMark

START = b"\x00\x00\x00\x01"
PARAMETERS = START + b"\x67abc" + START + b"\x68de"
OTHER_SEI = b"\x00\x00\x01\x06\x05\x14" + bytes(range(16)) + b"x264\x80"
SLICE = b"\x65slice"
MARK = FrameMark(1, 2, 3, 4)
# zeros everywhere: the packed form then holds runs that need emulation prevention
MARKS = st.builds(
    FrameMark,
    st.sampled_from([0, 1, 0x0300]),
    st.integers(0, 3),
    st.integers(0, 3),
    st.sampled_from([0, 1, 2, 3, 2**40]),
)


def avcc(*units: bytes) -> bytes:
    return b"".join(len(unit).to_bytes(4, "big") + unit for unit in units)


@given(MARKS)
def test_the_unit_reads_back_and_holds_no_start_code(mark: FrameMark) -> None:
    unit = sei.nal_unit(mark)
    assert unit.startswith(START)
    assert not any(unit[4:].find(b"\x00\x00" + bytes([low])) >= 0 for low in (0, 1, 2))
    assert sei.read_annexb(sei.insert(START + SLICE, mark)) == mark
    assert sei.read_avcc(avcc(unit[4:], SLICE)) == mark


def test_it_stands_before_the_first_slice_and_after_all_else() -> None:
    unit = sei.insert(PARAMETERS + OTHER_SEI + START + SLICE + START + SLICE, MARK)
    assert unit == PARAMETERS + OTHER_SEI + sei.nal_unit(MARK) + START + SLICE + START + SLICE
    assert sei.read_annexb(unit) == MARK


def test_a_start_code_of_three_bytes_is_known_too() -> None:
    assert sei.insert(b"\x00\x00\x01" + SLICE, MARK) == sei.nal_unit(MARK) + b"\x00\x00\x01" + SLICE


@pytest.mark.parametrize("unit", [b"", b"\x00\x00\x01", PARAMETERS, SLICE])
def test_an_access_unit_without_a_slice_is_refused(unit: bytes) -> None:
    with pytest.raises(ValueError, match="no slice"):
        sei.insert(unit, MARK)


def test_what_another_wrote_is_not_ours() -> None:
    assert sei.read_annexb(PARAMETERS + OTHER_SEI + START + SLICE) is None
    assert sei.read_avcc(avcc(OTHER_SEI[3:], SLICE)) is None
    changed = bytearray(sei.nal_unit(MARK)[4:])
    changed[-3] ^= 1
    assert sei.read_avcc(avcc(bytes(changed), SLICE)) is None


@pytest.mark.parametrize("other", [FrameMark(9, 9, 9, 9), None], ids=["readable", "spoilt"])
def test_only_what_stands_directly_before_the_first_slice_is_the_mark(other: FrameMark | None) -> None:
    elsewhere = sei.nal_unit(other or MARK)
    if other is None:
        elsewhere = elsewhere[:-3] + bytes([elsewhere[-3] ^ 1]) + elsewhere[-2:]
    assert sei.read_annexb(sei.insert(elsewhere + START + SLICE, MARK)) == MARK
    assert sei.read_annexb(elsewhere + PARAMETERS + START + SLICE) is None
    assert sei.read_annexb(sei.insert(START + SLICE + elsewhere + START + SLICE, MARK)) == MARK
    unit = sei.nal_unit(MARK)[4:]
    assert sei.read_avcc(avcc(unit + b"\x80", SLICE)) is None


@given(st.binary(max_size=200), st.integers(1, 4))
def test_no_bytes_crash_the_readers(data: bytes, size: int) -> None:
    sei.read_annexb(data)
    sei.read_avcc(data, size)
    sei.read_avcc(avcc(sei.nal_unit(MARK)[4:], SLICE)[: len(data)])
