"""The table of signals as rows to be shown: what each looks and feels like, when it is spoken, and in which words.

Everything comes out of kuager.signals, a light by asking it moment by moment; so a row can't say anything that the unit
does not do. Pure. Words are in the catalogues: ``signal.<row's name>`` and ``meaning.<row's name>``.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

import msgspec

from kuager import signals
from kuager.settings import Signals
from kuager.signals import BLIP, FLASHES, MODES, REMINDER, WARNINGS, Colour, Mode, Signal

Group = Literal["state", "warning", "answer"]
GROUPS: tuple[Group, ...] = ("state", "warning", "answer")

Manner = Literal["dark", "steady", "gaps", "double", "flashes", "twice", "blinks", "fast", "blip", "once"]
"""How a light burns, in one word. `gaps`: lit, with short pauses; `double`: the same, two at a time; `flashes`: dark,
with short flashes; `twice`: the same, two at a time; `blip`: a short flash over the state's light; `once`: flashes that
do not come again."""

COLOURS: dict[Colour, str] = {
    signals.OFF: "off", signals.RED: "red", signals.GREEN: "green", signals.BLUE: "blue", signals.AMBER: "amber",
    signals.WHITE: "white",
}  # fmt: skip
"""Colour -> its word's key in the catalogue's group `colour`."""

SPOKEN: dict[Mode, str] = {
    "opening": "opening.recording-on",
    "breaking": "break.reason",
    "break": "break.begun",
    "closing": "closing.time",
    "interrupted": "interruption.begun",
    "interrupted-partly": "interruption.sound-only",
    "sealing": "closing.done",
}
"""What the session itself says where these modes begin; not in the table of signals, as causes and times go with it."""

_FAST_MS, _BLINKS_MS = 500, 700  # longest cycles that are seen as blinking, fast or not
_SECOND_MS = 1000
_BENEATH: Mode = "recording"  # the light that a warning is shown over


class Segment(NamedTuple):
    """A stretch of a bar in which something is on, and its colour's name."""

    start_ms: int
    length_ms: int
    colour: str


@dataclass(frozen=True, slots=True)
class Light:
    """How a light is seen: one cycle of it, to be repeated; `steps` are its ms lit, dark, lit ..."""

    manner: Manner
    colour: str
    steps: tuple[int, ...]
    cycle: tuple[Segment, ...]
    cycle_ms: int

    def over(self, length_ms: int) -> tuple[Segment, ...]:
        """What is seen from its beginning until then."""
        return tuple(
            Segment(start, min(segment.length_ms, length_ms - start), segment.colour)
            for begin in range(0, length_ms, self.cycle_ms)
            for segment in self.cycle
            if (start := begin + segment.start_ms) < length_ms
        )


@dataclass(frozen=True, slots=True)
class Row:
    """One signal. `pulses`: ms of vibration on, off, on ...; felt again every `repeat_s`, 0: once."""

    group: Group
    code: str
    light: Light
    pulses: tuple[int, ...]
    repeat_s: int
    prompt: str  # what is spoken; empty: nothing
    priority: int

    @property
    def name(self) -> str:
        """Its own name among all rows: its words' key."""
        return f"{self.group}-{self.code}"

    @property
    def drawn_ms(self) -> int:
        """How long the bar of its light is."""
        return SHORT_MS if self.light.manner == "once" else LIGHT_MS

    @property
    def shown(self) -> tuple[Segment, ...]:
        """Its light on that bar."""
        return self.light.over(self.drawn_ms)

    @property
    def vibration(self) -> tuple[Segment, ...]:
        """Its vibration on a bar of SHORT_MS."""
        return segments(self.pulses, "vibration")


def _round_up(ms: int, to: int) -> int:
    return -(-ms // to) * to


LIGHT_MS = _round_up(max(sum(each.steps) for each in (*MODES.values(), BLIP)), _SECOND_MS)
"""The time base of all lights that last, ms: whole seconds, and no cycle is longer."""

SHORT_MS = _round_up(
    max(
        *(sum(each.vibration) for each in (*MODES.values(), *WARNINGS.values(), *FLASHES.values(), REMINDER)),
        *(sum(each.steps) for each in FLASHES.values()),
    ),
    _SECOND_MS // 2,
)
"""The time base of all that happens once, ms: vibrations, and flashes that answer a hand."""


def rows(reminder_s: int = Signals().reminder_s) -> tuple[Row, ...]:
    """Every signal, by group, most urgent first. `reminder_s`: how often it is felt that recording is on; 0: never."""
    made = [
        _row("state", code, each, _of_mode(code), each.prompt or SPOKEN.get(code, "")) for code, each in MODES.items()
    ]
    if reminder_s:
        again = msgspec.structs.replace(REMINDER, repeat_s=reminder_s)
        made.append(_row("state", "reminder", again, Light("dark", "off", (), (), LIGHT_MS)))
    blip = _of_warnings()
    made += [_row("warning", code, each, blip, each.prompt) for code, each in WARNINGS.items()]
    made += [_row("answer", code, each, _once(each), each.prompt) for code, each in FLASHES.items()]
    return tuple(sorted(made, key=lambda row: (GROUPS.index(row.group), -row.priority)))


def prompts() -> frozenset[str]:
    """All that the rows may have spoken."""
    return frozenset(row.prompt for row in rows() if row.prompt)


def segments(steps: tuple[int, ...], colour: str) -> tuple[Segment, ...]:
    """ms on, off, on ... played once, as stretches of a bar."""
    starts = itertools.accumulate(steps, initial=0)
    timed = list(zip(starts, steps, strict=False))
    return tuple(Segment(start, length, colour) for start, length in timed[::2])


def manner(steps: tuple[int, ...]) -> Manner:
    """How a light that repeats these steps is seen."""
    if not steps:
        return "steady"
    lit = sum(steps[::2]) * 2 > sum(steps)
    if len(steps) > 2:
        return "double" if lit else "twice"
    if sum(steps) <= _BLINKS_MS:
        return "fast" if sum(steps) <= _FAST_MS else "blinks"
    return "gaps" if lit else "flashes"


def _row(group: Group, code: str, signal: Signal, light: Light, prompt: str = "") -> Row:
    return Row(group, code, light, signal.vibration, signal.repeat_s, prompt, signal.priority)


def _of_mode(mode: Mode) -> Light:
    signal = MODES[mode]
    cycle_ms = sum(signal.steps) or LIGHT_MS
    cycle = _seen(lambda ms: signals.light(mode, False, 0, ms * 1000), cycle_ms)
    return Light(manner(signal.steps), COLOURS[signal.colour], signal.steps, cycle, cycle_ms)


def _of_warnings() -> Light:
    cycle_ms = sum(BLIP.steps)
    cycle = _seen(lambda ms: signals.light(_BENEATH, True, 0, ms * 1000), cycle_ms)
    return Light("blip", COLOURS[BLIP.colour], BLIP.steps, cycle, cycle_ms)


def _once(signal: Signal) -> Light:
    # Where it is shown again and again, a pause keeps it what it is: one flash.
    colour = COLOURS[signal.colour]
    return Light("once", colour, signal.steps, segments(signal.steps, colour), 2 * SHORT_MS)


def _seen(light: Callable[[int], Colour], length_ms: int) -> tuple[Segment, ...]:
    """What is seen of a light, asked at each ms, in the first `length_ms`."""
    seen: list[Segment] = []
    for colour, run in itertools.groupby(range(length_ms), lambda ms: COLOURS[light(ms)]):
        stretch = list(run)
        if colour != "off":
            seen.append(Segment(stretch[0], len(stretch), colour))
    return tuple(seen)
