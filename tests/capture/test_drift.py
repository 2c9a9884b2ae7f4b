import random
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kuager.capture.drift import GAP_US, HOLD_US, Placed, SoundClock

BLOCK = 960
BEGIN_US = 5_000_000


class Card:
    """A sound card with a crystal's error; blocks are stamped late by as much as the test says."""

    def __init__(self, clock: SoundClock, ppm: float = 0.0, jitter_us: float = 0.0, seed: int = 1) -> None:
        self.clock, self.rate, self.jitter_us = clock, 48_000 * (1 + ppm / 1e6), jitter_us
        self.random = random.Random(seed)
        self.taken = 0  # samples that the card took in, lost ones included
        self.truth: list[float] = []  # when each delivered block was taken
        self.placed: list[Placed] = []

    def true_us(self) -> float:
        return BEGIN_US + self.taken / self.rate * 1e6

    def deliver(self, late_us: float = 0.0) -> None:
        jitter = self.random.expovariate(1 / self.jitter_us) if self.jitter_us else 0.0
        stamp = int(self.true_us() + jitter + late_us)
        self.truth.append(self.true_us())
        self.placed += self.clock.push(np.full(BLOCK, len(self.truth) % 1000, np.int16), stamp)
        self.taken += BLOCK

    def lose(self, samples: int) -> None:
        self.taken += samples

    def errors_us(self, skip: int = 0) -> np.ndarray:
        placed = np.array([block.boot_us for block in self.placed])
        return (placed - np.array(self.truth[: placed.size]))[skip:]


@pytest.mark.parametrize("ppm", [0, 200, -200, 500, -500])
@pytest.mark.parametrize("jitter_us", [0, 4000])
def test_half_an_hour_of_drift_stays_within_ten_milliseconds(ppm, jitter_us):
    card = Card(SoundClock(), ppm, jitter_us)
    for number in range(30 * 60 * 50):
        late = 70_000 if jitter_us and number % 997 == 500 else 0  # now and then the machine is busy
        card.deliver(late)
    for block in card.clock.flush():
        card.placed.append(block)
    errors = np.abs(card.errors_us(skip=100))
    assert errors.max() < 10_000
    assert errors[-1500:].max() < 1000  # and is followed closely in the end
    assert sum(block.missing for block in card.placed) == 0


def test_every_sample_comes_out_once_and_in_order():
    card = Card(SoundClock(), ppm=300, jitter_us=5000)
    for number in range(2000):
        card.deliver(late_us=40_000 if number % 50 in (10, 11) else 0)
    card.placed += card.clock.flush()
    assert [int(block.samples[0]) for block in card.placed] == [(n + 1) % 1000 for n in range(2000)]


def test_first_stamps_that_are_late_are_corrected_by_a_better_one():
    card = Card(SoundClock())
    for late in (25_000, 18_000, 25_000, 9_000, 0, 3_000):
        card.deliver(late)
    for _ in range(20):
        card.deliver()
    assert abs(card.errors_us()[-1]) < 2
    assert np.all(np.diff([block.boot_us for block in card.placed]) > 0)


@pytest.mark.parametrize("lost", [600, 960, 4800, 48_000 * 3, 48_000 * 3600])
def test_lost_sound_is_found_counted_and_placed_where_it_is_missing(lost):
    card = Card(SoundClock(), jitter_us=1500)
    for _ in range(300):
        card.deliver()
    card.lose(lost)
    for _ in range(300):
        card.deliver()
    gaps = [(index, block) for index, block in enumerate(card.placed) if block.missing]
    assert len(gaps) == 1
    index, gap = gaps[0]
    assert index == 300
    assert gap.missing == pytest.approx(lost, abs=0.002 * 48_000 + 3e-6 * lost)
    before = card.placed[index - 1]
    assert gap.missing_us == pytest.approx(before.boot_us + 20_000, abs=2)
    assert gap.boot_us - gap.missing_us == pytest.approx(gap.missing / 0.048, abs=200, rel=3e-6)
    assert np.abs(card.errors_us(skip=310)).max() < 2000


def test_a_block_that_was_only_delivered_late_is_no_gap():
    card = Card(SoundClock())
    for _ in range(200):
        card.deliver()
    # The machine was busy for 0.4 s; then all that had piled up came at once.
    for number in range(20):
        card.deliver(late_us=400_000 - 20_000 * number)
    for _ in range(100):
        card.deliver()
    assert not any(block.missing for block in card.placed)
    assert np.abs(card.errors_us()).max() < 2
    assert len(card.placed) == 320


def test_sound_is_held_back_no_longer_than_it_takes_to_know():
    card = Card(SoundClock())
    for _ in range(100):
        card.deliver()
    card.lose(9600)
    held = 0
    while len(card.placed) == 100:
        card.deliver()
        held += 1
    assert held * 20_000 == HOLD_US
    assert len(card.placed) == 125


def test_a_difference_below_the_limit_is_followed_and_not_declared():
    card = Card(SoundClock())
    for _ in range(300):
        card.deliver()
    card.lose(int(0.8 * GAP_US * 0.048))
    for _ in range(3000):
        card.deliver()
    assert not any(block.missing for block in card.placed)
    assert np.abs(card.errors_us()).max() <= 0.8 * GAP_US + 1
    assert abs(card.errors_us()[-1]) < 300


def test_silence_stands_in_for_a_microphone_that_is_gone():
    clock = SoundClock()
    card = Card(clock)
    for _ in range(100):
        card.deliver()
    assert clock.flush() == []
    samples, begin = clock.fill(BEGIN_US + 2_500_000)
    assert (samples, begin) == (24_000, BEGIN_US + 2_000_000)
    assert clock.fill(BEGIN_US + 2_400_000) == (0, BEGIN_US + 2_500_000)
    samples, begin = clock.fill(BEGIN_US + 3_000_000)
    assert (samples, begin) == (24_000, BEGIN_US + 2_500_000)
    card.lose(48_000 + 4800)  # it comes back after 1.1 s
    card.deliver()
    back = card.placed[-1]
    assert (back.missing, back.missing_us) == (4800, BEGIN_US + 3_000_000)
    assert back.boot_us == BEGIN_US + 3_100_000


def test_silence_that_was_filled_too_far_is_made_up_for():
    clock = SoundClock()
    card = Card(clock)
    for _ in range(100):
        card.deliver()
    clock.fill(BEGIN_US + 2_200_000)
    card.lose(4800)  # back after 0.1 s already
    for _ in range(100):
        card.deliver()
    assert abs(card.errors_us()[-1]) < 2
    assert np.all(np.diff([block.boot_us for block in card.placed]) > 0)


def test_sound_that_is_missing_from_the_begin_is_counted():
    clock = SoundClock(begin_us=BEGIN_US)
    card = Card(clock)
    card.lose(48_000)
    card.deliver()
    assert (card.placed[0].missing, card.placed[0].missing_us) == (48_000, BEGIN_US)
    assert SoundClock().fill(BEGIN_US) == (0, 0)
    assert SoundClock(begin_us=BEGIN_US).fill(BEGIN_US + 1_000_000) == (48_000, BEGIN_US)


def test_a_gap_that_was_none_is_made_up_for():
    # Twice as long held up as sound is held back: what was taken for lost comes after all.
    card = Card(SoundClock())
    for _ in range(200):
        card.deliver()
    for number in range(50):
        card.deliver(late_us=1_000_000 - 20_000 * number)
    for _ in range(1000):
        card.deliver()
    declared = sum(block.missing for block in card.placed)
    assert declared > 0
    assert abs(card.errors_us()[-1]) < 1000
    assert np.all(np.diff([block.boot_us for block in card.placed]) > 0)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 2000), st.one_of(st.integers(-50_000, 50_000), st.integers(-(10**12), 10**12))),
        max_size=120,
    )
)
def test_whatever_a_driver_stamps_no_sample_is_lost_or_doubled_and_time_grows(blocks):
    clock = SoundClock()
    placed: list[Placed] = []
    for number, (size, shift) in enumerate(blocks):
        stamp = max(0, 10**13 + number * 20_000 + shift)
        placed += clock.push(np.full(size, number, np.int16), stamp)
    placed += clock.flush()
    given_in = np.concatenate([np.full(size, n, np.int16) for n, (size, _) in enumerate(blocks)] or [np.zeros(0)])
    came_out = np.concatenate([block.samples for block in placed] or [np.zeros(0)])
    assert np.array_equal(given_in, came_out)
    times = [block.boot_us for block in placed]
    assert all(later > earlier for earlier, later in pairwise(times))
    assert all(block.missing >= 0 and block.missing_us <= block.boot_us for block in placed)
