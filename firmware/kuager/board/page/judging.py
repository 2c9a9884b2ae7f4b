"""Verdicts on whole recordings, asked for by pages: one at a time, beside everything else, and kept.

Judging digests every byte. So it runs on a thread of the lowest priority (what it starts inherits that): a recording
that is going on meanwhile comes first.
"""

import asyncio
import contextlib
import os
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from kuager.errors import KuagerError
from kuager.evidence import certificates
from kuager.evidence.certificates import CertificateError
from kuager.evidence.verdict import Verdict
from kuager.verify import sets
from kuager.verify.find import Place

_KEPT = 64
_MAX_WAITING = 8
Key = tuple[str, bytes]
"""A recording's name, and the mark of its files as they were."""


@dataclass(frozen=True)
class Judgement:
    """A verdict, and how many more findings there are than it tells."""

    verdict: Verdict
    left_out: int


@dataclass
class Work:
    """A verdict that is asked for: bytes of media digested so far, of `total`."""

    total: int
    done: int = 0
    begun: bool = False
    judgement: Judgement | None = None
    failure: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def over(self) -> bool:
        """Whether there is a verdict, or none will come."""
        return bool(self.judgement or self.failure)

    def advance(self, count: int) -> None:
        """So many bytes more are digested; two threads tell it."""
        with self._lock:
            self.done = min(self.total, self.done + count)


class Judging:
    """Judges recordings against the authority in the file `anchors`; `ask` belongs on the event loop's thread."""

    def __init__(self, anchors: Path, judge: Callable[[Path, Path, Callable[[int], None]], Judgement] | None = None):
        self._anchors, self._judge = anchors, judge or judge_recording
        self._works: OrderedDict[Key, Work] = OrderedDict()
        self._pool = ThreadPoolExecutor(1, "judging", initializer=_step_back)
        self._minders: set[asyncio.Task[None]] = set()
        self._stopped = False

    def known(self, key: Key) -> Work | None:
        """What is known, and nothing begun."""
        return self._works.get(key)

    def ask(self, key: Key, path: Path, total: int) -> Work | None:
        """The verdict on the recording at `path`, or how far it is; None while too many wait: ask again."""
        work = self._works.get(key)
        if work is None:
            if sum(not each.over for each in self._works.values()) >= _MAX_WAITING:
                return None
            work = self._works[key] = Work(total)
            future = self._pool.submit(self._run, work, path)
            minder = asyncio.get_running_loop().create_task(self._mind(future))
            self._minders.add(minder)
            minder.add_done_callback(self._minders.discard)
        self._works.move_to_end(key)
        if work.failure:  # told once; whoever asks again has it tried again
            del self._works[key]
        for old in [each for each, kept in self._works.items() if kept.over][: max(0, len(self._works) - _KEPT)]:
            del self._works[old]
        return work

    async def _mind(self, future: Future[None]) -> None:
        """Ends the work with the event loop: the process would wait for the thread otherwise."""
        try:
            await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            self._stopped = True
            self._pool.shutdown(wait=False, cancel_futures=True)
            raise

    def _run(self, work: Work, path: Path) -> None:
        def advance(count: int) -> None:
            if self._stopped:
                raise _StoppedError
            work.advance(count)

        work.begun = True
        try:
            work.judgement = self._judge(path, self._anchors, advance)
        except (KuagerError, OSError, CertificateError, _StoppedError) as error:
            work.failure = str(error) or "stopped"
        finally:
            if not work.over:  # whatever it was is raised where the loop sees it; no page may wait for ever
                work.failure = "internal error"


class _StoppedError(Exception):
    """The page's process is being stopped."""


def judge_recording(path: Path, anchors: Path, progress: Callable[[int], None]) -> Judgement:
    """What `kuager verify --trust ANCHORS PATH` finds; without the file nobody is trusted. Raises KuagerError, OSError.

    The folder itself is judged, never what a link in its place leads to.
    """
    trusted = certificates.load_pem(anchors.read_bytes()) if anchors.exists() else None
    judged = sets.judge([Place(path, [path])], trusted, progress).recordings[0]
    return Judgement(judged.verdict, judged.judge.findings.left_out)


def _step_back() -> None:
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 19)
