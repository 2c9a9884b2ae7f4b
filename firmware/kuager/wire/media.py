"""Between capture and vault: media and what is missing of them, and how far they are acknowledged.

`sequence` counts capture's messages over its life: an acknowledgement covers all before.
"""

from typing import ClassVar, Literal

from kuager.evidence.records import Cause, Count, Device, Micros, Name, RecordingId, Short, Stream
from kuager.wire.base import MAX_FRAME, Flat, Media, Message


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

    longest: ClassVar[int] = MAX_FRAME
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

    longest: ClassVar[int] = MAX_FRAME
    recording: RecordingId
    data: Media
    at_us: Micros
    at_utc_us: Micros


class Acknowledged(Message, frozen=True, kw_only=True):
    """Every message up to and including this sequence is durable and covered by a signature.

    Of the open recording: what was sent for an earlier one and not acknowledged before that was lost never will be.
    """

    sequence: Count


class Refused(Message, frozen=True, kw_only=True):
    """This message was not taken, and why; nothing of it was written. The take is over for the vault.

    `over`: so is its recording; only the supervisor can say where to go on.
    """

    sequence: Count
    reason: Short
    over: bool = False


ToVaultMedia = TakeBegin | Fragment | GapFound | Remark | TakeEnd | Still
FromVaultMedia = Acknowledged | Refused
