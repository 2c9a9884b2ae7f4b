"""What an officer does with a unit, whatever happens to it: presses, looks at the light, presses again."""

from collections.abc import Callable

from kuager_workshop.torture.campaign import expect
from kuager_workshop.torture.simulated.unit import SimulatedUnit

_START_S = 90.0  # for a unit that has to start again, after its vault was frozen for as long as is allowed
_PRESSES = 4


def ready(unit: SimulatedUnit) -> None:
    """Wait for the light that says so."""
    unit.until(lambda: _signal(unit) in ("ready", "sealing"), _START_S, "ready")


def begin(unit: SimulatedUnit, *, partly: bool = False) -> None:
    """Press record until the light is red; the opening dialogue is answered as it is put.

    `partly`: or until it says that one stream is recorded.
    """

    def recorded() -> bool:
        return unit.is_red() or (partly and _signal(unit) == "interrupted-partly")

    for _ in range(_PRESSES):
        if _signal(unit) in ("ready", "sealing"):
            unit.press("record")
        if _within(unit, recorded, _START_S / _PRESSES):
            break
    expect(recorded(), f"the light does not say that it records: {_signal(unit)}")


def opened(unit: SimulatedUnit) -> None:
    """Wait until the opening dialogue is over."""
    unit.until(lambda: _state(unit) == "recording", 2 * _START_S, "the end of the opening dialogue")


def recording(unit: SimulatedUnit) -> None:
    """Look until the light is red again."""
    expect(_within(unit, unit.is_red, _START_S), f"the light is not red again: {_signal(unit)}")


def end(unit: SimulatedUnit) -> None:
    """Hold record, answer, and look until it is sealed."""
    sealed = len(unit.sealed)
    for _ in range(_PRESSES):
        if _state(unit) in ("opening", "recording"):
            unit.hold("record")
        if _within(unit, lambda: len(unit.sealed) > sealed and _state(unit) == "ready", _START_S / 2):
            return
    expect(_state(unit) == "ready", f"the recording does not end: {_state(unit)}, {_signal(unit)}")


def session(unit: SimulatedUnit) -> None:
    """One whole session, with a mark and a photograph."""
    ready(unit)
    begin(unit)
    opened(unit)
    unit.press("mark")
    unit.run(0.7)
    unit.hold("mark")
    unit.run(2.5)
    end(unit)


def _within(unit: SimulatedUnit, so: Callable[[], bool], seconds: float) -> bool:
    for _ in range(round(seconds * 10)):
        if so():
            return True
        unit.run(0.1)
    return so()


def _signal(unit: SimulatedUnit) -> str:
    return unit.panel.signal if unit.panel else ""


def _state(unit: SimulatedUnit) -> str:
    return unit.panel.state if unit.panel else ""
