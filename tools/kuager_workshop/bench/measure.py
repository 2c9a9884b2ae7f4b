"""Runs commands as whole processes and reads what they cost from the operating system."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from kuager.errors import KuagerError


class BenchError(KuagerError, RuntimeError):
    """A contender could not be run or failed; the text names it."""


@dataclass(frozen=True)
class Cost:
    """CPU of a pipeline's processes together: user and system seconds."""

    user: float
    system: float

    @property
    def cpu(self) -> float:
        """User and system seconds together."""
        return self.user + self.system


def run_pipeline(commands: list[list[str]], log: Path) -> Cost:
    """Run commands joined by pipes to their end; CPU seconds of all of them and their children.

    The last one's output is thrown away, errors go to `log`. Raises BenchError if one fails.
    """
    with log.open("ab") as errors:
        processes: list[subprocess.Popen[bytes]] = []
        source: int | None = subprocess.DEVNULL
        for index, command in enumerate(commands):
            last = index == len(commands) - 1
            try:
                process = subprocess.Popen(
                    command, stdin=source, stdout=subprocess.DEVNULL if last else subprocess.PIPE, stderr=errors
                )
            except OSError as error:
                raise BenchError(f"{command[0]} could not be started ({error.strerror}): run 'make bench'") from None
            if processes and processes[-1].stdout:
                processes[-1].stdout.close()
            processes.append(process)
            source = process.stdout.fileno() if process.stdout else None
        user = system = 0.0
        failed = []
        for process in processes:
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode:
                failed.append(str(process.args[0]) if isinstance(process.args, list) else str(process.args))
            user += usage.ru_utime
            system += usage.ru_stime
    if failed:
        raise BenchError(f"{', '.join(failed)} failed: see {log}")
    return Cost(user, system)


def proportional_set_bytes(pids: list[int]) -> int:
    """Proportional set size of these processes together, bytes (Pss of /proc/PID/smaps_rollup); gone ones count 0."""
    total = 0
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    return total


def descendants(pid: int) -> list[int]:
    """This process and all below it."""
    found = [pid]
    for child in (Path(f"/proc/{pid}/task/{pid}/children"),):
        try:
            children = child.read_text().split()
        except OSError:
            continue
        for each in children:
            found += descendants(int(each))
    return found
