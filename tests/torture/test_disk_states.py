"""The model of a disk after a power cut allows all that POSIX does; a vault that relies on more is found."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from kuager.vault.disk import DiskFiles
from kuager.vault.files import Data
from kuager.vault.media_file import MediaFile
from kuager_workshop.torture import cuts
from kuager_workshop.torture.campaign import BrokenError, Finding
from kuager_workshop.torture.disk import fates, laid, lives, states
from kuager_workshop.torture.disk.fates import Fate, Loose, Tail
from kuager_workshop.torture.disk.lives import Cut, Life
from kuager_workshop.torture.disk.recorded import Key, Log, Op, RecordedFiles, RenamingFiles
from kuager_workshop.torture.disk.states import Disks, Known
from kuager_workshop.torture.simulated.vault import Place

FILE: Key = ("carrier", "d/f")
OLD, NEW = bytes(range(1, 101)) * 7, bytes(range(101, 201)) * 40
MADE = [Op("carrier", "mkdir", "d"), Op("carrier", "create", "d/f")]
NAMED = [*MADE, Op("carrier", "sync-directory", "d"), Op("carrier", "sync-directory")]


def write(data: bytes, path: str = "d/f", place: Place = "carrier") -> Op:
    return Op(place, "write", path, data)


def sync(path: str = "d/f") -> Op:
    return Op("carrier", "sync", path)


def every(ops: list[Op], torn: int = 400, **about: object) -> list[Disks]:
    """All extremes, and many by chance."""
    known = states.after(ops, **about)  # type: ignore[arg-type]
    return [known.left(variant) for variant in known.variants(torn, Random(1))]


def test_what_was_synced_is_whole_and_what_was_not_may_be_anything() -> None:
    found = [each.files[FILE] for each in every([*NAMED, write(OLD), sync(), write(NEW)])]
    assert all(each.startswith(OLD) and len(each) <= len(OLD + NEW) for each in found)
    assert OLD in found
    assert OLD + NEW in found
    assert any(len(OLD) < len(each) < len(OLD + NEW) and (OLD + NEW).startswith(each) for each in found), "cut off"
    whole = [each for each in found if len(each) == len(OLD + NEW)]
    assert any(each.endswith(NEW[-300:]) and not (OLD + NEW).startswith(each[:2048]) for each in whole), "a hole"
    assert any(not each.strip(b"\0") for each in (whole[n][1024:] for n in range(len(whole)))), "nothing but zeros"
    assert any(each[1024:1536] not in (bytes(512), (OLD + NEW)[1024:1536]) for each in whole), "what was there before"


def test_a_sync_covers_no_other_file_and_no_name() -> None:
    other = [Op("carrier", "create", "d/g"), write(OLD, "d/g")]
    found = every([*NAMED, *other, write(NEW), sync()])
    assert all(each.files[FILE] == NEW for each in found)
    assert {len(each.files.get(("carrier", "d/g"), b"none")) for each in found} >= {4, 0, len(OLD)}


def test_a_name_is_there_for_certain_once_all_directories_above_it_are_synced() -> None:
    data = [write(OLD), sync()]
    directory = Op("carrier", "sync-directory", "d")
    assert {each.files.get(FILE) for each in every([*MADE, *data])} == {None, OLD}
    half = every([*MADE, *data, directory])
    assert {each.files.get(FILE) for each in half} == {None, OLD}
    assert all((FILE in each.files) == (("carrier", "d") in each.directories) for each in half)
    assert {each.files.get(FILE) for each in every([*NAMED, *data])} == {OLD}


def test_an_object_is_put_whole_or_not_at_all() -> None:
    put = Op("carrier", "put", "d/o", NEW), Op("carrier", "put-done", "d/o", NEW)
    key, part = ("carrier", "d/o"), ("carrier", "d/o.part")
    assert {each.files.get(key) for each in every([*NAMED, put[0]])} == {None, NEW}
    assert {each.files.get(key) for each in every([*NAMED, *put])} == {NEW}
    renamed = every([*NAMED, put[0]], renames=["carrier"])
    assert {each.files.get(key) for each in renamed} == {None, NEW}
    parts = {each.files.get(part) for each in renamed}
    assert {None, b"", NEW} <= parts
    assert len(parts) > 10
    assert all(each.files[part] == NEW for each in renamed if {key, part} <= set(each.files)), "synced, then renamed"
    [done] = every([*NAMED, *put], base=Disks(files={part: b"left by an earlier cut"}), renames=["carrier"])
    assert done.files == {key: NEW, FILE: b""}


def test_two_disks_are_cut_independently() -> None:
    state = [Op("state", "create", "s"), Op("state", "sync-directory"), write(OLD, "s", "state")]
    found = every([*state, *NAMED, write(NEW)])
    pairs = {(each.files["state", "s"] == OLD, each.files[FILE] == NEW) for each in found}
    assert pairs == {(True, True), (True, False), (False, True), (False, False)}


def test_an_attribute_may_be_lost() -> None:
    ops = [
        *NAMED,
        Op("carrier", "protect", "d/f", level="append-only"),
        Op("carrier", "protect", "d", level="immutable"),
    ]
    assert len({frozenset(each.attributes) for each in every(ops)}) == 4
    durable = every([*ops, Op("carrier", "sync-directory", "d")])
    assert all(("carrier", "d") in each.attributes for each in durable)


def test_the_synced_part_of_a_sector_is_never_spoilt() -> None:
    for variant in ("newest", "stale", *(f"torn-{n}" for n in range(300))):
        [tail] = fates.fate(Loose(tails=[("carrier", 700, 3000)]), variant).tails
        left = fates.filled(bytes([7]) * 3000, 700, tail, bytes([9]) * 3000)
        assert left[:700] == bytes([7]) * 700
        assert set(left[700:1024]) <= {0, 7}, "zeros were written there with the synced part"


def test_a_sector_may_be_right_zeros_old_or_partly_right() -> None:
    data = bytes([7]) * 2048
    left = fates.filled(data, 0, Tail(2048, 512, ("right", "zero", "stale", 10)), bytes([9]) * 2048)
    assert left == bytes([7]) * 512 + bytes(512) + bytes([9]) * 512 + bytes([7]) * 10 + bytes(502)


def test_nothing_loose_has_one_state() -> None:
    assert Known().variants(9, Random(1)) == ["kept"]
    known = states.after([*NAMED, write(OLD), sync()])
    assert known.variants(9, Random(1)) == ["kept"]
    assert known.after(Fate(), Random(1)).files == {FILE: OLD}


# the recorder, and the folder in which a state is laid


@pytest.fixture(params=[DiskFiles, RenamingFiles])
def recorded(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RecordedFiles]:
    files = RecordedFiles(request.param(tmp_path, sealer=None), "carrier", Log(lambda: None), {})
    yield files
    files.end()


def test_what_is_kept_is_what_was_written(recorded: RecordedFiles, tmp_path: Path) -> None:
    recorded.mkdir("d")
    handle = recorded.create("d/f")
    recorded.write(handle, OLD)
    recorded.protect("d/f", "append-only")
    recorded.put("d/o", NEW)
    recorded.protect("d/o", "immutable")
    recorded.write(handle, NEW)
    recorded.sync(handle)
    with pytest.raises(PermissionError):
        recorded.reopen("d/o")
    recorded.protect("d", "immutable")
    with pytest.raises(PermissionError):
        recorded.create("d/g")
    there = tmp_path / "again"
    there.mkdir()
    laid.lay(states.after(recorded._log.ops).left("kept"), there)
    again = DiskFiles(there / "carrier", sealer=None)
    assert [(each.name, each.size) for each in again.entries("d")] == [("f", len(OLD + NEW)), ("o", len(NEW))]
    assert (again.read("d/f"), again.read("d/o")) == (OLD + NEW, NEW)
    again.release()


# writers that are wrong


def promised_and_lost(ops: list[Op], promised_after: int) -> bool:
    """Whether OLD, promised when so many operations were done, may be missing after a cut behind that."""
    return any(
        not each.files.get(FILE, b"").startswith(OLD)
        for position in range(promised_after, len(ops) + 1)
        for each in every(ops[:position], 40)
    )


def test_a_writer_that_promises_before_it_has_synced_is_found() -> None:
    right = [*NAMED, write(OLD), sync()]
    assert not promised_and_lost(right, len(right))
    assert promised_and_lost(right, len(right) - 1), "it promised before the sync"
    nameless = [*MADE, write(OLD), sync(), Op("carrier", "sync-directory")]
    assert promised_and_lost(nameless, len(nameless)), "it never synced the directory"


def found_in(life: Life, folder: Path, variant: str) -> list[str]:
    """What the campaign finds at some places of a life at which something is promised."""
    why = []
    for position in range(len(life.ops) // 3, len(life.ops), len(life.ops) // 4):
        place = folder / f"{variant}-{position}"
        place.mkdir()
        try:
            finding: Finding = cuts.judge("x", life.cut(position, variant), place, whole=False)
        except BrokenError as error:
            why.append(str(error))
        else:
            why += ["bytes are lost"] if finding.lost_bytes else []
    return why


@pytest.mark.parametrize("variant", ["lost", "newest"])
def test_a_vault_that_keeps_its_promises_survives(tmp_path: Path, variant: str) -> None:
    assert found_in(lives.record(Cut(), lives.short), tmp_path, variant) == []


@pytest.mark.parametrize("variant", ["lost", "newest", "torn-1"])
def test_a_vault_that_does_not_sync_media_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variant: str
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(MediaFile, "sync", lambda _: None)
        life = lives.record(Cut(), lives.short)
    assert found_in(life, tmp_path, variant)


def test_a_disk_that_only_says_that_it_has_synced_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(RecordedFiles, "sync", lambda *_: None)
        life = lives.record(Cut(), lives.short)
    assert found_in(life, tmp_path, "lost")


def test_a_number_that_was_told_and_not_kept_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unsynced(self: RecordedFiles, path: str, data: Data, mode: int = 0o644) -> None:
        self.inner.put(path, data, mode)

    with monkeypatch.context() as patched:
        patched.setattr(RecordedFiles, "sync", lambda *_: None)
        patched.setattr(RecordedFiles, "sync_directory", lambda *_: None)
        patched.setattr(RecordedFiles, "put", unsynced)
        life = lives.record(Cut(), lives.short)
    with pytest.raises(BrokenError, match=r"numbers are given twice|is gone"):
        cuts.judge("x", life.cut(len(life.ops), "lost"), tmp_path, whole=False)


def test_a_case_replays_the_same_state() -> None:
    life = lives.record(Cut(), lives.short)
    position = len(life.ops) // 2
    assert life.cut(position, "torn-7") == life.cut(position, "torn-7")
    one, other = life.cut(position, "torn-7").disks, life.cut(position, "lost").disks
    assert one != other or not life.known(position).loose.anything
