"""The power budget: its arithmetic by hand, and that the board files carry its figures."""

from math import log

import msgspec
import pytest

from kuager import hardware
from kuager.errors import UsageError
from kuager_workshop.hw import BOARDS, power, room

TEXT = """\
[cell]
capacity_mah = 1000
nominal_mv = 4000
source = "s"

[derating]
usable = 0.5
usable_source = "s"
aged = 0.8
aged_source = "s"
cold = { "25" = 1.0, "0" = 0.5 }
cold_source = "s"

[hold_up]
capacitance_f = 20.0
in_series = 2
tolerance = 0.5
aged = 0.8
esr_mohm = 10.0
esr_aged = 2.0
diode_mohm = 100.0
trip_mv = 3000
full_mv = 4000
empty_mv = 2000
bleed_ohm = 1000.0
node_uf = 10.0
source = "s"

[[board]]
name = "b"
cells = 2
strings = 1
efficiency = 0.5
peak = 2.0
feed = "cells"
source = "s"

[[draw]]
name = "all"
boards = ["b"]
ready_mw = 400
recording_mw = 500
kind = "assumed"
source = "s"

[[draw]]
name = "another board's"
boards = ["c"]
ready_mw = 9000
recording_mw = 9000
kind = "assumed"
source = "s"
"""


@pytest.fixture
def budget(tmp_path):
    path = tmp_path / "power.toml"
    path.write_text(TEXT)
    return power.load(path)


def test_hours(budget):
    assert power.capacity_mwh(budget, "b") == 8000
    assert power.draw_mw(budget, "b", "recording") == 500
    # 8 Wh, half of it usable, half of that lost in the converter, at half a watt
    assert power.hours(budget, "b", "recording") == pytest.approx(4.0)
    assert power.hours(budget, "b", "recording", "0") == pytest.approx(2.0)
    assert power.hours(budget, "b", "recording", "0", aged=True) == pytest.approx(1.6)
    assert power.hours(budget, "b", "ready") == pytest.approx(5.0)


def test_hold_up_step_by_step(budget):
    span = power.span(budget, "b")
    assert span.power_w == pytest.approx(1.0)  # 0.5 W, doubled
    assert span.current_a == pytest.approx(1.0)  # 1 W at half efficiency, out of 2 V
    assert span.capacitance_f == pytest.approx(4.0)  # 20 F / 2, times 0.5, times 0.8
    assert span.resistance_ohm == pytest.approx(0.04)  # 2 x 10 mOhm, doubled
    assert span.high_v == pytest.approx(3.0 - 2 / 3 * 0.1 - 0.04)
    assert span.energy_j == pytest.approx(2.0 * (span.high_v**2 - 4.0))
    assert span.hold_up_ms == int(span.energy_j * 0.5 / 1.0 * 10) * 100
    assert span.detect_ms == pytest.approx(10 * log(4 / 3))


def test_twice_the_strings_hold_more_than_twice_as_long(budget):
    twice = msgspec.structs.replace(budget, board=(msgspec.structs.replace(budget.board[0], strings=2),))
    assert power.span(twice, "b").hold_up_ms > 2 * power.span(budget, "b").hold_up_ms


def test_capacitors_that_cannot_carry_it_hold_nothing(budget):
    weak = msgspec.structs.replace(budget, hold_up=msgspec.structs.replace(budget.hold_up, esr_mohm=1000.0))
    assert power.span(weak, "b").hold_up_ms == 0


def test_an_unknown_board_is_told(budget):
    with pytest.raises(UsageError, match="no board pi-9"):
        power.of(budget, "pi-9")


def test_a_mistake_names_the_line(tmp_path):
    path = tmp_path / "power.toml"
    path.write_text(TEXT.replace("usable = 0.5", "usable = 1.5"))
    with pytest.raises(UsageError, match="line 7: "):
        power.load(path)


# The tree's own budget


@pytest.fixture(scope="module")
def real():
    return power.load(room() / "power.toml")


@pytest.mark.parametrize("name", BOARDS)
def test_the_board_file_has_the_budgets_figures(real, name):
    board = hardware.load(hardware.path_of(name))
    assert board.power.capacity_mwh == power.capacity_mwh(real, name)
    assert board.power.hold_up_ms == power.span(real, name).hold_up_ms


@pytest.mark.parametrize("name", BOARDS)
def test_no_part_of_the_chain_carries_more_than_it_may(real, name):
    span = power.span(real, name)
    battery_a = span.power_w / power.of(real, name).efficiency / (real.hold_up.trip_mv / 1000)
    assert battery_a < 4.0  # the ideal diode
    assert span.current_a < (3.7 if name == "pi-zero-2w" else 6.5)  # the converter's switch, at its least
    if power.of(real, name).feed == "charger":
        assert battery_a < 1.6  # for the second of a peak; 1.5 A for ever


@pytest.mark.parametrize("name", BOARDS)
def test_every_draw_says_what_it_is_worth(real, name):
    assert all(each.source for each in real.draw)
    assert set(BOARDS) >= {board for each in real.draw for board in each.boards}
    assert power.draw_mw(real, name, "ready") <= power.draw_mw(real, name, "recording")
