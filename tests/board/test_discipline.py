"""What the kernel's word on its clock is worth, by who steers it; and what an RTC is."""

import time

import pytest

from kuager.clock import Clock
from kuager.discipline import SNTP_US, TRUSTED_US, UNKNOWN_US, Timex, backed, judge, kernel_discipline

PLL, UNSYNC, NANO = 0x0001, 0x0040, 0x2000
EARLIEST_US = 1_735_689_600_000_000
S = 1_000_000


@pytest.mark.parametrize(
    ("answer", "fields", "found"),
    [
        (0, {"status": 0, "maxerror": 1_700}, (True, 1_700)),  # chronyd: no loop, its root distance
        (0, {"status": PLL | NANO, "maxerror": 0}, (True, SNTP_US)),  # timesyncd, just answered
        (0, {"status": PLL | NANO, "maxerror": 250, "offset": -300_000_000}, (True, 250 + SNTP_US + 300_000)),
        (0, {"status": PLL, "maxerror": 250, "offset": 20_000}, (True, 250 + SNTP_US + 20_000)),
        (0, {"status": 0, "maxerror": TRUSTED_US + 1}, (False, TRUSTED_US + 1)),  # long without its server
        (0, {"status": UNSYNC, "maxerror": 16_000_000}, (False, UNKNOWN_US)),
        (5, {"status": UNSYNC, "maxerror": 16_000_000}, (False, UNKNOWN_US)),
        (-1, {}, (False, UNKNOWN_US)),
    ],
)
def test_what_adjtimex_says(answer, fields, found):
    assert judge(answer, Timex(**fields)) == found


def test_this_kernel_answers():
    good, error = kernel_discipline()
    assert isinstance(good, bool)
    assert error >= 0


def rtc(folder, seconds):
    (folder / "rtc0").mkdir(exist_ok=True)
    (folder / "rtc0" / "since_epoch").write_text(f"{seconds}\n")


def test_a_board_without_a_right_rtc_has_no_time_of_its_own(tmp_path):
    tree, sys = tmp_path / "device-tree", tmp_path / "rtc"
    tree.mkdir()
    sys.mkdir()
    assert not backed(EARLIEST_US, sys, tree), "none is there"
    rtc(sys, int(time.time()))
    assert backed(EARLIEST_US, sys, tree)
    rtc(sys, int(time.time()) - 3600)
    assert not backed(EARLIEST_US, sys, tree), "the system's clock came from somewhere else"
    rtc(sys, 946_684_800)
    assert not backed(EARLIEST_US, sys, tree), "it lost its power"
    (sys / "rtc0" / "since_epoch").unlink()
    assert not backed(EARLIEST_US, sys, tree), "it can't be read"


def test_elsewhere_an_rtc_may_keep_local_time_or_be_hidden(tmp_path):
    tree, sys = tmp_path / "device-tree", tmp_path / "rtc"
    sys.mkdir()
    assert backed(EARLIEST_US, sys, tree)
    rtc(sys, int(time.time()) + 5 * 3600)
    assert backed(EARLIEST_US, sys, tree)
    rtc(sys, 86_400)
    assert not backed(EARLIEST_US, sys, tree)


def test_a_clock_that_rests_on_nothing_is_unset_until_it_is_synchronised():
    now, good, rests, asked = 100 * S, [False], [False], []

    def on_rtc() -> bool:
        asked.append(1)
        return rests[0]

    clock = Clock(lambda: now, lambda: EARLIEST_US + now, lambda: (good[0], 50 if good[0] else UNKNOWN_US), on_rtc)
    for _ in range(30):
        now += S
        assert clock.now().state == "unset"
    assert len(asked) == 1, "the RTC is on a slow bus"
    rests[0] = True
    now += 60 * S
    assert clock.now().state == "holdover"
    good[0] = True
    now += S
    assert (clock.now().state, clock.now().uncertainty_us) == ("synchronised", 50)
