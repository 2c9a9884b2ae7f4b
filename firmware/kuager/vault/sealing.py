"""Has recordings sealed in the background, and again later where that failed; journals how it went.

Jobs run on the worker's threads; all else here on the vault's one thread.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from kuager.evidence.records import Body, Event, Stamp
from kuager.evidence.unit import RecordingSealed
from kuager.vault.carrier import reason
from kuager.vault.files import Files
from kuager.vault.finished import Finished
from kuager.vault.identity import Identity
from kuager.vault.seal import SealedRecording, seal, seal_dead
from kuager.vault.survey import Survey
from kuager.vault.verity import Verified, verify_by_kernel

_log = logging.getLogger(__name__)

_FIRST_WAIT_US, _LAST_WAIT_US = 10_000_000, 600_000_000

Outcome = SealedRecording | Verified | Exception | None
Job = Callable[[], SealedRecording | Verified | None]
Told = Callable[[SealedRecording | Exception], None]


class Worker(Protocol):
    """Runs jobs on other threads and hands each outcome back on the vault's thread."""

    def submit(self, job: Job, done: Callable[[Outcome], None], *, long: bool) -> None:
        """Queue a job; a `long` one must not hold up the others."""
        ...

    @property
    def stopping(self) -> bool:
        """Whether long jobs should end soon, undone."""
        ...


@dataclass
class _Try:
    """A recording to be sealed on these files. `waited_us`: before the last try."""

    files: Files
    job: Job
    told: Told
    long: bool
    waited_us: int = 0
    due_us: int = 0
    why: str = ""


class Sealing:
    """`write` puts a record into the unit's own journal."""

    def __init__(
        self,
        identity: Identity,
        worker: Worker,
        clock: Callable[[], Stamp],
        write: Callable[[str, Body, Stamp], None],
    ) -> None:
        self._identity, self._worker, self._clock, self._write = identity, worker, clock, write
        self._failed: list[_Try] = []
        self.waiting = 0
        """Recordings closed by this vault of which it was not yet told whether they are sealed."""

    def closed(self, files: Files, finished: Finished, told: Told) -> None:
        """Seal a recording that this vault has closed; `told` hears how that went, at once and when it went well."""
        self.waiting += 1
        first = True

        def answer(outcome: SealedRecording | Exception) -> None:
            nonlocal first
            self.waiting -= first
            first = False
            told(outcome)

        self._try(_Try(files, partial(seal, files, finished, self._identity), answer, long=False))

    def dead(self, files: Files, found: Survey) -> None:
        """Seal a recording that was found without its manifest."""
        job = partial(seal_dead, files, found, self._identity, lambda: self._worker.stopping)
        self._try(_Try(files, job, lambda _: None, long=True))

    def verify_by_kernel(self, files: Files, name: str, number: int) -> None:
        """Have the kernel watch over a sealed recording."""
        job = partial(verify_by_kernel, files, name, number, lambda: self._worker.stopping)
        self._worker.submit(job, self._verified, long=True)

    def look(self, files: Files | None, now: Stamp) -> None:
        """Try again what failed on the carrier that is in, where it is time. What is on another one recovery finds."""
        self._failed = [each for each in self._failed if each.files is files]
        due = [each for each in self._failed if each.due_us <= now.boot_us]
        self._failed = [each for each in self._failed if each not in due]
        for each in due:
            self._try(each)

    def forget(self) -> None:
        """The carrier is recovered anew: whatever lacks its manifest is found again."""
        self._failed.clear()

    def _try(self, work: _Try) -> None:
        self._worker.submit(work.job, partial(self._done, work), long=work.long)

    def _done(self, work: _Try, outcome: Outcome) -> None:
        now = self._clock()
        match outcome:
            case SealedRecording():
                body = RecordingSealed(
                    number=outcome.number, id=outcome.id, manifest=outcome.sha256, protections=outcome.protections
                )
                self._write("recording-sealed", body, now)
                work.told(outcome)
                if outcome.protections:
                    self.verify_by_kernel(work.files, outcome.name, outcome.number)
            case Exception():
                text = reason(outcome) if isinstance(outcome, OSError) else str(outcome) or type(outcome).__name__
                if text != work.why:
                    _log.warning("a recording could not be sealed: %s", text)
                    self._write("event", Event(code="seal-failed", data={"reason": text[:200]}), now)
                    work.told(outcome)
                work.why = text
                work.waited_us = min(2 * work.waited_us, _LAST_WAIT_US) or _FIRST_WAIT_US
                work.due_us = now.boot_us + work.waited_us
                self._failed.append(work)
            case _:
                pass

    def _verified(self, outcome: Outcome) -> None:
        # Optional: a carrier that failed or has gone meanwhile is told elsewhere.
        if isinstance(outcome, Verified) and outcome.files:
            data: dict[str, str | int | bool] = {"number": outcome.number, "files": outcome.files, "of": outcome.of}
            self._write("event", Event(code="fs-verity", data=data), self._clock())
