"""Runs sealing jobs beside the vault's thread: one thread for those that must be quick, one for the long ones."""

import contextlib
import logging
import os
import queue
import threading
from collections.abc import Callable

from kuager.vault.inbox import Inbox
from kuager.vault.sealing import Job, Outcome

_log = logging.getLogger(__name__)

_NICENESS = 10  # digesting a dead recording of hours must not slow down the one being made


class Threads:
    """The two threads; outcomes come back through the inbox."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._stop = threading.Event()
        self._queues: dict[bool, queue.Queue[tuple[Job, Callable[[Outcome], None]]]] = {}
        for long, name in ((False, "seal"), (True, "seal-dead")):
            jobs: queue.Queue[tuple[Job, Callable[[Outcome], None]]] = queue.Queue()
            self._queues[long] = jobs
            threading.Thread(target=self._run, args=(jobs, long), name=name, daemon=True).start()

    def submit(self, job: Job, done: Callable[[Outcome], None], *, long: bool) -> None:
        """As Worker.submit."""
        self._queues[long].put((job, done))

    @property
    def stopping(self) -> bool:
        """As Worker.stopping."""
        return self._stop.is_set()

    def stop(self) -> None:
        """Long jobs end soon, undone; they are done again when the vault next starts."""
        self._stop.set()

    def _run(self, jobs: queue.Queue[tuple[Job, Callable[[Outcome], None]]], long: bool) -> None:
        if long:
            with contextlib.suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
        while True:
            job, done = jobs.get()
            self._inbox.put("self", _answer(done, outcome(job)))


def outcome(job: Job) -> Outcome:
    """What a job gives: whatever it raises is an outcome, too."""
    try:
        return job()
    except (OSError, ValueError) as error:  # the carrier's, or a recording's that is damaged
        return error
    except Exception as error:  # noqa: BLE001 - ours: whoever waits for the seal must hear, and the thread goes on
        _log.error("sealing failed by a fault of ours", exc_info=error)
        return error


def _answer(done: Callable[[Outcome], None], outcome: Outcome) -> Callable[[], None]:
    return lambda: done(outcome)
