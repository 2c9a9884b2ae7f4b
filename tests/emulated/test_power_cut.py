"""Scenario 3: power on by a real boot; power cut in mid-recording; recovered, declared, and everything acknowledged."""

import time

from emulated_world import SLOW, World, red

from kuager.evidence.verdict import Outcome
from kuager_workshop.emulate import carrier


def test_a_power_cut_loses_nothing_acknowledged(world: World) -> None:
    name = world.begin()
    time.sleep(6)
    chunks = world.bodies("chunk", name)  # on the disk with their signatures, or they would not be read
    world.unit.cut()

    found = world.folder / "cut"
    carrier.read(world.image, found)
    size = (found / name / "video-01.mp4").stat().st_size
    last = [each for each in chunks if each.file == "video-01.mp4"][
        -2
    ]  # the newest may lie behind the newest signature
    assert size >= last.offset + last.length

    world.unit.boot()
    world.ready(12 * SLOW)
    world.sealed(name, 6 * SLOW)
    [died] = world.bodies("died", name)
    assert died.cause == "power"
    after = world.begin()
    [opened] = world.bodies("opened", after)
    assert opened.continues is not None
    world.light(red)
    assert world.end() == after
    place = world.carried()
    verdict = world.verdict(name, place)
    assert verdict.outcome is Outcome.ENDS_EARLY, verdict
    assert world.proven(after, place)
