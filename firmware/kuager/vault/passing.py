"""Files that pass everything on to others: whatever stands between the vault and its disk overrides what it changes."""

from kuager.sealer import Level
from kuager.vault.files import Data, Entry, Files, Space


class PassingFiles:
    """Files on top of `inner`, which know the path of each open handle."""

    def __init__(self, inner: Files) -> None:
        self.inner = inner
        self._paths: dict[int, str] = {}

    def path(self, handle: int) -> str:
        """Of a handle that is open here; empty for any other."""
        return self._paths.get(handle, "")

    def end(self) -> None:
        """What the kernel does for a process that is gone: its handles and its lock are."""
        for handle in list(self._paths):
            PassingFiles.close(self, handle)
        self.inner.release()

    def mkdir(self, path: str, mode: int = 0o755) -> None:
        """As Files.mkdir."""
        self.inner.mkdir(path, mode)

    def create(self, path: str) -> int:
        """As Files.create."""
        handle = self.inner.create(path)
        self._paths[handle] = path
        return handle

    def reopen(self, path: str) -> int:
        """As Files.reopen."""
        handle = self.inner.reopen(path)
        self._paths[handle] = path
        return handle

    def write(self, handle: int, data: Data) -> int:
        """As Files.write."""
        return self.inner.write(handle, data)

    def sync(self, handle: int) -> None:
        """As Files.sync."""
        self.inner.sync(handle)

    def close(self, handle: int) -> None:
        """As Files.close."""
        self._paths.pop(handle, None)
        self.inner.close(handle)

    def sync_directory(self, path: str = "") -> None:
        """As Files.sync_directory."""
        self.inner.sync_directory(path)

    def put(self, path: str, data: Data, mode: int = 0o644) -> None:
        """As Files.put."""
        self.inner.put(path, data, mode)

    def protect(self, path: str, level: Level) -> bool:
        """As Files.protect."""
        return self.inner.protect(path, level)

    def read(self, path: str, offset: int = 0, length: int | None = None) -> bytes:
        """As Files.read."""
        return self.inner.read(path, offset, length)

    def entries(self, path: str = "") -> list[Entry]:
        """As Files.entries."""
        return self.inner.entries(path)

    def space(self) -> Space:
        """As Files.space."""
        return self.inner.space()

    def present(self) -> bool:
        """As Files.present."""
        return self.inner.present()

    def release(self) -> None:
        """As Files.release."""
        self.inner.release()
