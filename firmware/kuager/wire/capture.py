"""Between supervisor and capture: what to record when, and how camera and microphone are."""

from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from kuager.evidence.records import Cause, Count, Device, Micros, Mode, Name, RecordingId, Short, Stream
from kuager.wire.base import MAX_FRAME, Message
from kuager.wire.rig import ClockRig, Rig


class Standby(Message, frozen=True, kw_only=True):
    """Be ready: camera on, encode into the pre-roll ring, this number burned in. Never stops a take that runs."""

    unit: Name
    number: Count
    mode: Mode
    pre_roll_us: Annotated[int, Meta(ge=0, le=120_000_000)]
    pre_roll_sound: bool = False
    training: bool = False


class StartTake(Message, frozen=True, kw_only=True):
    """Record from now (pre-roll first) into this recording until FinishTake. `since_us`: the press.

    `resume`: begin with everything that no vault acknowledged, instead of the pre-roll.
    """

    recording: RecordingId
    number: Count
    mode: Mode
    cause: Cause
    since_us: Micros
    resume: bool = False


class FinishTake(Message, frozen=True, kw_only=True):
    """End the take at this moment; capture answers TakeEnded once the vault acknowledged all of it."""

    cause: Cause


class TakePhoto(Message, frozen=True, kw_only=True):
    """One still, now, into this recording."""

    recording: RecordingId


class Speaker(Message, frozen=True, kw_only=True):
    """Virtual board only: what the loudspeaker plays from `at_us`, 16-bit mono at 48 kHz, for the virtual room."""

    longest: ClassVar[int] = MAX_FRAME
    pcm: Annotated[bytes, Meta(max_length=6_000_000)]
    at_us: Micros


class CaptureState(Message, frozen=True, kw_only=True):
    """Sent on connection and twice a second."""

    at_us: Micros
    camera: Device | None = None
    microphone: Device | None = None
    camera_kind: Short = ""
    microphone_kind: Short = ""
    width: Count = 0
    height: Count = 0
    rate_millihertz: Count = 0  # measured over the last second
    level_db: int = -100  # sound level, dB full scale
    clipped: bool = False
    muffled: bool = False
    picture: Literal["", "dark", "frozen"] = ""  # what is wrong with it
    take: Count | None = None
    recording: RecordingId | None = None
    ring_us: Micros = 0  # encoded material held: pre-roll or not yet acknowledged
    dropped: Count = 0  # pictures declared missing since capture began


class TakeStarted(Message, frozen=True, kw_only=True):
    """A take runs; `streams` are those that work."""

    take: Count
    recording: RecordingId
    streams: list[Stream]
    cause: Cause
    first_us: Micros


class TakeEnded(Message, frozen=True, kw_only=True):
    """A take is over and, if `acknowledged`, all of it is durable."""

    take: Count
    cause: Cause
    last_us: Micros
    acknowledged: bool
    detail: Short = ""


class PhotoTaken(Message, frozen=True, kw_only=True):
    """The still is durable."""

    at_us: Micros


class Trouble(Message, frozen=True, kw_only=True):
    """A part of capture fails (`well` False) or works again (`well` True); recording goes on with the streams named."""

    part: Literal["camera", "microphone", "encoder", "vault"]
    well: bool
    at_us: Micros
    reason: Short = ""
    streams: list[Stream] = []


class WatchPictures(Message, frozen=True, kw_only=True):
    """Whoever sends it wants small pictures of what is encoded, or wants no more of them. Changes nothing else."""

    on: bool


class Preview(Message, frozen=True, kw_only=True):
    """A small picture as it is recorded (JPEG); left out where the watcher does not keep up."""

    at_us: Micros
    data: Annotated[bytes, Meta(min_length=1, max_length=262_144)]


ToCapture = Standby | StartTake | FinishTake | TakePhoto | Speaker | Rig | ClockRig | WatchPictures
FromCapture = CaptureState | TakeStarted | TakeEnded | PhotoTaken | Trouble | Preview
