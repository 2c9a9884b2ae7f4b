"""What of a carrier's recordings a unit takes up, what it leaves, and what it makes durable before it signs."""

from pathlib import Path

import pytest
from vault_world import UNIT, World
from watched_files import WatchedFiles

from kuager import wire
from kuager.evidence import journal
from kuager.evidence.records import Previous
from kuager.evidence.unit import UNIT_BODIES, RecordingEnded
from kuager.vault.restore import End, Met, restore
from kuager.vault.survey import is_sealed, recordings, survey

OTHER_BOOT = bytes(15) + b"2"
SEALED = ["SHA256SUMS", "manifest.cbor", "manifest.sig", "manifest.tbs", "unit.pem"]


def met(world: World, files: WatchedFiles, boot: bytes = OTHER_BOOT) -> list[Met]:
    """By a vault that finds this carrier."""
    return list(restore(files, world.keeper.identity, boot, set(), world.clock()))


def closed(world: World, count: int) -> list[str]:
    names = []
    for take in range(1, count + 1):
        opened = world.open()
        world.record(opened, 1, take)
        world.end(take)
        world.close()
        names.append(opened.name)
    return names


def test_of_what_is_sealed_only_the_newest_is_looked_at(world: World) -> None:
    names = closed(world, 3)
    with WatchedFiles(world.carrier) as files:
        found = met(world, files)
        opened, last = survey(files, names[-1]).opened, survey(files, names[-1]).last
    assert opened is not None
    assert last is not None
    assert [each.name.text for each in found] == names[-1:]
    end = End(opened, last.digest, "closed", "closing")
    assert (found[0].end, found[0].death, found[0].buried, found[0].unsealed) == (end, None, False, None)
    assert end.previous == Previous(number=3, id=opened.id, head=last.digest)


def test_a_dead_recording_is_met_with_its_death_and_without_its_manifest(world: World) -> None:
    opened = world.open()
    world.record(opened, 2)
    with WatchedFiles(world.carrier) as files:
        first = met(world, files)[0]
        again = met(world, files)[0]
    assert first.end is not None
    assert (first.end.ending, first.end.cause, first.buried) == ("died", "power", True)
    assert first.unsealed is not None
    assert first.death is not None
    assert (first.death.head, first.death.cause) == (first.end.head, "power")
    assert (again.end, again.buried, again.unsealed is not None) == (first.end, False, True)
    assert again.death is not None
    assert (again.death.head, again.death.cause) == (first.end.head, "power")
    assert again.death.until_utc_us == first.death.until_utc_us


def test_a_recording_that_died_in_an_earlier_boot_is_no_news(world: World) -> None:
    world.record(world.open(), 2)
    with WatchedFiles(world.carrier) as files:
        met(world, files)
        assert met(world, files, bytes(15) + b"3")[0].death is None


def test_what_a_dead_vault_wrote_is_durable_before_its_death_is_signed(world: World) -> None:
    opened = world.open()
    world.record(opened, 2)
    here = world.carrier / opened.name
    (here / "a holiday.jpg").write_bytes(b"not ours")
    (here / "journal-07.cborseq").mkdir()
    (here / "video-02.mp4").symlink_to("/etc/passwd")
    with WatchedFiles(world.carrier) as files:
        met(world, files)
        names = [f"{opened.name}/{name}" for name in ("journal-01.cborseq", "video-01.mp4", "journal-02.cborseq")]
        assert files.opened == names
        assert files.synced == [*names[:2], opened.name, "", names[2], opened.name]
        assert files.protected[0] == (names[2], "append-only")


def test_what_is_sealed_is_not_made_durable_again(world: World) -> None:
    closed(world, 1)
    with WatchedFiles(world.carrier) as files:
        met(world, files)
        assert (files.opened, files.synced) == ([], [])


@pytest.mark.parametrize(
    ("name", "number"),
    [
        (f"{UNIT}-000050-20261122T000000Z", 51),
        (f"{UNIT}-999999-20261122T000000Z", 1_000_000),
        (f"{UNIT}-1000000-20261122T000000Z", 1),
        ("KZ0999-000050-20261122T000000Z", 1),
    ],
)
def test_only_a_believable_number_of_the_unit_itself_is_used_up(world: World, name: str, number: int) -> None:
    world.kill()
    (world.carrier / name).mkdir()
    world.boot()
    assert world.control.last(wire.VaultState).next_number == number


def ends(world: World) -> list[tuple[int, str, str]]:
    """As the unit's own journal has them."""
    path = max((world.state / f"{UNIT}-unit").iterdir())
    bodies = [each.typed(UNIT_BODIES) for each in journal.iterate(path.read_bytes())]
    return [(body.number, body.ending, body.cause) for body in bodies if isinstance(body, RecordingEnded)]


def test_a_death_is_in_the_units_own_journal_once(world: World) -> None:
    world.record(world.open(), 2)
    world.boot(OTHER_BOOT)
    world.boot(OTHER_BOOT)
    assert ends(world) == [(1, "died", "power")]


def test_a_recording_is_sealed_when_all_that_sealing_writes_is_there(tmp_path: Path) -> None:
    here = tmp_path / "recording"
    here.mkdir()
    with WatchedFiles(tmp_path) as files:
        assert not is_sealed(files, "nowhere")
        for name in SEALED:
            assert not is_sealed(files, "recording")
            (here / name).write_bytes(b"")
        assert is_sealed(files, "recording")
        assert survey(files, "recording").sealed
        (here / "video-01.mp4").write_bytes(b"")
        assert is_sealed(files, "recording")


def test_recordings_are_directories_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    names = [
        "KZ0417-000002-20261122T000000Z", "KZ0417-000010-20261121T000000Z", "KZ0417-1000000-20261120T000000Z",
        "KZ0999-000002-20261120T000000Z",
    ]  # fmt: skip
    for name in names:
        (tmp_path / name).mkdir()
    (tmp_path / "KZ0417-000003-20261122T000000Z").write_bytes(b"no directory")
    (tmp_path / "KZ0417-unit").mkdir()
    with WatchedFiles(tmp_path) as files:
        assert [each.text for each in recordings(files, "KZ0417")] == names[:3]
        assert [each.text for each in recordings(files)] == [names[0], names[3], names[1], names[2]]
