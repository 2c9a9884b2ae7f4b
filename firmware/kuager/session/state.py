"""Where a session stands: everything a restarted supervisor needs to go on, and what follows from it (phase, signal).

Phase and signalling mode are computed, never stored, so they cannot disagree with what the session knows.
"""

from typing import Literal

import msgspec

from kuager import signals
from kuager.errors import InputError
from kuager.evidence.records import Cause, Count, Micros, Mode, RecordingId, Short, Stream
from kuager.session.effects import Journal, UnitJournal
from kuager.session.events import Button, Dead, WarningCode

VERSION = 1
DURABLE_AGE_US = 2_000_000
"""The red light burns only while the newest acknowledged moment is younger than this."""

Phase = Literal[
    "starting", "ready", "opening", "recording", "interrupted", "breaking", "break", "closing", "sealing", "stopping"
]  # fmt: skip
"""starting: something needed is not there yet, a press is remembered. breaking: still recording, the reason for a break
is asked for. sealing: the last stretch is being finished or sealed; a press begins the next recording. stopping:
the unit is being switched off, nothing more is recorded; a press is refused."""

Stage = Literal["opening", "recording", "breaking", "break", "closing", "ending"]
Take = Literal["none", "asked", "running", "finishing", "between"]
"""between: capture ended the stretch by itself and is expected to begin another with what still works."""


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of the state."""


class Dialogue(_Part, frozen=True, kw_only=True):
    """Where a list of items stands: `step` counts the pack's items, `choice` the kinds of action in the menu."""

    name: Literal["opening", "closing", "breaking", "resumed"]
    step: Count = 0
    choice: Count = 0
    offers: Count = 0  # how often the present item was put
    asked_us: Micros = 0  # when it was put, or its prompt ended
    speaking: bool = False  # its prompt has not ended yet


class Interruption(_Part, frozen=True, kw_only=True):
    """Recording stopped, or lost its picture, against the officer's will (clause 8, second part)."""

    cause: Cause
    since_us: Micros = 0
    since_utc_us: Micros = 0  # instead, where only a dead recording tells
    told: bool = False  # that it began was spoken
    partly: bool = False  # one stream is still recorded
    partly_told: bool = False  # that was spoken, and not since then that nothing is


class Recording(_Part, frozen=True, kw_only=True):
    """The recording in hand, from the press to the request to seal it."""

    pressed_us: Micros
    mode: Mode
    silent: bool = False  # photographs without sound: no stretch runs
    stage: Stage = "opening"
    id: RecordingId | None = None  # None: not open (yet, or its vault died)
    number: Count = 0
    asked: bool = False  # Open was asked for and not answered yet
    continues: bool = False  # the next Open goes on from a dead recording
    permitted: bool = True  # the next Open needs no press
    take: Take = "none"
    cause: Cause = "press"  # why the next stretch begins
    replay: bool = False  # the next stretch begins with what no vault acknowledged
    streams: tuple[Stream, ...] = ()  # of the stretch that runs
    begun: bool = False  # something was recorded
    changed_us: Micros = 0  # when `take` or `asked` last changed
    durable_us: Micros = 0
    action: str = ""
    stated: Literal["assigned", "chosen", "not-stated"] = "not-stated"
    dialogue: Dialogue | None = None  # None: nothing is being asked
    kept: Dialogue | None = None  # the opening dialogue, while something else is asked
    chapters: Count = 0
    paused_us: Micros = 0  # when the break began, or was last spoken of
    break_us: Micros = 0
    interruption: Interruption | None = None
    end: Cause = "closing"
    held: bool = False  # the closing dialogue was held
    unheard: bool = False  # some of it while nothing was recorded
    missing: tuple[Short, ...] = ()
    end_by_us: Micros = 0  # power fails: when the last stretch counts as ended, whatever capture says; 0: no such time

    @property
    def filled(self) -> bool:
        """Whether there is anything in the stretch that runs: a camera and a microphone can both be lost."""
        return bool(self.streams) or self.mode == "stills"

    @property
    def live(self) -> bool:
        """Whether what is said and shown now is being recorded."""
        return (self.take == "running" and self.filled) or (self.silent and self.id is not None)


class Sealing(_Part, frozen=True, kw_only=True):
    """A recording that the vault was asked to seal."""

    id: RecordingId
    since_us: Micros


class State(_Part, frozen=True, kw_only=True):
    """The whole session. Every list in it is bounded; `now_us` is the time of the newest event."""

    version: int = VERSION
    now_us: Micros = 0
    language: Short = "ru"
    mode: Mode = "video"  # of the next recording
    action: str = ""  # assigned kind of action
    operator: Short = ""
    discreet: bool = False  # no light, no sound: the unit is felt only
    vault: bool = False
    carrier: bool = False
    capture: bool = False
    dead: Dead | None = None  # the next recording may continue it
    dead_us: Micros = 0  # when `dead` was told
    past: int = 0  # dead recordings with lower numbers are gone on with or given up
    wanted_us: Micros | None = None  # a press that still waits for its recording
    retry_us: Micros = 0  # no Open before this
    spoken_us: Micros = 0  # when it was last said why a press waits
    offered_us: Micros | None = None  # when a press was told that holding record prepares the blank carrier
    stopping: bool = False
    recording: Recording | None = None
    sealing: tuple[Sealing, ...] = ()
    warnings: tuple[WarningCode, ...] = ()
    felt: tuple[Button, ...] = ()  # down and acknowledged
    acted: tuple[Button, ...] = ()  # down and acted on: the Press or Hold that follows is the same press
    stuck: tuple[Button, ...] = ()  # down for longer than a hand holds them: they do nothing until they were let go
    doubted: bool = False  # what is recorded or waits came of a button found down, and no hand was seen since
    single_us: Micros | None = None  # a single press of record while recording, that a second one makes a break
    notes: tuple[Journal | UnitJournal, ...] = ()  # waiting for a vault or a recording to take them
    dropped: Count = 0  # notes that found no room

    @property
    def phase(self) -> Phase:
        """What the session is doing, for people and programs."""
        held = self.recording
        if self.stopping and (held is None or held.stage == "ending"):
            return "stopping"
        if held is None:
            if not (self.vault and self.carrier and self.capture):
                return "starting"
            return "sealing" if self.sealing else "ready"
        if held.stage == "ending":
            return "sealing"
        if held.interruption and held.stage != "break":
            return "interrupted"
        return held.stage

    @property
    def signal(self) -> signals.Mode:
        """The signalling mode that says `phase` truly, including how old the newest durable media are."""
        held = self.recording
        return signals.mode(
            self.phase,
            carrier=self.vault and self.carrier,
            waiting=self.wanted_us is not None,
            running=held is not None and held.take in ("running", "finishing") and held.filled,
            durable=self.durable,
            silent=held is not None and held.silent and held.id is not None,
        )

    @property
    def durable(self) -> bool:
        """Whether the newest acknowledged media are younger than DURABLE_AGE_US."""
        held = self.recording
        return bool(held and held.durable_us and self.now_us - held.durable_us < DURABLE_AGE_US)

    @property
    def done(self) -> bool:
        """Whether a stopping session has nothing left to seal."""
        return self.stopping and self.recording is None and not self.sealing


_decoder = msgspec.msgpack.Decoder(State)


def dump(state: State) -> bytes:
    """The state as bytes, for the vault to remember."""
    return msgspec.msgpack.encode(state)


def load(data: bytes) -> State:
    """The state from its bytes. Raises InputError for what is not one of this version."""
    try:
        state = _decoder.decode(data)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise InputError(f"the remembered session cannot be read: {error}") from None
    if state.version != VERSION:
        raise InputError(f"the remembered session is of version {state.version}, not {VERSION}")
    return state


def essence(state: State) -> bytes:
    """What of the state is worth remembering anew: equal bytes need no second Remember."""
    held = state.recording
    if held:
        held = msgspec.structs.replace(held, durable_us=0)
    return dump(msgspec.structs.replace(state, now_us=0, recording=held))
