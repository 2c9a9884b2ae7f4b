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


def cost(contender: Contender, frames: list[bytes], rate: int, warm: int, log: Path, pipe_kib: int = PIPE_KIB) -> float:
    """CPU seconds of a contender's processes while all `frames` after the first `warm` are fed at `rate` a second.

    Start and end of the processes are outside of what is measured: a recorder runs for hours.
    """
    with log.open("ab") as errors:
        processes = _start(contender, errors)
        sink = processes[0].stdin
        if sink is None:
            raise BenchError("no pipe to the contender")
        fcntl.fcntl(sink.fileno(), fcntl.F_SETPIPE_SZ, pipe_kib * 1024)
        begun = 0.0
        pids: list[int] = []
        due = time.monotonic()
        try:
            for index, frame in enumerate(frames):
                if index == warm:
                    pids = [pid for process in processes for pid in descendants(process.pid)]
                    begun = cpu_seconds(pids)
                sink.write(frame)
                # A contender that is still starting takes its first picture late; nobody is hurried to make up for it.
                due = max(due + 1 / rate, time.monotonic() - 0.1)
                time.sleep(max(0.0, due - time.monotonic()))
            used = cpu_seconds(pids) - begun
            sink.close()
        except BrokenPipeError:
            raise BenchError(f"{contender.name} stopped reading: see {log}") from None
        failed = [process.args for process in processes if process.wait(timeout=60)]
    if failed:
        raise BenchError(f"{contender.name} failed: see {log}")
    return used


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
