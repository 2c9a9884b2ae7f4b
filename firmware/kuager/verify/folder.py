"""A recording's folder, read without trusting it: no link is followed, nothing but a regular file is ever read.

Names are opened relative to the open folder, with O_NOFOLLOW and O_NONBLOCK, and looked at before the first byte is
read; so neither a link to a secret, nor a pipe that never answers, nor a device can be put in a file's place.
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kuager.evidence.rules_files import Found

MAX_NAMES = 100_000
"""Names looked at in one folder."""

_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
_KINDS = {
    stat.S_IFDIR: "folder",
    stat.S_IFLNK: "link",
    stat.S_IFIFO: "pipe",
    stat.S_IFSOCK: "socket",
    stat.S_IFCHR: "device",
    stat.S_IFBLK: "device",
}


class NotReadableError(OSError):
    """A name that can't be read as a file; `found` says why, as the rules want to know it."""

    def __init__(self, found: Found) -> None:
        super().__init__(found.detail)
        self.found = found


class Folder:
    """An open folder; close it, or use it in a with statement."""

    def __init__(self, path: Path, *, follow: bool = False) -> None:
        """Raises OSError where there is no folder at `path`; a link to one counts only with `follow`."""
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | (0 if follow else os.O_NOFOLLOW)
        self.path = path
        self._fd = os.open(path, flags)

    def __enter__(self) -> "Folder":
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._fd)

    def names(self) -> list[str]:
        """Names in the folder, sorted; raises OSError."""
        with os.scandir(self._fd) as entries:
            return sorted(entry.name for entry, _ in zip(entries, range(MAX_NAMES), strict=False))

    def folders(self) -> list[str]:
        """Names of folders in it, sorted; links are none. Raises OSError."""
        with os.scandir(self._fd) as entries:
            found = [entry.name for entry, _ in zip(entries, range(MAX_NAMES), strict=False) if _is_folder(entry)]
        return sorted(found)

    def open(self, name: str) -> tuple[int, int]:
        """A descriptor and the size in bytes of a regular file; raises NotReadableError."""
        try:
            kind = os.stat(name, dir_fd=self._fd, follow_symlinks=False).st_mode
            if not stat.S_ISREG(kind):
                raise NotReadableError(Found(problem="irregular", detail=_KINDS.get(stat.S_IFMT(kind), "other")))
            fd = os.open(name, _FLAGS, dir_fd=self._fd)
        except FileNotFoundError:
            raise NotReadableError(Found(problem="missing")) from None
        except NotReadableError:
            raise
        except (OSError, ValueError) as error:
            raise NotReadableError(Found(problem="unreadable", detail=why(error))) from None
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode):  # put there between the two calls
            os.close(fd)
            raise NotReadableError(Found(problem="irregular", detail="other"))
        return fd, status.st_size

    @contextmanager
    def reading(self, name: str) -> Iterator[tuple["Stream", int]]:
        """A regular file as a stream and its size; raises NotReadableError, also on an error while reading."""
        fd, size = self.open(name)
        try:
            yield Stream(fd), size
        finally:
            os.close(fd)

    def whole(self, name: str, limit: int) -> bytes:
        """A small file's bytes, `limit` + 1 at most, so that one that is too long shows; raises NotReadableError."""
        with self.reading(name) as (stream, _):
            pieces = []
            while limit >= 0 and (piece := stream.read(limit + 1)):
                pieces.append(piece)
                limit -= len(piece)
        return b"".join(pieces)


class Stream:
    """Reads a descriptor from its beginning; an error of the carrier is a NotReadableError."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def read(self, size: int, /) -> bytes:
        """At most so many bytes; none at the end."""
        try:
            return os.read(self._fd, size)
        except OSError as error:
            raise NotReadableError(Found(problem="unreadable", detail=why(error))) from None

    def readinto(self, buffer: memoryview) -> int:
        """As many bytes as come at once, 0 at the end."""
        try:
            return os.readv(self._fd, [buffer])
        except OSError as error:
            raise NotReadableError(Found(problem="unreadable", detail=why(error))) from None


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False


def why(error: OSError | ValueError) -> str:
    """The error's name, such as `EIO`; the catalogue has words for the most frequent."""
    number = error.errno if isinstance(error, OSError) else errno.EINVAL
    return errno.errorcode.get(number or 0, "EIO")
