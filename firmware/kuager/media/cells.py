"""The cell strip: a picture's mark drawn into it, so that it survives decoding, scaling and filming of a screen.

The strip lies in the top left corner of the luma plane: two rows of 64 square cells. A cell's side is 4 pixels in a
picture less than 512 wide; from there width/160 rounded down to an even number, but at least 8. Each row is::

    cell  0..3    white black white black     reference
    cell  4..62   59 bits of the mark, white is 1, most significant first (row 0: bits 0..58, row 1: bits 59..117)
    cell  63      white in row 0, black in row 1

White is luma 235, black 16. A reader takes the mean of each cell without its outer quarter on every side, the threshold
midway between the mean of the reference cells of either colour in that row, and believes nothing without the CRC.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from kuager.media.mark import BITS, SIZE, FrameMark

Luma = npt.NDArray[np.uint8]

COLUMNS = 64
BLACK, WHITE = 16, 235
_HALF = BITS // 2
_LEVELS = bytes.maketrans(b"01", bytes((BLACK, WHITE)))
_WHITE_AT = ([0, 2, 63], [0, 2])
_BLACK_AT = ([1, 3], [1, 3, 63])
_MIN_CONTRAST = 48  # between the reference colours; less is no strip of ours


def cell_size(width: int) -> int:
    """Pixels of a cell's side in a picture of this width. The strip is 64 cells wide and 2 high."""
    if width < 512:
        return 4
    return max(8, width // 160 & ~1)


def strip_size(width: int) -> tuple[int, int]:
    """Width and height of the strip, pixels."""
    cell = cell_size(width)
    return COLUMNS * cell, 2 * cell


def draw(luma: Luma, mark: FrameMark) -> None:
    """Draw the mark into a luma plane (rows x columns, at least 256 x 8), in place."""
    cell = cell_size(luma.shape[1])
    bits = f"{int.from_bytes(mark.pack(), 'big'):0{BITS}b}"
    rows = f"1010{bits[:_HALF]}11010{bits[_HALF:]}0".encode().translate(_LEVELS)
    levels = np.frombuffer(rows, np.uint8).repeat(cell).reshape(2, 1, -1)
    luma[: 2 * cell, : COLUMNS * cell].reshape(2, cell, -1)[:] = levels  # a view: splitting rows copies nothing


def read(luma: Luma) -> FrameMark | None:
    """The mark in a decoded luma plane of the recorded size or of half of it; None where there is none to believe."""
    width = luma.shape[1]
    for cell in dict.fromkeys((cell_size(width), cell_size(2 * width) // 2)):
        if (mark := _read(luma, cell)) is not None:
            return mark
    return None


def _read(luma: Luma, cell: int) -> FrameMark | None:
    if luma.shape[0] < 2 * cell or luma.shape[1] < COLUMNS * cell:
        return None
    edge = cell // 4
    grid = luma[: 2 * cell, : COLUMNS * cell].reshape(2, cell, COLUMNS, cell)
    inner = grid[:, edge : cell - edge, :, edge : cell - edge]
    levels: npt.NDArray[Any] = inner.mean(axis=(1, 3), dtype=np.float32)
    rows = []
    for row, white_at, black_at in zip(levels, _WHITE_AT, _BLACK_AT, strict=True):
        white, black = row[white_at], row[black_at]
        if white.min() - black.max() < _MIN_CONTRAST:
            return None
        rows.append(row[4:63] > (white.mean() + black.mean()) / 2)
    bits = np.concatenate((np.zeros(SIZE * 8 - BITS, bool), *rows))
    return FrameMark.unpack(np.packbits(bits).tobytes())
