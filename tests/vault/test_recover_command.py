"""`kuager recover`, through the command line."""

import hashlib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from vault_world import World

from kuager.cli import main


def kuager(*arguments: object) -> Result:
    return CliRunner(env={"LC_ALL": "C"}).invoke(main, ["recover", *map(str, arguments)])


@pytest.fixture
def dead(tmp_path: Path) -> Path:
    """A recording that ended by power, with half a fragment behind what was acknowledged."""
    world = World(tmp_path)
    world.boot()
    opened = world.open()
    world.record(opened, 4)
    world.kill()
    here = world.carrier / opened.name
    with (here / "video-01.mp4").open("ab") as stream:
        stream.write(b"half a fragment")
    return here


def fingerprint(directory: Path) -> dict[str, bytes]:
    return {path.name: hashlib.sha256(path.read_bytes()).digest() for path in directory.iterdir()}


def test_tells_what_is_proven_and_writes_nothing(dead: Path):
    before = fingerprint(dead)
    done = kuager(dead)
    assert done.exit_code == 3
    assert "was never closed; proven until 2026-11-22T05:15:02" in done.output
    proven = (dead / "video-01.mp4").stat().st_size - 15
    assert f"video-01.mp4: {proven} bytes proven, 15 unproven after them" in done.output
    assert fingerprint(dead) == before


def test_a_working_copy_holds_exactly_the_proven_bytes_and_says_so(dead: Path, tmp_path: Path):
    before = fingerprint(dead)
    done = kuager(dead, "--out", tmp_path / "out")
    assert done.exit_code == 3
    copy = tmp_path / "out" / f"{dead.name}.working-copy"
    assert sorted(path.name for path in copy.iterdir()) == ["WORKING-COPY.txt", "video-01.mp4"]
    assert (copy / "video-01.mp4").read_bytes() == (dead / "video-01.mp4").read_bytes()[:-15]
    assert "not the original" in (copy / "WORKING-COPY.txt").read_text()
    assert fingerprint(dead) == before
    again = kuager(dead, "--out", tmp_path / "out")
    assert again.exit_code == 64


@pytest.mark.parametrize(
    ("language", "ending", "head"),
    [("ru", "запись не была закрыта; доказано до", "РАБОЧАЯ КОПИЯ"), ("kk", "жазба жабылмаған", "ЖҰМЫС КӨШІРМЕСІ")],
)
def test_it_is_told_in_the_readers_language(dead: Path, tmp_path: Path, language: str, ending: str, head: str):
    done = kuager(dead, "--out", tmp_path / "out", "--lang", language)
    assert done.exit_code == 3
    assert ending in done.output
    assert "proven" not in done.output
    label = (tmp_path / "out" / f"{dead.name}.working-copy" / "WORKING-COPY.txt").read_text(encoding="utf-8")
    assert label.startswith(head)
    assert "bytes" not in label


def test_the_working_copy_never_goes_into_the_recording(dead: Path):
    before = fingerprint(dead)
    assert kuager(dead, "--out", dead).exit_code == 64
    assert fingerprint(dead) == before


def test_lists_the_dead_of_a_carrier(dead: Path):
    done = kuager(dead.parent)
    assert done.exit_code == 3
    assert dead.name in done.output


def test_a_sound_recording_has_nothing_cut(tmp_path: Path):
    world = World(tmp_path)
    world.boot()
    opened, _ = world.whole(2)
    world.kill()
    assert kuager(world.carrier / opened.name).exit_code == 0
    assert kuager(world.carrier).output == "all 1 recordings were closed in order\n"


def test_what_can_not_be_told(tmp_path: Path):
    assert kuager(tmp_path).exit_code == 2
    assert kuager(tmp_path / "nowhere").exit_code == 64
    (tmp_path / "journal-01.cborseq").write_bytes(b"nonsense")
    done = kuager(tmp_path)
    assert done.exit_code == 2
    assert "nothing in it was ever acknowledged" in done.output


def test_a_damaged_journal_is_no_crash(dead: Path):
    journal = dead / "journal-01.cborseq"
    data = bytearray(journal.read_bytes())
    data[1500] ^= 1
    journal.write_bytes(data)
    done = kuager(dead)
    assert done.exit_code in (2, 3)
    assert "Traceback" not in done.output
