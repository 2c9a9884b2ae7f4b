"""A picture that is not worth keeping is found, and one that is, is not suspected."""

import numpy as np

from kuager.capture.picturewatch import AFTER_US, PictureWatch
from kuager.media.cells import Luma

RNG = np.random.default_rng(3)


def noise(mean: float, spread: float) -> Luma:
    return np.clip(RNG.normal(mean, spread, (720, 1280)), 0, 255).astype(np.uint8)


def watch(pictures: list[Luma], every_us: int = 1_000_000) -> list[str]:
    """What the watch says after each picture."""
    found, states = PictureWatch(), []
    for at, luma in enumerate(pictures):
        found.look(luma, at * every_us)
        states.append(found.state)
    return states


def test_a_covered_lens_is_told_after_five_seconds_and_over_at_once() -> None:
    scene = [noise(110, 40) for _ in range(3)]
    states = watch([*scene, *(noise(18, 2) for _ in range(8)), *scene])
    assert states[:8] == [""] * 8
    assert states[8:11] == ["dark"] * 3
    assert states[11:] == [""] * 3
    assert AFTER_US == 5_000_000


def test_a_night_with_lamps_is_no_covered_lens() -> None:
    night = [noise(22, 3) for _ in range(10)]
    for luma in night:
        luma[::48, ::64] = 200
    assert set(watch(night)) == {""}


def test_a_picture_that_never_changes_is_frozen_and_a_still_scene_is_not() -> None:
    wall = noise(120, 30)
    assert watch([wall] * 8)[-1] == "frozen"
    still = [np.clip(wall + RNG.integers(-1, 2, wall.shape), 0, 255).astype(np.uint8) for _ in range(8)]
    assert set(watch(still)) == {""}


def test_black_is_dark_though_it_never_changes() -> None:
    assert watch([np.full((720, 1280), 16, np.uint8)] * 9)[-1] == "dark"


def test_it_looks_once_a_second_whatever_the_clock_does() -> None:
    found = PictureWatch()
    assert found.due(5_000_000)
    found.look(noise(100, 20), 5_000_000)
    assert not found.due(5_900_000)
    assert found.due(6_000_000)
    assert found.due(4_000_000)
