"""The vault's files, with a step before and after each thing that is done to them, and one in the middle of a write."""

from kuager.sealer import Level
from kuager.vault.files import Data, Entry, Files, Space
from kuager_workshop.torture.simulated.steps import Steps


class SteppedFiles:
    """Passes all on to `inner`. What only looks is no step."""

    def __init__(self, inner: Files, place: str, steps: Steps) -> None:
        self._inner, self._place, self._steps = inner, place, steps
        self._paths: dict[int, str] = {}

    def _step(self, what: str, path: str) -> None:
        self._steps.step(f"{what} {self._place}:{path}")

    def mkdir(self, path: str, mode: int = 0o755) -> None:
        """As Files.mkdir."""
        self._step("before mkdir", path)
        self._inner.mkdir(path, mode)
        self._step("after mkdir", path)

    def create(self, path: str) -> int:
        """As Files.create."""
        self._step("before create", path)
        handle = self._inner.create(path)
        self._paths[handle] = path
        self._step("after create", path)
        return handle

    def reopen(self, path: str) -> int:
        """As Files.reopen."""
        handle = self._inner.reopen(path)
        self._paths[handle] = path
        return handle

    def write(self, handle: int, data: Data) -> int:
        """As Files.write: half of it first."""
        path, half = self._paths.get(handle, ""), len(data) // 2
        self._step("before write", path)
        if not half:
            return self._inner.write(handle, data)
        view = memoryview(data)
        taken = self._inner.write(handle, view[:half])
        if taken < half:
            return taken
        self._step("within write", path)
        return taken + self._inner.write(handle, view[half:])

    def sync(self, handle: int) -> None:
        """As Files.sync."""
        path = self._paths.get(handle, "")
        self._step("before sync", path)
        self._inner.sync(handle)
        self._step("after sync", path)

    def close(self, handle: int) -> None:
        """As Files.close."""
        self._paths.pop(handle, None)
        self._inner.close(handle)

    def sync_directory(self, path: str = "") -> None:
        """As Files.sync_directory."""
        self._step("before sync of directory", path)
        self._inner.sync_directory(path)
        self._step("after sync of directory", path)

    def put(self, path: str, data: Data, mode: int = 0o644) -> None:
        """As Files.put."""
        self._step("before put", path)
        self._inner.put(path, data, mode)
        self._step("after put", path)

    def protect(self, path: str, level: Level) -> bool:
        """As Files.protect."""
        self._step(f"before {level}", path)
        return self._inner.protect(path, level)

    def read(self, path: str, offset: int = 0, length: int | None = None) -> bytes:
        """As Files.read."""
        return self._inner.read(path, offset, length)

    def entries(self, path: str = "") -> list[Entry]:
        """As Files.entries."""
        return self._inner.entries(path)

    def space(self) -> Space:
        """As Files.space."""
        return self._inner.space()

    def present(self) -> bool:
        """As Files.present."""
        return self._inner.present()

    def release(self) -> None:
        """As Files.release."""
        self._inner.release()
