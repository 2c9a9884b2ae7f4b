"""The vault's files with one log of all that is done to them, on both disks in order, for a cut at any place in it.

Attributes are simulated here: they need privileges that nobody has who plays faults, and this is where a cut takes
them away.
"""

import errno
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, Literal, TypeVar

from kuager.sealer import Level
from kuager.vault.disk import DiskFiles
from kuager.vault.files import Data, Files
from kuager.vault.passing import PassingFiles
from kuager_workshop.torture.simulated.vault import Place

Kind = Literal["mkdir", "create", "write", "sync", "sync-directory", "put", "put-done", "protect"]
"""`put` is on its way, `put-done` has returned; every other operation has returned when it is logged."""

Key = tuple[Place, str]
"""A disk, and a path on it; the empty path is its root."""

Mark = TypeVar("Mark")


@dataclass(frozen=True, slots=True)
class Op:
    """One thing that was done to a disk. `data`: what was appended, or the whole object that was put."""

    place: Place
    kind: Kind
    path: str = ""
    data: bytes = b""
    level: Level | None = None

    @property
    def key(self) -> Key:
        """Which file or directory."""
        return self.place, self.path


@dataclass
class Log(Generic[Mark]):
    """What was done, and as of before each of it what `look` saw."""

    look: Callable[[], Mark]
    ops: list[Op] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)

    def add(self, op: Op) -> None:
        """It was done."""
        self.marks.append(self.look())
        self.ops.append(op)


class RenamingFiles(DiskFiles):
    """As on FAT: a whole object comes by a temporary name and a rename."""

    def put(self, path: str, data: Data, mode: int = 0o644) -> None:
        """As Files.put."""
        with self._parent(path) as (parent, name):
            self._put_by_rename(parent, name, data, mode)
        self.sync_directory(path.rpartition("/")[0])


def renaming(files: Files, root: Path) -> Files:
    """RenamingFiles in the place of `files`."""
    files.release()
    return RenamingFiles(root, sealer=None)


class RecordedFiles(PassingFiles):
    """Passes all on to `inner`, and logs it. `attributes`: what is set on each path; None where the disk has none."""

    def __init__(self, inner: Files, place: Place, log: Log[Mark], attributes: dict[str, set[Level]] | None) -> None:
        super().__init__(inner)
        self._place, self._log, self._attributes = place, log, attributes

    def _did(self, kind: Kind, path: str, data: bytes = b"", level: Level | None = None) -> None:
        self._log.add(Op(self._place, kind, path, data, level))

    def _may_change(self, path: str) -> None:
        if self._attributes and self._attributes.get(path, set()) & {"immutable", "verity"}:
            raise PermissionError(errno.EPERM, "it is immutable", path)

    def mkdir(self, path: str, mode: int = 0o755) -> None:
        """As Files.mkdir."""
        self._may_change(path.rpartition("/")[0])
        super().mkdir(path, mode)
        self._did("mkdir", path)

    def create(self, path: str) -> int:
        """As Files.create."""
        self._may_change(path.rpartition("/")[0])
        handle = super().create(path)
        self._did("create", path)
        return handle

    def reopen(self, path: str) -> int:
        """As Files.reopen."""
        self._may_change(path)
        return super().reopen(path)

    def write(self, handle: int, data: Data) -> int:
        """As Files.write."""
        path = self.path(handle)
        self._may_change(path)
        taken = super().write(handle, data)
        self._did("write", path, bytes(memoryview(data)[:taken]))
        return taken

    def sync(self, handle: int) -> None:
        """As Files.sync."""
        super().sync(handle)
        self._did("sync", self.path(handle))

    def sync_directory(self, path: str = "") -> None:
        """As Files.sync_directory."""
        super().sync_directory(path)
        self._did("sync-directory", path)

    def put(self, path: str, data: Data, mode: int = 0o644) -> None:
        """As Files.put."""
        self._may_change(path.rpartition("/")[0])
        super().put(path, data, mode)
        self._did("put", path, bytes(data))
        self._did("put-done", path, bytes(data))

    def protect(self, path: str, level: Level) -> bool:
        """As Files.protect."""
        if self._attributes is None:
            return super().protect(path, level)
        self._attributes.setdefault(path, set()).add(level)
        self._did("protect", path, level=level)
        return True
