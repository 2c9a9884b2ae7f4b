import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kuager.media import cells
from kuager.media.mark import FrameMark, unit_bits

MARKS = st.builds(
    FrameMark,
    st.integers(0, 2**16 - 1),
    st.integers(0, 2**20 - 1),
    st.integers(0, 2**24 - 1),
    st.integers(0, 2**42 - 1),
)
SIZES = [(360, 640), (720, 1280), (1080, 1920), (480, 640), (240, 320)]


@given(MARKS)
def test_the_packed_mark_reads_back_and_any_changed_bit_is_seen(mark: FrameMark) -> None:
    packed = mark.pack()
    assert len(packed) == 15
    assert FrameMark.unpack(packed) == mark
    for bit in range(120):
        changed = bytearray(packed)
        changed[bit // 8] ^= 1 << bit % 8
        assert FrameMark.unpack(bytes(changed)) is None


def test_the_packed_mark_to_the_bit() -> None:
    # unit 0x1234, number 1, frame 2, 3 ms: computed by hand from the layout, with CRC-16/CCITT-FALSE
    mark = FrameMark(0x1234, 1, 2, 3)
    fields = (0x1234 << 86) | (1 << 66) | (2 << 42) | 3
    crc = 0xFFFF
    for byte in fields.to_bytes(13, "big"):
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    assert mark.pack() == fields.to_bytes(13, "big") + crc.to_bytes(2, "big")


def test_what_is_too_large_counts_modulo_its_width() -> None:
    assert FrameMark.unpack(FrameMark(1, 2**20 + 5, 2**24 + 6, 2**42 + 7).pack()) == FrameMark(1, 5, 6, 7)


def test_unit_bits_are_the_first_of_sha256() -> None:
    assert unit_bits("abc") == 0xBA78  # FIPS 180-2, appendix B.1


@pytest.mark.parametrize("size", SIZES)
@given(mark=MARKS)
@settings(max_examples=10)
def test_a_drawn_strip_reads_back(size: tuple[int, int], mark: FrameMark) -> None:
    luma = np.full(size, 100, np.uint8)
    cells.draw(luma, mark)
    assert cells.read(luma) == mark
    width, height = cells.strip_size(size[1])
    assert (luma[height:] == 100).all()
    assert (luma[:, width:] == 100).all()


@pytest.mark.parametrize("size", [(720, 1280), (1080, 1920)])
def test_it_reads_back_at_half_size_with_noise(size: tuple[int, int]) -> None:
    luma = np.full(size, 100, np.uint8)
    mark = FrameMark(7, 8, 9, 1_795_000_000_123)
    cells.draw(luma, mark)
    half = luma.reshape(size[0] // 2, 2, size[1] // 2, 2).mean(axis=(1, 3))
    noise = np.random.default_rng(1).normal(0, 20, half.shape)
    assert cells.read(np.clip(half * 0.8 + 20 + noise, 0, 255).astype(np.uint8)) == mark


def test_a_changed_cell_makes_the_strip_unreadable() -> None:
    luma = np.full((720, 1280), 100, np.uint8)
    cells.draw(luma, FrameMark(1, 2, 3, 4))
    luma[0:8, 8 * 40 : 8 * 41] ^= 0xFF
    assert cells.read(luma) is None


@pytest.mark.parametrize("size", [(720, 1280), (2, 1280), (720, 8), (0, 0)])
def test_other_pictures_hold_no_mark(size: tuple[int, int]) -> None:
    random = np.random.default_rng(2)
    for level in (16, 235):
        assert cells.read(np.full(size, level, np.uint8)) is None
    assert cells.read(random.integers(0, 256, size, np.uint8)) is None
