"""Looks at a real unit's processes from beside it, for as long as it runs."""

import threading
import time

from kuager.errors import KuagerError
from kuager.processes import PROCESSES
from kuager_workshop.bench.unit import Unit
from kuager_workshop.torture.campaign import expect
from kuager_workshop.torture.resources import Held, held

NAMES = tuple(each.name for each in PROCESSES)


class Watch(threading.Thread):
    """What each process holds, looked at every so many seconds."""

    def __init__(self, unit: Unit, every_s: float) -> None:
        super().__init__(daemon=True)
        self.seen: dict[str, list[tuple[float, Held]]] = {name: [] for name in NAMES}
        self._unit, self._every_s = unit, every_s
        self._over = threading.Event()

    def run(self) -> None:
        """Until it is told to end."""
        while not self._over.wait(self._every_s):
            for name, seen in self.seen.items():
                try:
                    seen.append((time.monotonic(), held(self._unit.child(name))))
                except (OSError, StopIteration, KuagerError):
                    continue  # it has just ended, and is started again

    def stop(self) -> None:
        """And wait for its end."""
        self._over.set()
        self.join()

    def span(self, name: str, since: float) -> tuple[Held, Held]:
        """What a process held soon after a moment, and at last; each the median of some looks."""
        found = [each for at, each in self.seen[name] if at >= since]
        expect(len(found) > 1, f"the {name} was not seen often enough: let the shift be longer")
        some = max(1, len(found) // 10)
        return _median(found[:some]), _median(found[-some:])


def _median(of: list[Held]) -> Held:
    return sorted(of, key=lambda each: each.memory_kb)[len(of) // 2]
