"""The messages between our processes, each with its limits; nothing here does I/O.

Frames are a 4-byte big-endian length and a MessagePack body, on local stream sockets. A body that breaks a limit is an
``InputError`` and the connection that sent it is closed: nobody on a socket is trusted. Times are CLOCK_BOOTTIME us.

Sockets, by listener: ``vault-media`` (capture speaks), ``vault-control`` (supervisor speaks), ``capture`` (supervisor
speaks), ``board`` on the virtual board (the terminal, the page or a script speaks).
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from kuager.errors import InputError
from kuager.evidence.records import (
    Cause,
    Count,
    Device,
    Digest,
    Micros,
    Mode,
    Name,
    Procedure,
    RecordingId,
    Short,
    Stream,
    Text,
)

MAX_FRAME = 8 * 1024 * 1024
"""Longest message body, bytes: a fragment of 0.5 s at 100 Mbit/s, or a full-resolution photograph."""

Media = Annotated[bytes, Meta(min_length=1, max_length=MAX_FRAME - 4096)]
Flat = Annotated[dict[Short, str | int | bool], Meta(max_length=32)]


class Message(msgspec.Struct, frozen=True, kw_only=True, tag=True, tag_field="m", forbid_unknown_fields=True):
    """One message; the class name is its tag on the wire."""


# capture -> vault (media). `sequence` counts messages over capture's life: an acknowledgement covers all before.


class Sequenced(Message, frozen=True, kw_only=True):
    """A message that the vault acknowledges once what it says is durable and signed."""

    sequence: Count


class TakeBegin(Sequenced, frozen=True, kw_only=True):
    """An uninterrupted stretch begins in this recording: the vault begins an interval."""

    recording: RecordingId
    take: Count
    cause: Cause
    streams: list[Stream]
    first_us: Micros
    first_utc_us: Micros
    width: Count = 0
    height: Count = 0
    rate_millihertz: Count = 0
    sample_rate: Count = 0
    camera: Device | None = None
    microphone: Device | None = None


class Fragment(Sequenced, frozen=True, kw_only=True):
    """One chunk of the take's file number `file` (from 0; the next is a roll-over). Fields as in records.Chunk."""

    take: Count
    file: Count
    kind: Literal["init", "fragment"]
    data: Media
    first_us: Micros
    last_us: Micros
    first_utc_us: Micros
    key: bool = False
    standby: bool = False
    frames: Count = 0
    first_frame: Count = 0
    samples: Count = 0
    first_sample: Count = 0


class GapFound(Sequenced, frozen=True, kw_only=True):
    """Fields as in records.Gap."""

    take: Count
    stream: Stream
    cause: Cause
    from_us: Micros
    to_us: Micros
    frames: Count = 0
    first_sample: Count = 0
    samples: Count = 0
    detail: Short = ""


class Remark(Sequenced, frozen=True, kw_only=True):
    """Capture says something for the journal: a rate step, a device that came back. Becomes records.Event."""

    take: Count
    code: Name
    data: Flat = {}


class TakeEnd(Sequenced, frozen=True, kw_only=True):
    """The stretch ends; all its fragments have been sent."""

    take: Count
    cause: Cause
    last_us: Micros
    last_utc_us: Micros
    detail: Short = ""


class Still(Sequenced, frozen=True, kw_only=True):
    """A photograph for this recording: the camera's JPEG, complete."""

    recording: RecordingId
    data: Media
    at_us: Micros
    at_utc_us: Micros


# vault -> capture


class Acknowledged(Message, frozen=True, kw_only=True):
    """Every message up to and including this sequence is durable and covered by a signature."""

    sequence: Count


class Refused(Message, frozen=True, kw_only=True):
    """This message was not taken, and why; nothing of it was written. The take is over for the vault."""

    sequence: Count
    reason: Short


# supervisor -> vault (control)


class OpenRecording(Message, frozen=True, kw_only=True):
    """Begin a recording now. `continues`: resume after the recording that died last, if there is one."""

    request: Count
    mode: Mode
    language: Short
    procedure: Procedure
    operator: Short = ""
    pre_roll_us: Micros = 0
    camera: Device | None = None
    microphone: Device | None = None
    continues: bool = False


class Note(Message, frozen=True, kw_only=True):
    """A record for the open recording's journal, by type: `body` is the CBOR-free plain form of that type's body."""

    type: Literal["event", "prompt", "chapter", "battery"]
    body: dict[str, object]


class UnitNote(Message, frozen=True, kw_only=True):
    """An event for the unit's own journal (refused presses, start, faults outside a recording)."""

    code: Name
    data: Flat = {}


class SetProcedure(Message, frozen=True, kw_only=True):
    """The kind of action became known after opening: for the manifest and, as an event, for the journal."""

    procedure: Procedure


class CloseRecording(Message, frozen=True, kw_only=True):
    """End the open recording in order: close the interval, sign `closed`, write and sign the manifest."""

    request: Count
    cause: Cause
    dialogue: bool
    missing: list[Short] = []


class Remember(Message, frozen=True, kw_only=True):
    """The supervisor's session, kept in the vault's memory and given back in VaultState after its restart."""

    session: Annotated[bytes, Meta(max_length=65536)]


class CarrierRig(Message, frozen=True, kw_only=True):
    """Virtual board only: play a fault on the vault's file interface, or end it (`carrier-well`)."""

    fault: Literal["carrier-gone", "carrier-full", "carrier-read-only", "carrier-failed", "carrier-slow", "carrier-well"]


# vault -> supervisor


class DeadRecording(msgspec.Struct, frozen=True, kw_only=True):
    """A recording that ended without being closed, after recovery."""

    id: RecordingId
    name: Name
    number: Count
    cause: Cause
    until_utc_us: Micros


class VaultState(Message, frozen=True, kw_only=True):
    """Sent on connection, on change, and once a second: what the vault has open and how the carrier is."""

    unit: Name
    next_number: Count
    open_id: RecordingId | None = None
    open_name: Short = ""
    open_number: Count = 0
    carrier: Device | None = None
    carrier_state: Literal["ready", "missing", "full", "read-only", "foreign", "failed"]
    carrier_detail: Short = ""
    free_bytes: Count = 0
    protections: list[Short] = []
    dead: DeadRecording | None = None  # the newest recording found dead at this start of the vault
    session: Annotated[bytes, Meta(max_length=65536)] = b""


class Opened(Message, frozen=True, kw_only=True):
    """The recording exists on the carrier, its `opened` record durable."""

    request: Count
    id: RecordingId
    name: Name
    number: Count
    path: Text
    continues: DeadRecording | None = None


class Durable(Message, frozen=True, kw_only=True):
    """Media up to this moment are acknowledged. Sent after every batch."""

    id: RecordingId
    durable_us: Micros
    bytes: Count
    interval: Count


class Sealed(Message, frozen=True, kw_only=True):
    """The recording is closed and its manifest signed; `sha256` is of manifest.cbor."""

    request: Count
    id: RecordingId
    name: Name
    path: Text
    sha256: Digest
    files: Count
    bytes: Count


class VaultTrouble(Message, frozen=True, kw_only=True):
    """Something failed on the carrier or was refused; `request` is 0 where no request is meant."""

    code: Name
    reason: Text
    request: Count = 0
    ended: RecordingId | None = None  # the recording that had to be ended for it


# supervisor -> capture


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

    pcm: Annotated[bytes, Meta(max_length=6_000_000)]
    at_us: Micros


class Rig(Message, frozen=True, kw_only=True):
    """Virtual board only: play a fault on the virtual sensors, for training and tests."""

    fault: Literal["camera-stall", "camera-gone", "camera-back", "lens-covered", "lens-clear", "microphone-mute",
                   "microphone-gone", "microphone-back", "hang", "crash"]  # fmt: skip


# capture -> supervisor


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


# board door (virtual board): from the terminal, the page or a script


class Pin(Message, frozen=True, kw_only=True):
    """Drive one input pin of the mock board: True is the active level (pressed, docked)."""

    name: Literal["record", "mark", "mode-up", "mode-down", "power-fail", "dock"]
    level: bool


class Fault(Message, frozen=True, kw_only=True):
    """Play a fault: passed on to capture as Rig, or to the board itself."""

    fault: Short


# supervisor -> board door


class Panel(Message, frozen=True, kw_only=True):
    """What the unit shows: sent on change and twice a second."""

    at_us: Micros
    state: Name  # session state: ready, opening, recording, interrupted, closing, sealing, starting
    signal: Name  # signalling mode (see signals.py)
    light: Annotated[
        list[Annotated[int, Meta(ge=0, le=255)]], Meta(min_length=3, max_length=3)
    ]  # what the pins do now, RGB
    vibration: bool
    mode: Mode
    recording: Short = ""
    number: Count = 0
    elapsed_us: Micros = 0
    durable_us: Micros = 0  # newest acknowledged moment; 0 when none
    level_db: int = -100
    camera: Short = ""
    microphone: Short = ""
    carrier: Short = ""
    hours_left_tenths: Count = 0
    battery_percent: int = 100
    clock: Short = ""
    item: Text = ""  # what the unit is waiting for, in the officer's language
    warnings: list[Text] = []


class Spoken(Message, frozen=True, kw_only=True):
    """The unit speaks: the words, for the screen."""

    prompt: Name
    text: Text
    at_us: Micros
    duration_us: Micros


class SealedNotice(Message, frozen=True, kw_only=True):
    """A recording was sealed; a script or terminal may verify it."""

    name: Name
    path: Text
    sha256: Digest


ToVaultMedia = TakeBegin | Fragment | GapFound | Remark | TakeEnd | Still
FromVaultMedia = Acknowledged | Refused
ToVaultControl = OpenRecording | Note | UnitNote | SetProcedure | CloseRecording | Remember | CarrierRig
FromVaultControl = VaultState | Opened | Durable | Sealed | VaultTrouble
ToCapture = Standby | StartTake | FinishTake | TakePhoto | Speaker | Rig
FromCapture = CaptureState | TakeStarted | TakeEnded | PhotoTaken | Trouble
ToBoard = Pin | Fault
FromBoard = Panel | Spoken | SealedNotice

_encoder = msgspec.msgpack.Encoder()


def encode(message: Message) -> bytes:
    """One frame: length prefix and body. Raises InputError over MAX_FRAME."""
    body = _encoder.encode(message)
    if len(body) > MAX_FRAME:
        raise InputError(f"a {type(message).__name__} message of {len(body)} bytes is over the limit of {MAX_FRAME}")
    return len(body).to_bytes(4, "big") + body


class Decoder:
    """Decodes bodies of one direction of one socket, e.g. ``Decoder(ToCapture)``; anything else is an InputError."""

    def __init__(self, messages: object) -> None:
        self._decoder = msgspec.msgpack.Decoder(messages)

    def decode(self, body: bytes | memoryview) -> object:
        """The message in a body (without its length prefix)."""
        try:
            return self._decoder.decode(body)
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            raise InputError(f"a message was refused: {error}") from None
