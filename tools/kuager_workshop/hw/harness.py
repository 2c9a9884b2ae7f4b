"""A wiring picture's data in WireViz's words: boxes with pins, bundles of wires, what joins what; and its YAML text.

One colour, one meaning, in every picture: RD 5 V or battery, OG 3.3 V, BK ground.
"""

import json
from typing import Any, NamedTuple

from kuager_workshop.hw.header import GROUND, POWER

_GAUGES = {True: "0.5 mm2", False: "0.14 mm2"}


class _Wire(NamedTuple):
    box: str
    pin: str
    colour: str
    to_box: str
    to_pin: str
    inline: str = ""  # the name of a part that sits in the wire


class Harness:
    """One picture. Boxes appear in the order in which they were added."""

    def __init__(self, title: str, note: str) -> None:
        self._title, self._note = title, note
        self._boxes: dict[str, dict[str, Any]] = {}
        self._bundles: list[tuple[bool, list[_Wire]]] = []

    def box(self, name: str, kind: str, pins: str, note: str = "", colour: str = "") -> None:
        """A part with pins: ``VIN | SCL clock | SDA data``, each a pin's name and perhaps what it is."""
        parted = [each.partition(" ") for each in pins.split(" | ")]
        entry: dict[str, Any] = {"type": kind, "pins": [_pin(pin) for pin, _, _ in parted], "show_pincount": False}
        entry["pinlabels"] = [label for _, _, label in parted]
        entry |= {"notes": note} if note else {}
        entry |= {"bgcolor_title": colour} if colour else {}
        self._boxes[name] = entry

    def bundle(self, *wires: str, thick: bool = False) -> None:
        """Wires drawn as one: ``Header 11 RD Light R via Resistor 220 Ohm``. `thick`: they carry the unit's current."""
        made = []
        for text in wires:
            ends, _, inline = text.partition(" via ")
            wire = _Wire(*ends.split())
            made.append(wire._replace(inline=self._between(inline)) if inline else wire)
        self._bundles.append((thick, made))

    def yaml(self) -> str:
        """The text that `wireviz` reads."""
        cables: dict[str, Any] = {}
        joints: list[Any] = []
        for number, (thick, wires) in enumerate(self._bundles, 1):
            name = f"B{number}"
            cables[name] = {"category": "bundle", "gauge": _GAUGES[thick], "colors": [wire.colour for wire in wires]}
            cables[name] |= {"show_name": False, "show_wirecount": False}
            for position, wire in enumerate(wires, 1):
                joint: list[Any] = [{wire.box: [_pin(wire.pin)]}, {name: [position]}]
                joint += [wire.inline, "-->"] if wire.inline else []
                joints.append([*joint, {wire.to_box: [_pin(wire.to_pin)]}])
        document = {
            "metadata": {"title": self._title, "notes": self._note},
            "options": {"fontname": "sans-serif", "bgcolor": "WH", "color_mode": "SHORT"},
            "connectors": self._boxes,
            "cables": cables,
            "connections": joints,
        }
        return "\n".join(_lines(document, "")) + "\n"

    def _between(self, kind: str) -> str:
        name = f"R{1 + sum(entry.get('style') == 'simple' for entry in self._boxes.values())}"
        self._boxes[name] = {"type": kind, "style": "simple"}
        return name


def supply_colour(pin: int) -> str | None:
    """The colour of a wire to a supply or ground pin of the header; None for any other pin."""
    if pin in GROUND:
        return "BK"
    return {"5V": "RD", "3V3": "OG"}[POWER[pin]] if pin in POWER else None


def _pin(name: str) -> int | str:
    return int(name) if name.isdigit() else name


def _lines(value: Any, indent: str) -> list[str]:
    # Block style for what holds more, flow style for lists of plain values and for a joint; strings as in JSON.
    if isinstance(value, dict):
        lines = []
        for key, inner in value.items():
            if isinstance(inner, dict) or (isinstance(inner, list) and not all(map(_leaf, inner))):
                lines += [f"{indent}{_key(key)}:", *_lines(inner, indent + "  ")]
            else:
                lines.append(f"{indent}{_key(key)}: {_flow(inner)}")
        return lines
    return [f"{indent}- {_flow(inner)}" for inner in value]


def _leaf(value: Any) -> bool:
    return not isinstance(value, dict | list)


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(key)}: {_flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(each) for each in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def _key(name: str) -> str:
    return name if name.isidentifier() and len(name) > 1 else json.dumps(name)
