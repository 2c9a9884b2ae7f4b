"""Figures of the unit as a whole: what its start costs, what it holds in memory, how soon the red light is there."""

import time

from emulated_world import SLOW, UNITS, World, green, red

START_S = 3.0
MEMORY_MB = 190
_RED_S = 1.0  # of the host's time


def test_the_start_costs_no_more_than_it_may(world: World) -> None:
    """CPU time of all processes from exec to ready, in seconds of one core of this host."""
    slowdown = world.unit.slowdown()
    # The target alone is stopped at once: whoever waits for the processes names them.
    world.do("systemctl stop kuager.target kuager-end " + " ".join(UNITS), 300)
    world.start()
    world.ready()
    used = {unit: int(world.do(f"systemctl show -P CPUUsageNSec {unit}")) / 1e9 for unit in UNITS}
    whole = sum(used.values()) / slowdown
    parts = ", ".join(f"{unit} {seconds / slowdown:.2f}" for unit, seconds in used.items())
    print(f"start to ready: {whole:.2f} s of one core ({parts}), slowdown {slowdown:.1f}")
    print(world.do("systemd-analyze critical-chain kuager-supervisor.service kuager-capture.service"))
    assert whole <= START_S


def test_memory_in_ready(world: World) -> None:
    """Proportional set size of all units, picamera2 loaded."""
    maps = "cat /proc/$(systemctl show -P MainPID kuager-capture)/maps"
    world.until(lambda: "libcamera" in world.do(maps), 4 * SLOW, "the camera")
    time.sleep(SLOW)
    pss = 0
    for unit in UNITS:
        pid = world.do(f"systemctl show -P MainPID {unit}").strip()
        kilobytes = int(world.do(f"awk '/^Pss:/ {{ print $2 }}' /proc/{pid}/smaps_rollup"))
        print(f"{unit}: {kilobytes / 1000:.1f} MB")
        pss += kilobytes
    assert pss / 1000 <= MEMORY_MB


def test_from_the_press_to_the_red_light(world: World) -> None:
    """As a multiple of the slowdown: an absolute time means nothing here."""
    slowdown = world.unit.slowdown()
    name = world.begin()  # the camera runs now, as it does on a unit that is worn
    world.sealed(world.end())
    world.light(green)
    begin = time.monotonic()
    world.unit.press("record")
    world.light(red)
    took = time.monotonic() - begin
    assert world.newest() != name
    print(f"press to red light: {took:.2f} s, {took / slowdown:.3f} times the slowdown of {slowdown:.1f}")
    assert took / slowdown < _RED_S
    world.end()
