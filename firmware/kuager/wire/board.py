"""The virtual board's door: pins from the terminal, the page or a script; what the unit shows, to them."""

from typing import Annotated, Literal

from msgspec import Meta

from kuager.evidence.records import Count, Digest, Micros, Mode, Name, Short, Text
from kuager.wire.base import Message


class Pin(Message, frozen=True, kw_only=True):
    """Drive one input pin of the mock board: True is the active level (pressed, docked)."""

    name: Literal["record", "mark", "mode-up", "mode-down", "power-fail", "dock"]
    level: bool


class Fault(Message, frozen=True, kw_only=True):
    """Play a fault: passed on to capture as Rig, or to the board itself."""

    fault: Short


class Listen(Message, frozen=True, kw_only=True):
    """Whoever sends it wants to hear what the loudspeaker plays, or no more of it."""

    on: bool


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
    discreet: bool = False
    camera_kind: Short = ""  # replay: a clip stands in for a camera
    microphone_kind: Short = ""
    sound_card: bool = False  # what is said sounds on the machine itself


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


class Sound(Message, frozen=True, kw_only=True):
    """A part of what the loudspeaker plays, from `at_us`: 16-bit mono at 48 kHz."""

    pcm: Annotated[bytes, Meta(max_length=262_144)]
    at_us: Micros


ToBoard = Pin | Fault | Listen
FromBoard = Panel | Spoken | SealedNotice | Sound
