"""The lights of the table of signals as a stylesheet: each burns in its true colour and rhythm, without a script.

Where a person asked their system for less motion, lights stand still in their colour; the drawn bars tell the rhythm.
"""

from collections.abc import Iterable

from kuager.board.page.table import COLOURS, Light, Row

HEX = {name: "#{:02x}{:02x}{:02x}".format(*colour) for colour, name in COLOURS.items()}
"""Colour's name -> as CSS and SVG write it. What vibrates is grey."""
HEX["vibration"] = "#7d8590"

_DARK = "color: var(--unlit); box-shadow: none;"


def stylesheet(rows: Iterable[Row]) -> str:
    """Rules for elements of the class ``lamp`` with the class of a light's colour and a row's name."""
    colours = [f".lamp.{name} {{ color: {value}; }}" for name, value in HEX.items() if name != "off"]
    moving = [rule for row in rows if (rule := _moving(row.name, row.light))]
    return "\n".join([*colours, "@media (prefers-reduced-motion: no-preference) {", *moving, "}", ""])


def _moving(name: str, light: Light) -> str:
    """Nothing for a light that never changes."""
    changes = _changes(light)
    if len(changes) < 2:
        return ""
    frames = " ".join(f"{at * 100 / light.cycle_ms:.3f}% {{ {look} }}" for at, look in changes)
    # step-end: each colour stays until the next begins, as the unit's light does not fade.
    return (
        f"  @keyframes {name} {{ {frames} }}\n"
        f"  .lamp.{name} {{ animation: {name} {light.cycle_ms}ms step-end infinite; }}"
    )


def _changes(light: Light) -> list[tuple[int, str]]:
    """When the light takes which look, over one cycle."""
    changes: list[tuple[int, str]] = []
    at = 0
    for segment in light.cycle:
        if segment.start_ms > at:
            changes.append((at, _DARK))
        changes.append((segment.start_ms, f"color: {HEX[segment.colour]}; box-shadow: var(--glow);"))
        at = segment.start_ms + segment.length_ms
    if at < light.cycle_ms:
        changes.append((at, _DARK))
    return changes
