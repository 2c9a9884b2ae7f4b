"""The sealer: the one process that may make files on the carrier append-only, immutable or verified by the kernel.

It gets open descriptors over its socket, never paths, from the vault alone; it refuses all but regular files and
directories on the carrier's device; and it only ever adds protection. `attributes` is what it does, `service` is the
process, `client` the vault's end. Where one person runs all (the virtual board), the vault does it in place.
"""

from typing import Literal, Protocol, get_args

Level = Literal["append-only", "immutable", "verity"]
LEVELS: tuple[Level, ...] = get_args(Level)


class Sealer(Protocol):
    """Adds protection to what lies on the carrier."""

    def add(self, descriptor: int, level: Level) -> bool:
        """Protect what this descriptor, opened for reading, is of; False where that can't be had. Never raises."""
        ...
