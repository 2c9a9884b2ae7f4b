"""A file over HTTP, whole or a range of it: from a descriptor that is open already, so that no name is looked up again.

What is served is the file's first `length` bytes, as much as is proven of it. Pieces are bounded, and read on a thread,
for a carrier may stall.
"""

import os
import re
from typing import NamedTuple

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from kuager.errors import CarrierError

_PIECE = 256 * 1024
_RANGE = re.compile(r"bytes=\s*([0-9]{0,18})-([0-9]{0,18})\s*", re.ASCII)


class Part(NamedTuple):
    """Bytes `begin` to `end`, exclusive; partial: it was asked for as a range."""

    begin: int
    end: int
    partial: bool


def wanted(header: str | None, length: int) -> Part | None:
    """What a Range header asks for of `length` bytes; None where there are no such bytes (416).

    A header that is not understood, or asks for several ranges, counts as none, as RFC 9110 14.2 allows.
    """
    found = _RANGE.fullmatch(header or "")
    if found is None or not (found[1] or found[2]):
        return Part(0, length, False)
    if not found[1]:
        begin, end = max(0, length - int(found[2])), length
    else:
        begin, end = int(found[1]), min(length, int(found[2]) + 1) if found[2] else length
        if found[2] and int(found[2]) < begin:
            return Part(0, length, False)
    return Part(begin, end, True) if begin < end else None


class FileAnswer(Response):
    """Answers GET and HEAD with an open file; takes the descriptor over and closes it."""

    def __init__(self, request: Request, fd: int, length: int, headers: dict[str, str]) -> None:
        """`length`: how many bytes there are of it. `headers`: its type, and so on."""
        self._request, self._fd = request, fd
        about = os.fstat(fd)
        tag = f'"{about.st_ino:x}-{length:x}-{about.st_mtime_ns:x}"'
        asked = request.headers.get("range") if request.method == "GET" else None
        if request.headers.get("if-range", tag) != tag:  # of another version of the file
            asked = None
        self._part = wanted(asked, length)
        status, added = 200, {"accept-ranges": "bytes", "etag": tag}
        if self._part is None:
            status, added["content-range"], added["content-length"] = 416, f"bytes */{length}", "0"
        else:
            added["content-length"] = str(self._part.end - self._part.begin)
            if self._part.partial:
                status = 206
                added["content-range"] = f"bytes {self._part.begin}-{self._part.end - 1}/{length}"
        super().__init__(None, status, {**headers, **added})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it; stops early where whoever asked has gone."""
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            if scope["method"] != "HEAD" and self._part is not None:
                await self._pieces(self._part, send)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except ConnectionResetError:
            pass
        finally:
            os.close(self._fd)

    async def _pieces(self, part: Part, send: Send) -> None:
        at = part.begin
        while at < part.end:
            if await self._request.is_disconnected():
                raise ConnectionResetError
            piece = await anyio.to_thread.run_sync(os.pread, self._fd, min(_PIECE, part.end - at), at)
            if not piece:  # promised, and no longer there: the connection must break off, not end in order
                raise CarrierError("a file became shorter while it was served")
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            at += len(piece)
