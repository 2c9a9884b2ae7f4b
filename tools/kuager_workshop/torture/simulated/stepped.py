"""The vault's files, with a step before and after each thing that is done to them, and one in the middle of a write."""

from kuager.sealer import Level
from kuager.vault.files import Data, Files
from kuager.vault.passing import PassingFiles
from kuager_workshop.torture.simulated.steps import Steps


class SteppedFiles(PassingFiles):
    """Passes all on to `inner`. What only looks is no step."""

    def __init__(self, inner: Files, place: str, steps: Steps) -> None:
        super().__init__(inner)
        self._place, self._steps = place, steps

    def _step(self, what: str, path: str) -> None:
        self._steps.step(f"{what} {self._place}:{path}")

    def mkdir(self, path: str, mode: int = 0o755) -> None:
        """As Files.mkdir."""
        self._step("before mkdir", path)
        super().mkdir(path, mode)
        self._step("after mkdir", path)

    def create(self, path: str) -> int:
        """As Files.create."""
        self._step("before create", path)
        handle = super().create(path)
        self._step("after create", path)
        return handle

    def write(self, handle: int, data: Data) -> int:
        """As Files.write: half of it first."""
        path, half = self.path(handle), len(data) // 2
        self._step("before write", path)
        if not half:
            return super().write(handle, data)
        view = memoryview(data)
        taken = super().write(handle, view[:half])
        if taken < half:
            return taken
        self._step("within write", path)
        return taken + super().write(handle, view[half:])

    def sync(self, handle: int) -> None:
        """As Files.sync."""
        self._step("before sync", self.path(handle))
        super().sync(handle)
        self._step("after sync", self.path(handle))

    def sync_directory(self, path: str = "") -> None:
        """As Files.sync_directory."""
        self._step("before sync of directory", path)
        super().sync_directory(path)
        self._step("after sync of directory", path)

    def put(self, path: str, data: Data, mode: int = 0o644) -> None:
        """As Files.put."""
        self._step("before put", path)
        super().put(path, data, mode)
        self._step("after put", path)

    def protect(self, path: str, level: Level) -> bool:
        """As Files.protect."""
        self._step(f"before {level}", path)
        return super().protect(path, level)
