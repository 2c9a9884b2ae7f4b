"""Counts the steps of a part's life, and has it die at one of them."""

import os
import resource
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

How = Literal["kill", "stop", "raise", "memory"]
"""SIGKILL, SIGSTOP, an exception that nobody expects, no memory left."""


class Killed(BaseException):
    """The part ends here as if by SIGKILL: nothing more is done. No handler for exceptions sees it."""


@dataclass
class Steps:
    """One process's life: `step` is called before and after everything that leaves the part. `at`: the step to die at,
    counted from 0.

    `forked`: the part has a process of its own, so it dies by real signals and limits. `told` hears of the step at
    which it is to die, just before.
    """

    at: int | None = None
    how: How = "kill"
    forked: bool = False
    told: Callable[[str], None] = lambda _: None
    count: int = 0
    ends: list[Callable[[], None]] = field(default_factory=list)
    """What the kernel does when the process is gone, where it is this very one: handles and locks of its own."""

    def step(self, name: str) -> None:
        """One step. Raises Killed, RuntimeError or MemoryError where the part is to die by that, here."""
        here, self.count = self.count, self.count + 1
        if here != self.at:
            return
        self.told(name)
        match self.how:
            case "kill" if not self.forked:
                raise Killed(name)
            case "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            case "stop":
                os.kill(os.getpid(), signal.SIGSTOP)
            case "raise":
                raise RuntimeError(f"played at {name}")
            case "memory":
                _use_up_memory()


def _use_up_memory() -> None:
    """Raise MemoryError as the kernel's limit does; it is lifted again, as when another process gives memory back."""
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (used, before[1]))
    hog = []
    try:
        while True:
            hog.append(bytearray(1 << 20))
    finally:
        hog.clear()
        resource.setrlimit(resource.RLIMIT_AS, before)
