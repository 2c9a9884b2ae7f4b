"""What a power cut may leave on the carrier: holes in what was not synced, and what only the kernel's memory held."""

import os
from pathlib import Path

import pytest
from vault_world import World

from kuager import wire
from kuager.evidence import journal
from kuager.evidence.verdict import Outcome
from kuager.vault.disk import DiskFiles
from kuager.vault.survey import survey

OTHER_BOOT = bytes(15) + b"2"
SECTOR = 512


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """All that is synced, created and put, by name, from now on."""
    told: list[str] = []
    sync, create, put, sync_directory = DiskFiles.sync, DiskFiles.create, DiskFiles.put, DiskFiles.sync_directory

    def synced(files: DiskFiles, handle: int) -> None:
        told.append(f"sync {Path(os.readlink(f'/proc/self/fd/{handle}')).name}")
        sync(files, handle)

    def synced_directory(files: DiskFiles, path: str = "") -> None:
        told.append(f"sync directory {path}")
        sync_directory(files, path)

    def created(files: DiskFiles, path: str) -> int:
        told.append(f"create {path.rpartition('/')[2]}")
        return create(files, path)

    def put_there(files: DiskFiles, path: str, data: bytes, mode: int = 0o644) -> None:
        told.append(f"put {path.rpartition('/')[2]}")
        put(files, path, data, mode)

    for name, to in {"sync": synced, "sync_directory": synced_directory, "create": created, "put": put_there}.items():
        monkeypatch.setattr(DiskFiles, name, to)
    return told


def with_a_hole(path: Path) -> int:
    """Zeros in the place of the first whole sectors of the last batch, whose checkpoint stays; where it began."""
    data = bytearray(path.read_bytes())
    records = list(journal.iterate(bytes(data)))
    assert records[-1].type == "checkpoint"
    begin = next(each.end for each in reversed(records[:-1]) if each.type == "checkpoint")
    sector = -(-begin // SECTOR) * SECTOR
    data[begin:sector] = bytes(sector - begin)
    while sector + SECTOR <= records[-1].offset:
        data[sector : sector + SECTOR] = bytes(SECTOR)
        sector += SECTOR
    path.write_bytes(data)
    assert len(journal.parse(bytes(data), records[-1].offset).raw) > 0
    return begin


@pytest.mark.parametrize("fragments", [4, 500])
def test_what_stands_behind_a_hole_is_not_taken_for_proven(world: World, fragments: int):
    opened = world.open()
    world.record(opened, fragments)
    for each in range(8):
        world.say(wire.Note(type="event", body={"code": "said", "data": {"of": each, "text": "x" * 200}}))
    world.wait(0.5)
    path = world.carrier / opened.name / "journal-01.cborseq"
    world.kill()
    begin = with_a_hole(path)
    world.boot(OTHER_BOOT)
    assert world.verdict(opened.name).outcome is Outcome.ENDS_EARLY
    files = DiskFiles(world.carrier, exclusive=False, sealer=None)
    found = survey(files, opened.name)
    files.release()
    assert (found.ending, found.proven[path.name]) == ("died", begin)


def test_what_a_dead_vault_wrote_is_durable_before_anything_is_signed_for_it(world: World, done: list[str]):
    opened = world.open()
    world.record(opened, 3)
    world.init(file=1)
    done.clear()
    world.boot()
    before = done[: done.index("create journal-02.cborseq")]
    for each in ("journal-01.cborseq", "video-01.mp4", "video-02.mp4", f"directory {opened.name}", "directory "):
        assert f"sync {each}" in before
    assert "put manifest.cbor" in done
    done.clear()
    world.boot()
    assert not any(each.startswith("sync video") for each in done), "what is sealed was synced before"


def test_what_is_said_between_two_fragments_does_not_hold_up_the_second_one(world: World):
    world.record(world.open(), 2)
    said = wire.Note(type="event", body={"code": "said"})
    for _ in range(4):
        world.say(said)
        world.wait(0.5)
        world.clock.advance(-0.4)  # the fragment takes half a second, and comes 0.1 s after what was said is durable
        assert world.fragment() == world.acknowledged


def test_a_torn_journal_of_the_unit_is_durable_before_a_further_one_tells_of_it(world: World, done: list[str]):
    world.kill()
    [first] = world.state.glob("*-unit/unit-*-01.cborseq")
    first.write_bytes(first.read_bytes() + b"torn")
    done.clear()
    world.boot()
    assert [each for each in done if "directory" not in each][:2] == [
        f"sync {first.name}",
        f"create {first.name.replace('-01', '-02')}",
    ]


def test_a_copy_with_a_hole_far_from_its_end_is_not_continued(world: World):
    for _ in range(20):
        world.keeper.event("said", {"text": "x" * 400}, world.clock())
    world.wait(1.5)
    world.kill()
    [copy] = world.carrier.glob("*-unit/*.cborseq")
    whole = copy.read_bytes()
    assert len(whole) > 8192
    copy.write_bytes(bytes(SECTOR) + whole[SECTOR:])
    world.boot(OTHER_BOOT)
    world.wait(1.5)
    again = copy.with_name(copy.name.replace(".cborseq", "-copy2.cborseq")).read_bytes()
    assert again.startswith(whole)
    assert copy.read_bytes() == bytes(SECTOR) + whole[SECTOR:]
