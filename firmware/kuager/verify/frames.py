"""Decodes a recording's pictures, within the proven bytes of each file, and has their marks followed (see
pictures.py).

Media can hold anything, so whatever the decoder says is a finding, never a failure of the check.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import av
import numpy as np
from av.video.frame import VideoFrame

from kuager.evidence.records import Cause, Chunk, Gap, IntervalBegun
from kuager.evidence.verdict import Finding
from kuager.media import cells, sei
from kuager.media.mark import FrameMark
from kuager.verify import proven
from kuager.verify.folder import Folder, NotReadableError
from kuager.verify.pictures import Footage, Pictures
from kuager.verify.recording import Judged

MAX_CHUNKS = 1_000_000
MAX_GAPS = 100_000
_MAX_ERRORS = 100  # undecodable packets after which the rest of a file is left
_MAX_UNMATCHED = 256  # marks of packets whose picture has not come out yet

Marks = Iterator[tuple[FrameMark | None, FrameMark | None]]


def look(judged: Judged) -> list[Finding]:
    """What the pictures say; nothing where there is no proven `opened`."""
    opened = judged.judge.story.opened
    if opened is None:
        return []
    footage, gaps, begun = _footage(judged)
    pictures = Pictures(opened, gaps, held_over=begun not in ("press", None))
    with suppress(OSError), Folder(judged.path) as folder:
        for each in footage.values():
            pictures.begin(each)
            trouble = ""
            try:
                for in_cells, in_sei in _marks(folder, each):
                    pictures.picture(in_cells, in_sei)
            except (NotReadableError, av.FFmpegError, ValueError) as error:
                trouble = str(error) or type(error).__name__
            pictures.end(trouble[:200])
    return list(pictures.findings)


def _footage(judged: Judged) -> tuple[dict[str, Footage], list[Gap], Cause | None]:
    """The video files by name, what is declared missing, and why the first interval began."""
    footage: dict[str, Footage] = {}
    gaps: list[Gap] = []
    begun: Cause | None = None
    count = 0
    for _, body in proven.records(judged):
        if isinstance(body, IntervalBegun):
            begun = begun or body.cause
        elif isinstance(body, Gap) and len(gaps) < MAX_GAPS:
            gaps.append(body)
        elif isinstance(body, Chunk) and body.file.startswith("video-") and count < MAX_CHUNKS:
            each = footage.setdefault(body.file, Footage(body.file, body.interval))
            each.chunks.append(body)
            each.length = max(each.length, body.offset + body.length)
            count += 1
    return footage, gaps, begun


def _marks(folder: Folder, footage: Footage) -> Marks:
    """The marks of all pictures in the order in which they are shown."""
    fd, size = folder.open(footage.name)
    with (
        os.fdopen(fd, "rb", buffering=0) as file,
        av.open(_Part(file, min(size, footage.length)), "r", format="mp4") as container,
    ):
        if not container.streams.video:
            raise ValueError("there is no picture in it")
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        waiting: dict[int | None, FrameMark | None] = {}
        errors = 0
        for packet in container.demux(stream):
            if packet.size and len(waiting) < _MAX_UNMATCHED:
                waiting[packet.pts] = sei.read_avcc(bytes(packet))
            try:
                frames = packet.decode()
            except av.FFmpegError:
                errors += 1
                if errors > _MAX_ERRORS:
                    raise
                continue
            for frame in frames:
                if isinstance(frame, VideoFrame):
                    yield _cells(frame), waiting.pop(frame.pts, None)
        if errors:
            raise ValueError(f"{errors} pictures can't be decoded")


def _cells(frame: VideoFrame) -> FrameMark | None:
    """The mark in the strip; only the rows that may hold it are looked at."""
    if not frame.format.name.startswith(("yuv", "nv12", "gray")) or not frame.planes:
        return None
    plane: Any = frame.planes[0]
    rows = min(frame.height, 2 * cells.cell_size(frame.width))
    luma = np.frombuffer(plane, np.uint8, count=rows * plane.line_size).reshape(rows, plane.line_size)
    return cells.read(luma[:, : frame.width])


class _Part:
    """The first bytes of a file, as a file: what follows them is not proven and not shown to the decoder."""

    def __init__(self, file: Any, length: int) -> None:
        self._file, self._length, self._at = file, length, 0

    def read(self, size: int = -1) -> bytes:
        """At most so many bytes, none past the part's end."""
        left = self._length - self._at
        data: bytes = (
            os.pread(self._file.fileno(), min(size, left) if size >= 0 else left, self._at) if left > 0 else b""
        )
        self._at += len(data)
        return data

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """As of a file of the part's length."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._length}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        """Where the next byte comes from."""
        return self._at
