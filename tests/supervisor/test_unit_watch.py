"""Warnings that do not flutter, and the light by its table: pure."""

from kuager.signals import MODES, OFF
from kuager.supervisor.indicator import Indicator
from kuager.supervisor.watch import Rate, Reading, Watch

S = 1_000_000
FINE = Reading(hours_left_tenths=100, battery_percent=80, clock_set=True, level_db=-20, clipped=False)


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


def test_what_is_not_known_warns_of_nothing():
    watch = Watch()
    for second in range(100):
        assert watch.changes(Reading(None, None, True, None, False), second * S) == []


def test_low_battery_and_carrier():
    watch, low = Watch(), FINE._replace(battery_percent=10, hours_left_tenths=4)
    assert watch.changes(low, 0) == []
    assert watch.changes(low, 2 * S) == [("carrier-low", True), ("power-low", True)]


def test_the_rate_is_measured_for_each_recording():
    rate = Rate()
    assert rate.tenths(600_000 * 3600, picture=True) == 10
    rate.durable(b"a", 0, 0)
    rate.durable(b"a", 20 * S, 20 * 100_000)
    assert rate.tenths(100_000 * 3600, picture=True) == 10
    rate.durable(b"b", 30 * S, 0)
    assert rate.tenths(100_000 * 3600, picture=True) == 10


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
