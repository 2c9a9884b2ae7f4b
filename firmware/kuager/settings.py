"""The unit's settings: one TOML file into frozen structs; settings.md describes every key.

A mistake is a ``UsageError`` that names the file and the line. A unit never stays dark for one: ``load_or_default``
keeps every key that is good, uses the default for the others, and gives a complaint to be spoken and journalled.
"""

import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from kuager import hardware, toml
from kuager.errors import UsageError
from kuager.evidence.records import Mode, Short

Language = Literal["ru", "kk", "en"]
UnitName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9]{1,16}\Z")]
Side = Annotated[int, Meta(ge=160, le=4096, multiple_of=2)]

_MAX_BYTES = 256 * 1024  # longer than any settings file; guards against a wrong path
_MOST_CUTS = 8  # how often a text that is no TOML is cut shorter and read again


def state_home() -> Path:
    """Where everything of ours lies by default: ``$XDG_STATE_HOME/kuager``, else ``~/.local/state/kuager``."""
    return Path(os.environ.get("XDG_STATE_HOME") or "~/.local/state").expanduser() / "kuager"


def default_file() -> Path:
    """``$XDG_CONFIG_HOME/kuager/settings.toml`` (``~/.config``) if there is one, else an empty file: all defaults."""
    path = Path(os.environ.get("XDG_CONFIG_HOME") or "~/.config").expanduser() / "kuager" / "settings.toml"
    return path if path.exists() else Path(os.devnull)


class _Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One ``[section]``; keys that it does not know are errors."""


class Unit(_Section, frozen=True, kw_only=True):
    """What this unit is, and who answers for it (clauses 6.1 and 9)."""

    name: UnitName = "KZ0417"
    make: Short = "Kuager"
    model: Short = "virtual unit"
    serial: Short = ""
    operator: Short = ""
    language: Language = "ru"
    board: Annotated[str, Meta(pattern=r"^([a-z0-9][a-z0-9-]{0,31}|/[^\0]{1,200})\Z")] = hardware.VIRTUAL


class Procedure(_Section, frozen=True, kw_only=True):
    """Which procedure pack leads the session. `action` assigned here is not asked for at the press."""

    pack: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,63}\Z")] = "kz-2012-68"
    action: Annotated[str, Meta(pattern=r"^[a-z0-9-]{0,64}\Z")] = ""
    mode: Mode = "video"
    pre_roll_s: Annotated[int, Meta(ge=0, le=120)] | None = None  # None: the pack decides


class Carrier(_Section, frozen=True, kw_only=True):
    """Where recordings are written. `max_file_bytes`: a media file rolls over before it."""

    path: Path = msgspec.field(default_factory=lambda: state_home() / "carrier")
    max_file_bytes: Annotated[int, Meta(ge=1_000_000, le=2**31 - 1)] = 2_000_000_000


class Camera(_Section, frozen=True, kw_only=True):
    """The camera. `path`: a clip for replay (None: the one from set-up); `device`: a V4L2 device (empty: the first)."""

    kind: Literal["replay", "v4l2", "picamera2", "auto"] = "replay"
    path: Path | None = None
    device: Short = ""
    width: Side = 1280
    height: Side = 720
    rate: Annotated[int, Meta(ge=1, le=60)] = 30
    encoder: Literal["libav", "hardware"] = "libav"
    preset: Literal["ultrafast", "superfast", "veryfast", "faster"] = "superfast"  # libav: x264's
    crf: Annotated[int, Meta(ge=10, le=40)] = 25  # libav: x264's
    bit_rate: Annotated[int, Meta(ge=500_000, le=25_000_000)] = 8_000_000  # hardware: bits a second
    stills: Literal["video", "full"] = "video"  # a photograph as large as the video, or as the sensor


class Microphone(_Section, frozen=True, kw_only=True):
    """The microphone. `path`: a sound file for replay (None: the one from set-up); `device`: part of a card's name."""

    kind: Literal["replay", "pyaudio", "auto"] = "replay"
    path: Path | None = None
    device: Short = ""


class Voice(_Section, frozen=True, kw_only=True):
    """Spoken prompts. `directory`: rendered WAV files (None: where set-up puts them); `device`: part of a card's name;
    `volume` in percent.
    """

    directory: Path | None = None
    loudspeaker: Literal["auto", "virtual", "pyaudio"] = "auto"
    device: Short = ""
    volume: Annotated[int, Meta(ge=0, le=100)] = 80


class Signals(_Section, frozen=True, kw_only=True):
    """What is seen, heard and felt. `discreet`: begin without light and sound; `reminder_s`: how often, while something
    is recorded, that is felt (0: never).
    """

    discreet: bool = False
    reminder_s: Annotated[int, Meta(ge=0, le=3600)] = 120


class Paths(_Section, frozen=True, kw_only=True):
    """`state`: counters, keys, the unit's journal. `run`: sockets; a short name, as a socket's path has 107 bytes."""

    state: Path = msgspec.field(default_factory=state_home)
    run: Path = msgspec.field(default_factory=lambda: state_home() / "run")


class Settings(_Section, frozen=True, kw_only=True):
    """All sections; every one may be left out."""

    unit: Unit = msgspec.field(default_factory=Unit)
    procedure: Procedure = msgspec.field(default_factory=Procedure)
    carrier: Carrier = msgspec.field(default_factory=Carrier)
    camera: Camera = msgspec.field(default_factory=Camera)
    microphone: Microphone = msgspec.field(default_factory=Microphone)
    voice: Voice = msgspec.field(default_factory=Voice)
    signals: Signals = msgspec.field(default_factory=Signals)
    paths: Paths = msgspec.field(default_factory=Paths)


_SECTIONS: dict[str, type[_Section]] = {field.name: field.type for field in msgspec.structs.fields(Settings)}


def load(path: Path) -> Settings:
    """Read a settings file; relative paths in it are relative to its folder. Raises UsageError naming the line."""
    text = toml.read(path, "settings file", _MAX_BYTES)
    try:
        tables = toml.tables(text)
    except tomllib.TOMLDecodeError as error:
        reason = re.sub(r"\s*\(at .*\)$", "", str(error))
        raise UsageError(f"{path}, line {_fault_line(error, text)}: {reason}") from None
    name = hardware.named(_convert(path, text, tables).unit.board)
    where = hardware.path_of(name)
    board = hardware.load(where)
    _convert(where, toml.read(where, "board file", _MAX_BYTES), _on_board(board, name, {}))
    settings = _convert(path, text, _on_board(board, name, tables))
    for section, key, _, why in _misfits(settings, board):
        raise UsageError(f"{path}, line {_line(text, section, key)}: {section}.{key}: {why}")
    return settings


def load_or_default(path: Path) -> tuple[Settings, str | None]:
    """As `load`, but what is wrong is left out, and the second value tells the first mistake."""
    try:
        return load(path), None
    except UsageError as error:
        complaint = str(error)
    try:
        good = _good(path, _whole_part(toml.read(path, "settings file", _MAX_BYTES)))
    except UsageError:
        good = {}
    # A real unit whose settings can't be read is no virtual one.
    name = hardware.likely(good.get("unit", {}).get("board", hardware.AUTO))
    board, _ = hardware.load_or_default(name)
    settings = _convert(path, "", _good(path, _on_board(board, name, good)))
    for section, key, value, _ in _misfits(settings, board):
        changed = msgspec.structs.replace(getattr(settings, section), **{key: value})
        settings = msgspec.structs.replace(settings, **{section: changed})
    return settings, complaint


def _good(path: Path, tables: dict[str, Any]) -> dict[str, Any]:
    """Those keys that are right, each by itself."""
    good: dict[str, Any] = {}
    for section, keys in tables.items():
        for key, value in keys.items() if isinstance(keys, dict) else []:
            try:
                _convert(path, "", {section: {key: value}})
            except UsageError:
                continue
            good.setdefault(section, {})[key] = value
    return good


def _on_board(board: hardware.Hardware, name: str, tables: dict[str, Any]) -> dict[str, Any]:
    """The tables with the board's own values where they say nothing."""
    fitted = {section: getattr(board, section) | tables.get(section, {}) for section in hardware.SETTINGS_SECTIONS}
    return tables | fitted | {"unit": tables.get("unit", {}) | {"board": name}}


def _misfits(settings: Settings, board: hardware.Hardware) -> Iterator[tuple[str, str, object, str]]:
    """What does not go with the board: section, key, what to use instead, and why."""
    for key in ("width", "height", "rate"):
        most = getattr(board.limits, key)
        if getattr(settings.camera, key) > most:
            yield "camera", key, most, f"{board.board.title} sustains no more than {most}"
    for section in ("camera", "microphone"):
        if not board.virtual and getattr(settings, section).kind == "replay":
            yield section, "kind", "auto", "a real unit records what is there, and no file"


def dump(settings: Settings) -> str:
    """The settings as TOML text that `load` reads back to an equal value."""
    lines = []
    for section in _SECTIONS:
        lines.append(f"[{section}]")
        for key, value in msgspec.structs.asdict(getattr(settings, section)).items():
            if value is not None:
                lines.append(f"{key} = {_plain(value)}")
    return "\n".join(lines) + "\n"


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int) else _quoted(str(value))


def _quoted(text: str) -> str:
    # A TOML basic string: quote, backslash and control characters are escaped.
    body = "".join(f"\\u{ord(c):04x}" if c < " " or c in '"\\\x7f' else c for c in text)
    return f'"{body}"'


def _whole_part(text: str) -> dict[str, Any]:
    # TOML is read line by line from the top: what stands before the first syntax error means what it says. Where the
    # error lies within a value of several lines, what stands before that value does.
    lines, begins = text.split("\n"), sorted(toml.lines(text).values())
    for _ in range(_MOST_CUTS):
        try:
            return toml.tables("\n".join(lines))
        except tomllib.TOMLDecodeError as error:
            whole = _fault_line(error, text) - 1
        if whole >= len(lines):
            whole = max((line - 1 for line in begins if line <= len(lines)), default=0)
        lines = lines[:whole]
    return {}


def _fault_line(error: Exception, text: str) -> int:
    # The parser names the line in its text only, or says "at end of document".
    found = re.search(r"at line (\d+)", str(error))
    return int(found[1]) if found else text.count("\n") + 1


def _convert(path: Path, text: str, tables: dict[str, Any]) -> Settings:
    def to_path(_: type, value: object) -> Path:
        if not isinstance(value, str) or not value or "\0" in value:
            raise ValueError("Expected a path")
        return path.absolute().parent / Path(value).expanduser()

    for section, keys in tables.items():
        if section not in _SECTIONS:
            raise UsageError(f"{path}, line {_line(text, section)}: there is no section [{toml.legible(section)}]")
        if not isinstance(keys, dict):
            raise UsageError(f"{path}, line {_line(text, section)}: [{section}] must be a section")
        known = {field.name for field in msgspec.structs.fields(_SECTIONS[section])}
        for key in keys.keys() - known:
            raise UsageError(
                f"{path}, line {_line(text, section, key)}: there is no key {toml.legible(key)} in [{section}]"
            )
    try:
        return msgspec.convert(tables, Settings, dec_hook=to_path)
    except (msgspec.ValidationError, RuntimeError) as error:
        reason, _, where = str(error).partition(" - at `$.")
        section, _, key = where.rstrip("`").partition(".")
        raise UsageError(f"{path}, line {_line(text, section, key)}: {section}.{key}: {reason}") from None


def _line(text: str, section: str, key: str = "") -> int:
    """The line of a section or of a key in it; 1 where it was written in a form not looked for (an inline table)."""
    known = toml.lines(text)
    return known.get(f"{section}.{key}") or known.get(section) or 1
