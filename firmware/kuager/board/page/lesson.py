"""What each fault of the drawer teaches: what is seen and felt, what is heard, what stands in the recording afterwards.

All of it holds while picture and sound are recorded. Only which signals and prompts a fault brings stands here: how
they look and what they say comes out of the table of signals and the catalogue, so that it can't say anything else than
the unit does. What stands in the evidence are sentences of the catalogue, ``afterwards.<fault>``. Pure.
"""

import functools
from dataclasses import dataclass
from typing import Literal

from kuager.board.page.table import GROUPS
from kuager.board.page.told import Told, tell
from kuager.catalogue.reading import Reader
from kuager.evidence.records import Cause
from kuager.session.events import WarningCode
from kuager.signals import AMBER, MODES, WARNINGS, Mode

_OPEN = "…"  # for a time, which is only known when it is spoken


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a fault brings. `dark`: at first the light goes out with the process that says what it shows.

    `modes` follow one another; `warnings` lie over the last of them, or over that of the recording; `said` is what is
    spoken before the warnings, and `cause` what it names, as does the journal. `verdict` is on the recording that the
    fault hits; empty: that was settled before.
    """

    modes: tuple[Mode, ...] = ()
    warnings: tuple[WarningCode, ...] = ()
    said: tuple[str, ...] = ()
    cause: Cause | None = None
    verdict: Literal["authentic", "ends-early", ""] = "authentic"
    dark: bool = False


_BEGUN, _RESUMED, _PARTLY = "interruption.begun", "interruption.resumed", "interruption.sound-only"
_ENDED = ("ending.forced", "seal.done")

_WELL = Lesson(("recording",))
_BLIND = Lesson(("interrupted-partly",), said=(_PARTLY,), cause="camera")
_RESTARTED = Lesson(("interrupted", "recording"), said=(_BEGUN, _RESUMED), cause="software")
_NO_CARRIER = Lesson(("interrupted",), said=(_BEGUN, "warning.no-carrier"), cause="carrier", verdict="ends-early")

LESSONS: dict[str, Lesson] = {
    "camera-gone": _BLIND,
    "camera-stall": _BLIND,
    "camera-back": Lesson(("recording",), said=(_RESUMED,), cause="camera"),
    "lens-covered": Lesson(warnings=("lens-covered",)),
    "lens-clear": _WELL,
    # A microphone that is gone has no level that could be too low.
    "microphone-mute": Lesson(warnings=("microphone", "sound-level"), cause="microphone"),
    "microphone-gone": Lesson(warnings=("microphone",), cause="microphone"),
    "microphone-back": _WELL,
    "carrier-gone": _NO_CARRIER,
    "carrier-blank": Lesson(("interrupted",), ("carrier-blank",), (_BEGUN,), "carrier", "ends-early"),
    "carrier-foreign": Lesson(("interrupted",), ("carrier-foreign",), (_BEGUN,), "carrier", "ends-early"),
    "carrier-full": Lesson(("sealing", "no-carrier"), said=_ENDED, cause="carrier", verdict="ends-early"),
    "carrier-read-only": _NO_CARRIER,
    "carrier-failed": _NO_CARRIER,
    "carrier-slow": Lesson(("not-durable", "recording")),
    "carrier-well": Lesson(("recording",), said=(_RESUMED,), cause="carrier", verdict=""),
    "battery-low": Lesson(warnings=("power-low",)),
    "battery-empty": Lesson(("sealing", "ready"), ("power-low", "power-nearly-empty"), _ENDED, "power", "ends-early"),
    "battery-full": Lesson(("recording",), verdict=""),
    "power-fail": Lesson(("sealing", "ready"), said=_ENDED, cause="power", verdict="ends-early"),
    # The kernel goes on, so recovery finds the boot that it knows, and takes it for a fault of the program.
    "power-cut": Lesson(("recording",), said=(_RESUMED,), cause="software", verdict="ends-early", dark=True),
    "clock-lost": Lesson(warnings=("clock-unset",)),
    "clock-back": _WELL,
    "hang": Lesson(("not-durable", *_RESTARTED.modes), said=_RESTARTED.said, cause="software"),
    "kill-capture": _RESTARTED,
    "kill-vault": Lesson(_RESTARTED.modes, said=_RESTARTED.said, cause="software", verdict="ends-early"),
    "kill-supervisor": Lesson(("recording",), dark=True),
}
"""Fault -> its lesson, for all that the drawer holds."""


@dataclass(frozen=True, slots=True)
class Taught:
    """A lesson for people. `seen`: seen and felt, one thing after another; `heard`: what is spoken, in order."""

    seen: tuple[str, ...]
    heard: tuple[str, ...]
    afterwards: str
    verdict: str


@functools.cache
def teach(language: str) -> dict[str, Taught]:
    """All lessons by fault. Raises UnknownPromptError where the catalogue lacks a word for one."""
    words = Reader(language)
    rows = {told.row.name: told for group in GROUPS for told in tell(words, 0)[group]}
    return {
        fault: Taught(
            seen=_seen(lesson, rows, words),
            heard=tuple(_spoken(prompt, lesson, words) for prompt in _heard(lesson)),
            afterwards=_fill(f"afterwards.{fault}", lesson, words),
            verdict=words(f"verdict.{lesson.verdict}") if lesson.verdict else "",
        )
        for fault, lesson in LESSONS.items()
    }


def _heard(lesson: Lesson) -> tuple[str, ...]:
    return (*lesson.said, *(WARNINGS[code].prompt for code in lesson.warnings))


def _seen(lesson: Lesson, rows: dict[str, Told], words: Reader) -> tuple[str, ...]:
    # A light that is amber itself shows no warning: that is felt and heard only.
    amber = bool(lesson.modes) and MODES[lesson.modes[-1]].colour == AMBER
    seen = [f"{words('screen.gone')}: {words('colour.off')}"] if lesson.dark else []
    seen += [_signal(rows[f"state-{mode}"], light=True) for mode in lesson.modes]
    seen += [_signal(rows[f"warning-{code}"], light=not amber) for code in lesson.warnings]
    return tuple(seen)


def _signal(told: Told, *, light: bool) -> str:
    felt = ", ".join(part for part in (told.pulses, told.again) if part) if told.row.pulses else ""
    return f"{told.title}: {'; '.join(part for part in (told.light if light else '', felt) if part)}"


def _spoken(prompt: str, lesson: Lesson, words: Reader) -> str:
    return _fill(prompt, lesson, words).replace(f"{_OPEN}.", _OPEN)


def _fill(text_id: str, lesson: Lesson, words: Reader) -> str:
    known = {"cause": lesson.cause} if lesson.cause else {}
    return words(text_id, **{slot: known.get(slot, _OPEN) for slot in words.slots(text_id)})
