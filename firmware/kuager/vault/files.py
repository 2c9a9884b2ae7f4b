"""All that the vault does to a disk, as one small interface; its real implementation is in `disk`.

Faults and power cuts are played on this interface, so it holds no more than the vault needs. Paths are relative to
one root, ``name`` or ``directory/name``; no symbolic link is ever followed. Every method raises OSError as the kernel
gives it.
"""

import errno
from dataclasses import dataclass
from typing import Protocol

from kuager.sealer import Level

Data = bytes | bytearray | memoryview


@dataclass(frozen=True, slots=True)
class Entry:
    """One name in a directory; `kind` of a symbolic link is `other`, whatever it points to."""

    name: str
    kind: str  # file, directory, other
    size: int


@dataclass(frozen=True, slots=True)
class Space:
    """Bytes that we may still write, and whether the file system takes any."""

    free: int
    read_only: bool


class Files(Protocol):
    """One root directory and everything below it. A handle is a file open for appending only."""

    def mkdir(self, path: str, mode: int = 0o755) -> None:
        """Make a directory; not durable before sync_directory of its parent."""
        ...

    def create(self, path: str) -> int:
        """A new, empty file that can only grow; FileExistsError if there is one. Durable after sync_directory."""
        ...

    def reopen(self, path: str) -> int:
        """An existing file, to append to it."""
        ...

    def write(self, handle: int, data: Data) -> int:
        """Append; returns how many bytes were taken, which may be fewer than given."""
        ...

    def sync(self, handle: int) -> None:
        """All that was appended is durable when this returns. After an error nothing is known of what was."""
        ...

    def close(self, handle: int) -> None:
        """Let go of a handle; never raises."""
        ...

    def sync_directory(self, path: str = "") -> None:
        """The names in a directory (empty: the root) are durable when this returns."""
        ...

    def put(self, path: str, data: Data, mode: int = 0o644) -> None:
        """A whole object, at once and durably: after a power cut it is there complete or not at all."""
        ...

    def protect(self, path: str, level: Level) -> bool:
        """Add an attribute to a file or directory; False where that is not possible."""
        ...

    def read(self, path: str, offset: int = 0, length: int | None = None) -> bytes:
        """Bytes from `offset`; fewer than `length` only at the end of the file."""
        ...

    def entries(self, path: str = "") -> list[Entry]:
        """What a directory holds, by name."""
        ...

    def space(self) -> Space:
        """How much may still be written."""
        ...

    def present(self) -> bool:
        """Whether the root is still where it was: the same directory at the same path."""
        ...

    def release(self) -> None:
        """Let go of the root and of its lock."""
        ...


class ShortWriteError(OSError):
    """An append that could not be finished; `written` bytes of it are in the file, unproven."""

    def __init__(self, error: OSError, written: int) -> None:
        super().__init__(error.errno, error.strerror)
        self.written = written


def append(files: Files, handle: int, data: Data) -> None:
    """Append all of `data`; raises ShortWriteError, with what did get written, where the disk takes no more."""
    view, written = memoryview(data), 0
    while written < len(view):
        try:
            taken = files.write(handle, view[written:])
            if taken <= 0:
                raise OSError(errno.EIO, "the disk took no bytes")
        except OSError as error:
            raise ShortWriteError(error, written) from error
        written += taken
