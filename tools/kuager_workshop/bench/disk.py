"""Recovery of a recording of hours, and how quickly verify gets through a recording, against plain hashlib."""

import hashlib
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from kuager import settings
from kuager.evidence import certificates
from kuager.evidence.verdict import Outcome
from kuager.verify.recording import judge
from kuager_workshop.bench.figure import Figure
from kuager_workshop.bench.measure import BenchError

_RECOVERY_MS = 200.0
_SPEED = 0.8
_SMALL = 2000  # bytes of a fragment where only the journal matters
_PIECE = 1 << 22


def recovery(folder: Path, hours: float) -> list[Figure]:
    """Kill a vault after so many hours of recording, start another on its carrier."""
    file = _settings(folder)
    _hours("make", file, str(hours), str(_SMALL), "open")
    times = float(_hours("recover", file))
    folders = [path for path in (folder / "carrier").glob("*Z") if (path / "journal-02.cborseq").exists()]
    if len(folders) != 1:
        raise BenchError("the recording was not recovered")
    size = (folders[0] / "journal-01.cborseq").stat().st_size
    how = f"vault built and started on the carrier, in a fresh process after its imports; journal of {size} bytes"
    return [Figure(group="recovery", name=f"of a recording of {hours:g} h", value=times, unit="ms", limit=_RECOVERY_MS,
                   bound="below", how=how)]  # fmt: skip


def verifying(folder: Path, minutes: float, megabits: float, runs: int) -> list[Figure]:
    """Verify a sealed recording of this length and bit rate, and digest its files once with hashlib alone, in turn."""
    file = _settings(folder)
    _hours("make", file, str(minutes / 60), str(int(megabits * 1_000_000 / 16)), "close")
    (path,) = (folder / "carrier").glob("*Z")
    anchors = certificates.load_pem((folder / "state" / "authority" / "ca.pem").read_bytes())

    def verify() -> None:
        verdict = judge(path, anchors).verdict
        if verdict.outcome is not Outcome.AUTHENTIC:
            raise BenchError(f"{path}: the verdict is {verdict.outcome.name}")

    speeds = speed(path, verify, runs)
    how = f"time of hashlib over the same files once, on one thread, over time of verify; medians of {runs} in turn"
    return [Figure(group="verify", name=f"speed at {megabits:g} Mbit/s, {minutes:g} minutes", value=speeds,
                   unit="of hashlib", limit=_SPEED, bound="at least", how=how)]  # fmt: skip


def speed(path: Path, verify: Callable[[], None], runs: int) -> float:
    """Median time of hashlib over median time of `verify`."""
    plain: list[float] = []
    checked: list[float] = []
    _digest(path)  # both then read from memory
    for _ in range(runs):
        plain.append(_timed(lambda: _digest(path)))
        checked.append(_timed(verify))
    return statistics.median(plain) / statistics.median(checked)


def _digest(path: Path) -> None:
    buffer = memoryview(bytearray(_PIECE))
    for each in path.iterdir():
        digest = hashlib.sha256()
        with each.open("rb", buffering=0) as stream:
            while count := stream.readinto(buffer):
                digest.update(buffer[:count])
        digest.digest()


def _timed(call: Callable[[], None]) -> float:
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun


def _settings(folder: Path) -> Path:
    file = folder / "unit.toml"
    unit = settings.Settings(
        carrier=settings.Carrier(path=folder / "carrier"), paths=settings.Paths(state=folder / "state")
    )
    file.write_text(settings.dump(unit))
    return file


def _hours(*arguments: object) -> str:
    command = [sys.executable, "-m", "kuager_workshop.bench.hours", *map(str, arguments)]
    # Without attributes, or the folder could not be removed afterwards.
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "KUAGER_ATTRIBUTES": "off"}
    )
    if done.returncode:
        raise BenchError(f"a recording could not be made: {done.stderr.strip()[-500:]}")
    return done.stdout.strip()
