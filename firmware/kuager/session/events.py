"""What can happen to a session: every event says when, in CLOCK_BOOTTIME us; none of them is an instruction."""

from typing import Literal

import msgspec

from kuager.evidence.records import Cause, Count, Micros, Mode, RecordingId, Short, Stream

Button = Literal["record", "mark"]
Part = Literal["camera", "microphone", "encoder", "vault"]
Unfit = Literal["", "blank", "foreign"]
"""What a carrier is that is in and was not made by us; empty: there is no such carrier."""
WarningCode = Literal[
    "camera", "microphone", "encoder", "vault", "capture", "carrier", "carrier-blank", "carrier-foreign",
    "carrier-low", "carrier-nearly-full", "not-durable", "power-low", "power-nearly-empty", "heat", "clock-unset",
    "clock-holdover", "settings", "board", "button-stuck", "lens-covered", "picture-frozen", "sound-level",
    "sound-muffled", "seal-failed",
]  # fmt: skip
"""What may be wrong while the unit goes on; signals.WARNINGS says how each is shown and spoken."""


class Event(msgspec.Struct, frozen=True, kw_only=True, tag=True, tag_field="event"):
    """Something happened at `at_us` (CLOCK_BOOTTIME us)."""

    at_us: Micros


class Down(Event, frozen=True, kw_only=True):
    """A button went down, debounced, sent at the edge. Its Press (let go soon) or Hold (kept down) follows.

    `found`: it was down when the supervisor began to look. No Hold follows then: nobody saw how it came to be held.
    """

    button: Button
    found: bool = False


class Press(Event, frozen=True, kw_only=True):
    """A button was let go before the hold time. If its Down was acted on, it is the same press and changes nothing."""

    button: Button


class Hold(Event, frozen=True, kw_only=True):
    """A button was held for the hold time: sent instead of Press, while it is still down."""

    button: Button


class Stuck(Event, frozen=True, kw_only=True):
    """A button stays down far longer than a hand holds it (`active`), or was let go and stays so."""

    button: Button
    active: bool


class Docked(Event, frozen=True, kw_only=True):
    """The unit was put into its dock, or taken out."""

    active: bool


class ModeSlid(Event, frozen=True, kw_only=True):
    """The mode switch was moved."""

    mode: Mode


class Dead(msgspec.Struct, frozen=True, kw_only=True):
    """A recording that ended without being closed: until when it is proven, how long ago (0: not known)."""

    number: Count
    cause: Cause
    until_utc_us: Micros
    age_us: Micros = 0


class VaultReady(Event, frozen=True, kw_only=True):
    """The vault listens and has a carrier to write on.

    `dead`: the newest dead recording that nothing continues yet; `open_id`, `open_number`: what it has open now.
    """

    dead: Dead | None = None
    open_id: RecordingId | None = None
    open_number: Count = 0


class VaultLost(Event, frozen=True, kw_only=True):
    """The vault is gone or hung; what was open there is dead."""


class CarrierLost(Event, frozen=True, kw_only=True):
    """The vault has no carrier to write on (gone, read-only, failed, or `unfit`); what was open there is dead.

    Told again when another carrier is in that can't be written on either.
    """

    unfit: Unfit = ""
    reason: Short = ""


class CarrierFull(Event, frozen=True, kw_only=True):
    """Only the reserve for sealing is left on the carrier."""


class CarrierBack(Event, frozen=True, kw_only=True):
    """There is a carrier to write on again."""


class PrepareFailed(Event, frozen=True, kw_only=True):
    """The blank carrier could not be made ours."""

    reason: Short = ""


class Opened(Event, frozen=True, kw_only=True):
    """The recording asked for exists; `continues` is the dead recording that it goes on from."""

    id: RecordingId
    number: Count
    continues: Dead | None = None


class OpenFailed(Event, frozen=True, kw_only=True):
    """The recording asked for could not be made."""

    reason: Short = ""


class TakeStarted(Event, frozen=True, kw_only=True):
    """An uninterrupted stretch runs with these streams."""

    streams: tuple[Stream, ...]
    cause: Cause = "press"


class TakeEnded(Event, frozen=True, kw_only=True):
    """The stretch is over; `acknowledged`: all of it is durable."""

    cause: Cause
    acknowledged: bool = True


class Durable(Event, frozen=True, kw_only=True):
    """Media up to `us` (CLOCK_BOOTTIME) are acknowledged."""

    us: Micros


class Trouble(Event, frozen=True, kw_only=True):
    """A part of capture fails or works again; recording goes on with `streams` (None: not told)."""

    part: Part
    well: bool
    streams: tuple[Stream, ...] | None = None


class CaptureLost(Event, frozen=True, kw_only=True):
    """The capture process is gone."""


class CaptureBack(Event, frozen=True, kw_only=True):
    """Capture listens; `recording` is what it records into, where it does (after a supervisor's restart)."""

    recording: RecordingId | None = None
    streams: tuple[Stream, ...] = ()


class PhotoTaken(Event, frozen=True, kw_only=True):
    """A still is durable."""


class SpeechDone(Event, frozen=True, kw_only=True):
    """The prompt was spoken to its end, or was cut short, or could not be played and was shown."""

    prompt: str


class Sealed(Event, frozen=True, kw_only=True):
    """The recording is closed and its manifest signed."""

    id: RecordingId


class SealFailed(Event, frozen=True, kw_only=True):
    """The vault could not seal; recovery will declare the recording's end."""

    id: RecordingId
    reason: Short = ""


class Tick(Event, frozen=True, kw_only=True):
    """Time passes; four times a second."""


class Warned(Event, frozen=True, kw_only=True):
    """Something is wrong (`active`) or right again; recording goes on."""

    code: WarningCode
    active: bool


class PowerFail(Event, frozen=True, kw_only=True):
    """Power will be gone in seconds: in `hold_up_us`, where that is known (else 0)."""

    hold_up_us: Micros = 0


class Heat(Event, frozen=True, kw_only=True):
    """The unit must stop now or be damaged."""


class Shutdown(Event, frozen=True, kw_only=True):
    """SIGTERM: seal in order and stop."""


class SupervisorRestarted(Event, frozen=True, kw_only=True):
    """A new supervisor took over; what the vault has open now. Connection events follow as at any start."""

    open_id: RecordingId | None = None
    open_number: Count = 0


class Assigned(Event, frozen=True, kw_only=True):
    """Kind of action (an id of the pack) or operator, stated at the dock or by a card; empty: unchanged."""

    action: str = ""
    operator: Short = ""


AnyEvent = (
    Down | Press | Hold | Stuck | Docked | ModeSlid | VaultReady | VaultLost | CarrierLost | CarrierFull | CarrierBack
    | PrepareFailed | Opened | OpenFailed | TakeStarted | TakeEnded | Durable | Trouble | CaptureLost | CaptureBack
    | PhotoTaken | SpeechDone | Sealed | SealFailed | Tick | Warned | PowerFail | Heat | Shutdown | SupervisorRestarted
    | Assigned
)  # fmt: skip
