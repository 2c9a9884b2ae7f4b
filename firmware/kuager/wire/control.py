"""Between supervisor and vault: a recording's begin, journal and end, and how the carrier is."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

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
    Text,
)
from kuager.wire.base import Flat, Message
from kuager.wire.rig import CarrierRig, ClockRig


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


class PrepareCarrier(Message, frozen=True, kw_only=True):
    """Make the blank carrier that is in ours. Answered by VaultState, or by VaultTrouble `not-prepared`.

    Whatever is not blank is refused: nothing that holds anybody's data is ever formatted.
    """


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
    carrier_state: Literal["ready", "missing", "blank", "foreign", "full", "read-only", "failed"]
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


ToVaultControl = (
    OpenRecording | Note | UnitNote | SetProcedure | CloseRecording | Remember | PrepareCarrier | CarrierRig | ClockRig
)
FromVaultControl = VaultState | Opened | Durable | Sealed | VaultTrouble
