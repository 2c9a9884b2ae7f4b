"""The real clip as a camera's pictures: in any size and format, by the time that has gone by."""

from pathlib import Path

import numpy as np

from kuager.capture.sensors.camera_frames import Fitter
from kuager.capture.sensors.camera_replay import Clip
from kuager_workshop.emulate.uvc import Format

_MOST = 160 << 20  # bytes of pictures that are kept; then they start over


class Pictures:
    """A clip in one size and format. What was decoded is kept: the processor is needed by the emulation."""

    def __init__(self, clip: Path, size: tuple[int, int], form: Format) -> None:
        """Raises HardwareError where the clip can't be played."""
        self._clip = Clip(clip)
        self._fitter, self._format = Fitter(size), form
        self._made: list[tuple[int, bytes]] = []  # time since the first, us
        self._span = 0  # us, of all that are kept, once they are all made
        self._kept = 0

    def at(self, us: int) -> bytes:
        """The picture of this moment after the first; moments must not go back before all are made."""
        if self._span:
            us %= self._span
        else:
            while not self._made or self._made[-1][0] < us:
                if not self._make():
                    return self.at(us)
        low, high = 0, len(self._made)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self._made[middle][0] <= us else (low, middle)
        return self._made[low][1]

    def _make(self) -> bool:
        moment, frame = self._clip.next()
        if self._kept > _MOST:
            self._span = moment
            self._clip.close()
            return False
        fitted = self._fitter.fit(frame, self._clip.pixel_aspect)
        shown = fitted if fitted.format.name == self._format.libav else fitted.reformat(format=self._format.libav)
        made = np.ascontiguousarray(shown.to_ndarray()).tobytes()
        self._made.append((moment, made))
        self._kept += len(made)
        return True
