"""The two threads that seal: what waits for what, and what becomes of a job that fails."""

import os
import threading

import pytest

from kuager.vault.inbox import Inbox
from kuager.vault.sealing import Outcome
from kuager.vault.verity import Verified
from kuager.vault.worker import Threads, outcome

WAIT_S = 20.0


def test_a_long_job_holds_up_no_short_one() -> None:
    inbox = Inbox()
    threads = Threads(inbox)
    gate = threading.Event()
    outcomes: list[Outcome] = []

    def long() -> Verified:
        gate.wait(WAIT_S)
        return Verified(1, 1, 1)

    def answered() -> list[Outcome]:
        call = inbox.get(WAIT_S)
        assert call is not None
        call()
        return outcomes

    threads.submit(long, outcomes.append, long=True)
    threads.submit(lambda: Verified(2, 2, 2), outcomes.append, long=False)
    assert answered() == [Verified(2, 2, 2)]
    gate.set()
    assert answered() == [Verified(2, 2, 2), Verified(1, 1, 1)]


@pytest.mark.parametrize("long", [False, True])
def test_only_long_jobs_give_way_to_what_is_recorded(long: bool) -> None:
    inbox = Inbox()
    found: list[int] = []
    threads = Threads(inbox)
    threads.submit(lambda: found.append(os.getpriority(os.PRIO_PROCESS, 0)), lambda _: None, long=long)
    assert inbox.get(WAIT_S) is not None
    assert found == [10 if long else os.getpriority(os.PRIO_PROCESS, 0)]


def test_the_threads_are_told_apart_and_hold_up_no_end_of_the_process() -> None:
    before = set(threading.enumerate())
    threads = Threads(Inbox())
    begun = [each for each in threading.enumerate() if each not in before]
    assert sorted((each.name, each.daemon) for each in begun) == [("seal", True), ("seal-dead", True)]
    assert not threads.stopping
    threads.stop()
    assert threads.stopping


@pytest.mark.parametrize("error", [OSError(5, "I/O error"), ValueError("damaged"), RuntimeError("ours")])
def test_whatever_a_job_raises_is_its_outcome(error: Exception) -> None:
    def job() -> None:
        raise error

    assert outcome(job) is error
