"""Runs targets side by side, each in a process of its own with its share of the time, and tells what came of it."""

import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from kuager_workshop.fuzz import workplace

MEGABYTES = 768
"""That a target's process may hold: Python, the libraries, and far more than any input is worth."""
TIMEOUT_S = 10
"""That one input may take, on a busy machine."""

_GRACE_S = 60  # for the start, and for an input that is not over at the end
_LAST_LINES = 60
_LONGEST_LINE = 300  # characters
_COUNT = re.compile(r"#(\d+)\s")
_COVERED = re.compile(r"\bcov: (\d+)")
_TELLING = re.compile(r"[\w.]+(Error|Exception)\b|==\d+==\s*ERROR: libFuzzer: (?!fuzz target exited|deadly)")
_WRITTEN = re.compile(r"Test unit written to (.+)")


class EngineError(RuntimeError):
    """A target could not be run at all."""


@dataclass(frozen=True)
class Plan:
    """What is run. `seconds`: of each target. `folder`: where inputs are kept from run to run, and findings."""

    seconds: int
    folder: Path
    seed: int = 1
    plain: bool = False

    @property
    def findings(self) -> Path:
        """Where inputs go that break a target."""
        return self.folder / "findings"


@dataclass
class Outcome:
    """What came of one target. `covered`: edges of the firmware that were reached; None: not counted."""

    name: str
    executions: int = 0
    covered: int | None = None
    seconds: float = 0.0
    finding: Path | None = None
    last: deque[str] = field(default_factory=lambda: deque(maxlen=_LAST_LINES))

    @property
    def why(self) -> str:
        """The finding's own words: the last line of its traceback, or what libFuzzer calls it."""
        telling = [line for line in self.last if _TELLING.match(line)]
        return telling[-1] if telling else next(iter(self.last), "")


Told = Callable[[Outcome], None]


def run(names: list[str], plan: Plan, jobs: int, told: Told) -> list[Outcome]:
    """Run these targets; `told` hears of each whenever there is news. Raises EngineError."""
    plan.findings.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(lambda name: one(name, plan, told), names))


def one(name: str, plan: Plan, told: Told) -> Outcome:
    """Run one target to the end of its time, or to its first finding. Raises EngineError."""
    kept = plan.folder / "corpus" / name
    kept.mkdir(parents=True, exist_ok=True)
    outcome, begun = Outcome(name), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="kuager-fuzz-", dir=workplace.within()) as folder:
        process = subprocess.Popen(
            _command(name, plan, kept),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,  # where atheris puts tracebacks
            stderr=subprocess.STDOUT,
            env=os.environ | {"TMPDIR": folder, "PYTHONHASHSEED": "0"},
            text=True,
            errors="replace",
        )
        guard = threading.Timer(plan.seconds + TIMEOUT_S + _GRACE_S, process.kill)
        guard.start()
        try:
            _listen(process, outcome, told)
            code = process.wait()
        finally:
            guard.cancel()
            process.kill()
            process.wait()
    outcome.seconds = time.monotonic() - begun
    if code and outcome.finding is None:
        raise EngineError(f"the target {name} can't be run (exit code {code}):\n" + "\n".join(outcome.last))
    if not code:
        outcome.finding = None
    told(outcome)
    return outcome


def _command(name: str, plan: Plan, kept: Path) -> list[str]:
    return [
        sys.executable, "-m", "kuager_workshop.fuzz.worker", name, "--seconds", str(plan.seconds),
        "--seed", str(plan.seed), "--kept", str(kept), "--findings", str(plan.findings),
        "--megabytes", str(MEGABYTES), "--timeout", str(TIMEOUT_S), *(["--plain"] if plan.plain else []),
    ]  # fmt: skip


def _listen(process: "subprocess.Popen[str]", outcome: Outcome, told: Told) -> None:
    assert process.stdout
    with process.stdout as lines:
        for line in lines:
            if count := _COUNT.match(line):
                outcome.executions = int(count[1])
                if covered := _COVERED.search(line):
                    outcome.covered = int(covered[1])
                told(outcome)
            elif written := _WRITTEN.search(line):
                outcome.finding = Path(written[1].strip())
            elif line.strip() and not line.startswith("stat::"):
                outcome.last.append(line.rstrip()[:_LONGEST_LINE])
