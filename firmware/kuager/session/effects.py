"""What a session asks the supervisor to do: data only, in the order in which it is to be done."""

from typing import Literal

import msgspec

from kuager.evidence.records import Cause, Count, Micros, Mode, Procedure, RecordingId, Short


class Effect(msgspec.Struct, frozen=True, kw_only=True, tag=True, tag_field="effect"):
    """One thing to do; none of them answers, what comes of it is an event."""


class Standby(Effect, frozen=True, kw_only=True):
    """Have the sensors ready in this mode, with the pack's pre-roll."""

    mode: Mode
    pre_roll_us: Micros
    pre_roll_sound: bool


class Open(Effect, frozen=True, kw_only=True):
    """Begin a recording: answered by Opened or OpenFailed."""

    mode: Mode
    procedure: Procedure
    operator: Short
    pre_roll_us: Micros
    continues: bool


class PrepareCarrier(Effect, frozen=True, kw_only=True):
    """Make the blank carrier that is in ours: answered by VaultReady or CarrierBack, or by PrepareFailed."""


class StartTake(Effect, frozen=True, kw_only=True):
    """Record into the open recording: answered by TakeStarted. `since_us`: the press, or when it became possible."""

    recording: RecordingId
    number: Count
    mode: Mode
    cause: Cause
    since_us: Micros
    resume: bool


class FinishTake(Effect, frozen=True, kw_only=True):
    """End the stretch: answered by TakeEnded."""

    cause: Cause


class Close(Effect, frozen=True, kw_only=True):
    """Seal the open recording: answered by Sealed or SealFailed. `dialogue`: the closing one was held (clause 8)."""

    recording: RecordingId
    cause: Cause
    dialogue: bool
    missing: tuple[Short, ...] = ()


class Photo(Effect, frozen=True, kw_only=True):
    """One still, now."""

    recording: RecordingId


class SetProcedure(Effect, frozen=True, kw_only=True):
    """The kind of action became known."""

    procedure: Procedure


class Now(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The moment at which the prompt begins to sound: the supervisor puts it in."""


class Moment(msgspec.Struct, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """A past moment to be spoken: of this boot (`boot_us`), or where that is 0, UTC us as a dead recording gives it."""

    boot_us: Micros = 0
    utc_us: Micros = 0


class Term(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A word to be spoken, by its catalogue key, e.g. ``cause.camera``."""

    key: str


Argument = Now | Moment | Term


class Speak(Effect, frozen=True, kw_only=True):
    """Speak a prompt after what already waits: answered by SpeechDone.

    `cut`: first drop what is being said and what waits, but not prompts with `keep`, which the procedure demands.
    `alone`: drop these too: the recording into which they were to be said ends.
    """

    prompt: str
    args: dict[str, Argument] = {}
    cut: bool = False
    keep: bool = False
    alone: bool = False


class Show(Effect, frozen=True, kw_only=True):
    """What the unit waits for, by catalogue key, on the screen until the next Show; empty: nothing."""

    text: str
    args: dict[str, Argument] = {}


class Acknowledge(Effect, frozen=True, kw_only=True):
    """Answer the person's hand within 100 ms: the flash of that name in signals.FLASHES."""

    flash: Literal["press", "refused", "photo", "discreet"] = "press"


class Journal(Effect, frozen=True, kw_only=True):
    """An event for the open recording's journal."""

    code: str
    data: dict[str, str | int | bool] = {}


class Chapter(Effect, frozen=True, kw_only=True):
    """A chapter for the open recording's journal; the title is the catalogue's text under ``title.<item>``."""

    chapter: Count
    item: str
    clause: str
    at_us: Micros


class UnitJournal(Effect, frozen=True, kw_only=True):
    """An event for the unit's own journal."""

    code: str
    data: dict[str, str | int | bool] = {}


AnyEffect = (
    Standby | Open | PrepareCarrier | StartTake | FinishTake | Close | Photo | SetProcedure | Speak | Show
    | Acknowledge | Journal | Chapter | UnitJournal
)  # fmt: skip
