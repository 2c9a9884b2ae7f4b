"""Whether the picture is worth keeping: a covered lens, darkness, a camera that gives the same picture for ever. Pure.

Looks at a coarse grid of a picture's luma once a second, before anything is burned in.
"""

from typing import Literal

import numpy as np

from kuager.media.cells import Luma

Look = Literal["", "dark", "frozen"]

LOOK_US = 1_000_000
AFTER_US = 5_000_000
"""A fault is told once it has lasted so long, us."""

_GRID = (24, 32)  # rows and columns from point to point: 30 x 40 points at 720p
_DARK_MEAN, _DARK_MOST = 36, 56  # luma; black is 16, and any scene with a lamp in it has points above


class PictureWatch:
    """Fed from the encoder's thread; `state` may be read from any."""

    def __init__(self) -> None:
        self.state: Look = ""
        """What has been wrong for `AFTER_US`; empty: nothing."""
        self._seen: Luma | None = None
        self._looked_us = -LOOK_US
        self._wrong: Look = ""
        self._since_us = 0

    def due(self, boot_us: int) -> bool:
        """Whether the picture of this moment is to be looked at."""
        return not 0 <= boot_us - self._looked_us < LOOK_US

    def look(self, luma: Luma, boot_us: int) -> None:
        """Look at a clean luma plane, rows x columns."""
        points = luma[:: _GRID[0], :: _GRID[1]].copy()
        wrong = _judge(points, self._seen)
        if wrong != self._wrong or boot_us < self._looked_us:
            self._wrong, self._since_us = wrong, boot_us
        self._seen, self._looked_us = points, boot_us
        self.state = wrong if boot_us - self._since_us >= AFTER_US else ""


def _judge(points: Luma, before: Luma | None) -> Look:
    if points.mean() < _DARK_MEAN and points.max() < _DARK_MOST:
        return "dark"
    # A sensor's noise is never the same twice: equal points are one picture, given again and again.
    if before is not None and np.array_equal(points, before):
        return "frozen"
    return ""
