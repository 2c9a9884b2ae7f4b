"""The unit's processes in one table: what runs, how it is watched, and in which order all is stopped.

Stopping: the supervisor ends the recording in order while capture and vault still run, then they follow.
"""

import fcntl
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from kuager import sockets
from kuager.errors import UsageError

_PATH_BYTES = 107  # sockaddr_un.sun_path without its final zero


@dataclass(frozen=True)
class Process:
    """One row: a Python module run as a process. Times in seconds."""

    name: str
    module: str
    stop_rank: int  # the lowest is stopped first
    watchdog_s: float | None = None  # killed when not fed for so long after READY
    ready_s: float = 60.0  # killed when not READY so long after its start
    stop_s: float = 10.0  # killed so long after SIGTERM
    orphaned: signal.Signals = signal.SIGTERM  # what it gets when the parent dies
    terminal: bool = False  # has the person's terminal; its end ends the whole
    restart: bool = True


PROCESSES = (
    # Longer than any card stalls that still works: a vault that hangs must not keep the next one from its carrier.
    Process("vault", "kuager.vault", stop_rank=2, watchdog_s=30, stop_s=30),
    # A capture that hangs does not hear SIGTERM, and all it holds unacknowledged is within the promised second.
    Process("capture", "kuager.capture", stop_rank=1, watchdog_s=2.0, orphaned=signal.SIGKILL),
    Process("supervisor", "kuager.supervisor", stop_rank=0, watchdog_s=10.0, stop_s=45),
)
# On real boards only: on the virtual one the vault does it in place. It stays until the vault has sealed.
SEALER = Process("sealer", "kuager.sealer", stop_rank=3)
# Nothing depends on it: it is stopped last so that it can still show the seal.
PAGE = Process("page", "kuager.board.page", stop_rank=3, stop_s=5)
TERMINAL = Process("terminal", "kuager.terminal", stop_rank=3, terminal=True, restart=False, stop_s=60)


def prepare_run_directory(path: Path) -> IO[str]:
    """Make the run directory (mode 0700) and lock it; the lock lasts as long as the returned file is open.

    Raises UsageError where it is not ours, too long for a socket's path, or in use by another instance.
    """
    if len(os.fsencode(path.absolute())) + sockets.LONGEST > _PATH_BYTES:
        raise UsageError(f"{path}: the path of the run directory is too long for sockets; choose a shorter one")
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.chmod(0o700)
        lock = (path / "lock").open("w")
    except OSError as error:
        raise UsageError(f"{path}: the run directory can't be used: {error.strerror}") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise UsageError(f"{path}: another Kuager runs with this run directory; stop it or choose another") from None
    return lock


def python_command(settings: Path, run: Path) -> Callable[[Process], list[str]]:
    """The argument vector of each process: its module in this interpreter, with settings file and run directory."""

    def command(process: Process) -> list[str]:
        # -P: a module of the same name in the current folder must not take our place.
        python = [sys.executable, "-P", "-m", "kuager.child", str(os.getpid()), str(int(process.orphaned))]
        return [*python, process.module, "--settings", str(settings), "--run", str(run)]

    return command
