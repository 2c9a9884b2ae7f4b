"""One media file that is being written: how long it is, its running digest, and what of it is synced."""

import hashlib

from kuager.vault.files import Data, Files, ShortWriteError, append


class MediaFile:
    """Grows only. The digest always is of exactly the bytes that are in the file, also after a write that failed."""

    def __init__(self, files: Files, directory: str, name: str) -> None:
        self._files = files
        self.name = name
        self.length = 0
        self.synced = 0
        self._sha256 = hashlib.sha256()
        self._handle = files.create(f"{directory}/{name}")
        self.append_only = files.protect(f"{directory}/{name}", "append-only")

    @property
    def digest(self) -> bytes:
        """SHA-256 of all bytes in the file."""
        return self._sha256.digest()

    def append(self, data: Data) -> None:
        """Add a chunk; raises ShortWriteError, and then a part of it may be there, unproven."""
        try:
            append(self._files, self._handle, data)
        except ShortWriteError as error:
            self._count(memoryview(data)[: error.written])
            raise
        self._count(data)

    def _count(self, data: Data) -> None:
        self._sha256.update(data)
        self.length += len(data)

    def sync(self) -> None:
        """Make what was appended durable, if there is anything new; raises OSError."""
        if self.synced < self.length:
            self._files.sync(self._handle)
            self.synced = self.length

    def close(self) -> None:
        """Let go of the file."""
        self._files.close(self._handle)
