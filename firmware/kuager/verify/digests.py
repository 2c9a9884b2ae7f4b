"""Digests of files, on threads of their own: hashlib lets go of the interpreter while it computes.

One thread digests whole files, another the chunks, as the journal asks for them; both go through the files in the same
order, so the second to come reads from memory. Whoever has done with whole files helps with the chunks. Each holds one
buffer; what is asked for and not yet done is bounded.
"""

import hashlib
import os
import queue
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future

from kuager.evidence.rules_files import Check, Found
from kuager.verify.folder import Folder, NotReadableError, why

_BUFFER = 4 * 1024 * 1024
_RUN = 1024 * 1024  # what still lies in a core's own cache when it has been read
_TOGETHER = 4096  # checks: whoever judges records and whoever digests chunks would fight for the interpreter
_JOB = 32  # checks that one thread takes at once
_MAX_OPEN = 16
THREADS = 2
"""More would wait for the carrier, or for each other."""

Progress = Callable[[int], None]
Answer = tuple[Check, bytes | None]
"""A check, and the digest found; None where the file ends before those bytes, or can't be read there."""


class WholeFiles:
    """Digests whole files, one after another, in the order asked for: one job for `pool`."""

    def __init__(self, folder: Folder, names: Iterable[str], pool: Executor) -> None:
        self._folder = folder
        self._buffer = memoryview(bytearray(_BUFFER))
        self._stop = False
        self._futures: dict[str, Future[Found]] = {name: Future() for name in names}
        self._job = pool.submit(self._run)

    def found(self, name: str) -> Found | None:
        """The file as it is; waits for its digest. None for a name that was not asked for."""
        future = self._futures.get(name)
        return future.result() if future else None

    def close(self) -> None:
        """Stop, whatever is not done."""
        self._stop = True
        self._job.result()

    def _run(self) -> None:
        for name, future in self._futures.items():
            try:
                future.set_result(self._digest(name))
            except Exception as error:  # noqa: BLE001 - raised where the answer is waited for
                future.set_exception(error)

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
    """Digests stretches of files, in jobs for `pool`; answers come in the order of the questions."""

    def __init__(self, folder: Folder, progress: Progress, pool: Executor) -> None:
        self._folder, self._progress, self._pool = folder, progress, pool
        self._hands: queue.SimpleQueue[_Hand] = queue.SimpleQueue()
        for _ in range(THREADS):
            self._hands.put(_Hand(folder))
        self._lost: dict[str, Found] = {}
        self._jobs: deque[Future[list[Answer]]] = deque()
        self._asked: list[Check] = []

    def ask(self, checks: list[Check]) -> Iterator[Answer]:
        """Ask for these; gives out answers to earlier ones, now and then, and then to all."""
        self._asked += checks
        if len(self._asked) >= _TOGETHER:
            yield from self.rest()

    def rest(self) -> Iterator[Answer]:
        """All answers that are still to come."""
        asked, self._asked = self._asked, []
        self._jobs.extend(self._pool.submit(self._digests, asked[at : at + _JOB]) for at in range(0, len(asked), _JOB))
        while self._jobs:
            yield from self._jobs.popleft().result()

    def lost(self, name: str) -> Found | None:
        """Why a file could not be read, if that happened."""
        return self._lost.get(name)

    def close(self) -> None:
        """Stop, whatever is not done."""
        for job in self._jobs:
            job.cancel()
        for _ in range(THREADS):
            self._hands.get().close()  # waits for those that are at work

    def _digests(self, checks: list[Check]) -> list[Answer]:
        hand = self._hands.get()
        try:
            return [answer for run in _runs(checks) for answer in self._run(hand, run)]
        finally:
            self._hands.put(hand)

    def _run(self, hand: "_Hand", run: list[Check]) -> list[Answer]:
        """Of each None where the file can't be read, or is shorter."""
        file = run[0].file
        if file not in self._lost:
            try:
                answers = list(zip(run, hand.digests(run), strict=True))
            except NotReadableError as error:
                self._lost[file] = error.found
            except OSError as error:
                self._lost[file] = Found(problem="unreadable", detail=why(error))
            else:
                self._progress(sum(check.length for check, digest in answers if digest is not None))
                return answers
        return [(check, None) for check in run]


def _runs(checks: list[Check]) -> Iterator[list[Check]]:
    """Checks that one reading serves: of one file, each beginning where the one before it ends."""
    run: list[Check] = []
    for check in checks:
        end = run[-1].offset + run[-1].length if run else 0
        if run and (check.file != run[0].file or check.offset != end or end + check.length - run[0].offset > _RUN):
            yield run
            run = []
        run.append(check)
    if run:
        yield run


class _Hand:
    """What one thread works with: a buffer, and files that are open."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._buffer = memoryview(bytearray(_RUN))
        self._open: OrderedDict[str, tuple[int, int]] = OrderedDict()

    def digests(self, run: list[Check]) -> list[bytes | None]:
        """None where the file is shorter; raises OSError. A run of more than one fits the buffer."""
        fd, size = self._descriptor(run[0].file)
        begin, end = run[0].offset, run[-1].offset + run[-1].length
        if end - begin > len(self._buffer):
            return [self._long(fd, run[0]) if end <= size else None]
        got = self._read(fd, begin, min(end, size))
        found: list[bytes | None] = []
        for check in run:
            at = check.offset - begin
            whole = at + check.length <= got
            found.append(hashlib.sha256(self._buffer[at : at + check.length]).digest() if whole else None)
        return found

    def _read(self, fd: int, begin: int, end: int) -> int:
        """Bytes begin..end into the buffer; how many there are."""
        at = begin
        while at < end and (got := os.preadv(fd, [self._buffer[at - begin : end - begin]], at)):
            at += got
        return at - begin

    def _long(self, fd: int, check: Check) -> bytes | None:
        digest, at, end = hashlib.sha256(), check.offset, check.offset + check.length
        while at < end:
            got = self._read(fd, at, min(end, at + len(self._buffer)))
            if not got:
                return None
            digest.update(self._buffer[:got])
            at += got
        return digest.digest()

    def close(self) -> None:
        while self._open:
            os.close(self._open.popitem()[1][0])

    def _descriptor(self, name: str) -> tuple[int, int]:
        if name not in self._open:
            while len(self._open) >= _MAX_OPEN:
                os.close(self._open.popitem(last=False)[1][0])
            self._open[name] = self._folder.open(name)
        self._open.move_to_end(name)
        return self._open[name]
