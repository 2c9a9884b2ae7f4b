"""Plays cases on several processes, each in a folder of its own in memory, and never waits for one for ever."""

import contextlib
import logging
import os
import signal
import tempfile
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from types import FrameType

from kuager_workshop.torture import campaign
from kuager_workshop.torture.campaign import BrokenError, Finding

_MEMORY = Path("/dev/shm")


def run(cases: Sequence[tuple[str, str]], jobs: int, told: Callable[[Finding], None]) -> list[Finding]:
    """Play cases (campaign, case); `told` hears of each as it ends. Findings come in the order of the cases."""
    found: dict[tuple[str, str], Finding] = {}
    for campaign_name in dict.fromkeys(name for name, _ in cases):
        # Processes of its own for each campaign: threads that another one has left would not survive a fork.
        with ProcessPoolExecutor(jobs, get_context("spawn"), _quiet) as pool:
            mine = [each for each in cases if each[0] == campaign_name]
            waiting = {pool.submit(play, *each): each for each in mine}
            for done in as_completed(waiting):
                finding = done.result()
                found[waiting[done]] = finding
                told(finding)
    return [found[each] for each in cases]


def play(name: str, case: str) -> Finding:
    """Play one case here; never raises for what it finds."""
    try:
        longest_s = campaign.LONGER_S.get(name, campaign.LONGEST_S)
        with _no_longer_than(longest_s), folder() as place:
            return campaign.load(name).play(case, place)
    except BrokenError as error:
        return Finding(campaign=name, case=case, survived=False, why=str(error))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is a finding
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(last.filename).name}:{last.lineno}"
        return Finding(campaign=name, case=case, survived=False, why=f"{type(error).__name__} at {where}: {error}")


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """An empty folder, in memory where the machine has such a place."""
    place = _MEMORY if os.access(_MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="kuager-", dir=place, ignore_cleanup_errors=True) as name:
        yield Path(name)


@contextlib.contextmanager
def _no_longer_than(seconds: int) -> Iterator[None]:
    def ended(_: int, __: FrameType | None) -> None:
        raise BrokenError(f"it hangs: not over after {seconds} s")

    before = signal.signal(signal.SIGALRM, ended)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def _quiet() -> None:
    # What the firmware logs about a fault is meant for the fault's replay.
    logging.disable(logging.CRITICAL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
