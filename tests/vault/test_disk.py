"""The real disk, call by call: what is durable when, what is left open, what modes and forms things have."""

import errno
import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from kuager.errors import CarrierError
from kuager.sealer import Level
from kuager.vault.disk import DiskFiles
from kuager.vault.files import Data, Entry, ShortWriteError, Space, append


@pytest.fixture
def files(tmp_path: Path) -> Iterator[DiskFiles]:
    made = DiskFiles(tmp_path, sealer=None)
    yield made
    made.release()


@pytest.fixture(autouse=True)
def mask() -> Iterator[None]:
    """Modes as they are asked for."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.fixture
def synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of what was made durable, in order: with all that is known of a file, or with its data only."""
    told: list[str] = []

    def name(descriptor: int) -> str:
        target = Path(os.readlink(f"/proc/self/fd/{descriptor}"))
        return "a new file" if target.name.startswith("#") else str(target.relative_to(tmp_path))

    monkeypatch.setattr("os.fsync", lambda descriptor: told.append(name(descriptor)))
    monkeypatch.setattr("os.fdatasync", lambda descriptor: told.append(f"data of {name(descriptor)}"))
    return told


class FakeSealer:
    """Notes what it is asked, and answers as told."""

    def __init__(self, answer: bool = True) -> None:
        self.answer = answer
        self.asked: list[tuple[str, Level]] = []

    def add(self, descriptor: int, level: Level) -> bool:
        """See Sealer."""
        self.asked.append((Path(os.readlink(f"/proc/self/fd/{descriptor}")).name, level))
        return self.answer


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o7777


def descriptors() -> list[str]:
    return sorted(os.listdir("/proc/self/fd"))


# form and mode


def test_things_have_the_mode_that_is_asked_for_or_the_usual_one(files: DiskFiles, tmp_path: Path):
    files.mkdir("d")
    files.mkdir("secret-d", 0o700)
    files.close(files.create("d/f"))
    files.put("d/o", b"")
    files.put("d/secret-o", b"", 0o600)
    names = ["d", "secret-d", "d/f", "d/o", "d/secret-o"]
    assert [mode(tmp_path / name) for name in names] == [0o755, 0o700, 0o644, 0o644, 0o600]


def test_an_object_made_by_renaming_has_the_mode_too(
    files: DiskFiles, tmp_path: Path, no_tmpfile: Callable[[int], None]
):
    no_tmpfile(errno.EOPNOTSUPP)
    files.put("a", b"whole")
    files.put("b", b"whole", 0o600)
    assert [mode(tmp_path / name) for name in ("a", "b")] == [0o644, 0o600]


def test_what_a_directory_holds_is_told_by_name_kind_and_size(files: DiskFiles, tmp_path: Path):
    files.mkdir("d")
    for name in ("c", "a"):
        files.put(f"d/{name}", b"four")
    (tmp_path / "d/b").mkdir()
    (tmp_path / "d/e").symlink_to("a")
    assert files.entries("d") == [
        Entry("a", "file", 4), Entry("b", "directory", 0), Entry("c", "file", 4), Entry("e", "other", 0),
    ]  # fmt: skip
    assert files.entries() == [Entry("d", "directory", 0)]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ((), b"0123456789"), ((3,), b"3456789"), ((3, 4), b"3456"), ((0, 0), b""), ((8, 9), b"89"), ((10,), b""),
        ((11,), b""), ((11, 2), b""),
    ],
)  # fmt: skip
@pytest.mark.parametrize("at_once", [3, 100])
def test_a_file_is_read_where_asked_however_little_comes_at_once(
    files: DiskFiles, monkeypatch: pytest.MonkeyPatch, where: tuple[int, ...], expected: bytes, at_once: int
):
    real = os.pread
    monkeypatch.setattr("os.pread", lambda handle, count, offset: real(handle, min(count, at_once), offset))
    files.put("a", b"0123456789")
    assert files.read("a", *where) == expected


@pytest.mark.parametrize("how", ["read", "reopen"])
def test_nothing_but_a_file_is_opened_and_nothing_stays_open(files: DiskFiles, tmp_path: Path, how: str):
    (tmp_path / "d").mkdir()
    os.mkfifo(tmp_path / "pipe")
    before = descriptors()
    for name in ("d", "pipe", "none"):
        with pytest.raises(OSError):
            getattr(files, how)(name)
    assert descriptors() == before


def test_a_pipe_that_is_read_elsewhere_is_no_file_either(files: DiskFiles, tmp_path: Path):
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    with pytest.raises(OSError) as caught:
        files.reopen("pipe")
    assert (caught.value.errno, caught.value.strerror) == (errno.EINVAL, "not a regular file: pipe")
    os.close(reader)


@pytest.mark.parametrize(
    "path", ["", "/", "/a", "..", ".", "../a", "./a", "d/.", "d/..", "d/", "a/b/c", "a\0", "d/a\0"]
)
def test_a_path_that_is_not_ours_is_told_as_such(files: DiskFiles, path: str):
    files.mkdir("d")
    for act in (files.create, files.read, files.mkdir, files.reopen):
        with pytest.raises(OSError) as caught:
            act(path)
        assert (caught.value.errno, caught.value.strerror) == (errno.EINVAL, f"not a path of ours: {path!r}")
    assert files.entries() == [Entry("d", "directory", 0)]


def test_a_new_file_is_never_made_through_a_link(files: DiskFiles, tmp_path: Path):
    (tmp_path / "link").symlink_to("elsewhere")
    for act in (files.create, lambda path: files.put(path, b"x"), files.reopen, files.sync_directory, files.entries):
        with pytest.raises(OSError):
            act("link")
    assert not (tmp_path / "elsewhere").exists()


# durability


def test_what_is_made_durable_is_what_was_meant(files: DiskFiles, synced: list[str]):
    files.mkdir("d")
    handle = files.create("d/f")
    files.sync(handle)
    files.sync_directory("d")
    files.sync_directory()
    files.close(handle)
    assert synced == ["data of d/f", "d", "."]


def test_a_whole_object_is_durable_and_then_its_name(files: DiskFiles, synced: list[str], tmp_path: Path):
    files.mkdir("d")
    files.put("d/o", b"whole")
    assert synced == ["a new file", "d"]
    files.put("o", b"whole")
    assert synced[2:] == ["a new file", "."]
    assert (tmp_path / "d/o").read_bytes() == b"whole"


def test_a_file_comes_into_being_on_the_carrier_itself(
    files: DiskFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    elsewhere = Path("/dev/shm")
    if elsewhere.stat().st_dev == tmp_path.stat().st_dev:
        elsewhere = Path("/proc")
    monkeypatch.chdir(elsewhere)
    files.put("o", b"whole")
    assert (tmp_path / "o").read_bytes() == b"whole"


@pytest.fixture
def no_tmpfile(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Lets the file system refuse nameless files with such an error."""
    real = os.open

    def refuse(number: int) -> None:
        def opened(path: str, flags: int, *rest: int, **where: int) -> int:
            if flags & os.O_TMPFILE == os.O_TMPFILE:
                raise OSError(number, "no nameless files here")
            return real(path, flags, *rest, **where)

        monkeypatch.setattr("os.open", opened)

    return refuse


@pytest.mark.parametrize("number", [errno.EOPNOTSUPP, errno.EISDIR])
def test_without_nameless_files_the_object_is_durable_before_it_has_its_name(
    files: DiskFiles, synced: list[str], no_tmpfile: Callable[[int], None], number: int
):
    no_tmpfile(number)
    files.mkdir("d")
    files.put("d/o", b"whole")
    assert synced == ["d/o.part", "d"]
    assert files.entries("d") == [Entry("o", "file", 5)]
    assert files.read("d/o") == b"whole"


def test_a_directory_that_takes_nothing_is_no_file_system_without_nameless_files(
    files: DiskFiles, no_tmpfile: Callable[[int], None]
):
    no_tmpfile(errno.ENOSPC)
    with pytest.raises(OSError) as caught:
        files.put("o", b"whole")
    assert caught.value.errno == errno.ENOSPC
    assert files.entries() == []


@pytest.mark.parametrize("named", [True, False])
def test_an_object_that_is_there_is_left_as_it_is(files: DiskFiles, no_tmpfile: Callable[[int], None], named: bool):
    files.put("o", b"first")
    if named:
        no_tmpfile(errno.EOPNOTSUPP)
    with pytest.raises(FileExistsError):
        files.put("o", b"other")
    assert (files.read("o"), files.entries()) == (b"first", [Entry("o", "file", 5)])


def test_what_a_power_cut_left_of_an_object_is_made_anew(
    files: DiskFiles, tmp_path: Path, no_tmpfile: Callable[[int], None]
):
    no_tmpfile(errno.EOPNOTSUPP)
    (tmp_path / "o.part").write_bytes(b"half of something longer")
    files.put("o", b"whole")
    assert (files.read("o"), files.entries()) == (b"whole", [Entry("o", "file", 5)])


# what stays open


def test_nothing_stays_open_but_the_root_and_the_handles(files: DiskFiles, no_tmpfile: Callable[[int], None]):
    files.mkdir("d")
    before = descriptors()
    handle = files.create("d/f")
    assert len(descriptors()) == len(before) + 1
    files.close(handle)
    files.close(files.reopen("d/f"))
    files.put("d/o", b"x")
    files.read("d/o")
    files.entries("d")
    files.sync_directory("d")
    files.space()
    no_tmpfile(errno.EOPNOTSUPP)
    files.put("d/p", b"x")
    for act in (files.put, files.create):
        with pytest.raises(FileExistsError):
            act(*(["d/o", b"x"] if act == files.put else ["d/o"]))
    assert descriptors() == before


def test_a_handle_that_is_closed_twice_is_no_error(files: DiskFiles):
    handle = files.create("f")
    files.close(handle)
    files.close(handle)


def test_files_are_not_handed_on_to_programs_that_are_started(files: DiskFiles):
    handle = files.create("f")
    again = files.reopen("f")
    assert [fcntl.fcntl(each, fcntl.F_GETFD) & fcntl.FD_CLOEXEC for each in (handle, again)] == [1, 1]
    files.close(handle)
    files.close(again)


# the root


def test_a_root_that_is_not_there_is_told(tmp_path: Path):
    for name, number in (("nowhere", errno.ENOENT), ("file", errno.ENOTDIR)):
        (tmp_path / "file").touch()
        with pytest.raises(CarrierError) as caught:
            DiskFiles(tmp_path / name)
        words = f"{tmp_path / name}: the directory can't be opened: {os.strerror(number)}"
        assert (caught.value.errno, caught.value.strerror) == (number, words)


def test_a_root_that_another_holds_is_told_and_let_go_of(files: DiskFiles, tmp_path: Path):
    before = descriptors()
    with pytest.raises(CarrierError) as caught:
        DiskFiles(tmp_path)
    words = f"{tmp_path}: another vault writes here; stop it first"
    assert (caught.value.errno, caught.value.strerror) == (errno.EAGAIN, words)
    assert descriptors() == before
    beside = DiskFiles(tmp_path, exclusive=False)
    assert beside.entries() == files.entries() == []
    beside.release()


def test_a_root_may_be_let_go_of_twice_and_is_free_for_another(tmp_path: Path):
    files = DiskFiles(tmp_path)
    files.release()
    files.release()
    DiskFiles(tmp_path).release()


ACTS: list[Callable[[DiskFiles], object]] = [
    lambda files: files.entries(), lambda files: files.entries("d"), lambda files: files.space(),
    lambda files: files.sync_directory(), lambda files: files.create("a"), lambda files: files.put("a", b"x"),
    lambda files: files.read("a"), lambda files: files.mkdir("b"),
]  # fmt: skip


@pytest.mark.parametrize("act", ACTS)
def test_a_root_that_is_let_go_of_answers_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, act: Callable[[DiskFiles], object]
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "d").mkdir()
    files = DiskFiles(tmp_path)
    files.release()
    with pytest.raises(OSError) as caught:
        act(files)
    assert caught.value.errno == errno.EBADF
    assert [path.name for path in tmp_path.iterdir()] == ["d"]


@pytest.mark.parametrize(
    ("flag", "writable", "read_only"), [(0, True, False), (os.ST_RDONLY, True, True), (0, False, True)]
)
def test_room_is_what_we_may_still_write(
    files: DiskFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flag: int, writable: bool, read_only: bool
):
    about = SimpleNamespace(f_bavail=3, f_bfree=5, f_blocks=9, f_frsize=512, f_bsize=4096, f_flag=flag | os.ST_NOSUID)
    asked: list[tuple[str, str, int]] = []

    def access(path: str, how: int, *, dir_fd: int) -> bool:
        asked.append((os.readlink(f"/proc/self/fd/{dir_fd}"), path, how))
        return writable

    monkeypatch.setattr("os.fstatvfs", lambda descriptor: about)
    monkeypatch.setattr("os.access", access)
    assert files.space() == Space(1536, read_only)
    assert asked == [(str(tmp_path), ".", os.W_OK)]


# attributes


def test_attributes_are_asked_for_where_they_are_wanted(tmp_path: Path):
    sealer = FakeSealer()
    files = DiskFiles(tmp_path, sealer=sealer)
    files.mkdir("d")
    files.put("d/o", b"x")
    before = descriptors()
    assert [files.protect("d/o", "immutable"), files.protect("d", "append-only")] == [True, True]
    assert sealer.asked == [("o", "immutable"), ("d", "append-only")]
    sealer.answer = False
    assert not files.protect("d/o", "immutable")
    assert descriptors() == before
    files.release()


def test_nothing_on_another_disk_is_protected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    sealer = FakeSealer()
    files = DiskFiles(tmp_path, sealer=sealer)
    files.put("o", b"x")
    monkeypatch.setattr(files, "_about", SimpleNamespace(st_dev=files._about.st_dev + 1))
    assert not files.protect("o", "immutable")
    assert sealer.asked == []
    files.release()


def test_without_a_sealer_nothing_is_protected(files: DiskFiles):
    files.put("o", b"x")
    assert files.protect("o", "immutable") is False


# appending


class Slow(DiskFiles):
    """Takes so many bytes at once, and in the end none."""

    takes: list[int]

    def write(self, handle: int, data: Data) -> int:
        """As Files.write."""
        count = self.takes.pop(0)
        return super().write(handle, memoryview(data)[:count]) if count > 0 else count


@pytest.mark.parametrize(
    ("takes", "written"), [([4, 3, 3], None), ([10], None), ([4, 0], 4), ([0], 0), ([1, 1, -1], 2)]
)
def test_an_append_goes_on_until_all_is_there_or_nothing_more_is_taken(
    tmp_path: Path, takes: list[int], written: int | None
):
    files = Slow(tmp_path, sealer=None)
    files.takes = list(takes)
    handle = files.create("a")
    if written is None:
        append(files, handle, bytearray(b"0123456789"))
    else:
        with pytest.raises(ShortWriteError) as caught:
            append(files, handle, b"0123456789")
        told = caught.value
        assert (told.written, told.errno, told.strerror) == (written, errno.EIO, "the disk took no bytes")
    assert files.read("a") == b"0123456789"[:written]
    assert files.takes == []
    files.close(handle)
    files.release()


def test_nothing_to_append_asks_nothing_of_the_disk(tmp_path: Path):
    files = Slow(tmp_path, sealer=None)
    files.takes = []
    append(files, -1, b"")
    files.release()
