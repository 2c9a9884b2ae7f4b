"""Reads a TOML text into a checked type; an error names the source and the line.

tomllib gives no lines, so the line of a wrong key is found by a scan of the text that follows its table headers. The
scan only ever serves a message: where it is unsure it names the line of the table.
"""

import re
import tomllib
from pathlib import Path
from typing import TypeVar

import msgspec

from kuager.errors import UsageError

_T = TypeVar("_T")
_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"""^\s*([A-Za-z0-9_.-]+|"[^"]*"|'[^']*')\s*=""")
_PLACE = re.compile(r"^(?P<what>.*?)(?: - at `\$(?P<path>[^`]*)`)?$", re.DOTALL)
_UNKNOWN = re.compile(r"unknown field `([^`]+)`")


def lines(text: str) -> dict[str, int]:
    """Path (``opening[2].clause``) -> line number from 1, for each table header and each key that begins a line."""
    found: dict[str, int] = {}
    counts: dict[str, int] = {}
    table, quote = "", ""
    for number, line in enumerate(text.splitlines(), 1):
        inside = quote
        for mark in re.findall(r"\"\"\"|'''", line):
            quote = "" if quote == mark else quote or mark
        if inside:
            continue
        if header := _HEADER.match(line):
            table = header[2].replace(" ", "")
            if header[1] == "[[":
                counts[table] = counts.get(table, -1) + 1
                table = f"{table}[{counts[table]}]"
            found.setdefault(table, number)
        elif key := _KEY.match(line):
            name = key[1].strip("\"'")
            found.setdefault(f"{table}.{name}" if table else name, number)
    return found


def read(path: Path, what: str, most: int, advice: str = "") -> str:
    """The text of a file of at most so many bytes. Raises UsageError, which calls the file `what` and advises."""
    try:
        with path.open("rb") as stream:
            raw = stream.read(most + 1)
    except OSError as error:
        raise UsageError(f"{path}: the {what} can't be read: {error.strerror}{advice}") from None
    if len(raw) > most:
        raise UsageError(f"{path}: this is no {what}: it is longer than {most} bytes")
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise UsageError(f"{path}, line {line}: the text is not UTF-8") from None


def decode(text: str, kind: type[_T], source: str) -> _T:
    """`text` as a `kind`. Raises UsageError: ``kz.toml, line 7: unknown key `speker```."""
    try:
        return msgspec.convert(tomllib.loads(text), kind)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{source}: {error}") from None
    except msgspec.ValidationError as error:
        raise UsageError(_sentence(str(error), text, source)) from None
    except RecursionError:
        raise UsageError(f"{source}: nested too deeply") from None


def _sentence(message: str, text: str, source: str) -> str:
    place = _PLACE.match(message)
    what, path = (place["what"], place["path"] or "") if place else (message, "")
    path = path.removeprefix(".")
    if unknown := _UNKNOWN.search(what):
        what = f"unknown key `{unknown[1]}`"
        path = f"{path}.{unknown[1]}" if path else unknown[1]
    known = lines(text)
    while path and path not in known:
        path = re.sub(r"(\.[^.\[\]]*|\[[^\[\]]*\]|^[^.\[\]]*)$", "", path)
    where = f", line {known[path]}" if path else ""
    return f"{source}{where}: {what[:1].lower()}{what[1:]}"
