"""The small parts that records and the manifest share: bounded numbers and texts, a moment, a device, what came before.

Limits on text count Unicode code points. Times named ``*_us`` are CLOCK_BOOTTIME microseconds of the boot that made the
record, ``*_utc_us`` microseconds since 1970 by UTC as the unit believed it then.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

VERSION = 1

Micros = Annotated[int, Meta(ge=0, lt=2**53)]
Count = Annotated[int, Meta(ge=0, lt=2**53)]
Digest = Annotated[bytes, Meta(min_length=32, max_length=32)]
RecordingId = Annotated[bytes, Meta(min_length=16, max_length=16)]
Name = Annotated[str, Meta(max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*\Z")]
Text = Annotated[str, Meta(max_length=1000)]
Short = Annotated[str, Meta(max_length=200)]
State = Literal["synchronised", "holdover", "unset"]
Mode = Literal["video", "sound", "stills"]
Stream = Literal["video", "sound"]
Streams = Annotated[list[Stream], Meta(min_length=1, max_length=2)]
Cause = Literal[
    "press",
    "closing",
    "break",
    "mode",
    "power",
    "camera",
    "microphone",
    "carrier",
    "software",
    "heat",
    "shutdown",
    "limit",
]
"""Why an interval began or ended: press and closing are the officer's; limit is a rate or size bound of the unit."""


class Body(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Unknown keys are ignored on reading (their bytes stay covered by the chain); None and empty are left out."""


class Stamp(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """One moment: CLOCK_BOOTTIME us, UTC us since 1970, clock state, uncertainty us (2**52: not known)."""

    boot_us: Micros
    utc_us: Micros
    state: State
    uncertainty_us: Micros


class Device(Body, frozen=True, kw_only=True):
    """Make, model and serial number of a technical means or carrier, read from the hardware (clause 6.1)."""

    make: Short
    model: Short
    serial: Short = ""


class Previous(Body, frozen=True, kw_only=True):
    """The unit's previous recording: number, id, and the digest of its journal's last record."""

    number: Count
    id: RecordingId
    head: Digest


class Continues(Body, frozen=True, kw_only=True):
    """The dead recording that this one continues, and what ended it; times are UTC us, of its last proven moment."""

    id: RecordingId
    head: Digest
    cause: Cause
    until_utc_us: Micros


class Procedure(Body, frozen=True, kw_only=True):
    """The procedure pack by which the session goes, with its citation; kind of action and how that was stated."""

    id: Name
    title: Text
    citation: Text = ""
    action: Short = ""  # empty: not stated
    action_stated: Literal["assigned", "chosen", "not-stated"] = "not-stated"
    witnesses: Literal["obligatory", "not-obligatory"] = "not-obligatory"
