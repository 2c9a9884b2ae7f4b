"""The copies of the unit's own journal on a carrier: whole, once, and never over what stands there."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from vault_world import UNIT, World
from watched_files import WatchedFiles

from kuager import wire
from kuager.evidence.records import Event


def files(world: World, where: str = "state") -> list[Path]:
    return sorted((world.root / where / f"{UNIT}-unit").iterdir())


def names(world: World, where: str = "state") -> list[str]:
    return [path.name for path in files(world, where)]


def test_a_copy_follows_every_note_however_alike(world: World) -> None:
    for _ in range(3):
        world.say(wire.UnitNote(code="press-refused", data={"reason": "no carrier"}))
        world.wait(1.1)
        assert files(world, "carrier")[0].read_bytes() == files(world)[0].read_bytes()


def test_a_long_journal_is_copied_in_pieces_and_gone_on_with(world: World) -> None:
    for _ in range(2):
        for _ in range(700):
            world.journal.note("event", Event(code="x", data={"reason": "y" * 900}), world.clock())
        assert world.journal.flush(world.clock())
        path = files(world)[0]
        assert world.state_files is not None
        with WatchedFiles(world.carrier) as carrier, WatchedFiles(world.state) as state:
            world.journal._state = state
            world.journal.copy_to(carrier)
            world.journal._state = world.state_files
            assert {length for _, length in state.reads if length is not None and length > 1 << 18} == set()
            assert None not in [length for _, length in [*state.reads, *carrier.reads]]
        assert [path.name] == names(world, "carrier")
        assert files(world, "carrier")[0].read_bytes() == path.read_bytes()
    assert path.stat().st_size > 1 << 20


def test_a_copy_is_made_durable_by_its_name_too(world: World) -> None:
    world.kill()
    shutil.rmtree(world.carrier / f"{UNIT}-unit")
    world.boot()
    here = f"{UNIT}-unit"
    shutil.rmtree(world.carrier / here)
    with WatchedFiles(world.carrier) as carrier:
        world.journal.copy_to(carrier)
        path = f"{here}/{names(world)[0]}"
        assert carrier.synced == ["", path, here]
        assert carrier.protected == [(here, "append-only"), (path, "append-only")]
        world.journal.copy_to(carrier)
        assert len(carrier.synced) == 3


def test_an_empty_directory_of_copies_is_used(world: World) -> None:
    for path in files(world, "carrier"):
        path.unlink()
    with WatchedFiles(world.carrier) as carrier:
        world.journal.copy_to(carrier)
    assert names(world, "carrier") == names(world)


def test_copies_of_several_files_keep_their_names_and_are_made_once(world: World) -> None:
    world.kill()
    path = files(world)[0]
    path.write_bytes(path.read_bytes()[:-10])
    shutil.rmtree(world.carrier / f"{UNIT}-unit")
    for _ in range(3):
        world.boot()
        world.wait(1.1)
    assert len(names(world)) == 2
    assert names(world, "carrier") == names(world)
    assert [path.read_bytes() for path in files(world, "carrier")] == [path.read_bytes() for path in files(world)]


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at:][1:]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: flipped(data, 0),
        lambda data: flipped(data, len(data) - 1),
        lambda data: data + bytes(20_000),
    ],
    ids=["first-byte", "last-byte", "longer"],
)
def test_whatever_is_no_beginning_of_the_journal_is_left_for_a_new_copy(
    world: World, spoil: Callable[[bytes], bytes]
) -> None:
    name = names(world)[0]
    here = world.carrier / f"{UNIT}-unit"
    copies = [name, name.replace(".cborseq", "-copy2.cborseq"), name.replace(".cborseq", "-copy3.cborseq")]
    for count in (1, 2):
        world.kill()
        spoilt = here / copies[count - 1]
        left = spoil(spoilt.read_bytes())
        spoilt.write_bytes(left)
        world.boot()
        world.wait(1.1)
        assert sorted(names(world, "carrier")) == sorted(copies[: count + 1])
        assert (here / copies[count]).read_bytes() == files(world)[0].read_bytes()
        assert spoilt.read_bytes() == left
