"""A step of the clock is told whole: how far, from which moment, to which."""

import pytest

from kuager.evidence.records import ClockStep, Stamp
from kuager.vault.clockwatch import LIMIT_US, ClockWatch

BEGIN = Stamp(1_000_000_000, 2_000_000_000, "synchronised", 1000)


def later(seconds: int, step_us: int, state: str = "synchronised") -> Stamp:
    """After BEGIN, with UTC moved by `step_us` in all."""
    passed = seconds * 1_000_000
    return Stamp(BEGIN.boot_us + passed, BEGIN.utc_us + passed + step_us, state, 1000)


@pytest.mark.parametrize("sign", [1, -1])
def test_half_a_second_at_once_is_no_step_and_more_is(sign: int):
    watch = ClockWatch(BEGIN)
    assert watch.look(later(10, sign * LIMIT_US)) is None
    watch = ClockWatch(BEGIN)
    after = later(10, sign * (LIMIT_US + 1))
    assert watch.look(after) == ClockStep(step_us=sign * (LIMIT_US + 1), before=BEGIN, after=after)


@pytest.mark.parametrize("step_us", [0, 5, -3_000_000])
def test_another_state_is_told_however_small_the_step(step_us: int):
    after = later(10, step_us, "holdover")
    assert ClockWatch(BEGIN).look(after) == ClockStep(step_us=step_us, before=BEGIN, after=after)


def test_what_crept_is_told_against_the_last_moment_that_was_declared():
    watch = ClockWatch(BEGIN)
    assert [watch.look(later(1, 300_000)), watch.look(later(2, LIMIT_US))] == [None, None]
    crept, sudden = later(3, 600_000), later(4, 1_200_000)
    assert watch.look(crept) == ClockStep(step_us=600_000, before=BEGIN, after=crept)
    assert watch.look(sudden) == ClockStep(step_us=600_000, before=crept, after=sudden)
    assert watch.look(later(5, 1_200_000 + LIMIT_US)) is None


def test_a_sudden_step_is_told_against_the_moment_just_before():
    watch = ClockWatch(BEGIN)
    before, after = later(1, 400_000), later(2, 1_000_000)
    assert watch.look(before) is None
    assert watch.look(after) == ClockStep(step_us=600_000, before=before, after=after)
