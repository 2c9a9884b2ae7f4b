"""Which files the kernel is asked to verify."""

from pathlib import Path

import pytest
from watched_files import WatchedFiles

from kuager.vault.verity import Verified, verify_by_kernel


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A recording of three files, with a directory among them."""
    here = tmp_path / "recording"
    here.mkdir()
    (here / "b").mkdir()
    for name in "acd":
        (here / name).write_bytes(b"x")
    return tmp_path


@pytest.mark.parametrize(
    ("refused", "asked", "verified"), [("", "acd", 3), ("a", "a", 0), ("c", "ac", 1), ("d", "acd", 2)]
)
def test_all_files_and_nothing_else_until_one_is_refused(folder: Path, refused: str, asked: str, verified: int) -> None:
    with WatchedFiles(folder, lambda path, _: path != f"recording/{refused}") as files:
        found = verify_by_kernel(files, "recording", 7, lambda: False)
        assert found == Verified(7, verified, 3)
        assert files.protected == [(f"recording/{name}", "verity") for name in asked]


def test_no_file_is_begun_once_the_vault_ends(folder: Path) -> None:
    ends = iter([False, True])
    with WatchedFiles(folder) as files:
        assert verify_by_kernel(files, "recording", 7, lambda: next(ends)) is None
        assert files.protected == [("recording/a", "verity")]
