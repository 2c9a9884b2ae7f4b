"""The power budget's arithmetic: hours of recording out of a battery, milliseconds out of the capacitors. Pure."""

from math import log
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from kuager import toml
from kuager.errors import UsageError

Share = Annotated[float, Meta(gt=0, le=1)]
Positive = Annotated[float, Meta(gt=0)]
Count = Annotated[int, Meta(ge=1)]


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One table of hw/power.toml."""


class Cell(_Table, frozen=True, kw_only=True):
    """One cell as its maker specifies it."""

    capacity_mah: Count
    nominal_mv: Count
    source: str


class Derating(_Table, frozen=True, kw_only=True):
    """What is left of the energy. `cold`: by the cell's temperature in degrees Celsius."""

    usable: Share
    usable_source: str
    aged: Share
    aged_source: str
    cold: dict[str, Share]
    cold_source: str


class HoldUp(_Table, frozen=True, kw_only=True):
    """The capacitors and what stands between them and the boost converter."""

    capacitance_f: Positive
    in_series: Count
    tolerance: Share
    aged: Share
    esr_mohm: Positive
    esr_aged: Annotated[float, Meta(ge=1)]
    diode_mohm: Positive
    trip_mv: Count
    full_mv: Count
    empty_mv: Count
    bleed_ohm: Positive
    node_uf: Positive
    source: str


class BoardPower(_Table, frozen=True, kw_only=True):
    """A board's battery. `feed`: where the ideal diode takes its current. `peak`: of the recording draw."""

    name: str
    cells: Count
    strings: Count
    efficiency: Share
    peak: Annotated[float, Meta(ge=1)]
    feed: Literal["charger", "cells"]
    source: str


class Draw(_Table, frozen=True, kw_only=True):
    """What one thing takes from the 5 V rail, in the mean."""

    name: str
    boards: tuple[str, ...]
    ready_mw: Annotated[int, Meta(ge=0)]
    recording_mw: Annotated[int, Meta(ge=0)]
    kind: Literal["published", "data-sheet", "assumed"]
    source: str


class Budget(_Table, frozen=True, kw_only=True):
    """hw/power.toml."""

    cell: Cell
    derating: Derating
    hold_up: HoldUp
    board: tuple[BoardPower, ...]
    draw: tuple[Draw, ...]


def load(path: Path) -> Budget:
    """Read the budget. Raises UsageError naming the line."""
    return toml.decode(path.read_text("utf-8"), Budget, str(path))


def of(budget: Budget, board: str) -> BoardPower:
    """The board's battery. Raises UsageError where the budget has none."""
    for each in budget.board:
        if each.name == board:
            return each
    raise UsageError(f"the power budget knows no board {board}")


def capacity_mwh(budget: Budget, board: str) -> int:
    """What the cells hold when new, by their nominal voltage; rounded down to 100 mWh."""
    whole = of(budget, board).cells * budget.cell.capacity_mah * budget.cell.nominal_mv / 1000
    return int(whole // 100 * 100)


def draw_mw(budget: Budget, board: str, state: Literal["ready", "recording"]) -> int:
    """The sum of all draws."""
    return sum(
        each.recording_mw if state == "recording" else each.ready_mw for each in budget.draw if board in each.boards
    )


def hours(
    budget: Budget, board: str, state: Literal["ready", "recording"], cold: str = "25", aged: bool = False
) -> float:
    """How long the unit stays in `state`, from full to the supervisor's trip."""
    derating = budget.derating
    energy = capacity_mwh(budget, board) * derating.usable * derating.cold[cold] * (derating.aged if aged else 1)
    return energy * of(budget, board).efficiency / draw_mw(budget, board, state)


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """The hold-up computation, step by step, in the order in which it is done."""

    power_w: float  # out of the boost converter
    current_a: float  # out of the capacitors when they are nearly empty
    capacitance_f: float
    resistance_ohm: float
    high_v: float  # usable beginning
    low_v: float
    energy_j: float
    detect_ms: float  # from the pull to the trip
    hold_up_ms: int


def span(budget: Budget, board: str) -> Span:
    """From the power-fail line to the loss, at constant power, in the worst case."""
    hold, own = budget.hold_up, of(budget, board)
    power = draw_mw(budget, board, "recording") / 1000 * own.peak
    low = hold.empty_mv / 1000
    current = power / own.efficiency / low
    capacitance = hold.capacitance_f / hold.in_series * own.strings * hold.tolerance * hold.aged
    resistance = hold.esr_mohm / 1000 * hold.in_series * hold.esr_aged / own.strings
    # The capacitors stood behind the diode, below the battery by its drop; from then on their own resistance takes its
    # share, most at the end.
    before = power / own.efficiency / (hold.trip_mv / 1000) * hold.diode_mohm / 1000
    high = hold.trip_mv / 1000 - before - current * resistance
    energy = max(0.0, 0.5 * capacitance * (high**2 - low**2))
    seconds = energy * own.efficiency / power
    return Span(
        power_w=power, current_a=current, capacitance_f=capacitance, resistance_ohm=resistance, high_v=high, low_v=low,
        energy_j=energy, detect_ms=detect_ms(hold), hold_up_ms=int(seconds * 10) * 100,
    )  # fmt: skip


def detect_ms(hold: HoldUp) -> float:
    """From the pull of a full battery to the trip: the bleed resistor empties the charger's own capacitors.

    Nothing is lost by it: while the battery's node falls from full to the trip, so much more is in the capacitors.
    """
    return hold.bleed_ohm * hold.node_uf / 1000 * log(hold.full_mv / hold.trip_mv)
