"""The interface to the disk, on a real file system; attributes need root and ext4."""

import errno
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from vault_world import World

from kuager.errors import CarrierError
from kuager.evidence import manifest
from kuager.evidence.verdict import Outcome
from kuager.vault.disk import DiskFiles
from kuager.vault.faults import Fault, FaultyFiles
from kuager.vault.files import ShortWriteError, append


@pytest.fixture
def files(tmp_path: Path) -> Iterator[DiskFiles]:
    made = DiskFiles(tmp_path, sealer=None)
    yield made
    made.release()


def test_a_file_only_grows(files: DiskFiles, tmp_path: Path):
    handle = files.create("a")
    append(files, handle, b"one")
    os.lseek(handle, 0, os.SEEK_SET)
    append(files, handle, b"two")
    files.sync(handle)
    files.close(handle)
    again = files.reopen("a")
    append(files, again, b"three")
    files.close(again)
    assert (tmp_path / "a").read_bytes() == b"onetwothree"
    with pytest.raises(FileExistsError):
        files.create("a")


def test_a_short_write_is_finished_or_told(files: DiskFiles):
    faulty = FaultyFiles(files, [Fault("write", short=2, times=2), Fault("write", error=errno.ENOSPC)])
    handle = faulty.create("a")
    with pytest.raises(ShortWriteError) as caught:
        append(faulty, handle, b"abcdefgh")
    assert (caught.value.written, caught.value.errno) == (4, errno.ENOSPC)
    assert files.read("a") == b"abcd"
    faulty.close(handle)


def test_a_whole_object_is_never_half_there(files: DiskFiles, tmp_path: Path):
    files.put("a", b"whole")
    with pytest.raises(FileExistsError):
        files.put("a", b"other")
    assert (tmp_path / "a").read_bytes() == b"whole"
    assert [entry.name for entry in files.entries()] == ["a"]


def test_where_there_is_no_tmpfile_a_rename_does_it(files: DiskFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    real = os.open

    def fat(path: str, flags: int, *rest: int, **where: int) -> int:
        if flags & os.O_TMPFILE == os.O_TMPFILE:
            raise OSError(errno.EOPNOTSUPP, "no such thing on FAT")
        return real(path, flags, *rest, **where)

    monkeypatch.setattr("os.open", fat)
    (tmp_path / "a.part").write_bytes(b"left by a power cut")
    files.put("a", b"whole", 0o600)
    with pytest.raises(FileExistsError):
        files.put("a", b"other")
    assert [(entry.name, entry.size) for entry in files.entries()] == [("a", 5)]


@pytest.mark.parametrize("path", ["", ".", "..", "../a", "a/../b", "a/b/c", "/a", "a\0"])
def test_only_names_below_the_root_are_paths(files: DiskFiles, path: str):
    with pytest.raises((OSError, ValueError)):
        files.create(path)


def test_no_link_is_followed_and_nothing_but_a_file_is_read(files: DiskFiles, tmp_path: Path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real/file").write_bytes(b"x")
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "other").symlink_to("real/file")
    os.mkfifo(tmp_path / "pipe")
    for act in (lambda: files.read("link/file"), lambda: files.read("other"), lambda: files.reopen("other"),
                lambda: files.read("pipe"), lambda: files.read("real"), lambda: files.entries("link")):  # fmt: skip
        with pytest.raises(OSError):
            act()
    assert {entry.name: entry.kind for entry in files.entries()} == {
        "link": "other", "other": "other", "pipe": "other", "real": "directory",
    }  # fmt: skip


def test_one_vault_at_a_time(files: DiskFiles, tmp_path: Path):
    with pytest.raises(CarrierError, match="another vault"):
        DiskFiles(tmp_path)
    DiskFiles(tmp_path, exclusive=False).release()
    files.release()
    DiskFiles(tmp_path).release()


def test_a_root_that_is_renamed_is_not_present(tmp_path: Path):
    (tmp_path / "carrier").mkdir()
    files = DiskFiles(tmp_path / "carrier")
    assert files.present()
    (tmp_path / "carrier").rename(tmp_path / "gone")
    assert not files.present()
    (tmp_path / "carrier").mkdir()
    assert not files.present()
    files.release()


@pytest.fixture
def protected(tmp_path: Path) -> Iterator[Path]:
    """A folder in which attributes may be set; they are taken away again whatever happens."""
    yield tmp_path
    subprocess.run(["chattr", "-R", "-f", "-i", "-a", str(tmp_path)], check=False, capture_output=True)


def has_attributes(path: Path) -> bool:
    probe = path / "probe"
    probe.touch()
    done = subprocess.run(["chattr", "+a", str(probe)], check=False, capture_output=True).returncode == 0
    subprocess.run(["chattr", "-a", str(probe)], check=False, capture_output=True)
    probe.unlink()
    return done


@pytest.mark.root
def test_a_recording_can_only_grow_and_then_not_even_that(protected: Path):
    if not has_attributes(protected):
        pytest.skip("needs root and a file system with attributes")
    world = World(protected, attributes=True)
    world.boot()
    opened = world.open()
    world.record(opened, 2)
    here = world.carrier / opened.name
    media = here / "video-01.mp4"
    away = world.carrier / "x"
    for act in (lambda: media.open("r+b"), media.unlink, lambda: here.rename(away), lambda: os.truncate(media, 0)):
        with pytest.raises(PermissionError):
            act()
    world.end()
    world.close()
    for path in here.iterdir():
        with pytest.raises(PermissionError):
            path.open("ab")
    with pytest.raises(PermissionError):
        (here / "more").touch()
    said = manifest.read((here / "manifest.cbor").read_bytes())
    assert said.protections == ["append-only", "immutable"]
    assert world.verdict(opened.name).outcome is Outcome.AUTHENTIC
    world.kill()


@pytest.mark.root
def test_a_dead_recording_is_recovered_and_sealed_under_its_attributes(protected: Path):
    if not has_attributes(protected):
        pytest.skip("needs root and a file system with attributes")
    world = World(protected, attributes=True)
    world.boot()
    opened = world.open()
    world.record(opened, 2)
    world.boot()
    said = manifest.read((world.carrier / opened.name / "manifest.cbor").read_bytes())
    assert (said.ending, said.protections) == ("died", ["append-only", "immutable"])
    world.boot()
    assert world.verdict(opened.name).outcome is Outcome.ENDS_EARLY
    world.kill()


def test_without_attributes_the_manifest_says_so(tmp_path: Path):
    world = World(tmp_path)
    world.boot()
    opened = world.open()
    world.close()
    assert manifest.read((world.carrier / opened.name / "manifest.cbor").read_bytes()).protections == []
    world.kill()
