"""What lies on the carrier: found without following anything, and told apart by how it stands."""

import hashlib
import os
from pathlib import Path

import pytest
from recorded_world import Maker, Unit, dead, held, sealed

from kuager.board.page import shelf
from kuager.board.page.shelf import Glance, Look, Shelf

ODD = (
    "..", ".", "", "KZ0417", "KZ0417-unit", "KZ0417-000001", "KZ0417-000001-20261126T003924Z/..",
    "KZ0417-000001-20261126T003924Z\n", "KZ0417-000001-20261126T003924Z\0", "../KZ0417-000001-20261126T003924Z",
    "K" * 90 + "-000001-20261126T003924Z", "K" * 100_000, "\N{CYRILLIC CAPITAL LETTER KA}Z-000001-20261126T003924Z",
)  # fmt: skip


@pytest.fixture(scope="module")
def unit() -> Unit:
    return Unit()


def opened(carrier: Path, unit: Unit, number: int) -> Maker:
    """A recording that goes on."""
    maker = Maker(carrier, unit, number)
    maker.begin()
    maker.run(4)
    maker.save()
    return maker


def look(on: Shelf, name: str) -> Look:
    found = on.look(name)
    assert found
    return found


def test_recordings_come_newest_first_and_nothing_else_comes(tmp_path: Path, unit: Unit) -> None:
    names = [sealed(tmp_path, unit, number).name for number in (9, 10, 2)]
    (tmp_path / "KZ0417-unit").mkdir()
    (tmp_path / "DCIM").mkdir()
    (tmp_path / "KZ0417-000077-20261126T003924Z").write_bytes(b"a file")
    (tmp_path / "KZ0417-000078-20261126T003924Z").symlink_to(tmp_path / names[0])
    (tmp_path / ("K" * 90 + "-000001-20261126T003924Z")).mkdir()
    on = Shelf(tmp_path, unit.name)
    assert on.names() == [names[1], names[0], names[2]]
    assert look(on, names[1]).number == 10
    assert on.look("KZ0417-000077-20261126T003924Z") is None
    assert on.look("KZ0417-000078-20261126T003924Z") is None
    assert on.look("KZ0417-000079-20261126T003924Z") is None


@pytest.mark.parametrize("name", ODD)
def test_odd_names_are_nobodys(tmp_path: Path, unit: Unit, name: str) -> None:
    sealed(tmp_path, unit)
    assert Shelf(tmp_path / "..", unit.name).look(name) is None
    assert Shelf(tmp_path, unit.name).look(name) is None


def test_a_carrier_that_is_a_link_is_where_it_leads(tmp_path: Path, unit: Unit) -> None:
    made = sealed(tmp_path / "there", unit)
    (tmp_path / "card").symlink_to(tmp_path / "there")
    on = Shelf(tmp_path / "card", unit.name)
    assert on.names() == [made.name]
    assert look(on, made.name).path == made.path


def test_what_lies_on_prepared_carriers_beside_it_is_there_too(tmp_path: Path, unit: Unit) -> None:
    usual = tmp_path / "card[1]"
    beside = [tmp_path / name for name in ("card[1]-blank-1", "card[1]-blank-2", "card1-blank-1", "other")]
    for folder in (usual, *beside):
        folder.mkdir()
    names = [sealed(folder, unit, number).name for number, folder in enumerate((usual, *beside), 1)]
    on = Shelf(usual, unit.name)
    assert on.names() == [names[2], names[1], names[0]]
    assert look(on, names[2]).path == (beside[1] / names[2]).resolve()
    assert on.look(names[4]) is None


def test_a_carrier_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    on = Shelf(tmp_path / "card", "KZ0417")
    assert on.names() == []
    assert on.look("KZ0417-000001-20261126T003924Z") is None


def test_what_a_sealed_recording_says_of_itself(tmp_path: Path, unit: Unit) -> None:
    made = sealed(tmp_path, unit)
    on = Shelf(tmp_path, unit.name)
    found = look(on, made.name)
    assert found.state == "sealed"
    lengths = sum(each.last_us - each.first_us for each in made.intervals)
    assert on.glance(found) == Glance(made.opened_at.utc_us, lengths, "video", unit.name)
    assert shelf.digest(found) == hashlib.sha256((made.path / "manifest.cbor").read_bytes()).digest()


def test_what_a_recording_without_its_seal_says_of_itself(tmp_path: Path, unit: Unit) -> None:
    made = dead(tmp_path, unit)
    on = Shelf(tmp_path, unit.name)
    found = look(on, made.name)
    assert found.state == "cut"
    assert on.glance(found) == Glance(made.opened_at.utc_us, None, "video", unit.name)
    assert shelf.digest(found) is None


@pytest.mark.parametrize("manifest", [b"", b"\xff" * 100, b"\xd2\x84", bytes(5 << 20)])
def test_a_broken_manifest_says_nothing(tmp_path: Path, unit: Unit, manifest: bytes) -> None:
    made = sealed(tmp_path, unit)
    (made.path / "manifest.cbor").write_bytes(manifest)
    on = Shelf(tmp_path, unit.name)
    found = look(on, made.name)
    assert on.glance(found) == Glance()
    assert shelf.digest(found) == (None if len(manifest) > 4 << 20 else hashlib.sha256(manifest).digest())


def test_a_journal_that_can_not_be_read_says_nothing(tmp_path: Path, unit: Unit) -> None:
    made = opened(tmp_path, unit, 1)
    journal = made.path / "journal-01.cborseq"
    on = Shelf(tmp_path, unit.name)
    for spoil in (lambda: journal.write_bytes(b"noise"), journal.unlink, lambda: os.mkfifo(journal)):
        spoil()
        assert on.glance(look(on, made.name)) == Glance()


def test_the_newest_open_one_of_a_unit_at_work_is_being_recorded(tmp_path: Path, unit: Unit) -> None:
    old, new, foreign = (opened(tmp_path, each, number) for each, number in ((unit, 3), (unit, 4), (Unit(name="X"), 5)))
    on = Shelf(tmp_path, unit.name)
    assert [look(on, each.name).state for each in (old, new, foreign)] == ["cut"] * 3
    with held(tmp_path):
        assert [look(on, each.name).state for each in (old, new, foreign)] == ["sealing", "recording", "cut"]
        new.end()
        new.close()
        new.save()
        assert look(on, new.name).state == "sealing"
        new.seal()
        assert look(on, new.name).state == "sealed"


def test_one_whose_death_is_written_down_is_being_sealed(tmp_path: Path, unit: Unit) -> None:
    made = dead(tmp_path, unit)
    with held(tmp_path):
        assert look(Shelf(tmp_path, unit.name), made.name).state == "sealing"


def test_every_change_of_a_file_changes_the_mark(tmp_path: Path, unit: Unit) -> None:
    made = sealed(tmp_path, unit)
    on = Shelf(tmp_path, unit.name)
    video, marks = made.path / "video-01.mp4", [look(on, made.name).mark]
    assert look(on, made.name).mark == marks[0]
    about = video.stat()
    with video.open("r+b") as stream:
        stream.write(b"\xff")
    os.utime(video, ns=(about.st_atime_ns, about.st_mtime_ns))  # as whoever changes it would
    marks.append(look(on, made.name).mark)
    (made.path / "foreign.txt").write_bytes(b"")
    marks.append(look(on, made.name).mark)
    (made.path / "foreign.txt").rename(made.path / "foreign.doc")
    marks.append(look(on, made.name).mark)
    assert len(set(marks)) == 4


def test_only_regular_files_count(tmp_path: Path, unit: Unit) -> None:
    made = sealed(tmp_path, unit)
    (made.path / "video-07.mp4").symlink_to("/etc/passwd")
    (made.path / "video-08.mp4").mkdir()
    os.mkfifo(made.path / "video-09.mp4")
    files = look(Shelf(tmp_path, unit.name), made.name).files
    assert not {"video-07.mp4", "video-08.mp4", "video-09.mp4"} & files.keys()
    assert files["video-01.mp4"] == len(made.media["video-01.mp4"])


@pytest.mark.parametrize(
    ("file", "form"),
    [
        ("video-01.mp4", "video/mp4"),
        ("sound-0123.mp4", "audio/mp4"),
        ("photo-0001.jpg", "image/jpeg"),
        ("journal-01.cborseq", "application/cbor-seq"),
        ("manifest.cbor", "application/cbor"),
        ("manifest.sig", "application/octet-stream"),
        ("SHA256SUMS", "text/plain; charset=utf-8"),
        ("unit.pem", "application/pem-certificate-chain"),
        ("index.html", None),
        ("video-01.mp4\n", None),
        ("video-1.mp4", None),
        ("../unit.pem", None),
        ("Manifest.cbor", None),
        ("", None),
        ("v" * 100_000, None),
    ],
)
def test_only_the_formats_own_files_have_a_type(file: str, form: str | None) -> None:
    assert shelf.content_type(file) == form
    assert shelf.is_media(file) == (form in ("video/mp4", "audio/mp4", "image/jpeg"))
