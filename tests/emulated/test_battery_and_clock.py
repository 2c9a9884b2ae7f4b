"""Scenarios 9 and 10: the battery, the power-fail line, and a clock that is set back under a recording."""

import itertools
import time

from emulated_world import SLOW, World, green

from kuager import hardware
from kuager.evidence.verdict import Outcome


def test_clock_set_back_during_a_recording(world: World) -> None:
    name = world.begin()
    time.sleep(3)
    world.unit.set_clock(time.time_ns() // 1000 - 3_600_000_000)
    step = world.until(lambda: world.bodies("clock-step", name), what="the step in the journal")[0]
    assert -3_700_000_000 < step.step_us < -3_500_000_000
    time.sleep(3)
    assert world.end() == name
    world.unit.set_clock()
    assert world.proven(name)
    chunks = [each for each in world.bodies("chunk", name) if each.kind == "fragment"]
    assert all(one.last_us <= two.last_us for one, two in itertools.pairwise(chunks))


def test_battery_low_and_empty(world: World) -> None:
    name = world.begin()
    world.unit.battery(5)
    world.until(
        lambda: [e for e in world.events("warning", name) if e.data.get("code") == "power-low"], what="a warning"
    )
    world.unit.battery(1)
    world.sealed(name, 6 * SLOW)
    [closed] = world.bodies("closed", name)
    assert closed.cause == "power"
    world.unit.battery(80)
    world.light(green, 4 * SLOW)
    assert world.verdict(name).outcome is Outcome.ENDS_EARLY


def test_the_power_fail_line_seals_in_time(world: World) -> None:
    """In the time that the board's capacitors hold, measured by how much slower this machine is."""
    hold_up_s = hardware.load(hardware.path_of("emulated")).power.hold_up_ms / 1000
    slowdown = world.unit.slowdown()
    name = world.begin()
    time.sleep(4)
    world.unit.down("power-fail")
    begin = time.monotonic()
    world.sealed(name, 6 * SLOW)
    took_s = time.monotonic() - begin
    world.unit.release("power-fail")
    [closed] = world.bodies("closed", name)
    assert closed.cause == "power"
    print(f"power-fail to sealed: {took_s:.1f} s at a slowdown of {slowdown:.0f}")
    assert took_s / slowdown < hold_up_s
    assert world.verdict(name).outcome is Outcome.ENDS_EARLY
    world.restart()
    world.ready()
