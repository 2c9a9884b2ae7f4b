"""Small pictures for whoever watches, as they are recorded, marks and all: twice a second at most, and none at all
where nobody watches. In stills, where nothing is encoded, as the camera gives them.

Making them never holds up the encoder: a picture that finds the last one unfinished is left out. Nor does one that
can't be made end anything: no recording depends on who watches.
"""

import io
import logging
import queue
import threading
from collections.abc import Callable

import av
from PIL import Image

from kuager import wire
from kuager.capture.sensors import Picture

_log = logging.getLogger(__name__)

EVERY_US = 450_000
WIDTH = 480
_QUALITY = 60


class Preview:
    """`offer` is called from the encoder's thread, or the camera's in stills; `run` is a thread of its own; `show`
    takes what is ready.
    """

    def __init__(self, watched: Callable[[], bool], show: Callable[[wire.Preview], None]) -> None:
        self._watched, self._show = watched, show
        self._waiting: queue.Queue[tuple[av.VideoFrame, int]] = queue.Queue(1)
        self._offered_us = 0
        self._failed = False

    def offer(self, picture: Picture) -> None:
        """Take this picture, once all is burned in, if it is time for one. Copies it: its frame is used again."""
        if not self._watched() or 0 <= picture.boot_us - self._offered_us < EVERY_US or self._waiting.full():
            return
        self._offered_us = picture.boot_us
        height = picture.frame.height * WIDTH // picture.frame.width & ~1
        try:
            self._waiting.put_nowait((picture.frame.reformat(WIDTH, height, "rgb24"), picture.boot_us))
        except (av.FFmpegError, ValueError, OSError) as error:
            self._complain(error)

    def run(self, stop: threading.Event) -> None:
        """Until `stop`."""
        while not stop.is_set():
            try:
                frame, at_us = self._waiting.get(timeout=0.5)
            except queue.Empty:
                continue
            out = io.BytesIO()
            try:
                Image.fromarray(frame.to_ndarray()).save(out, "JPEG", quality=_QUALITY)
            except (av.FFmpegError, ValueError, OSError) as error:
                self._complain(error)
            else:
                self._show(wire.Preview(at_us=at_us, data=out.getvalue()))

    def _complain(self, error: Exception) -> None:
        if not self._failed:
            _log.warning("those who watch see nothing: %s", error)
        self._failed = True
