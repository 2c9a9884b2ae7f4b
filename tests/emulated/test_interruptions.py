"""Scenarios 2, 4 and 5: what fails under a recording, and how the unit goes on."""

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from emulated_world import SLOW, World, green, red
from listening import heard

from kuager.evidence.verdict import Outcome
from kuager_workshop.emulate import carrier
from kuager_workshop.emulate.panel import Light


def causes(world: World, name: str) -> list[str]:
    """Why each stretch of the recording ended."""
    return [each.cause for each in world.bodies("interval-ended", name)]


def spoken(world: World, name: str) -> list[str]:
    return [each.prompt for each in world.bodies("prompt", name)]


def amber(light: Light) -> bool:
    return light.red > 0.5 and light.blue < 0.1 and 0.2 < light.green < 0.8


def test_camera_unplugged_and_plugged_in_again(world: World) -> None:
    name = world.begin()
    time.sleep(4)
    with world.unit.listening() as ear:
        world.unit.unplug_camera()
        world.until(lambda: "camera" in causes(world, name), what="the interruption")
        world.until(lambda: "interruption.sound-only" in spoken(world, name), what="the spoken interruption")
        time.sleep(6)
        world.plug_camera()
        world.until(lambda: "interruption.resumed" in spoken(world, name), 4 * SLOW, "the spoken resumption")
        world.light(red)
        time.sleep(12)
    assert heard(ear.samples, "interruption.sound-only", cause="cause.camera")
    assert not heard(ear.samples, "break.begun")  # which nobody said
    words = next(each.text for each in world.bodies("prompt", name) if each.prompt == "interruption.resumed")
    assert "камер" in words.lower()
    assert np.abs(ear.samples).max() > 1000
    streams = [each.streams for each in world.bodies("interval-begun", name)]
    assert "video" in streams[0]
    assert any("video" not in each for each in streams[1:])  # sound went on
    assert "video" in streams[-1]
    assert world.end() == name
    assert world.proven(name)


def test_capture_killed(world: World) -> None:
    name = world.begin()
    time.sleep(4)
    world.do("systemctl kill -s KILL kuager-capture")
    world.until(lambda: causes(world, name), what="the interruption")
    world.until(lambda: len(world.bodies("interval-begun", name)) > 1, 4 * SLOW, "the next stretch")
    world.light(red)
    assert world.end() == name
    assert world.proven(name)


def test_supervisor_killed(world: World) -> None:
    name = world.begin()
    world.do("systemctl kill -s KILL kuager-supervisor")
    world.light(lambda light: light.dark)  # no light outlives what it says
    world.light(red, 4 * SLOW)
    assert causes(world, name) == []  # recording went on all the while
    assert world.end() == name
    assert world.proven(name)


def test_vault_killed(world: World) -> None:
    name = world.begin()
    time.sleep(3)
    world.do("systemctl kill -s KILL kuager-vault")
    after = world.until(lambda: (newest := world.newest()) != name and newest, 6 * SLOW, "the next recording")
    world.light(red, 4 * SLOW)
    [opened] = world.bodies("opened", after)
    assert opened.continues is not None
    assert world.end() == after
    world.sealed(name)
    place = world.carried()
    assert world.verdict(name, place).outcome is Outcome.ENDS_EARLY
    assert world.proven(after, place)


def test_carrier_full(world: World) -> None:
    name = world.begin()
    time.sleep(3)
    # All but what is kept for sealing, as the other recordings of a shift would have done.
    world.do("fallocate -l $(($(stat -f -c %a*%S /media/kuager) - (60 << 20))) /media/kuager/others")
    world.sealed(name, 6 * SLOW)
    [closed] = world.bodies("closed", name)
    world.do("rm /media/kuager/others")
    assert closed.cause == "carrier"
    world.light(green, 4 * SLOW)
    assert world.verdict(name).outcome is Outcome.ENDS_EARLY


def test_carrier_pulled_and_another_put_in(world: World) -> None:
    name = world.begin()
    time.sleep(4)
    acknowledged = world.bodies("chunk", name)
    world.unit.pull_carrier()
    world.light(amber, 2 * SLOW)
    first = world.image
    world.image = carrier.make(world.folder / "second.img")
    world.unit.insert_carrier(world.image)
    # What is left of the first one's mount still shows its names for a moment.
    after = world.until(
        lambda: (newest := world.newest()) != name and newest, 6 * SLOW, "the recording on the second carrier"
    )
    world.light(red, 4 * SLOW)
    assert world.end() == after
    assert world.proven(after)
    # What was acknowledged is on the first one, which recovers when it comes back.
    world.unit.pull_carrier()
    world.unit.insert_carrier(first)
    world.image = first
    world.sealed(name, 6 * SLOW)
    place = world.carried()
    assert world.verdict(name, place).outcome is Outcome.ENDS_EARLY
    size = (place / name / "video-01.mp4").stat().st_size
    assert size >= max(each.offset + each.length for each in acknowledged if each.file == "video-01.mp4")
    world.ready()


@contextlib.contextmanager
def in_its_place(world: World, image: Path) -> Iterator[None]:
    """This carrier in the slot, at once after ours; then ours again."""
    world.unit.pull_carrier()
    world.unit.insert_carrier(image, "other")
    try:
        yield
    finally:
        world.unit.pull_carrier("other")
        world.unit.insert_carrier(world.image)


@pytest.mark.parametrize("kind", ["blank", "foreign"])
def test_a_carrier_that_is_not_ours(world: World, kind: carrier.Kind) -> None:
    other = carrier.make(world.folder / "other.img", kind, 512 << 20)
    before = other.read_bytes()
    with in_its_place(world, other):
        _try(world, kind)
        if kind == "foreign":
            assert other.read_bytes() == before  # nothing of somebody else's is ever touched
    world.ready()  # with our own carrier


def _try(world: World, kind: carrier.Kind) -> None:
    world.until(
        lambda: world.unit.shell(f"grep -x {kind} /run/kuager/slot/state").code == 0, 2 * SLOW, "the slot's word"
    )
    time.sleep(SLOW)  # the vault looks once a second, and the officer hears of it
    world.light(amber)
    world.unit.press("record")
    time.sleep(SLOW / 2)
    if kind == "blank":
        # Pressed, told how, and held: prepared, and the press that waited is recorded.
        world.unit.hold("record")
        world.until(world.newest, 6 * SLOW, "the recording on the prepared carrier")
        world.light(red, 4 * SLOW)
        world.end()
        assert "KUAGER" in world.do("blkid -o value -s LABEL $(findmnt -n -o SOURCE /media/kuager)")
    else:
        world.unit.hold("record")
        time.sleep(3)
