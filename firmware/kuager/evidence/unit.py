"""Record bodies of the unit's own journal: what the unit did and did not do, beside what each recording says of
itself.

Records are as in a recording's journal, each signed by the unit key with kind ``unit`` and the journal's own random
id. The journal lies with the unit's state and is copied to every carrier, so that a missing or shortened recording
shows in a set.
"""

from typing import Annotated, Literal

from msgspec import Meta, field

from kuager.evidence.records import (
    Body,
    Cause,
    Count,
    Device,
    Digest,
    Event,
    Name,
    RecordingId,
    Short,
    Stamp,
    TornFile,
)

BootId = Annotated[bytes, Meta(min_length=16, max_length=16)]


class UnitBegun(Body, frozen=True, kw_only=True):
    """First record of each file of the journal. A further file is begun where the one before was torn or the key is
    another.
    """

    version: int
    id: RecordingId  # of this journal, for the signatures; the same in all its files
    unit: Name
    device: Device
    certificates: Annotated[list[bytes], Meta(min_length=1, max_length=8)]  # X.509 DER, the unit's first
    next_number: Count  # of the recording opened next
    earlier: list[TornFile] = field(default_factory=list)


class Started(Body, frozen=True, kw_only=True):
    """The vault began to run: boot and firmware. Between the record before and this one the unit was off, or its
    vault was.
    """

    boot: BootId
    firmware: Short
    board: Name


class NotRecording(Body, frozen=True, kw_only=True):
    """From `since` to this record's own stamp the unit ran and recorded nothing; `after` says what the time followed
    on.
    """

    since: Stamp
    after: Literal["start", "closed", "abandoned"]


class RecordingOpened(Body, frozen=True, kw_only=True):
    """A recording was opened; `head` is the digest of its `opened` record."""

    number: Count
    id: RecordingId
    name: Name
    head: Digest
    carrier: Device | None = None


class RecordingEnded(Body, frozen=True, kw_only=True):
    """A recording ended. `head`: digest of its last record.

    closed, died: by that record. abandoned: the carrier was lost, and `head` is the last record that was acknowledged.
    """

    number: Count
    id: RecordingId
    name: Name
    head: Digest
    ending: Literal["closed", "died", "abandoned"]
    cause: Cause


class RecordingSealed(Body, frozen=True, kw_only=True):
    """A recording's manifest was signed: the digest of manifest.cbor, and the attributes set when all was done."""

    number: Count
    id: RecordingId
    manifest: Digest
    protections: Annotated[list[Short], Meta(max_length=16)] = field(default_factory=list)


UNIT_BODIES: dict[str, type[Body]] = {
    "unit-begun": UnitBegun,
    "started": Started,
    "not-recording": NotRecording,
    "recording-opened": RecordingOpened,
    "recording-ended": RecordingEnded,
    "recording-sealed": RecordingSealed,
    "event": Event,
}
"""Record type -> body. `event` holds refused presses, faults outside a recording, receipts given by a dock, and the
like.
"""
