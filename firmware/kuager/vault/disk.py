"""Files on a real file system: descriptors only, no symbolic link followed, one writer at a time."""

import contextlib
import errno
import fcntl
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from kuager.errors import CarrierError
from kuager.sealer import Level, Sealer
from kuager.sealer.client import LocalSealer
from kuager.vault.files import Data, Entry, Space, append

_NO_TMPFILE = (errno.EOPNOTSUPP, errno.EISDIR)  # the file system's answer, and an older kernel's
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK  # a FIFO in a file's place must not hold us up
_IN_PLACE = LocalSealer()
_CLOSED = 2**31 - 1  # no descriptor at all, where -1 is the working directory to scandir and listdir
_APPEND = os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


class DiskFiles:
    """Files on a real file system, below `root`, which one process at a time may hold if `exclusive`.

    `sealer` sets the attributes; None: there are none.
    """

    def __init__(self, root: Path, *, exclusive: bool = True, sealer: Sealer | None = _IN_PLACE) -> None:
        self._path = root
        self._sealer = sealer
        try:
            self._root = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise CarrierError(error.errno, f"{root}: the directory can't be opened: {error.strerror}") from None
        self._about = os.fstat(self._root)
        if exclusive:
            try:
                fcntl.flock(self._root, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                os.close(self._root)
                raise CarrierError(error.errno, f"{root}: another vault writes here; stop it first") from None

    @contextlib.contextmanager
    def _parent(self, path: str) -> Iterator[tuple[int, str]]:
        """The descriptor of the directory that holds `path`, and the last name."""
        directory, _, name = path.rpartition("/")
        above = path.startswith("/") or "/" in directory or {directory, name} & {".", ".."}
        if above or not name or "\0" in path:
            raise OSError(errno.EINVAL, f"not a path of ours: {path!r}")
        if not directory:
            yield self._root, name
            return
        descriptor = os.open(directory, _DIRECTORY, dir_fd=self._root)
        try:
            yield descriptor, name
        finally:
            os.close(descriptor)

    def mkdir(self, path: str, mode: int = 0o755) -> None:
        """As Files.mkdir."""
        with self._parent(path) as (parent, name):
            os.mkdir(name, mode, dir_fd=parent)

    def create(self, path: str) -> int:
        """As Files.create; mode 0644."""
        with self._parent(path) as (parent, name):
            return os.open(name, _APPEND | os.O_CREAT | os.O_EXCL, 0o644, dir_fd=parent)

    def reopen(self, path: str) -> int:
        """As Files.reopen."""
        with self._parent(path) as (parent, name):
            return _regular(os.open(name, _APPEND, dir_fd=parent), path)

    def write(self, handle: int, data: Data) -> int:
        """As Files.write."""
        return os.write(handle, data)

    def sync(self, handle: int) -> None:
        """As Files.sync: fdatasync(2), which also covers the new length."""
        os.fdatasync(handle)

    def close(self, handle: int) -> None:
        """As Files.close."""
        with contextlib.suppress(OSError):  # close(2) may tell of an error that sync has told already
            os.close(handle)

    def sync_directory(self, path: str = "") -> None:
        """As Files.sync_directory."""
        if not path:
            os.fsync(self._root)
            return
        with self._parent(path) as (parent, name):
            descriptor = os.open(name, _DIRECTORY, dir_fd=parent)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def put(self, path: str, data: Data, mode: int = 0o644) -> None:
        """As Files.put: O_TMPFILE, write, fsync, linkat, fsync of the directory.

        FAT, exFAT and network file systems have no O_TMPFILE; there, a temporary name and a rename, which is as good
        because the same file systems have no append-only directories, in which a rename would be refused.
        """
        with self._parent(path) as (parent, name):
            try:
                descriptor = os.open(".", os.O_TMPFILE | os.O_WRONLY | os.O_CLOEXEC, mode, dir_fd=parent)
            except OSError as error:
                if error.errno not in _NO_TMPFILE:
                    raise
                self._put_by_rename(parent, name, data, mode)
            else:
                with _closing(descriptor):
                    self._fill(descriptor, data)
                    os.link(f"/proc/self/fd/{descriptor}", name, dst_dir_fd=parent, follow_symlinks=True)
            os.fsync(parent)

    def _put_by_rename(self, parent: int, name: str, data: Data, mode: int) -> None:
        # We hold the directory's lock: nobody makes `name` between the look and the rename.
        if name in os.listdir(parent):
            raise FileExistsError(errno.EEXIST, "the object exists already", name)
        part = f"{name}.part"
        with contextlib.suppress(FileNotFoundError):
            os.unlink(part, dir_fd=parent)
        with _closing(os.open(part, _APPEND | os.O_CREAT | os.O_EXCL, mode, dir_fd=parent)) as descriptor:
            self._fill(descriptor, data)
        os.rename(part, name, src_dir_fd=parent, dst_dir_fd=parent)

    def _fill(self, descriptor: int, data: Data) -> None:
        append(self, descriptor, data)
        os.fsync(descriptor)

    def protect(self, path: str, level: Level) -> bool:
        """As Files.protect, through the sealer."""
        if self._sealer is None:
            return False
        with self._parent(path) as (parent, name), _closing(os.open(name, _READ, dir_fd=parent)) as descriptor:
            return os.fstat(descriptor).st_dev == self._about.st_dev and self._sealer.add(descriptor, level)

    def read(self, path: str, offset: int = 0, length: int | None = None) -> bytes:
        """As Files.read."""
        with self._parent(path) as (parent, name):
            descriptor = _regular(os.open(name, _READ, dir_fd=parent), path)
        with _closing(descriptor):
            end = os.fstat(descriptor).st_size if length is None else offset + length
            parts = []
            while offset < end and (part := os.pread(descriptor, end - offset, offset)):
                parts.append(part)
                offset += len(part)
            return b"".join(parts)

    def entries(self, path: str = "") -> list[Entry]:
        """As Files.entries."""
        if not path:
            return _list(self._root)
        with self._parent(path) as (parent, name), _closing(os.open(name, _DIRECTORY, dir_fd=parent)) as descriptor:
            return _list(descriptor)

    def space(self) -> Space:
        """As Files.space."""
        about = os.fstatvfs(self._root)
        refused = not os.access(".", os.W_OK, dir_fd=self._root)
        return Space(about.f_bavail * about.f_frsize, bool(about.f_flag & os.ST_RDONLY) or refused)

    def present(self) -> bool:
        """As Files.present."""
        try:
            now = os.stat(self._path)
        except OSError:
            return False
        return (now.st_dev, now.st_ino) == (self._about.st_dev, self._about.st_ino)

    def release(self) -> None:
        """As Files.release."""
        # A background job may still hold this object: it must find nothing, not a descriptor that was given anew.
        root, self._root = self._root, _CLOSED
        with contextlib.suppress(OSError):
            os.close(root)


@contextlib.contextmanager
def _closing(descriptor: int) -> Iterator[int]:
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _regular(descriptor: int, path: str) -> int:
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, f"not a regular file: {path}")
    return descriptor


def _list(descriptor: int) -> list[Entry]:
    found = []
    with os.scandir(descriptor) as names:
        for each in names:
            kind = (
                "file" if each.is_file(follow_symlinks=False) else
                "directory" if each.is_dir(follow_symlinks=False) else "other"
            )  # fmt: skip
            found.append(Entry(each.name, kind, each.stat(follow_symlinks=False).st_size if kind == "file" else 0))
    return sorted(found, key=lambda entry: entry.name)
