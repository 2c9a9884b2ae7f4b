"""When a camera counts as stalled, and when a thread counts as hung."""

from kuager.capture.camerawatch import STALL_US, CameraWatch
from kuager.capture.pulse import HUNG_US, Pulse

SECOND = 1_000_000


def test_a_camera_that_gives_nothing_for_two_seconds_has_stalled_and_that_is_said_once() -> None:
    watch = CameraWatch(0)
    watch.seen(SECOND)
    assert not watch.fails(SECOND + STALL_US)
    assert watch.fails(SECOND + STALL_US + 1)
    assert not watch.fails(SECOND + STALL_US + 2)
    assert watch.lost
    assert watch.seen(9 * SECOND)
    assert not watch.seen(9 * SECOND + 1)
    assert not watch.lost


def test_a_camera_may_take_longer_to_its_first_picture() -> None:
    watch = CameraWatch(0)
    assert not watch.fails(STALL_US + SECOND)
    assert watch.fails(STALL_US + 3 * SECOND)
    watch.wanted(60 * SECOND)
    assert not watch.lost
    assert not watch.fails(60 * SECOND + STALL_US + SECOND)
    assert watch.fails(60 * SECOND + STALL_US + 3 * SECOND)


def test_the_watchdog_is_fed_only_where_a_sensor_has_lived_since() -> None:
    pulse = Pulse(("camera", "microphone"), 0)
    assert not pulse.felt()
    pulse.beat("camera", SECOND)
    assert pulse.felt()
    assert not pulse.felt()
    pulse.beat("microphone", 2 * SECOND)
    assert pulse.felt()


def test_a_thread_that_never_comes_back_is_named_though_the_other_lives() -> None:
    pulse = Pulse(("camera", "microphone"), 0)
    for at in range(1, 20):
        pulse.beat("microphone", at * SECOND)
        assert pulse.hung(at * SECOND) == ("camera" if at * SECOND > HUNG_US else "")


def test_a_thread_that_was_given_up_is_expected_again_once_it_beats() -> None:
    pulse = Pulse(("camera", "microphone"), 0)
    pulse.give_up("camera")
    pulse.give_up("camera")
    pulse.beat("microphone", 20 * SECOND)
    assert not pulse.hung(21 * SECOND)
    pulse.beat("camera", 22 * SECOND)
    pulse.beat("microphone", 60 * SECOND)
    assert pulse.hung(60 * SECOND) == "camera"
    pulse.give_up("camera")
    pulse.give_up("microphone")
    assert not pulse.hung(99 * SECOND)
    assert not pulse.felt() or not pulse.felt()
