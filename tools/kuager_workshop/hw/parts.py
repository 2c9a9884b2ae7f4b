"""The parts list: hw/parts.toml into a table for people; what a board file needs, so that nothing is forgotten."""

from itertools import groupby
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from kuager import toml
from kuager.hardware import Hardware

Text = Annotated[str, Meta(min_length=1, max_length=400)]
Usd = Annotated[float, Meta(ge=0, le=1000)]
_OWN = "kuager-carrier-board"  # our own overlay describes the pins; the parts on them are asked for by name
_INSIDE = ("dwc2",)  # overlays of what is on the Raspberry Pi itself

_INTRODUCTION = (
    "From [parts.toml](parts.toml) by `python -m kuager_workshop.hw write`; edit that. **Nobody has built a unit from "
    "this list yet.** The column *checked* says where number and properties were read; compare what is not checked "
    "before you order. Prices: USD of {priced}, one piece, before tax and shipping, for orientation."
)


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of the list."""

    group: Text
    id: Text
    name: Text
    maker: Text
    number: Text
    boards: dict[str, Annotated[int, Meta(ge=1, le=20)]]
    usd: tuple[Usd, Usd]
    serves: tuple[Text, ...]
    why: Text
    alternatives: Text
    checked: Text


class Parts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The list. `priced`: when the prices were."""

    priced: Text
    part: tuple[Part, ...]


def load(path: Path) -> Parts:
    """Read the list. Raises UsageError naming the line."""
    return toml.decode(path.read_text("utf-8"), Parts, str(path))


def needs(hardware: Hardware) -> set[str]:
    """What the board file names and a part must answer for."""
    found = set(hardware.pins.used()) | {f"model={hardware.board.model}", "battery", "hold-up"}
    overlays = {line.partition(",")[0] for line in hardware.board.overlays} - {_OWN, *_INSIDE}
    found |= {f"overlay={name}" for name in overlays}
    if hardware.power.gauge != "none":
        found.add(f"gauge={hardware.power.gauge}")
    if hardware.clock.rtc != "none":
        found.add(f"rtc={hardware.clock.rtc}")
    if hardware.position:
        found.add("position")
    if hardware.card:
        found.add("card")
    if hardware.microphone or hardware.voice:
        found.add("sound")
    return found


def missing(parts: Parts, hardware: Hardware) -> set[str]:
    """What the board needs and no part for this board serves."""
    name = hardware.board.name
    served = {each for part in parts.part if name in part.boards or not part.boards for each in part.serves}
    return needs(hardware) - served


def cost(parts: Parts, board: str) -> tuple[float, float]:
    """From and to, USD, for one unit."""
    used = [(part.boards[board], part.usd) for part in parts.part if board in part.boards]
    return sum(count * usd[0] for count, usd in used), sum(count * usd[1] for count, usd in used)


def render(parts: Parts, boards: dict[str, Hardware]) -> str:
    """PARTS.md."""
    titles = {name: hardware.board.title.removeprefix("Raspberry ") for name, hardware in boards.items()}
    lines = [
        "# Parts",
        "",
        _INTRODUCTION.format(priced=parts.priced),
        "",
        "| for one unit | " + " | ".join(titles.values()) + " |",
        "|---|" + "---|" * len(titles),
        "| parts, USD | " + " | ".join("{:.0f} to {:.0f}".format(*cost(parts, name)) for name in titles) + " |",
    ]
    counts = list(titles)
    for group, members in groupby(parts.part, key=lambda part: part.group):
        lines += [
            "",
            f"## {group}",
            "",
            "| part | maker, number | " + " | ".join(titles.values()) + " | USD each | why | instead | checked |",
        ]
        lines += ["|---|---|" + "---|" * (len(titles) + 4)]
        for part in members:
            number = [str(part.boards.get(name, "")) for name in counts]
            low, high = part.usd
            cells = [part.name, f"{part.maker}: {part.number}", *number, f"{low:g} to {high:g}"]
            lines.append("| " + " | ".join([*cells, part.why, part.alternatives, part.checked]) + " |")
    return "\n".join(lines) + "\n"
