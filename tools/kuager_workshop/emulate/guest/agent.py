"""The harness's hands in the guest: runs commands, moves files, pins and clock, looks at the light.

One JSON object a line over a virtio port: ``{"id", "do", ...}`` is answered by ``{"id", "done": {...}}`` or
``{"id", "error"}``. What takes long is a job: started by one request, asked for by others, so that the port is free in
between and several callers can share it. Runs on the guest's Python with its standard library alone.
"""

import base64
import itertools
import json
import os
import signal
import subprocess
import tempfile
import threading
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

PORT = Path("/dev/virtio-ports/kuager.agent")
LINES = Path("/sys/devices/platform/gpio-sim.0/gpiochip0")

_MOST = 16 << 20  # bytes of a command's output, or of a file in one answer
_POLL_S = 0.03  # how often is looked whether somebody is at the other end
_PRIORITY = 5


class Job(Protocol):
    """Something under way."""

    def result(self, wait_s: float) -> dict[str, Any] | None:
        """What came of it; None if it still runs after so many seconds."""


class Command:
    """A shell command; its result has its exit code, negative for a signal, and both outputs in one."""

    def __init__(self, text: str) -> None:
        self._out = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the result
        self._process = subprocess.Popen(
            ["/bin/bash", "-c", text],
            stdin=subprocess.DEVNULL, stdout=self._out, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip

    def result(self, wait_s: float) -> dict[str, Any] | None:
        """See Job."""
        try:
            code = self._process.wait(wait_s)
        except subprocess.TimeoutExpired:
            return None
        with self._out:
            self._out.seek(0)
            return {"code": code, "out": base64.b64encode(self._out.read(_MOST)).decode()}

    def stop(self) -> None:
        """End it and what it started."""
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return


class Drive:
    """Lines moved on a schedule: ``[[ms, line, active], ...]``, ms since the start; active is low."""

    def __init__(self, steps: list[tuple[int, int, bool]], lines: Path) -> None:
        self._error: OSError | None = None
        self._thread = threading.Thread(target=self._run, args=(steps, lines))
        self._thread.start()

    def _run(self, steps: list[tuple[int, int, bool]], lines: Path) -> None:
        urgent()
        begin = time.monotonic()
        try:
            for ms, line, active in steps:
                time.sleep(max(0.0, begin + ms / 1000 - time.monotonic()))
                (lines / f"sim_gpio{line}" / "pull").write_text("pull-down" if active else "pull-up")
        except OSError as error:
            self._error = error

    def result(self, wait_s: float) -> dict[str, Any] | None:
        """See Job."""
        self._thread.join(wait_s)
        if self._thread.is_alive():
            return None
        if self._error:
            raise self._error
        return {}


class Agent:
    """Answers requests; each public method is one that a request may name in ``do``."""

    def __init__(self, lines: Path = LINES) -> None:
        self._lines = lines
        self._jobs: dict[int, Job] = {}
        self._numbers = itertools.count(1)

    def answer(self, line: bytes) -> bytes:
        """The answer to one line; a request that fails is answered by its error."""
        number: Any = None
        try:
            request = json.loads(line)
            number = request.pop("id")
            name = request.pop("do")
            method: Callable[..., dict[str, Any]] = getattr(self, f"do_{name}")
            said: dict[str, Any] = {"id": number, "done": method(**request)}
        except Exception as error:  # noqa: BLE001 - whatever fails is the caller's to hear, and must not end the agent
            said = {"id": number, "error": f"{type(error).__name__}: {error}"}
        return json.dumps(said).encode() + b"\n"

    def do_hello(self) -> dict[str, Any]:
        """Which boot this is, and how long ago it began, us."""
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return {"boot": boot, "up_us": time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1000}

    def do_start(self, command: str) -> dict[str, Any]:
        """Start a shell command as a job."""
        return self._begin(Command(command))

    def do_drive(self, steps: list[tuple[int, int, bool]]) -> dict[str, Any]:
        """Move lines as a job."""
        return self._begin(Drive(steps, self._lines))

    def do_job(self, job: int, wait_s: float) -> dict[str, Any]:
        """A job's result once it is there; it is forgotten then."""
        try:
            found = self._jobs[job].result(wait_s)
        except OSError:
            del self._jobs[job]
            raise
        if found is None:
            return {"runs": True}
        del self._jobs[job]
        return {"runs": False, **found}

    def do_stop(self, job: int) -> dict[str, Any]:
        """End a command's job."""
        found = self._jobs.get(job)
        if isinstance(found, Command):
            found.stop()
        return {}

    def do_read(self, path: str, at: int) -> dict[str, Any]:
        """A part of a file, and how long it is."""
        with open(path, "rb") as file:
            file.seek(at)
            return {"data": base64.b64encode(file.read(1 << 20)).decode(), "size": os.fstat(file.fileno()).st_size}

    def do_write(self, path: str, data: str, more: bool) -> dict[str, Any]:
        """Write a file, or go on with it."""
        with open(path, "ab" if more else "wb") as file:
            file.write(base64.b64decode(data))
        return {}

    def do_clock(self, utc_us: int) -> dict[str, Any]:
        """Set the system's clock."""
        time.clock_settime_ns(time.CLOCK_REALTIME, utc_us * 1000)
        return {}

    def do_lines(self, lines: list[int]) -> dict[str, Any]:
        """The levels of lines."""
        return {"levels": [int((self._lines / f"sim_gpio{line}/value").read_text()) for line in lines]}

    def do_duty(self, lines: list[int], ms: int) -> dict[str, Any]:
        """Which part of the time each line was high within so many milliseconds, 0 to 1."""
        files = [os.open(self._lines / f"sim_gpio{line}/value", os.O_RDONLY) for line in lines]
        high = [0] * len(lines)
        count = 0
        try:
            end = time.monotonic() + ms / 1000
            while not count or time.monotonic() < end:
                for index, file in enumerate(files):
                    high[index] += os.pread(file, 1, 0) == b"1"
                count += 1
        finally:
            for file in files:
                os.close(file)
        return {"duty": [each / count for each in high], "samples": count}

    def do_work(self) -> dict[str, Any]:
        """How long `work` takes here, us."""
        return {"us": work()}

    def _begin(self, job: Job) -> dict[str, Any]:
        number = next(self._numbers)
        self._jobs[number] = job
        return {"job": number}


def work() -> int:
    """A fixed piece of integer work; gives its processor time, us. The harness runs the same and compares."""
    begin = time.thread_time_ns()
    data = bytes((each * each >> 5) & 255 for each in range(200_000))
    zlib.compress(data * 4, 6)
    return (time.thread_time_ns() - begin) // 1000


def urgent() -> None:
    """Run this thread before all others, if allowed: a finger does not wait for the unit's processor."""
    try:
        os.sched_setscheduler(0, os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(_PRIORITY))
    except PermissionError:
        return


def serve(port: int, agent: Agent) -> None:
    """Answer what comes over the port, for ever. Nobody at the other end reads as an end of file."""
    waiting = b""
    while True:
        got = os.read(port, 65536)
        if not got:
            waiting = b""  # half a request of a caller who has gone
            time.sleep(_POLL_S)
            continue
        *lines, waiting = (waiting + got).split(b"\n")
        for line in lines:
            answer = memoryview(agent.answer(line))
            while answer:
                answer = answer[os.write(port, answer) :]


if __name__ == "__main__":
    while not PORT.exists():
        time.sleep(_POLL_S)
    urgent()
    serve(os.open(PORT, os.O_RDWR), Agent())
