"""What the unit believes of the time, and how surely."""

from collections.abc import Iterator

import pytest

from kuager import clock
from kuager.clock import Clock
from kuager.evidence.records import Stamp

UTC_US = 1_795_238_100_000_000  # in 2026
RESET_US = 946_684_800_000_000  # 2000-01-01
UNKNOWN_US = 2**52
S = 1_000_000


def sure(stamp: Stamp) -> tuple[str, int]:
    return stamp.state, stamp.uncertainty_us


class Hardware:
    """The two clocks and the kernel's word on them, moved by hand."""

    def __init__(self, *, good: bool = True) -> None:
        self.boot, self.offset, self.good, self.asked = 100 * S, UTC_US, good, 0

    def discipline(self) -> tuple[bool, int]:
        self.asked += 1
        return self.good, 700 if self.good else UNKNOWN_US

    def clock(self) -> Clock:
        return Clock(lambda: self.boot, lambda: self.boot + self.offset, self.discipline)


def test_a_clock_goes_from_synchronised_to_holdover_and_grows_unsure() -> None:
    hardware = Hardware()
    read = hardware.clock()
    assert sure(read.now()) == ("synchronised", 700)
    hardware.good = False
    hardware.boot += 20_000 * S
    assert sure(read.now()) == ("holdover", 700 + 20_000 * 50)
    assert sure(Hardware(good=False).clock().now()) == ("holdover", UNKNOWN_US)


def test_the_kernel_is_asked_once_a_second() -> None:
    hardware = Hardware()
    read = hardware.clock()
    for _ in range(50):
        read.now()
        hardware.boot += S // 10
    assert hardware.asked == 5


def test_a_time_before_the_product_existed_is_never_stamped_as_right() -> None:
    hardware = Hardware()
    read = hardware.clock()
    assert read.now().state == "synchronised"
    hardware.offset, hardware.boot = RESET_US, hardware.boot + 1
    assert sure(read.now()) == ("unset", UNKNOWN_US), "at once, not within a second"
    hardware.offset, hardware.boot = UTC_US, hardware.boot + 1
    assert sure(read.now()) == ("synchronised", 700)
    hardware.good, hardware.offset = False, RESET_US
    read.now()
    hardware.offset = UTC_US
    assert sure(read.now()) == ("holdover", UNKNOWN_US), "what was known before the loss is not believed any more"


@pytest.fixture
def played() -> Iterator[None]:
    yield
    clock.play("clock-back", 0)


@pytest.mark.usefixtures("played")
def test_a_loss_that_is_played_leaves_order_and_durations_alone() -> None:
    read = Clock(discipline=lambda: (True, 5))
    before = read.now()
    assert before.state == "synchronised"
    clock.play("clock-lost", before.boot_us)
    lost = read.now()
    assert sure(lost) == ("unset", UNKNOWN_US)
    assert before.boot_us <= lost.boot_us < before.boot_us + 10 * S
    assert 0 <= (lost.utc_us - RESET_US) - (lost.boot_us - before.boot_us) < S
    clock.play("clock-back", lost.boot_us)
    back = read.now()
    assert back.state == "synchronised"
    assert abs((back.utc_us - before.utc_us) - (back.boot_us - before.boot_us)) < S
