"""The table of signals is complete, and states can be told from each other by their lights."""

from typing import get_args

from kuager import signals
from kuager.session import Phase
from kuager.session.events import WarningCode


def test_every_mode_and_warning_has_its_signal():
    assert set(signals.MODES) == set(get_args(signals.Mode))
    assert set(signals.WARNINGS) == set(get_args(WarningCode))
    assert set(signals.FLASHES) == {"press", "refused", "photo", "discreet"}


def test_no_two_modes_look_alike_but_opening_and_recording():
    # Both are steady red: from the first durable media on, what is seen and heard is kept.
    assert signals.MODES["opening"] == signals.MODES["recording"]
    looks = [(signal.colour, signal.steps) for name, signal in signals.MODES.items() if name != "opening"]
    assert len(set(looks)) == len(looks)


def test_red_is_shown_by_no_mode_but_those_that_mean_it():
    for name, signal in signals.MODES.items():
        assert (signal.colour == signals.RED) == signal.red, name
    assert signals.MODES["recording"].steps == (), "recorded and safe is the steady red"


def test_every_phase_has_a_mode_whatever_else_is_so():
    for phase in get_args(Phase):
        for bits in range(32):
            carrier, waiting, running, durable, silent = (bool(bits >> place & 1) for place in range(5))
            mode = signals.mode(
                phase, carrier=carrier, waiting=waiting, running=running, durable=durable, silent=silent
            )
            if signals.MODES[mode].red:
                assert running
                assert durable


def test_a_light_follows_its_steps_and_lets_a_warning_through():
    assert signals.light("recording", False, 0, 123_456) == signals.RED
    assert signals.light("closing", False, 1_000_000, 1_899_000) == signals.RED
    assert signals.light("closing", False, 1_000_000, 1_900_000) == signals.OFF
    assert signals.light("recording", True, 0, 100_000) == signals.AMBER
    assert signals.light("recording", True, 0, 200_000) == signals.RED
    assert signals.light("closing", False, 5_000_000, 4_000_000) in (signals.RED, signals.OFF)
