"""Starts, watches and stops the processes of the table; on a unit systemd does this work.

Each process is restarted on its own, with a growing delay, and killed when it does not feed its watchdog.
"""

import contextlib
import logging
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from kuager import notify
from kuager.processes import Process

_log = logging.getLogger(__name__)

_DELAY_S = 0.1  # before the first restart; doubles with each death
_MAX_DELAY_S = 5.0
_STEADY_S = 10.0  # a process that ran so long starts again with the first delay


@dataclass
class _Child:
    process: Process
    listener: notify.Listener
    popen: subprocess.Popen[bytes] | None = None
    pidfd: int = -1
    started: float = 0.0
    fed: float = 0.0
    ready: bool = False
    delay: float = _DELAY_S
    start_at: float | None = 0.0
    kill_at: float | None = None


class Parent:
    """Runs the table until `stop`. `command(process)` gives a process's argument vector; `log` takes what they print.

    The thread that calls `run` must live as long as the processes: the kernel counts it as their parent (see `child`).
    """

    def __init__(
        self,
        processes: Sequence[Process],
        run: Path,
        command: Callable[[Process], list[str]],
        log: IO[bytes] | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._command, self._log, self._now = command, log, now
        self._selector = selectors.DefaultSelector()
        self._wake_read, self._wake_write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._selector.register(self._wake_read, selectors.EVENT_READ)
        self._stopping = False
        self._was_ready = False
        self._children: dict[str, _Child] = {}
        for process in processes:
            child = _Child(process, notify.Listener(run / f"notify-{process.name}"))
            self._selector.register(child.listener, selectors.EVENT_READ, child)
            self._children[process.name] = child

    def stop(self) -> None:
        """End all in order; may be called from any thread and from a signal handler, any number of times."""
        with contextlib.suppress(OSError):  # a full pipe has been heard already
            os.write(self._wake_write, b"s")

    def signal(self, name: str, number: signal.Signals) -> bool:
        """Send a signal to a process by name; False where it does not run (for fault scripts and tests)."""
        child = self._children.get(name)
        if child is None or child.popen is None or child.pidfd < 0:
            return False
        try:
            signal.pidfd_send_signal(child.pidfd, number)
        except OSError:
            return False
        return True

    def run(self) -> int:
        """Start, watch and restart until stopped and all are gone. Returns the terminal process's exit code, else 0."""
        code = 0
        while not (self._stopping and all(child.popen is None for child in self._children.values())):
            for key, _ in self._selector.select(self._next_deadline()):
                if key.fileobj == self._wake_read:
                    os.read(self._wake_read, 64)
                    self._begin_stop()
                elif isinstance(key.fileobj, notify.Listener):
                    self._hear(key.data)
                else:
                    code = self._reap(key.data) or code
            # Judged only after all messages were read: a parent that woke late must not blame its children.
            self._meet_deadlines()
        notify.stopping()
        return code

    def close(self) -> None:
        """Release sockets and descriptors; after `run`."""
        self._selector.close()
        for child in self._children.values():
            child.listener.close()
        os.close(self._wake_read)
        os.close(self._wake_write)

    def _next_deadline(self) -> float | None:
        now = self._now()
        deadlines = [at for child in self._children.values() for at in self._deadlines(child)]
        return max(0.0, min(deadlines) - now) if deadlines else None

    def _deadlines(self, child: _Child) -> list[float]:
        process = child.process
        if child.popen is None:
            return [] if self._stopping or child.start_at is None else [child.start_at]
        if child.kill_at is not None:
            return [child.kill_at]
        if not child.ready:
            return [child.started + process.ready_s]
        return [] if process.watchdog_s is None else [child.fed + process.watchdog_s]

    def _meet_deadlines(self) -> None:
        now = self._now()
        for child in self._children.values():
            if any(at <= now for at in self._deadlines(child)):
                if child.popen is None:
                    self._start(child)
                else:
                    self._kill(child, now)

    def _kill(self, child: _Child, now: float) -> None:
        stopping = child.kill_at is not None
        said = "did not stop" if stopping else "did not report that it is well"
        _log.warning("%s %s in time and is killed", child.process.name, said)
        # At first as systemd's watchdog does: the process then prints where each of its threads hangs (see `child`).
        self.signal(child.process.name, signal.SIGKILL if stopping else signal.SIGABRT)
        child.kill_at = now + 1.0  # a process in an uninterruptible wait dies when it can

    def _start(self, child: _Child) -> None:
        process = child.process
        child.listener.receive()  # what an earlier life said does not count
        environment = os.environ | {"NOTIFY_SOCKET": str(child.listener.path)}
        output = None if process.terminal else self._log
        child.started = child.fed = self._now()
        child.ready, child.start_at, child.kill_at = False, None, None
        # A process group of its own: Ctrl-C in the terminal reaches the parent alone, which stops all in order.
        child.popen = subprocess.Popen(
            self._command(process),
            stdin=None if process.terminal else subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=environment,
            process_group=None if process.terminal else 0,
        )
        child.pidfd = os.pidfd_open(child.popen.pid)
        self._selector.register(child.pidfd, selectors.EVENT_READ, child)

    def _hear(self, child: _Child) -> None:
        heard = child.listener.receive()
        if heard.get("READY") == "1":
            child.ready = True
        if "READY" in heard or "WATCHDOG" in heard:
            child.fed = self._now()
        if "STATUS" in heard:
            _log.info("%s: %s", child.process.name, heard["STATUS"])
        if not self._was_ready and all(each.ready for each in self._children.values()):
            self._was_ready = True
            notify.ready("all processes run")

    def _reap(self, child: _Child) -> int:
        popen = child.popen
        if popen is None:
            return 0
        code = popen.wait()
        self._selector.unregister(child.pidfd)
        os.close(child.pidfd)
        child.popen, child.pidfd = None, -1
        now = self._now()
        if self._stopping:
            self._stop_next()
        elif child.process.restart:
            if now - child.started >= _STEADY_S:
                child.delay = _DELAY_S
            _log.warning("%s ended (%s) and starts again in %.1f s", child.process.name, _how(code), child.delay)
            child.start_at = now + child.delay
            child.delay = min(child.delay * 2, _MAX_DELAY_S)
        if child.process.terminal:
            self._begin_stop()
            return code if code > 0 else 70 if code else 0
        return 0

    def _begin_stop(self) -> None:
        if not self._stopping:
            self._stopping = True
            self._stop_next()

    def _stop_next(self) -> None:
        running = [child for child in self._children.values() if child.popen is not None]
        if running:
            rank = min(child.process.stop_rank for child in running)
            for child in running:
                if child.process.stop_rank == rank and child.kill_at is None:
                    child.kill_at = self._now() + child.process.stop_s
                    self.signal(child.process.name, signal.SIGTERM)


def _how(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
