"""Digests of files, on threads of their own: hashlib lets go of the interpreter while it computes.

One thread digests whole files, another the chunks, as the journal asks for them; both go through the files in the same
order, so the second to come reads from memory. Each holds one buffer; what is asked for and not yet done is bounded.
"""

import hashlib
import os
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from kuager.evidence.rules_files import Check, Found
from kuager.verify.folder import Folder, NotReadableError, why

_WHOLE_BUFFER = 4 * 1024 * 1024
_CHUNK_BUFFER = 1024 * 1024
_MAX_WAITING = 8  # questions to the thread, each of at least _TOGETHER checks
_TOGETHER = 16  # handing a question over costs as much as digesting a short chunk
_MAX_OPEN = 16

Progress = Callable[[int], None]
Answer = tuple[Check, bytes | None]
"""A check, and the digest found; None where the file ends before those bytes, or can't be read there."""


class WholeFiles:
    """Digests whole files, one after another, in the order asked for."""

    def __init__(self, folder: Folder, names: Iterable[str]) -> None:
        self._folder = folder
        self._buffer = memoryview(bytearray(_WHOLE_BUFFER))
        self._pool = ThreadPoolExecutor(1, "whole-files")
        self._stop = False
        self._futures = {name: self._pool.submit(self._digest, name) for name in dict.fromkeys(names)}

    def found(self, name: str) -> Found | None:
        """The file as it is; waits for its digest. None for a name that was not asked for."""
        future = self._futures.get(name)
        return future.result() if future else None

    def close(self) -> None:
        """Stop, whatever is not done."""
        self._stop = True
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _digest(self, name: str) -> Found:
        digest, length = hashlib.sha256(), 0
        try:
            with self._folder.reading(name) as (stream, _):
                while (got := stream.readinto(self._buffer)) and not self._stop:
                    digest.update(self._buffer[:got])
                    length += got
        except NotReadableError as error:
            return error.found
        return Found(length, digest.digest())


class Chunks:
    """Digests stretches of files; answers come in the order of the questions."""

    def __init__(self, folder: Folder, progress: Progress) -> None:
        self._folder, self._progress = folder, progress
        self._buffer = memoryview(bytearray(_CHUNK_BUFFER))
        self._open: OrderedDict[str, tuple[int, int]] = OrderedDict()
        self._lost: dict[str, Found] = {}
        self._pool = ThreadPoolExecutor(1, "chunks")
        self._asked: list[Check] = []
        self._waiting: deque[Future[list[Answer]]] = deque()

    def ask(self, checks: list[Check]) -> Iterator[Answer]:
        """Ask for these; gives out answers to earlier ones, waiting where too many are still to come."""
        self._asked += checks
        if len(self._asked) >= _TOGETHER:
            self._submit()
        while self._waiting and (len(self._waiting) > _MAX_WAITING or self._waiting[0].done()):
            yield from self._waiting.popleft().result()

    def rest(self) -> Iterator[Answer]:
        """All answers that are still to come."""
        self._submit()
        while self._waiting:
            yield from self._waiting.popleft().result()

    def lost(self, name: str) -> Found | None:
        """Why a file could not be read, if that happened."""
        return self._lost.get(name)

    def close(self) -> None:
        """Stop, whatever is not done."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        while self._open:
            os.close(self._open.popitem()[1][0])

    def _submit(self) -> None:
        checks, self._asked = self._asked, []
        self._waiting.append(self._pool.submit(self._digests, checks))

    def _digests(self, checks: list[Check]) -> list[Answer]:
        return [(check, self._digest(check)) for check in checks]

    def _digest(self, check: Check) -> bytes | None:
        """None where the file can't be read, or is shorter."""
        try:
            fd, size = self._descriptor(check.file)
            if check.offset + check.length > size:
                return None
            return self._read(fd, check)
        except NotReadableError as error:
            self._lost[check.file] = error.found
        except OSError as error:
            self._lost[check.file] = Found(problem="unreadable", detail=why(error))
        return None

    def _read(self, fd: int, check: Check) -> bytes | None:
        digest, at, end = hashlib.sha256(), check.offset, check.offset + check.length
        while at < end:
            got = os.preadv(fd, [self._buffer[: min(len(self._buffer), end - at)]], at)
            if not got:
                return None
            digest.update(self._buffer[:got])
            at += got
        self._progress(check.length)
        return digest.digest()

    def _descriptor(self, name: str) -> tuple[int, int]:
        if name in self._lost:
            raise NotReadableError(self._lost[name])
        if name not in self._open:
            while len(self._open) >= _MAX_OPEN:
                os.close(self._open.popitem(last=False)[1][0])
            self._open[name] = self._folder.open(name)
        self._open.move_to_end(name)
        return self._open[name]
