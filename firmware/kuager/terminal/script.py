"""A session as a text: timed actions of a hand, one a line; script.md describes them. Parsing is pure."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from kuager import wire
from kuager.errors import UsageError
from kuager.processes import PROCESSES
from kuager.session import Phase

SESSION = Path(__file__).with_name("session.txt")
"""The script that `kuager record` plays by default."""

WAIT_S = 60.0
"""How long `wait-for` waits where the line does not say."""

_BUTTONS = ("record", "mark")
_MODES = ("video", "sound", "stills")
_PACES = ("natural", "quick")
_STATES = (*get_args(Phase), "sealed", "durable")
FAULTS = (
    *wire.SENSOR_FAULTS, *wire.CARRIER_FAULTS, *wire.CLOCK_FAULTS, "battery-low", "battery-empty", "battery-full",
    "power-fail",
)  # fmt: skip
"""What can be played on the virtual board."""

_KILLED = tuple(process.name for process in PROCESSES)
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "": 1.0}


@dataclass(frozen=True)
class Action:
    """One line: its number, the verb, its word, and its time in seconds (None: the verb's own)."""

    line: int
    verb: str
    word: str = ""
    seconds: float | None = None

    def __str__(self) -> str:
        return f"line {self.line}: {self.verb} {self.word}".rstrip()


_CHOICES: dict[str, tuple[str, ...]] = {
    "press": _BUTTONS,
    "hold": _BUTTONS,
    "mode": _MODES,
    "wait-for": _STATES,
    "opening": _PACES,
    "closing": _PACES,
    "fault": FAULTS,
    "kill": _KILLED,
}
_TIMED = ("wait", "run", "wait-for")


def seconds(text: str) -> float:
    """A time such as ``20s``, ``500ms``, ``2m`` in seconds. Raises UsageError."""
    found = re.fullmatch(r"(\d{1,6}(?:\.\d{1,3})?)(ms|s|m|)", text.strip())
    if not found:
        raise UsageError(f"'{text}' is no time; write for example 20s, 500ms or 2m")
    return float(found[1]) * _UNITS[found[2]]


def parse(text: str, source: str) -> list[Action]:
    """The actions of a script. Raises UsageError naming the source and the line."""
    actions = []
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split("#", 1)[0].split() if not line.strip().startswith("say ") else line.split()
        if words:
            try:
                actions.append(_action(number, words))
            except UsageError as error:
                raise UsageError(f"{source}, line {number}: {error}") from None
    if not actions:
        raise UsageError(f"{source}: the script does nothing")
    return actions


def _action(line: int, words: list[str]) -> Action:
    verb, rest = words[0], words[1:]
    if verb == "say":
        return Action(line, verb, " ".join(rest))
    if verb not in _CHOICES and verb not in _TIMED:
        known = ", ".join(sorted({*_CHOICES, *_TIMED, "say"}))
        raise UsageError(f"there is no action '{verb}'; there are {known}")
    word = ""
    if verb in _CHOICES:
        optional = verb in ("opening", "closing")
        word = rest.pop(0) if rest else "natural" if optional else ""
        if word not in _CHOICES[verb]:
            raise UsageError(f"{verb} needs one of {', '.join(_CHOICES[verb])}")
    time = seconds(rest.pop(0)) if rest and verb in _TIMED else None
    if verb == "wait" and time is None:
        raise UsageError("wait needs a time, for example 3s")
    if rest:
        raise UsageError(f"'{rest[0]}' is too much after {verb}")
    return Action(line, verb, word, time)
