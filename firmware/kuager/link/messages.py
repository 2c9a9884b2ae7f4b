"""The dock link's grammar: one JSON object (RFC 8259) a line, UTF-8, at most MAX_LINE bytes with its line feed.

A line that is none of these is answered by Refused and changes nothing. Times are integer microseconds.
"""

from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from kuager.errors import InputError
from kuager.evidence.records import Micros, Name, Short, State

MAX_LINE = 4096

_T = TypeVar("_T")


class _Line(msgspec.Struct, frozen=True, kw_only=True, tag=True, tag_field="m", forbid_unknown_fields=True):
    """One line; the class name is its tag."""


class Hello(_Line, frozen=True, kw_only=True):
    """The dock asks who is there. `version`: the newest grammar that it knows."""

    version: Annotated[int, Meta(ge=1, le=1000)]


class AskTime(_Line, frozen=True, kw_only=True):
    """The dock asks what time it is, to compare clocks: it takes half of the time until the answer as its uncertainty.

    `token` comes back with the answer.
    """

    token: Short = ""


class Unit(_Line, frozen=True, kw_only=True):
    """Answers Hello."""

    version: int
    unit: Name
    board: Name
    firmware: Short
    boot: Annotated[str, Meta(pattern=r"^[0-9a-f]{32}\Z")]


class Time(_Line, frozen=True, kw_only=True):
    """Answers AskTime: the moment at which the question was read, as every record of the unit gives it."""

    token: Short
    boot_us: Micros
    utc_us: Micros
    state: State
    uncertainty_us: Micros


class Refused(_Line, frozen=True, kw_only=True):
    """The line was none of the grammar."""

    reason: Short


VERSION = 1
ToUnit = Hello | AskTime
FromUnit = Unit | Time | Refused

_to_unit: msgspec.json.Decoder[ToUnit] = msgspec.json.Decoder(ToUnit)
_from_unit: msgspec.json.Decoder[FromUnit] = msgspec.json.Decoder(FromUnit)
_encoder = msgspec.json.Encoder()


def encode(line: ToUnit | FromUnit) -> bytes:
    """One line with its line feed."""
    return _encoder.encode(line) + b"\n"


def to_unit(line: bytes) -> ToUnit:
    """What the dock says. Raises InputError."""
    return _decode(_to_unit, line)


def from_unit(line: bytes) -> FromUnit:
    """What the unit says. Raises InputError."""
    return _decode(_from_unit, line)


def _decode(decoder: msgspec.json.Decoder[_T], line: bytes) -> _T:
    try:
        return decoder.decode(line)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise InputError(f"no line of the dock link: {error}"[:200]) from None
