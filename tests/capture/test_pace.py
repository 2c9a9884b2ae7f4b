import itertools

from kuager.capture.pace import LIGHT_STEPS, STEPS, Pace, Step

CAPACITY = 12


class World:
    """An encoder that needs so long for a picture, and pictures that come 25 times a second."""

    def __init__(self, steps: tuple[Step, ...] = STEPS) -> None:
        self.pace = Pace(steps)
        self.now_us = 0
        self.changes: list[tuple[int, Step]] = []

    def run(self, seconds: float, busy_us: int, light_us: int | None = None) -> None:
        waiting = 0.0
        end_us = self.now_us + round(seconds * 1_000_000)
        while self.now_us < end_us:
            step = self.pace.step
            busy = light_us if step.light and light_us else busy_us
            interval = 40_000 * step.divisor
            waiting = min(CAPACITY, max(0.0, waiting + busy / interval - 1))
            self.now_us += max(interval, busy)
            if self.pace.observe(self.now_us, int(waiting), CAPACITY, busy):
                self.changes.append((self.now_us, self.pace.step))


def test_an_encoder_that_keeps_up_is_left_alone() -> None:
    world = World()
    world.run(600, 30_000)
    assert world.changes == []


def test_the_rate_is_lowered_within_a_second_of_falling_behind() -> None:
    world = World()
    world.run(10, 10_000)
    world.run(20, 70_000)
    assert [step for _, step in world.changes] == [STEPS[1]]
    assert world.changes[0][0] < 11_000_000


def test_the_preset_follows_where_half_the_rate_is_not_enough() -> None:
    world = World()
    world.run(20, 200_000, light_us=60_000)
    assert world.pace.step == STEPS[2]
    world = World()
    world.run(20, 400_000, light_us=150_000)
    assert world.pace.step == STEPS[3]
    world.run(5, 900_000, light_us=900_000)
    assert world.pace.step == STEPS[3]  # there is no further step


def test_the_rate_comes_back_after_a_time_with_room_and_not_before() -> None:
    world = World()
    world.run(5, 70_000)
    assert world.pace.step == STEPS[1]
    fell_us = world.now_us
    world.run(60, 20_000)
    assert world.pace.step == STEPS[0]
    assert world.changes[-1][0] - fell_us > 5_000_000


def test_no_room_no_step_up() -> None:
    world = World()
    world.run(5, 70_000)
    world.run(300, 60_000)
    assert world.pace.step == STEPS[1]


def test_a_step_up_that_does_not_hold_is_tried_ever_more_rarely() -> None:
    world = World()
    for _ in range(200):
        world.run(2, 70_000 if world.pace.step.divisor == 1 else 25_000)
        world.run(8, 70_000 if world.pace.step.divisor == 1 else 25_000)
    ups = [at for at, step in world.changes if step == STEPS[0]]
    waits = [following - one for one, following in itertools.pairwise(ups)]
    assert len(ups) < 12
    assert waits[-1] > 4 * waits[0]


def test_a_hiccup_changes_nothing() -> None:
    pace = Pace()
    for at in range(100):
        waiting = 7 if 50 <= at < 55 else 0
        assert not pace.observe(at * 40_000, waiting, CAPACITY, 10_000)


def test_the_cheapest_preset_has_no_cheaper_one_to_go_to() -> None:
    assert all(step.light for step in LIGHT_STEPS)
    world = World(LIGHT_STEPS)
    world.run(20, 150_000)
    assert world.pace.step == LIGHT_STEPS[2]
