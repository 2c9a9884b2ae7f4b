"""Measures the vault by itself: ``python tests/vault/vault_bench.py``.

Recovery of a four-hour recording, CPU of a batch of half a second at 4 Mbit/s, and the time from OpenRecording to the
first acknowledgement on this machine's disk.
"""

import resource
import statistics
import tempfile
import time
from pathlib import Path

from vault_world import World, fragment_chunk

from kuager.vault.disk import DiskFiles

HOURS = 4
BATCH_BYTES = 250_000


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory(dir=Path.home()) as folder:
        world = World(Path(folder))
        world.boot()
        opening(world)
        batches(world)
        recovery(world)


def opening(world: World) -> None:
    """OpenRecording to acknowledgement of the first fragment, capture's own time left out."""
    times = []
    for take in range(1, 16):
        begun = time.perf_counter()
        opened = world.open()
        world.record(opened, 1, take)
        times.append((time.perf_counter() - begun) * 1000)
        assert world.acknowledged == world.sequence
        world.end(take)
        world.close()
    print(f"opening to first acknowledgement: median {statistics.median(times):.1f} ms, worst {max(times):.1f} ms")


def batches(world: World) -> None:
    """User and system time of one batch, synced for real."""
    opened = world.open()
    world.record(opened, 1)
    data = fragment_chunk(1, BATCH_BYTES)
    before = resource.getrusage(resource.RUSAGE_SELF)
    count = 200
    for _ in range(count):
        world.fragment(data=data)
    after = resource.getrusage(resource.RUSAGE_SELF)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"a batch of {BATCH_BYTES} bytes: {spent / count * 1000:.2f} ms CPU")
    world.end()
    world.close()


def recovery(world: World) -> None:
    """From the carrier's arrival to a state in which the next recording can be opened."""
    real, DiskFiles.sync = DiskFiles.sync, lambda *_: None  # type: ignore[method-assign,assignment]
    opened = world.open()
    world.record(opened, HOURS * 7200)
    DiskFiles.sync = real  # type: ignore[method-assign]
    size = (world.carrier / opened.name / "journal-01.cborseq").stat().st_size
    world.kill()
    begun = time.perf_counter()
    world.boot(bytes(15) + b"9", held=True)
    print(f"recovery of {HOURS} h ({size} bytes of journal): {(time.perf_counter() - begun) * 1000:.1f} ms")
    begun = time.perf_counter()
    world.worker.run()
    print(f"its manifest in the background: {time.perf_counter() - begun:.1f} s")
    world.kill()


if __name__ == "__main__":
    main()
