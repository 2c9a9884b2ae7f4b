"""The vault's file interface on a folder, with a note of what was asked of it."""

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from kuager.sealer import Level
from kuager.vault.disk import DiskFiles
from kuager.vault.passing import PassingFiles


class WatchedFiles(PassingFiles):
    """`granted` says which protection is given; all is given where it is left out."""

    def __init__(self, root: Path, granted: Callable[[str, Level], bool] = lambda path, level: True) -> None:
        super().__init__(DiskFiles(root, exclusive=False, sealer=None))
        self._granted = granted
        self.opened: list[str] = []
        """Made or opened again, in order."""
        self.synced: list[str] = []
        """Files and directories made durable, in order; the carrier itself is the empty name."""
        self.reads: list[tuple[str, int | None]] = []
        self.protected: list[tuple[str, Level]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.release()

    def create(self, path: str) -> int:
        self.opened.append(path)
        return super().create(path)

    def reopen(self, path: str) -> int:
        self.opened.append(path)
        return super().reopen(path)

    def sync(self, handle: int) -> None:
        self.synced.append(self.path(handle))
        super().sync(handle)

    def sync_directory(self, path: str = "") -> None:
        self.synced.append(path)
        super().sync_directory(path)

    def read(self, path: str, offset: int = 0, length: int | None = None) -> bytes:
        self.reads.append((path, length))
        return super().read(path, offset, length)

    def protect(self, path: str, level: Level) -> bool:
        self.protected.append((path, level))
        return self._granted(path, level)
