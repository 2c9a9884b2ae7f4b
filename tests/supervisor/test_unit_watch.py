"""Warnings that do not flutter, and the light by its table: pure."""

import msgspec
import pytest

from kuager import wire
from kuager.evidence.records import Battery, Device, Stamp
from kuager.signals import MODES, OFF
from kuager.supervisor.indicator import Indicator
from kuager.supervisor.watch import Drain, Rate, Reading, Watch, read

S = 1_000_000
FINE = Reading(600, 200, battery_percent=80, clock_set=True, level_db=-20, clipped=False)


def test_quiet_sound_warns_only_when_it_lasts():
    watch, quiet = Watch(), FINE._replace(level_db=-80)
    assert watch.changes(quiet, 0) == []
    assert watch.changes(FINE, 19 * S) == []
    assert watch.changes(quiet, 20 * S) == []
    assert watch.changes(quiet, 39 * S) == []
    assert watch.changes(quiet, 40 * S) == [("sound-level", True)]
    assert watch.changes(quiet, 90 * S) == []
    assert watch.changes(FINE, 91 * S) == []
    assert watch.changes(FINE, 94 * S) == [("sound-level", False)]


def test_a_clock_that_is_not_set_warns_at_once():
    watch = Watch()
    assert watch.changes(FINE._replace(clock_set=False), 0) == [("clock-unset", True)]
    assert watch.changes(FINE, 1) == [("clock-unset", False)]


def test_a_clock_that_may_be_off_by_more_than_a_second_warns_while_it_is_recorded_by():
    watch, astray = Watch(), FINE._replace(clock_astray=True)
    assert watch.changes(astray, 0) == []
    assert watch.changes(astray, 5 * S) == [("clock-holdover", True)]
    assert watch.changes(FINE, 6 * S) == []
    assert watch.changes(astray, 10 * S) == [], "said once, over a short stop as well"
    assert watch.changes(FINE, 11 * S) == []
    assert watch.changes(FINE, 21 * S) == [("clock-holdover", False)]


@pytest.mark.parametrize(
    ("state", "uncertainty_us", "take", "astray"),
    [
        ("holdover", 2**52, 1, True),
        ("holdover", 1_000_001, 1, True),
        ("holdover", 1_000_000, 1, False),
        ("holdover", 2**52, None, False),
        ("synchronised", 5_000_000, 1, False),
        ("unset", 2**52, 1, False),
    ],
)
def test_which_clock_is_warned_of_as_not_synchronised(state, uncertainty_us, take, astray):
    now, capture = Stamp(0, 0, state, uncertainty_us), wire.CaptureState(at_us=0, take=take)
    assert read(None, None, None, now, capture).clock_astray is astray
    assert read(None, None, None, now, None).clock_astray is False


def test_what_is_not_known_warns_of_nothing():
    watch = Watch()
    for second in range(100):
        assert watch.changes(Reading(None, None, None, True, None, False), second * S) == []


def test_low_battery_and_carrier():
    watch, low = Watch(), FINE._replace(battery_percent=10, battery_minutes=24, carrier_minutes=24)
    assert watch.changes(low, 0) == []
    assert watch.changes(low, 2 * S) == [("carrier-low", True), ("power-low", True)]


def test_the_rate_is_measured_for_each_recording():
    rate = Rate()
    assert rate.minutes(600_000 * 3600, picture=True) == 60
    rate.durable(b"a", 0, 0)
    rate.durable(b"a", 20 * S, 20 * 100_000)
    assert rate.minutes(100_000 * 3600, picture=True) == 60
    rate.durable(b"b", 30 * S, 0)
    assert rate.minutes(100_000 * 3600, picture=True) == 60


def test_half_an_hour_and_ten_minutes_are_two_warnings():
    watch = Watch()
    assert watch.changes(FINE._replace(carrier_minutes=31, battery_minutes=31), 0) == []
    half = FINE._replace(carrier_minutes=30, battery_minutes=30)
    assert watch.changes(half, 1 * S) == []
    assert watch.changes(half, 3 * S) == [("carrier-low", True), ("power-low", True)]
    last = FINE._replace(carrier_minutes=10, battery_minutes=10)
    assert watch.changes(last, 4 * S) == []
    assert watch.changes(last, 6 * S) == [("carrier-nearly-full", True), ("power-nearly-empty", True)]


def test_a_battery_that_falls_is_measured_and_one_that_jumps_is_another():
    drain = Drain()
    assert drain.minutes(100, 0) == 240  # not measured yet: four hours, on the safe side
    assert drain.minutes(98, 60 * S) == 235
    assert drain.minutes(90, 600 * S) == 90  # a percent a minute
    assert drain.minutes(50, 601 * S) == 120
    assert drain.minutes(100, 700 * S) == 240


def test_the_end_of_the_battery_is_told_once_until_it_is_charged():
    watch = Watch()
    told = [watch.empties(FINE._replace(battery_percent=percent)) for percent in (3, 2, 1, 2, 4, 3, 5, 2, 2)]
    assert told == [False, True, False, False, False, False, False, True, False]
    assert not watch.empties(FINE._replace(battery_percent=None))


def test_what_capture_finds_wrong_with_picture_and_sound_is_warned_of_once():
    watch = Watch()
    assert watch.changes(FINE._replace(picture="dark"), 0) == [("lens-covered", True)]
    assert watch.changes(FINE._replace(picture="dark"), 9 * S) == []
    assert watch.changes(FINE, 10 * S) == []
    assert watch.changes(FINE._replace(picture="frozen"), 12 * S) == [("lens-covered", False), ("picture-frozen", True)]
    muffled = FINE._replace(muffled=True)
    assert ("sound-muffled", True) not in watch.changes(muffled, 20 * S)
    assert ("sound-muffled", True) in watch.changes(muffled, 25 * S)


def test_the_senses_are_judged_only_while_they_are_recorded():
    now = Stamp(0, 0, "synchronised", 0)
    camera = Device(make="a", model="b")
    state = wire.CaptureState(at_us=0, camera=camera, microphone=camera, level_db=-90, muffled=True, picture="dark")
    idle = read(100, Battery(percent=50), 120, now, state)
    assert (idle.level_db, idle.muffled, idle.picture) == (None, False, "")
    recording = read(100, Battery(percent=50), 120, now, msgspec.structs.replace(state, take=1))
    assert (recording.level_db, recording.muffled, recording.picture) == (-90, True, "dark")
    assert read(100, Battery(percent=1, charging=True), None, now, None).battery_percent is None


def test_recording_is_felt_every_two_minutes_and_standing_by_is_not():
    indicator = Indicator(reminder_s=120)
    indicator.follow("ready", frozenset(), 0)
    indicator.follow("ready", frozenset(), 500 * S)
    assert not indicator.at(500 * S)[1]
    indicator.follow("opening", frozenset(), 501 * S)
    indicator.follow("recording", frozenset(), 560 * S)  # red all the time: the two minutes run on
    assert not indicator.at(560 * S)[1]
    indicator.follow("recording", frozenset(), 621 * S)
    assert indicator.at(621 * S)[1]
    assert not indicator.at(622 * S)[1]
    indicator.follow("recording", frozenset(), 740 * S)
    assert not indicator.at(740 * S)[1]
    indicator.follow("recording", frozenset(), 741 * S)
    assert indicator.at(741 * S)[1]
    never = Indicator()
    never.follow("recording", frozenset(), 0)
    never.follow("recording", frozenset(), 9999 * S)
    assert not never.at(9999 * S)[1]


def test_a_flash_covers_the_mode_and_passes():
    indicator = Indicator()
    indicator.follow("ready", frozenset(), 0)
    green = MODES["ready"].colour
    assert indicator.at(1 * S) == (green, False)
    indicator.flash("press", 1 * S)
    assert indicator.at(1 * S) == ((255, 255, 255), True)
    assert indicator.at(1 * S + 100_000) == ((255, 255, 255), False)
    assert indicator.at(1 * S + 130_000) == (green, False)
    indicator.flash("refused", 2 * S)
    assert indicator.at(2 * S + 70_000)[0] == OFF


def test_an_interruption_shakes_again_and_again():
    indicator = Indicator()
    indicator.follow("interrupted", frozenset(), 0)
    assert indicator.at(0)[1]
    assert not indicator.at(10 * S)[1]
    indicator.follow("interrupted", frozenset(), 20 * S)
    assert indicator.at(20 * S)[1]


def test_a_new_warning_shakes_once():
    indicator = Indicator()
    indicator.follow("recording", frozenset({"camera"}), 0)
    assert indicator.at(0)[1]
    indicator.follow("recording", frozenset({"camera"}), 5 * S)
    assert not indicator.at(5 * S)[1]


def test_a_discreet_unit_never_shines_and_is_felt():
    indicator = Indicator(reminder_s=120)
    indicator.follow("ready", frozenset(), 0, discreet=True)
    indicator.flash("press", 1 * S)
    assert indicator.at(1 * S) == (OFF, True)
    indicator.follow("opening", frozenset(), 5 * S, discreet=True)
    assert indicator.at(5 * S) == (OFF, True)  # it is recording: the light would have said so
    indicator.follow("interrupted", frozenset(), 60 * S, discreet=True)
    assert indicator.at(60 * S) == (OFF, True)
    indicator.follow("recording", frozenset(), 70 * S)
    assert indicator.at(75 * S)[0] == MODES["recording"].colour
