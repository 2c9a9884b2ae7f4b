"""Burns time, unit, recording number and the cell strip into a picture before it is encoded, in place.

Two lines under the cell strip, white on an opaque black box, in DejaVu Sans Mono Bold of 28 pixels at a height of 720
(in proportion elsewhere): ``2026-11-22 10:15:00.123 +05:00  KZ0417  #000042``, and where there is something to say of
the picture: ``CLOCK NOT SYNCHRONISED``, ``PRE-RECORDED``, ``TRAINING``. Under all of it the chroma is neutral. Only
characters that changed since the last picture are drawn anew; a picture then costs a few copies of small rectangles.
"""

import time
from dataclasses import dataclass

import av
import numpy as np

from kuager.capture.glyphs import Atlas, atlas
from kuager.evidence.records import State
from kuager.media import cells
from kuager.media.cells import BLACK, Luma
from kuager.media.mark import FrameMark

_NEUTRAL = 128
_CLOCK = {"synchronised": "", "holdover": "CLOCK NOT SYNCHRONISED", "unset": "CLOCK NOT SET"}
_PADDING = 4  # pixels of box around the text
_LEFT = 16


@dataclass(frozen=True, slots=True)
class Label:
    """What is burned in beside the time."""

    unit: str
    number: int
    clock: State
    standby: bool
    training: bool


def planes(frame: av.VideoFrame) -> tuple[Luma, Luma, Luma]:
    """Writable views of a yuv420p frame's planes, rows x columns; nothing is copied."""
    views = []
    for plane in frame.planes:
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
        views.append(rows[:, : plane.width])
    return views[0], views[1], views[2]


class Overlay:
    """Draws on pictures of one size, from one thread."""

    def __init__(self, width: int, height: int) -> None:
        self.size = width, height
        glyphs = atlas(max(14, round(28 * height / 720)))
        self._strip = cells.strip_size(width)
        box = glyphs.height + 2 * _PADDING
        box += box & 1
        top = self._strip[1] + 8
        room = (width - 2 * _LEFT - 2 * _PADDING) // glyphs.width
        self._time = _Line(glyphs, top, box, room)
        self._state = _Line(glyphs, top + box, box, room)
        self._second = -1
        self._date = self._offset = ""

    @property
    def time_box(self) -> tuple[int, int, int, int]:
        """Left, top, right, bottom of the box with the time, pixels."""
        return self._time.box

    def draw(self, frame: av.VideoFrame, mark: FrameMark, label: Label) -> None:
        """Burn everything into a yuv420p frame; the mark's UTC is the time shown."""
        luma, blue, red = planes(frame)
        cells.draw(luma, mark)
        boxes = [(0, 0, *self._strip)]
        self._time.set(self._time_text(mark, label))
        boxes.append(self._time.copy_to(luma))
        if text := state_text(label):
            self._state.set(text)
            boxes.append(self._state.copy_to(luma))
        for left, top, right, bottom in boxes:
            for chroma in (blue, red):
                chroma[top // 2 : bottom // 2, left // 2 : right // 2] = _NEUTRAL

    def _time_text(self, mark: FrameMark, label: Label) -> str:
        second, millis = divmod(mark.utc_ms, 1000)
        if second != self._second:
            local = time.localtime(second)
            minutes = local.tm_gmtoff // 60
            self._offset = f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
            self._date = time.strftime("%Y-%m-%d %H:%M:%S", local)
            self._second = second
        return f"{self._date}.{millis:03} {self._offset}  {label.unit}  #{label.number:06}"


def state_text(label: Label) -> str:
    """The second line: what must be known of the picture beside its time; empty for a normal one."""
    words = (_CLOCK[label.clock], "PRE-RECORDED" if label.standby else "", "TRAINING" if label.training else "")
    return "  ".join(word for word in words if word)


class _Line:
    """One line of text kept as luma; text that does not fit is cut."""

    def __init__(self, glyphs: Atlas, top: int, height: int, room: int) -> None:
        self._glyphs, self._top, self._height, self._room = glyphs, top, height, room
        self._text = ""
        self._band = self._blank(0)

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, right, bottom, pixels; all even."""
        return _LEFT, self._top, _LEFT + self._band.shape[1], self._top + self._height

    def set(self, text: str) -> None:
        text = text[: self._room]
        if len(text) != len(self._text):
            self._band, self._text = self._blank(len(text)), " " * len(text)
        if text == self._text:
            return
        wide = self._glyphs.width
        for at, (old, new) in enumerate(zip(self._text, text, strict=True)):
            if old != new:
                left = _PADDING + at * wide
                self._band[_PADDING : _PADDING + self._glyphs.height, left : left + wide] = self._glyphs.tile(new)
        self._text = text

    def copy_to(self, luma: Luma) -> tuple[int, int, int, int]:
        left, top, right, bottom = self.box
        luma[top:bottom, left:right] = self._band
        return self.box

    def _blank(self, letters: int) -> Luma:
        width = letters * self._glyphs.width + 2 * _PADDING
        return np.full((self._height, width + (width & 1)), BLACK, np.uint8)
