"""The journal's record bodies, by type: what a recording says of itself, as FORMAT.md specifies.

A record is ``55799([seq, prev, stamp, type, body, ?signature])``; here are the bodies only, as maps with text keys.
"""

from typing import Annotated, Literal

from msgspec import Meta, field

from kuager.evidence.fields import (
    VERSION,
    Body,
    Cause,
    Continues,
    Count,
    Device,
    Digest,
    Micros,
    Mode,
    Name,
    Previous,
    Procedure,
    RecordingId,
    Short,
    Stamp,
    State,
    Stream,
    Streams,
    Text,
)

__all__ = [
    "BODIES", "SIGNED_BY_RECORDING_KEY", "SIGNED_BY_UNIT", "VERSION", "Battery", "Body", "Cause", "Chapter",
    "Checkpoint", "Chunk", "ClockStep", "Closed", "Continues", "Count", "Device", "Died", "Digest", "Event", "Gap",
    "IntervalBegun", "IntervalEnded", "Micros", "Mode", "Name", "Opened", "Photo", "Previous", "Procedure", "Prompt",
    "RecordingId", "Short", "Stamp", "State", "Stream", "Streams", "Text", "TornFile",
]  # fmt: skip


class Opened(Body, frozen=True, kw_only=True):
    """First record of a recording, signed by the unit key: binds the recording key, the chain, and what is known at the
    press.
    """

    version: Count
    id: RecordingId
    name: Name
    unit: Name
    number: Count
    boot: Annotated[bytes, Meta(min_length=16, max_length=16)]
    board: Name
    firmware: Short
    device: Device  # the unit itself
    camera: Device | None = None
    microphone: Device | None = None
    carrier: Device | None = None
    mode: Mode
    language: Short
    procedure: Procedure
    operator: Short = ""
    pre_roll_us: Micros = 0
    recording_key: Annotated[bytes, Meta(min_length=32, max_length=32)]  # Ed25519 public key
    certificates: Annotated[list[bytes], Meta(min_length=1, max_length=8)]  # X.509 DER, the unit's first
    previous: Previous | None = None
    continues: Continues | None = None


class IntervalBegun(Body, frozen=True, kw_only=True):
    """An uninterrupted stretch begins; its chunks name its files. first_us: its first frame or sample."""

    interval: Count
    cause: Cause
    streams: Streams
    first_us: Micros
    first_utc_us: Micros
    width: Count = 0  # pixels; 0 without picture
    height: Count = 0
    rate_millihertz: Count = 0  # nominal frames per 1000 s
    sample_rate: Count = 0  # samples a second; 0 without sound
    camera: Device | None = None
    microphone: Device | None = None


class Chunk(Body, frozen=True, kw_only=True):
    """A piece of a media file: `init` is ftyp+moov, `fragment` is prft+moof+mdat. Chunks tile the file from byte 0."""

    file: Name
    interval: Count
    kind: Literal["init", "fragment"]
    offset: Count  # bytes
    length: Count  # bytes
    sha256: Digest
    first_us: Micros  # of the first frame or sample inside
    last_us: Micros  # end of the last one
    first_utc_us: Micros
    key: bool = False  # begins with a keyframe
    standby: bool = False  # holds pre-recorded frames
    frames: Count = 0  # pictures inside
    first_frame: Count = 0  # frame counter of the first picture inside (see the cell strip)
    samples: Count = 0  # sound samples inside
    first_sample: Count = 0  # index of the first sample inside, counted from the interval's begin


class Gap(Body, frozen=True, kw_only=True):
    """Something is missing, declared: pictures from..to, or sound (inserted silence by sample range)."""

    interval: Count
    stream: Stream
    cause: Cause
    from_us: Micros
    to_us: Micros
    frames: Count = 0  # pictures known to be missing
    first_sample: Count = 0
    samples: Count = 0  # silent samples inserted
    detail: Short = ""


class Event(Body, frozen=True, kw_only=True):
    """Something happened on the unit: warning, press, rate step, fault, session state; `data` is small and flat."""

    code: Name
    data: dict[Short, str | int | bool] = field(default_factory=dict)


class Prompt(Body, frozen=True, kw_only=True):
    """The unit spoke: which prompt, in which language, the words, and when it sounded."""

    prompt: Name
    language: Short
    text: Text
    from_us: Micros
    to_us: Micros
    audible: bool = True  # False: no sound could be played; the text was only shown


class Chapter(Body, frozen=True, kw_only=True):
    """A mark in the recording: an item of the procedure (with the clause it serves), or the officer's own mark."""

    chapter: Count
    item: Name
    title: Text
    clause: Short = ""
    at_us: Micros


class ClockStep(Body, frozen=True, kw_only=True):
    """UTC jumped against CLOCK_BOOTTIME, or the clock's state changed, between this record and an earlier one."""

    step_us: int  # UTC after minus UTC expected; negative: set back
    before: Stamp
    after: Stamp


class Battery(Body, frozen=True, kw_only=True):
    """Battery as the gauge gives it."""

    percent: Annotated[int, Meta(ge=0, le=100)]
    millivolts: Count = 0
    charging: bool = False


class Photo(Body, frozen=True, kw_only=True):
    """A still: the camera's own JPEG, its exact size and digest."""

    file: Name
    interval: Count | None = None
    length: Count
    sha256: Digest
    at_us: Micros
    at_utc_us: Micros


class Checkpoint(Body, frozen=True, kw_only=True):
    """Signed by the recording key: everything before it is acknowledged, in files and journal."""

    durable_us: Micros = 0  # newest moment of media that is synced
    bytes: Count = 0  # media bytes of the recording so far


class IntervalEnded(Body, frozen=True, kw_only=True):
    """The stretch ends: last_us is the end of its last frame or sample."""

    interval: Count
    cause: Cause
    last_us: Micros
    last_utc_us: Micros
    detail: Short = ""


class Closed(Body, frozen=True, kw_only=True):
    """Last record of a recording ended in order; signed by the unit key. `missing`: promised and not there."""

    cause: Cause
    dialogue: bool  # the closing dialogue was held (clause 8)
    missing: list[Short] = field(default_factory=list)


class TornFile(Body, frozen=True, kw_only=True):
    """A file as recovery found it: its length, the part proven by signed records, and the digest of the rest."""

    file: Name
    length: Count
    proven: Count
    tail_sha256: Digest


class Died(Body, frozen=True, kw_only=True):
    """First record of a journal begun by recovery, signed by the unit key: where and why the recording ended."""

    version: Count
    id: RecordingId
    boot: Annotated[bytes, Meta(min_length=16, max_length=16)]  # of the recovery, which stamps this journal
    cause: Cause
    last: Stamp  # the last signed checkpoint's stamp, in the recording's own boot
    durable_us: Micros = 0
    journals: list[TornFile]
    certificates: Annotated[list[bytes], Meta(min_length=1, max_length=8)]


BODIES: dict[str, type[Body]] = {
    "opened": Opened,
    "interval-begun": IntervalBegun,
    "chunk": Chunk,
    "gap": Gap,
    "event": Event,
    "prompt": Prompt,
    "chapter": Chapter,
    "clock-step": ClockStep,
    "battery": Battery,
    "photo": Photo,
    "checkpoint": Checkpoint,
    "interval-ended": IntervalEnded,
    "closed": Closed,
    "died": Died,
}
"""Record type -> body. A reader keeps and chains a type that is not here, and ignores what it says."""

SIGNED_BY_UNIT = frozenset({"opened", "died", "closed"})
SIGNED_BY_RECORDING_KEY = frozenset({"checkpoint"})
