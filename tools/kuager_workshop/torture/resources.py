"""What a process holds of the machine, and whether that stays as it is."""

from dataclasses import dataclass
from pathlib import Path

from kuager_workshop.torture.campaign import expect

_GROWTH_FILES = 2


@dataclass(frozen=True)
class Held:
    """By a process: resident memory, kB, and open files."""

    pid: int
    memory_kb: int
    files: int


def held(pid: int) -> Held:
    """By this process, now. Raises OSError or StopIteration where it has ended."""
    status = Path(f"/proc/{pid}/status").read_text()
    memory = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:"))
    return Held(pid, memory, len(list(Path(f"/proc/{pid}/fd").iterdir())))


def expect_flat(name: str, before: Held, after: Held, growth_kb: float) -> None:
    """Raise BrokenError where it is another process, has grown by more than so much, or keeps files open."""
    expect(before.pid == after.pid, f"the {name} was started again")
    grown = after.memory_kb - before.memory_kb
    expect(grown <= growth_kb, f"the {name} has grown by {grown} kB, from {before.memory_kb} kB")
    opened = after.files - before.files
    expect(opened <= _GROWTH_FILES, f"the {name} holds {opened} more open files")
