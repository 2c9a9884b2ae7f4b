"""POWER.md: the budget's tables and the hold-up computation with its numbers, so that anyone can check them by hand."""

from kuager.hardware import Hardware
from kuager_workshop.hw import power
from kuager_workshop.hw.power import Budget, Span

_COLUMNS = (("25", False), ("25", True), ("0", False), ("0", True), ("-10", True), ("-20", True))
_INTRODUCTION = (
    "Computed from [power.toml](power.toml) by `python -m kuager_workshop.hw write`; edit that. **No figure here was "
    "measured on a unit.** *Published* means that somebody measured or specified it in public, *data-sheet* that the "
    "part's maker did, *assumed* that nobody did: those are to be measured first."
)
_CHAIN = (
    "When the battery is pulled or empty, the ideal diode keeps the capacitors to the converter alone, the charger's "
    "own capacitors empty through the bleed resistor, and the supervisor pulls *power fail* to ground. From a full "
    "battery that takes R × C × ln(full / trip) = {bleed:g} kΩ × {node:g} µF × ln({full:g} V / {trip:g} V) = "
    "{detect:.0f} ms. From then on the unit lives at least this long; `hold_up_ms` in the board files is this figure, "
    "and a test compares them."
)
_WORST = (
    "The worst case: a battery as empty as the supervisor's lowest trip, capacitors at their lower tolerance "
    "({tolerance:g}) and at the end of their life ({aged:g}), resistance times {esr:g}. From: {source}."
)


def render(budget: Budget, boards: dict[str, Hardware]) -> str:
    """POWER.md."""
    lines = [
        "# Power",
        "",
        _INTRODUCTION,
        "",
        "## Hours of recording",
        "",
        "| board | battery | recording draws | " + " | ".join(_heading(*column) for column in _COLUMNS) + " |",
        "|---|---|---|" + "---|" * len(_COLUMNS),
    ]
    for name, hardware in boards.items():
        own = power.of(budget, name)
        cells = f"{own.cells} x {budget.cell.capacity_mah} mAh, {power.capacity_mwh(budget, name) / 1000:.1f} Wh"
        figures = [f"{power.hours(budget, name, 'recording', cold, aged):.1f} h" for cold, aged in _COLUMNS]
        draws = f"{power.draw_mw(budget, name, 'recording') / 1000:.2f} W"
        lines.append(f"| {hardware.board.title} | {cells} | {draws} | " + " | ".join(figures) + " |")
    lines += [
        "",
        "Ready, with pre-roll, a new battery at 25 °C lasts "
        + ", ".join(f"{power.hours(budget, name, 'ready'):.1f} h ({name})" for name in boards)
        + ".",
        "",
        "    hours = capacity × usable × aged × cold × converter / draw",
        "",
        f"- usable {budget.derating.usable:g}: {budget.derating.usable_source}",
        f"- aged {budget.derating.aged:g}: {budget.derating.aged_source}",
        "- cold "
        + ", ".join(f"{share:g} at {cold} °C" for cold, share in budget.derating.cold.items())
        + f": {budget.derating.cold_source}",
        *(f"- converter, {own.name}: {own.efficiency:g}, {own.source}" for own in budget.board),
        f"- capacity: {budget.cell.source}",
        "",
        "Cells must not be charged below 0 °C; the dock's place is indoors.",
        "",
        "## Draws",
        "",
        "| what | boards | ready, mW | recording, mW | kind | from |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        _row(each.name, ", ".join(each.boards), str(each.ready_mw), str(each.recording_mw), each.kind, each.source)
        for each in budget.draw
    ]
    for name in boards:
        ready, recording = (power.draw_mw(budget, name, state) for state in ("ready", "recording"))
        lines.append(f"| **sum** | {name} | **{ready}** | **{recording}** | | |")
    lines += ["", *_hold_up(budget, boards)]
    return "\n".join(lines) + "\n"


def _row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


def _heading(cold: str, aged: bool) -> str:
    return f"{'aged' if aged else 'new'}, {cold} °C"


def _hold_up(budget: Budget, boards: dict[str, Hardware]) -> list[str]:
    hold = budget.hold_up
    spans: dict[str, Span] = {name: power.span(budget, name) for name in boards}
    rows: list[tuple[str, list[str]]] = [
        ("P = recording draw × peak", [f"{each.power_w:.2f} W" for each in spans.values()]),
        ("η, converter", [f"{power.of(budget, name).efficiency:g}" for name in boards]),
        ("Vmin, converter's start-up", [f"{each.low_v:.2f} V" for each in spans.values()]),
        ("I = P / (η × Vmin)", [f"{each.current_a:.2f} A" for each in spans.values()]),
        (
            f"C = strings × {hold.capacitance_f:g} F / {hold.in_series} × {hold.tolerance:g} × {hold.aged:g}",
            [f"{each.capacitance_f:.1f} F" for each in spans.values()],
        ),
        (
            f"R = {hold.in_series} × {hold.esr_mohm:g} mΩ × {hold.esr_aged:g} / strings",
            [f"{each.resistance_ohm * 1000:.0f} mΩ" for each in spans.values()],
        ),
        (
            f"Vmax = {hold.trip_mv / 1000:g} V - {hold.diode_mohm:g} mΩ × P / (η × {hold.trip_mv / 1000:g} V) - I × R",
            [f"{each.high_v:.2f} V" for each in spans.values()],
        ),
        ("E = ½ × C × (Vmax² - Vmin²)", [f"{each.energy_j:.1f} J" for each in spans.values()]),
        ("**hold-up = η × E / P**, down to 0.1 s", [f"**{each.hold_up_ms} ms**" for each in spans.values()]),
    ]
    return [
        "## Hold-up",
        "",
        _CHAIN.format(
            bleed=hold.bleed_ohm / 1000,
            node=hold.node_uf,
            full=hold.full_mv / 1000,
            trip=hold.trip_mv / 1000,
            detect=power.detect_ms(hold),
        ),
        "",
        _WORST.format(tolerance=hold.tolerance, aged=hold.aged, esr=hold.esr_aged, source=hold.source),
        "",
        "| | " + " | ".join(boards) + " |",
        "|---|" + "---|" * len(boards),
        *(f"| {label} | " + " | ".join(cells) + " |" for label, cells in rows),
    ]
