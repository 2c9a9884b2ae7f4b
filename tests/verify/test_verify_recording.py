"""One recording by itself: what is whole, what was changed, and what is not there."""

import errno
import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from verify_build import CHUNK, Unit, sealed

from kuager.catalogue.reading import Reader
from kuager.evidence.verdict import Outcome, Verdict
from kuager.verify import sentences

ENGLISH = Reader("en")

Check = Callable[[Path], Verdict]
PIECE = CHUNK // 32 * 32


def flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 0x10
    path.write_bytes(data)


def cut(path: Path, to: int) -> None:
    path.write_bytes(path.read_bytes()[:to])


def finding(verdict: Verdict, code: str, file: str = ""):  # type: ignore[no-untyped-def]
    return next(found for found in verdict.findings if found.code == code and (not file or found.file == file))


def test_a_sealed_recording_is_authentic_and_says_that_it_is_training(recording: Path, check: Check) -> None:
    verdict = check(recording)
    assert verdict.outcome is Outcome.AUTHENTIC
    assert verdict.codes == {"K206"}
    assert verdict.training
    assert "TRAINING" in sentences.line("x", verdict, ENGLISH)


def test_a_dead_recording_ends_early_and_says_since_when(dead_recording: Path, check: Check) -> None:
    verdict = check(dead_recording)
    assert verdict.outcome is Outcome.ENDS_EARLY
    assert verdict.codes == {"K206", "K309", "K502"}
    assert "loss of power" in sentences.reason(verdict, ENGLISH)
    assert "2026-11-22T12:15:02.5" in sentences.reason(verdict, ENGLISH)


def test_a_flipped_bit_is_named_by_file_bytes_and_time(recording: Path, check: Check) -> None:
    flip(recording / "video-01.mp4", 2 * PIECE + 5)
    verdict = check(recording)
    assert verdict.outcome is Outcome.NOT_AUTHENTIC
    found = finding(verdict, "K401")
    assert found.file == "video-01.mp4"
    assert (found.bytes.begin, found.bytes.end) == (2 * PIECE, 3 * PIECE)
    assert found.time.end - found.time.begin == 500_000
    assert "video-01.mp4, bytes 1344 to 2016, 2026-11-22T12:15:0" in sentences.reason(verdict, ENGLISH)


def test_neighbouring_changed_chunks_are_one_range(recording: Path, check: Check) -> None:
    (recording / "video-01.mp4").write_bytes(bytes(6 * PIECE))
    found = finding(check(recording), "K401")
    assert (found.bytes.begin, found.bytes.end) == (0, 6 * PIECE)
    assert found.time.end - found.time.begin > 2_000_000


def test_a_cut_file_names_the_missing_bytes_and_time(recording: Path, check: Check) -> None:
    cut(recording / "video-01.mp4", 4 * PIECE + 100)
    verdict = check(recording)
    assert verdict.outcome is Outcome.NOT_AUTHENTIC
    found = finding(verdict, "K403")
    assert (found.bytes.begin, found.bytes.end) == (4 * PIECE + 100, 6 * PIECE)
    assert found.time.end > found.time.begin


def test_swapped_files(recording: Path, check: Check) -> None:
    one, two = recording / "video-01.mp4", recording / "video-02.mp4"
    first = one.read_bytes()
    one.write_bytes(two.read_bytes())
    two.write_bytes(first)
    verdict = check(recording)
    assert verdict.outcome is Outcome.NOT_AUTHENTIC
    assert {"K401", "K403", "K405", "K604"} <= verdict.codes


def test_a_renamed_file_is_missing_and_its_new_name_unlisted(recording: Path, check: Check) -> None:
    (recording / "video-02.mp4").rename(recording / "video-03.mp4")
    verdict = check(recording)
    assert verdict.outcome is Outcome.NOT_AUTHENTIC
    assert finding(verdict, "K404").file == "video-02.mp4"
    assert finding(verdict, "K609").file == "video-03.mp4"


@pytest.mark.parametrize(
    ("name", "code"),
    [("video-01.mp4", "K404"), ("photo-0001.jpg", "K404"), ("journal-01.cborseq", "K605"), ("unit.pem", "K605")],
)
def test_a_missing_listed_file(recording: Path, check: Check, name: str, code: str) -> None:
    (recording / name).unlink()
    verdict = check(recording)
    assert verdict.outcome is Outcome.NOT_AUTHENTIC
    assert finding(verdict, code).file == name


@pytest.mark.parametrize("name", ["SHA256SUMS", "manifest.tbs", "manifest.sig"])
def test_a_missing_copy_for_standard_tools_changes_nothing(recording: Path, check: Check, name: str) -> None:
    (recording / name).unlink()
    verdict = check(recording)
    assert verdict.outcome is Outcome.AUTHENTIC
    assert finding(verdict, "K608").file == name


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("SHA256SUMS", "K606"),
        ("manifest.tbs", "K607"),
        ("manifest.sig", "K607"),
        ("unit.pem", "K607"),
        ("manifest.cbor", "K208"),
        ("photo-0001.jpg", "K407"),
        ("journal-01.cborseq", "K301"),
    ],
)
def test_any_changed_file_is_noticed(recording: Path, check: Check, name: str, code: str) -> None:
    flip(recording / name, (recording / name).stat().st_size // 2)
    verdict = check(recording)
    assert verdict.outcome is Outcome.NOT_AUTHENTIC
    assert code in verdict.codes


def test_without_the_manifest_the_journal_judges(recording: Path, check: Check) -> None:
    for name in ("manifest.cbor", "manifest.tbs", "manifest.sig", "SHA256SUMS", "unit.pem"):
        (recording / name).unlink()
    verdict = check(recording)
    assert verdict.outcome is Outcome.AUTHENTIC
    assert {"K601", "K608"} <= verdict.codes
    flip(recording / "video-01.mp4", 7)
    assert check(recording).outcome is Outcome.NOT_AUTHENTIC


def test_a_file_that_is_not_listed_is_told_and_changes_nothing(recording: Path, check: Check) -> None:
    (recording / "notes.txt").write_text("seen by the court")
    (recording / "video-09.mp4").write_bytes(b"other")
    verdict = check(recording)
    assert verdict.outcome is Outcome.AUTHENTIC
    assert [found.file for found in verdict.findings if found.code == "K609"] == ["notes.txt", "video-09.mp4"]


def test_a_renamed_folder_is_told_and_changes_nothing(recording: Path, check: Check) -> None:
    moved = recording.rename(recording.with_name("evidence (1)"))
    assert check(moved).outcome is Outcome.AUTHENTIC
    assert "K105" in check(moved).codes


@pytest.mark.parametrize("name", ["video-01.mp4", "journal-01.cborseq", "manifest.cbor", "unit.pem", "photo-0001.jpg"])
@pytest.mark.parametrize("kind", ["link", "broken link", "folder", "pipe", "socket"])
def test_what_is_no_regular_file_is_never_opened(recording: Path, check: Check, name: str, kind: str) -> None:
    path = recording / name
    hidden = path.rename(recording.parent / name)  # the true bytes, behind a link
    if kind == "link":
        path.symlink_to(hidden)
    elif kind == "broken link":
        path.symlink_to(recording.parent / "nowhere")
    elif kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        before = Path.cwd()
        os.chdir(recording)  # a socket's path must be short
        try:
            with socket.socket(socket.AF_UNIX) as listener:
                listener.bind(name)
        finally:
            os.chdir(before)
    verdict = check(recording)
    assert verdict.outcome is Outcome.NOT_AUTHENTIC
    if kind in ("link", "broken link") and name != "manifest.cbor":
        assert any("symbolic link" in sentences.text(found, ENGLISH) for found in verdict.findings)


def test_a_journal_of_another_recording(recording: Path, check: Check, unit: Unit, tmp_path: Path) -> None:
    other = sealed(tmp_path / "other", unit, 43)
    shutil.copy(other.path / "journal-01.cborseq", recording)
    verdict = check(recording)
    assert verdict.outcome is Outcome.NOT_AUTHENTIC
    assert {"K401", "K208"} <= verdict.codes


def test_a_manifest_of_another_recording(recording: Path, check: Check, unit: Unit, tmp_path: Path) -> None:
    other = sealed(tmp_path / "other", unit, 43)
    for name in ("manifest.cbor", "manifest.tbs", "manifest.sig", "SHA256SUMS"):
        shutil.copy(other.path / name, recording)
    verdict = check(recording)
    assert verdict.outcome is Outcome.NOT_AUTHENTIC
    assert {"K208", "K607"} <= verdict.codes


def test_a_journal_cut_at_a_checkpoint_is_noticed_by_the_manifest(recording: Path, check: Check) -> None:
    journal = recording / "journal-01.cborseq"
    data = journal.read_bytes()
    closed = data.rindex(b"\xd9\xd9\xf7\x86")
    cut(journal, closed)
    verdict = check(recording)
    assert verdict.outcome is Outcome.NOT_AUTHENTIC
    assert any("cut off" in sentences.text(found, ENGLISH) for found in verdict.findings if found.code == "K603")
    for name in ("manifest.cbor", "manifest.tbs", "manifest.sig"):
        (recording / name).unlink()
    verdict = check(recording)
    assert verdict.outcome is Outcome.CANNOT
    assert "K503" in verdict.codes


def test_bytes_after_the_end_never_count(recording: Path, check: Check) -> None:
    for name in ("manifest.cbor", "manifest.tbs", "manifest.sig"):
        (recording / name).unlink()
    for name in ("video-02.mp4", "journal-01.cborseq"):
        with (recording / name).open("ab") as file:
            file.write(b"\xd9\xd9\xf7more")
    verdict = check(recording)
    assert verdict.outcome is Outcome.AUTHENTIC
    assert {"K309", "K405"} <= verdict.codes


def test_bytes_added_after_sealing_are_tampering(recording: Path, check: Check) -> None:
    with (recording / "video-02.mp4").open("ab") as file:
        file.write(b"more")
    verdict = check(recording)
    assert verdict.outcome is Outcome.NOT_AUTHENTIC
    assert finding(verdict, "K604").bytes.begin == 4 * PIECE


def test_an_empty_folder_can_not_be_checked(tmp_path: Path, check: Check) -> None:
    verdict = check(tmp_path)
    assert verdict.outcome is Outcome.CANNOT
    assert "K101" in verdict.codes


def test_the_torn_tail_of_a_dead_recording_is_held_to_what_recovery_found(dead_recording: Path, check: Check) -> None:
    journal = dead_recording / "journal-01.cborseq"
    flip(journal, journal.stat().st_size - 1)
    verdict = check(dead_recording)
    assert verdict.outcome is Outcome.NOT_AUTHENTIC
    assert "K504" in verdict.codes
    for name in ("manifest.cbor", "manifest.tbs", "manifest.sig", "SHA256SUMS"):
        (dead_recording / name).unlink()
    assert check(dead_recording).codes >= {"K504"}
    cut(journal, journal.stat().st_size - 13)
    assert check(dead_recording).codes >= {"K504"}


def test_a_dead_recording_without_its_ending_can_not_be_checked(dead_recording: Path, check: Check) -> None:
    for name in ("journal-02.cborseq", "manifest.cbor", "manifest.tbs", "manifest.sig", "SHA256SUMS"):
        (dead_recording / name).unlink()
    verdict = check(dead_recording)
    assert verdict.outcome is Outcome.CANNOT
    assert finding(verdict, "K503").says == "unended-since"


def test_a_journal_that_can_be_read_in_part_contradicts_nothing(
    dead_recording: Path, check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, inode = os.read, (dead_recording / "journal-01.cborseq").stat().st_ino
    given = 0

    def fail_later(fd: int, size: int) -> bytes:
        nonlocal given
        if os.fstat(fd).st_ino != inode:
            return real(fd, size)
        if given >= 2000:
            raise OSError(errno.EIO, "Input/output error")
        given += 1000
        return real(fd, min(size, 1000))

    monkeypatch.setattr(os, "read", fail_later)
    verdict = check(dead_recording)
    assert verdict.outcome is Outcome.CANNOT
    assert "K106" in verdict.codes


@pytest.mark.parametrize("call", ["preadv", "readv", "read"])
def test_an_error_of_the_carrier_is_no_tampering(
    recording: Path, check: Check, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    def fail(*_: object) -> int:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, call, fail)
    verdict = check(recording)
    assert verdict.outcome is Outcome.CANNOT
    assert sentences.text(finding(verdict, "K106"), ENGLISH) == "can't be read: input/output error"
