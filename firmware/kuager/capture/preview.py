"""Small pictures for whoever watches, as they are recorded, marks and all: twice a second at most, and none at all
where nobody watches. Making them never holds up the encoder: a picture that finds the last one unfinished is left out.
"""

import io
import queue
import threading
from collections.abc import Callable

import av
from PIL import Image

from kuager import wire
from kuager.capture.sensors import Picture

EVERY_US = 450_000
WIDTH = 480
_QUALITY = 60


class Preview:
    """`offer` is called from the encoder's thread, `run` is a thread of its own; `show` takes what is ready."""

    def __init__(self, watched: Callable[[], bool], show: Callable[[wire.Preview], None]) -> None:
        self._watched, self._show = watched, show
        self._waiting: queue.Queue[tuple[av.VideoFrame, int]] = queue.Queue(1)
        self._offered_us = 0

    def offer(self, picture: Picture) -> None:
        """Take this picture, now that all is burned in, if it is time for one. Copies it: its frame is used again."""
        if not self._watched() or 0 <= picture.boot_us - self._offered_us < EVERY_US or self._waiting.full():
            return
        self._offered_us = picture.boot_us
        height = picture.frame.height * WIDTH // picture.frame.width & ~1
        self._waiting.put_nowait((picture.frame.reformat(WIDTH, height, "rgb24"), picture.boot_us))

    def run(self, stop: threading.Event) -> None:
        """Until `stop`."""
        while not stop.is_set():
            try:
                frame, at_us = self._waiting.get(timeout=0.5)
            except queue.Empty:
                continue
            out = io.BytesIO()
            Image.fromarray(frame.to_ndarray()).save(out, "JPEG", quality=_QUALITY)
            self._show(wire.Preview(at_us=at_us, data=out.getvalue()))
