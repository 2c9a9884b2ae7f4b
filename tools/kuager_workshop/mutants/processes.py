"""Mutants in what only a process of its own runs: mutmut does not follow tests into what they start.

It therefore says of them that no test reaches them. Here the tests that start processes are run on each.
"""

import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from kuager_workshop.mutants import typed, workplace
from kuager_workshop.mutants.score import HANGS, TYPED

_TESTS = ("tests/vault/test_process.py",)
_LONGEST_S = 300.0


def look_again(folder: Path, names: Sequence[str], jobs: int, told: Callable[[], None]) -> None:
    """Ask mypy and those tests about each, and keep what they say where mutmut does; `told` hears of each in turn."""
    if not names:
        return
    seen = typed.seen(folder / "mutants", workplace.environment(folder), *workplace.typed_folders())
    with ThreadPoolExecutor(jobs) as pool:
        waiting = {pool.submit(_look, folder, name, name in seen): name for name in names}
        for done in as_completed(waiting):
            workplace.keep(folder, waiting[done], done.result())
            told()


def _look(folder: Path, name: str, is_seen: bool) -> int:
    if is_seen:
        return TYPED
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *_TESTS]
    environment = workplace.environment(folder) | {"MUTANT_UNDER_TEST": _as_run(name)}
    try:
        return subprocess.run(
            command, cwd=folder / "mutants", env=environment, timeout=_LONGEST_S, check=False,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        ).returncode  # fmt: skip
    except subprocess.TimeoutExpired:
        return HANGS


def _as_run(name: str) -> str:
    module, _, function = name.rpartition(".")
    return f"__main__.{function}" if module.endswith(".__main__") else name  # so Python names what it was told to run
