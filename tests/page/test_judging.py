"""Verdicts for pages: one at a time, kept, with what is done so far, and never in the way of the end."""

import asyncio
import os
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from recorded_world import PATIENCE_S, Unit, sealed

from kuager.board.page.judging import Judgement, Judging, Work, judge_recording
from kuager.errors import UsageError
from kuager.evidence.verdict import Outcome, decide

PATH = Path("/nowhere")
GOOD = Judgement(decide([]), 0)
Progress = Callable[[int], None]


class Judge:
    """Judges when the test lets it."""

    def __init__(self) -> None:
        self.go, self.at_work = threading.Semaphore(0), threading.Semaphore(0)
        self.running = self.most = 0
        self.failure: Exception | None = None
        self.nice = 0

    def __call__(self, path: Path, anchors: Path, progress: Progress) -> Judgement:
        self.running += 1
        self.most = max(self.most, self.running)
        self.nice = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
        progress(10)
        self.at_work.release()
        assert self.go.acquire(timeout=PATIENCE_S)
        progress(1000)
        self.running -= 1
        if self.failure:
            raise self.failure
        return GOOD


def play(story: Callable[[Judge, Judging], Awaitable[None]]) -> None:
    judge = Judge()

    async def run() -> None:
        await story(judge, Judging(PATH, judge))

    asyncio.run(run())


async def begun(judge: Judge) -> None:
    assert await asyncio.to_thread(judge.at_work.acquire, timeout=PATIENCE_S)


async def over(work: Work | None) -> None:
    assert work
    while not work.over:
        await asyncio.sleep(0)


def test_how_far_it_is_is_told_and_then_the_verdict() -> None:
    async def story(judge: Judge, judging: Judging) -> None:
        work = judging.ask(("a", b""), PATH, 50)
        await begun(judge)
        assert work
        assert (work.begun, work.done, work.total, work.over) == (True, 10, 50, False)
        judge.go.release()
        await over(work)
        assert (work.done, work.judgement) == (50, GOOD), "never more than all of it"
        assert judging.ask(("a", b""), PATH, 50) is work
        assert judging.known(("a", b"")) is work
        assert judging.known(("a", b"changed")) is None

    play(story)


def test_one_at_a_time_behind_everything_else() -> None:
    async def story(judge: Judge, judging: Judging) -> None:
        works = [judging.ask((name, b""), PATH, 50) for name in "abc"]
        await begun(judge)
        assert [work.begun for work in works if work] == [True, False, False]
        for work in works:
            judge.go.release()
            await over(work)
        assert judge.most == 1
        assert judge.nice == 19
        assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) != 19

    play(story)


def test_only_so_many_wait() -> None:
    async def story(judge: Judge, judging: Judging) -> None:
        works = [judging.ask((str(number), b""), PATH, 50) for number in range(20)]
        assert [work is None for work in works] == [False] * 8 + [True] * 12
        assert judging.ask(("3", b""), PATH, 50) is works[3]
        for _ in range(8):
            judge.go.release()
        await over(works[7])
        assert judging.ask(("19", b""), PATH, 50) is not None
        judge.go.release()

    play(story)


def test_only_so_many_are_kept_and_those_that_were_asked_for_last() -> None:
    async def story(judge: Judge, judging: Judging) -> None:
        for number in range(70):
            judge.go.release()
            await over(judging.ask((str(number), b""), PATH, 50))
            judging.ask(("0", b""), PATH, 50)
        assert judging.known(("0", b"")) is not None
        assert judging.known(("1", b"")) is None
        assert sum(judging.known((str(number), b"")) is not None for number in range(70)) <= 65

    play(story)


@pytest.mark.parametrize("failure", [OSError("gone"), UsageError("gone"), OSError()])
def test_a_failure_is_told_once_and_then_tried_again(failure: Exception) -> None:
    async def story(judge: Judge, judging: Judging) -> None:
        judge.failure = failure
        work = judging.ask(("a", b""), PATH, 50)
        judge.go.release()
        await over(work)
        again = judging.ask(("a", b""), PATH, 50)
        assert again is work
        assert work
        assert work.failure
        judge.failure = None
        judge.go.release()
        second = judging.ask(("a", b""), PATH, 50)
        await over(second)
        assert second
        assert second.judgement == GOOD

    play(story)


def test_the_end_of_the_loop_ends_the_work() -> None:
    judge = Judge()
    works = []

    async def run() -> None:
        judging = Judging(PATH, judge)
        works.extend(judging.ask((name, b""), PATH, 50) for name in "ab")
        await begun(judge)

    asyncio.run(run())
    judge.go.release()
    end = threading.Event()
    for _ in range(PATIENCE_S * 100):
        if works[0].over:
            break
        end.wait(0.01)
    assert works[0].failure == "stopped"
    assert not works[1].begun


def test_a_recording_is_judged_as_the_command_does(tmp_path: Path) -> None:
    unit = Unit()
    made, anchors, heard = sealed(tmp_path, unit), tmp_path / "ca.pem", []
    assert judge_recording(made.path, anchors, heard.append).verdict.outcome is Outcome.CANNOT, "nobody to trust"
    anchors.write_bytes(unit.anchor)
    judged = judge_recording(made.path, anchors, heard.append)
    assert judged.verdict.outcome is Outcome.AUTHENTIC
    assert judged.verdict.training
    assert sum(heard) == 2 * sum(len(data) for data in made.media.values())


def test_the_judge_follows_no_link(tmp_path: Path) -> None:
    made = sealed(tmp_path / "elsewhere", Unit())
    (tmp_path / made.name).symlink_to(made.path)
    verdict = judge_recording(tmp_path / made.name, tmp_path / "none", lambda _: None).verdict
    assert "K101" in verdict.codes
