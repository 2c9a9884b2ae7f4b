"""Files that pass everything on change nothing of it; a media file knows what of it is synced."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kuager.vault.disk import DiskFiles
from kuager.vault.faults import FaultyFiles
from kuager.vault.files import Files, append
from kuager.vault.media_file import MediaFile
from kuager.vault.passing import PassingFiles


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[DiskFiles]:
    made = DiskFiles(tmp_path, sealer=None)
    yield made
    made.release()


class Counted(PassingFiles):
    """Counts how often a file was synced."""

    synced = 0

    def sync(self, handle: int) -> None:
        """As Files.sync."""
        self.synced += 1
        super().sync(handle)


def act(files: Files, prefix: str) -> list[object]:
    """Everything that makes or reads, as it shows in what is there afterwards."""
    files.mkdir(f"{prefix}-plain")
    files.mkdir(f"{prefix}-own", 0o700)
    files.put(f"{prefix}-plain/put", b"0123456789")
    files.put(f"{prefix}-plain/secret", b"", 0o600)
    files.sync_directory()
    files.sync_directory(f"{prefix}-plain")
    name = f"{prefix}-plain/put"
    reads = [files.read(name), files.read(name, 3), files.read(name, 3, 4)]
    names = [entry.name for entry in files.entries(f"{prefix}-plain")]
    return [*reads, len(files.entries()), names, files.present()]


@pytest.mark.parametrize("passing", [PassingFiles, FaultyFiles])
def test_what_is_passed_on_is_as_if_it_was_done_directly(disk: DiskFiles, tmp_path: Path, passing: type[PassingFiles]):
    directly, passed = act(disk, "a"), act(passing(disk), "b")
    assert directly == [b"0123456789", b"3456789", b"3456", 2, ["put", "secret"], True]
    assert passed == [b"0123456789", b"3456789", b"3456", 4, ["put", "secret"], True]
    for name in ("plain", "own", "plain/put", "plain/secret"):
        assert (tmp_path / f"b-{name}").stat().st_mode == (tmp_path / f"a-{name}").stat().st_mode


def test_the_path_of_an_open_handle_is_known_and_of_no_other(disk: DiskFiles):
    files = PassingFiles(disk)
    made = files.create("a")
    again = files.reopen("a")
    append(files, made, b"one")
    assert [files.path(made), files.path(again)] == ["a", "a"]
    files.close(made)
    assert [files.path(made), files.path(again)] == ["", "a"]
    files.close(1_000_000)  # never raises
    files.close(again)


def test_the_end_lets_go_of_handles_and_lock(disk: DiskFiles, tmp_path: Path):
    files = PassingFiles(disk)
    handle = files.create("a")
    files.end()
    assert files.path(handle) == ""
    DiskFiles(tmp_path).release()


@pytest.mark.parametrize(("data", "syncs"), [(b"", 0), (b"x", 1), (b"xy", 1)])
def test_a_media_file_is_synced_only_where_something_is_new(disk: DiskFiles, data: bytes, syncs: int):
    files = Counted(disk)
    disk.mkdir("r")
    media = MediaFile(files, "r", "video-01.mp4")
    media.append(data)
    media.sync()
    media.sync()
    assert files.synced == syncs
    media.append(b"more")
    media.sync()
    assert (files.synced, media.synced, media.length) == (syncs + 1, len(data) + 4, len(data) + 4)
    media.close()
