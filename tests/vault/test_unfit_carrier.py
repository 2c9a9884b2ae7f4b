"""A carrier that was not made by us: a blank one is prepared when asked to, a foreign one is never touched."""

from pathlib import Path

import pytest
from vault_world import PROCEDURE, World

from kuager import wire
from kuager.evidence.journal import iterate
from kuager.evidence.records import Event
from kuager.evidence.verdict import Outcome


def put_in(world: World, what: str) -> None:
    world.slot.play(what)
    world.wait(2.2)


def everything(world: World) -> dict[str, bytes]:
    """All that lies on carriers, the usual one and others."""
    paths = [path for path in world.root.rglob("*") if world.state not in path.parents]
    return {str(path): path.read_bytes() if path.is_file() else b"" for path in paths}


@pytest.mark.parametrize("state", ["blank", "foreign"])
def test_such_a_carrier_is_told_and_nothing_is_written_to_it_by_itself(world: World, state: str):
    world.record(world.open(), 2)
    put_in(world, f"carrier-{state}")
    told = world.control.last(wire.VaultState)
    assert (told.carrier_state, told.carrier, told.free_bytes, told.open_id) == (state, None, 0, None)
    before = everything(world)
    world.say(wire.OpenRecording(request=9, mode="video", language="ru", procedure=PROCEDURE))
    assert world.control.last(wire.VaultTrouble).code == f"carrier-{state}"
    world.say(wire.UnitNote(code="something"))
    world.wait(60)
    assert everything(world) == before


def test_a_blank_carrier_is_prepared_and_what_is_recorded_on_it_is_found(world: World):
    put_in(world, "carrier-blank")
    world.say(wire.PrepareCarrier())
    state = world.control.last(wire.VaultState)
    assert state.carrier_state == "ready"
    opened = world.open()
    prepared = world.root / "carrier-blank-1"
    assert Path(opened.path) == prepared / opened.name
    world.record(opened, 3)
    world.end()
    assert Path(world.close().path) == prepared / opened.name
    assert world.verdict(opened.name).outcome is Outcome.AUTHENTIC
    assert world.recordings() == []


def test_preparing_is_written_down_with_the_carrier_that_it_was(world: World):
    put_in(world, "carrier-blank")
    world.say(wire.PrepareCarrier())
    device = world.control.last(wire.VaultState).carrier
    world.wait(1.1)
    (copy,) = (world.root / "carrier-blank-1").rglob("unit-*.cborseq")
    with copy.open("rb") as source:
        events = [record.body for record in iterate(source) if record.type == "event"]
    data = {"make": device.make, "model": device.model, "serial": device.serial}
    assert events == [{"code": "carrier-prepared", "data": data}]
    assert Event(**events[0]).data["serial"]


@pytest.mark.parametrize("fault", ["", "carrier-foreign", "carrier-gone", "carrier-read-only", "carrier-full"])
def test_only_what_is_blank_is_prepared(world: World, fault: str):
    world.open()
    world.say(wire.CloseRecording(request=9, cause="closing", dialogue=True))
    if fault:
        put_in(world, fault)
    before, state = everything(world), world.control.last(wire.VaultState).carrier_state
    world.say(wire.PrepareCarrier())
    trouble = world.control.last(wire.VaultTrouble)
    assert trouble.code == "not-prepared"
    assert "only a blank one is ever prepared" in trouble.reason
    assert everything(world) == before
    assert world.control.last(wire.VaultState).carrier_state == state


def test_a_carrier_that_was_changed_before_it_was_looked_at_is_not_prepared(world: World):
    put_in(world, "carrier-blank")
    world.slot.play("carrier-foreign")
    before = everything(world)
    world.say(wire.PrepareCarrier())
    assert world.control.last(wire.VaultTrouble).code == "not-prepared"
    assert everything(world) == before


def test_where_preparing_fails_that_is_told_and_it_can_be_asked_again(world: World, monkeypatch: pytest.MonkeyPatch):
    def fails() -> None:
        raise OSError(5, "it is worn out")

    put_in(world, "carrier-blank")
    with monkeypatch.context() as patched:
        patched.setattr(world.slot, "prepare", fails)
        world.say(wire.PrepareCarrier())
    trouble = world.control.last(wire.VaultTrouble)
    assert (trouble.code, trouble.reason) == ("not-prepared", "it is worn out")
    assert world.control.last(wire.VaultState).carrier_state == "blank"
    world.say(wire.PrepareCarrier())
    assert world.control.last(wire.VaultState).carrier_state == "ready"


def test_another_blank_one_is_another_carrier_and_the_usual_one_comes_back(world: World):
    first = world.open()
    world.close()
    for number in (1, 2):
        put_in(world, "carrier-blank")
        world.say(wire.PrepareCarrier())
        opened = world.open()
        assert Path(opened.path).parent == world.root / f"carrier-blank-{number}"
        world.close()
    put_in(world, "carrier-well")
    last = world.open()
    assert (last.number, Path(last.path).parent) == (4, world.carrier)
    world.close()
    assert world.recordings() == [first.name, last.name]


def test_a_recording_that_a_blank_carrier_interrupts_goes_on_upon_it(world: World):
    opened = world.open()
    world.record(opened, 4)
    put_in(world, "carrier-blank")
    assert world.control.last(wire.VaultTrouble).ended == opened.id
    world.say(wire.PrepareCarrier())
    again = world.open(continues=True)
    world.record(again, 2, take=2)
    world.end(take=2)
    world.close()
    assert world.verdict(again.name).outcome is Outcome.AUTHENTIC
    put_in(world, "carrier-well")
    assert world.control.last(wire.VaultState).carrier_state == "ready"
    assert world.verdict(opened.name).outcome is Outcome.ENDS_EARLY
