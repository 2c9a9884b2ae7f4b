"""The log of a disk's writes, and the disks that a cut may leave, on a log written by hand."""

import random
import struct
from pathlib import Path

import pytest

from kuager_workshop.emulate import EmulatorError
from kuager_workshop.emulate.writelog import Entry, WriteLog, cuts

SECTOR = 512


def log(path: Path, entries: list[tuple[int, bytes, int]], marks: dict[int, str] | None = None) -> Path:
    """Entries (sector, data, flags), and marks before the entry of this number."""
    parts = []
    count = 0
    for number, (sector, data, flags) in enumerate([*entries, (0, b"", 0)]):
        if mark := (marks or {}).get(number):
            parts.append((struct.pack("<QQQQ", 0, 0, 8, len(mark)) + mark.encode()).ljust(SECTOR, b"\0"))
            count += 1
        if number == len(entries):
            break
        sectors = len(data) // SECTOR
        parts.append(struct.pack("<QQQQ", sector, sectors, flags, 0).ljust(SECTOR, b"\0"))
        parts += [] if flags & 4 else [data]
        count += 1
    head = struct.pack("<QQQI", 0x6A736677736872, 1, count, SECTOR).ljust(SECTOR, b"\0")
    path.write_bytes(head + b"".join(parts))
    return path


def test_writes_discards_and_marks_are_read_and_done(tmp_path: Path) -> None:
    image = log(
        tmp_path / "log", [(1, b"a" * SECTOR, 0), (2, b"b" * 2 * SECTOR, 1), (1, bytes(SECTOR), 4)], {1: "here"}
    )
    found = WriteLog(image)
    assert [(each.at, each.length, each.mark) for each in found.entries] == [
        (512, 512, ""), (0, 0, "here"), (1024, 1024, ""), (512, 512, "")
    ]  # fmt: skip
    disk = tmp_path / "disk"
    disk.write_bytes(b"x" * 6 * SECTOR)
    found.apply(found.entries[:3], disk)
    assert disk.read_bytes() == b"x" * SECTOR + b"a" * SECTOR + b"b" * 2 * SECTOR + b"x" * 2 * SECTOR
    found.apply(found.entries[3:], disk)
    assert disk.read_bytes()[SECTOR : 2 * SECTOR] == bytes(SECTOR)


def test_what_a_flush_covers_is_certain_and_of_the_rest_anything_may_be_missing() -> None:
    plain, flush, fua = Entry(0, 512, 0, 0), Entry(0, 512, 1, 0), Entry(0, 512, 2, 0)
    entries = [plain, plain, flush, plain, fua, plain]
    seen = set()
    for seed in range(40):
        first, last = cuts(entries, [2, 6], random.Random(seed))
        assert first.certain == []
        assert last.certain == entries[:2]  # the flush covers what came before it, not its own data
        assert fua in last.kept
        seen.add(len(last.kept))
    assert seen == {1, 2, 3, 4}


@pytest.mark.parametrize("data", [b"", b"short", bytes(64)])
def test_what_is_no_log_is_said_to_be_none(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "log").write_bytes(data)
    with pytest.raises(EmulatorError, match="no log"):
        WriteLog(tmp_path / "log")
