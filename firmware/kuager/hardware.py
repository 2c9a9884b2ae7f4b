"""What a board has: one TOML file of hw/boards into frozen structs; the only source of pins, parts and limits.

A mistake is a ``UsageError`` that names the file and the line. A unit never stays dark for one: ``load_or_default``
keeps every part that is well described and gives a complaint to be spoken and journalled.
"""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from kuager import toml
from kuager.errors import UsageError
from kuager.evidence.records import Short

Gpio = Annotated[int, Meta(ge=2, le=27)]
Bus = Literal["i2c", "uart", "i2s", "spi"]

_BUS_PINS: dict[str, tuple[int, ...]] = {
    "i2c": (2, 3), "uart": (14, 15), "i2s": (18, 19, 20, 21), "spi": (7, 8, 9, 10, 11),
}  # fmt: skip
# The amplifier's switch, which this sound card's overlay claims.
_OVERLAY_PINS: dict[str, tuple[int, ...]] = {"googlevoicehat-soundcard": (16,)}
_MODEL = Path("/proc/device-tree/model")
_MAX_BYTES = 64 * 1024
_PINS_BY_NEED = (
    "record", "red", "green", "blue", "vibration", "mark", "power_fail", "mode_up", "mode_down", "dock",
)  # fmt: skip


class _Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One ``[section]``; keys that it does not know are errors."""


class Board(_Section, frozen=True, kw_only=True):
    """Which board this is. `model`: how the device tree's model begins (empty: never found by it)."""

    name: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,31}\Z")]
    title: Short
    model: Short = ""
    buses: tuple[Bus, ...] = ()
    overlays: tuple[Short, ...] = ()  # lines of config.txt after "dtoverlay="


class Pins(_Section, frozen=True, kw_only=True):
    """GPIO numbers (BCM). Inputs are wired to ground and pulled up; the light is an RGB LED with common cathode.

    `chip`: the label of the GPIO chip, whose number depends on the kernel. `revision`: for gpiozero, where the machine
    has no Raspberry Pi's revision code.
    """

    factory: Literal["lgpio", "rpigpio", "mock"] = "lgpio"
    chip: Annotated[str, Meta(pattern=r"^[a-z0-9-]{0,32}\Z")] = ""
    revision: Annotated[str, Meta(pattern=r"^([0-9a-f]{4,8})?\Z")] = ""
    record: Gpio | None
    mark: Gpio | None = None
    mode_up: Gpio | None = None
    mode_down: Gpio | None = None
    power_fail: Gpio | None = None
    dock: Gpio | None = None
    red: Gpio | None
    green: Gpio | None
    blue: Gpio | None
    vibration: Gpio | None = None

    def used(self) -> dict[str, int]:
        """Name in the file -> GPIO number, for those that are wired, the most needed first."""
        numbers = {name: getattr(self, name) for name in _PINS_BY_NEED}
        return {name: number for name, number in numbers.items() if number is not None}


class Limits(_Section, frozen=True, kw_only=True):
    """What the board sustains for hours: pixels and pictures a second."""

    width: Annotated[int, Meta(ge=160, le=4096)]
    height: Annotated[int, Meta(ge=160, le=4096)]
    rate: Annotated[int, Meta(ge=1, le=60)]


class Power(_Section, frozen=True, kw_only=True):
    """The battery and what becomes of the unit without it. `hold_up_ms`: from the power-fail line to the loss."""

    gauge: Literal["none", "max17048", "test-power"] = "none"
    capacity_mwh: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    hold_up_ms: Annotated[int, Meta(ge=0, le=60_000)] = 0
    hwmon: Literal["", "rpi_volt"] = ""  # the kernel's sensor of under-voltage


class Clock(_Section, frozen=True, kw_only=True):
    """The battery-backed clock, as the kernel drives it."""

    rtc: Literal["none", "ds3231", "pi-5", "cmos"] = "none"


class Position(_Section, frozen=True, kw_only=True):
    """The GNSS receiver on a serial line."""

    port: Annotated[str, Meta(pattern=r"^/dev/[A-Za-z0-9/_.-]{1,100}\Z")]
    baud: Literal[4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800] = 9600


class Card(_Section, frozen=True, kw_only=True):
    """The reader of the operator's card: part of the name of its input device."""

    reader: Annotated[str, Meta(min_length=1, max_length=100)]


class Hardware(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A board file. `camera`, `microphone` and `voice` are defaults for the settings' sections of the same names."""

    board: Board
    pins: Pins
    limits: Limits
    power: Power = msgspec.field(default_factory=Power)
    clock: Clock = msgspec.field(default_factory=Clock)
    position: Position | None = None
    card: Card | None = None
    camera: dict[str, Any] = {}
    microphone: dict[str, Any] = {}
    voice: dict[str, Any] = {}

    @property
    def virtual(self) -> bool:
        """Whether nothing of it is real."""
        return self.board.name == VIRTUAL


VIRTUAL, AUTO = "virtual", "auto"
SETTINGS_SECTIONS = ("camera", "microphone", "voice")
_SECTIONS = {field.name: field.type for field in msgspec.structs.fields(Hardware)}
_NOTHING = Hardware(
    board=Board(name="unknown", title="unknown board"),
    pins=Pins(record=None, red=None, green=None, blue=None),
    limits=Limits(width=1280, height=720, rate=30),
)


def folder() -> Path:
    """Where the board files lie: beside this module where it is installed, hw/boards in a checkout."""
    installed = Path(__file__).parent / "boards"
    return installed if installed.is_dir() else Path(__file__).parents[2] / "hw" / "boards"


def path_of(board: str) -> Path:
    """The file of a board by its name; a name with a slash is a path already."""
    return Path(board) if "/" in board else folder() / f"{board}.toml"


def named(board: str) -> str:
    """The board's name or path; `auto` is the one that the device tree tells. Raises UsageError."""
    if board != AUTO:
        return board
    if found := of_model(_read_model()):
        return found.board.name
    raise UsageError("no board of hw/boards is this machine: name one, or virtual, as [unit] board in the settings")


def likely(board: str) -> str:
    """As `named`, but where this machine is no board of ours, it is the virtual one."""
    try:
        return named(board)
    except UsageError:
        return VIRTUAL


def load(path: Path) -> Hardware:
    """Read a board file. Raises UsageError naming the line."""
    text = toml.read(path, "board file", _MAX_BYTES, "; name a board of hw/boards")
    found = toml.decode(text, Hardware, str(path))
    if found.virtual != (path == path_of(VIRTUAL)):
        line = toml.lines(text).get("board.name", 1)
        raise UsageError(f"{path}, line {line}: a board of its own needs a name of its own, and virtual is taken")
    if (found.pins.factory == "mock") != found.virtual:
        line = toml.lines(text).get("pins.factory", 1)
        raise UsageError(f"{path}, line {line}: mock pins are the virtual board's, and it has no others")
    for name, number, other in _clashes(found.pins, found.board):
        line = toml.lines(text).get(f"pins.{name}", 1)
        raise UsageError(f"{path}, line {line}: {name} is on GPIO {number}, which {other} uses already")
    return found


def load_or_default(board: str, model: str | None = None) -> tuple[Hardware, str | None]:
    """The board of this name or path; where its file is wrong, what of it works, and the first mistake.

    What is wrong is taken from the shipped file of this machine, which `model` (by default the device tree's) names.
    """
    path = path_of(board)
    try:
        return load(path), None
    except UsageError as error:
        complaint = str(error)
    reference = of_model(_read_model() if model is None else model) or _NOTHING
    try:
        tables = toml.tables(toml.read(path, "board file", _MAX_BYTES, "; name a board of hw/boards"))
    except (UsageError, tomllib.TOMLDecodeError):
        return reference, complaint
    parts = {
        name: part for name, kind in _SECTIONS.items() if name in tables and (part := _part(tables[name], kind))
    }  # fmt: skip
    if "pins" not in parts:
        parts["pins"] = _good_pins(tables.get("pins"), reference.pins)
    if board != VIRTUAL and "board" in parts and parts["board"].name == VIRTUAL:
        del parts["board"]  # who names a file of its own has a real board
    fields = {name: parts.get(name, getattr(reference, name)) for name in _SECTIONS}
    found = Hardware(**fields)
    lost = {name: None for name, _, _ in _clashes(found.pins, found.board)}
    return msgspec.structs.replace(found, pins=msgspec.structs.replace(found.pins, **lost)), complaint


def of_model(model: str) -> Hardware | None:
    """The shipped board file whose `model` begins this device tree's model; the longest one wins."""
    fits: list[Hardware] = []
    for path in sorted(folder().glob("*.toml")):
        try:
            found = load(path)
        except UsageError:
            continue
        if found.board.model and model.startswith(found.board.model):
            fits.append(found)
    return max(fits, key=lambda each: len(each.board.model), default=None)


def _read_model() -> str:
    try:
        return _MODEL.read_bytes()[:200].rstrip(b"\0").decode(errors="replace")
    except OSError:
        return ""


def _clashes(pins: Pins, board: Board) -> Iterator[tuple[str, int, str]]:
    """Pins whose number something more needed has: name, number, and who has it."""
    taken = {number: f"the {bus} bus" for bus in board.buses for number in _BUS_PINS[bus]}
    taken |= {number: overlay for overlay in board.overlays for number in _OVERLAY_PINS.get(overlay, ())}
    for name, number in pins.used().items():
        if number in taken:
            yield name, number, taken[number]
        else:
            taken[number] = name


def _part(table: object, kind: Any) -> Any:
    try:
        return msgspec.convert(table, kind)
    except msgspec.ValidationError:
        return None


def _good_pins(table: object, reference: Pins) -> Pins:
    # Each key by itself: one that is wrong or missing is taken from the reference.
    given = table if isinstance(table, dict) else {}
    chosen = {}
    for field in msgspec.structs.fields(Pins):
        value = _part(given[field.name], field.type) if field.name in given else None
        chosen[field.name] = getattr(reference, field.name) if value is None else value
    return Pins(**chosen)
