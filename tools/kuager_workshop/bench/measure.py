"""Feeds contenders with pictures at a camera's pace and reads what their processes cost from the operating system."""

import fcntl
import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from kuager.errors import KuagerError

_TICK = os.sysconf("SC_CLK_TCK")
PIPE_KIB = 1024
"""As much as any process may ask for: a picture comes in two pieces and not in twenty, as feeding is nobody's work."""


class BenchError(KuagerError, RuntimeError):
    """A contender could not be run or failed; the text names it."""


@dataclass(frozen=True)
class Contender:
    """A name and the commands of a pipeline, the first of which reads raw pictures from standard input."""

    name: str
    commands: list[list[str]]


def descendants(pid: int) -> list[int]:
    """This process and all below it, whichever of its threads started them."""
    found = [pid]
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            below = children.read_text().split()
        except OSError:
            continue
        for each in below:
            found += descendants(int(each))
    return found


def cpu_seconds(pids: list[int]) -> float:
    """User and system seconds of these processes so far; one that is gone raises BenchError."""
    total = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            raise BenchError(f"process {pid} ended while it was measured") from None
        total += int(fields[11]) + int(fields[12])
    return total / _TICK


def proportional_set_bytes(pids: list[int]) -> int:
    """Proportional set size of these processes together, bytes (Pss of /proc/PID/smaps_rollup)."""
    total = 0
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            raise BenchError(f"process {pid} ended while it was measured") from None
        total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    return total


def costs(
    pair: list[Contender], frames: list[bytes], rate: int, warm: int, log: Path, pipe_kib: int = PIPE_KIB
) -> list[float]:
    """CPU seconds of each contender's processes while all `frames` after the first `warm` are fed at `rate` a second.

    They run side by side and each picture goes to one after the other, evenly apart: so all meet the same machine,
    whose speed may change from one second to the next. Start and end of the processes are outside of what is measured:
    a recorder runs for hours.
    """
    running = [_Running(each, log, pipe_kib) for each in pair]
    begun: list[float] = []
    due = time.monotonic()
    for index, frame in enumerate(frames):
        if index == warm:
            for each in running:
                each.settle()
            begun = [each.used() for each in running]
        for each in running:
            each.feed(frame)
            # A contender that is still starting takes its first picture late; nobody is hurried to make up for it.
            due = max(due + 1 / rate / len(running), time.monotonic() - 0.1)
            time.sleep(max(0.0, due - time.monotonic()))
    used = [each.used() - before for each, before in zip(running, begun, strict=True)]
    for each in running:
        each.end()
    return used


class _Running:
    """A contender's processes."""

    def __init__(self, contender: Contender, log: Path, pipe_kib: int) -> None:
        self._name, self._log = contender.name, log
        with log.open("ab") as errors:
            self._processes = _start(contender, errors)
        sink = self._processes[0].stdin
        if sink is None:
            raise BenchError("no pipe to the contender")
        self._sink = sink
        fcntl.fcntl(sink.fileno(), fcntl.F_SETPIPE_SZ, pipe_kib * 1024)
        self._pids: list[int] = []

    def settle(self) -> None:
        """All its processes have started."""
        self._pids = [pid for process in self._processes for pid in descendants(process.pid)]

    def used(self) -> float:
        return cpu_seconds(self._pids)

    def feed(self, frame: bytes) -> None:
        try:
            self._sink.write(frame)
        except BrokenPipeError:
            raise BenchError(f"{self._name} stopped reading: {self._why()}") from None

    def end(self) -> None:
        self._sink.close()
        codes = [process.wait(timeout=60) for process in self._processes]
        if any(codes):
            raise BenchError(f"{self._name} failed: {self._why()}")

    def _why(self) -> str:
        lines = self._log.read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"


def _start(contender: Contender, errors: IO[bytes]) -> list[subprocess.Popen[bytes]]:
    processes: list[subprocess.Popen[bytes]] = []
    for index, command in enumerate(contender.commands):
        last = index == len(contender.commands) - 1
        try:
            process = subprocess.Popen(
                command,
                stdin=processes[-1].stdout if processes else subprocess.PIPE,
                stdout=subprocess.DEVNULL if last else subprocess.PIPE,
                stderr=errors,
                bufsize=0,
            )
        except OSError as error:
            raise BenchError(f"{command[0]} could not be started ({error.strerror}): run 'make bench'") from None
        if processes and processes[-1].stdout:
            processes[-1].stdout.close()
        processes.append(process)
    return processes
