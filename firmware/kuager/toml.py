"""Reads a TOML text into a checked type; an error names the source and the line.

tomllib gives no lines, so the line of a wrong key is found by a scan of the text that follows its table headers. The
scan only ever serves a message: where it is unsure it names the line of the table.

Time and memory are bounded by the length of the text, whatever it says.
"""

import re
import tomllib
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from kuager.errors import UsageError

_T = TypeVar("_T")
_HEADER = re.compile(r"^\s*+(\[\[?)([^\[\]]++)\]\]?\s*+(#.*)?$")  # possessive: no line is gone over twice
_KEY = re.compile(r"""^\s*([A-Za-z0-9_.-]+|"[^"]*"|'[^']*')\s*=""")
_PLACE = re.compile(r"^(?P<what>.*?)(?: - at `\$(?P<path>[^`]*)`)?$", re.DOTALL)
_UNKNOWN = re.compile(r"unknown field `([^`]+)`")
_MOST_DOTS = 32
"""In one key: tomllib takes time and memory as the square of a dotted key's parts."""
_LONG_KEY = re.compile(rf"""(?<![\w-])(?:(?:[\w-]++|"[^"]*+"|'[^']*+')\s*+\.\s*+){{{_MOST_DOTS + 1}}}""")
_MOST_DIGITS = 4000  # of a number; Python converts no more than 4300, and says so with an error of another kind
_LONG_NUMBER = re.compile(rf"[0-9_]{{{_MOST_DIGITS}}}")
_LONGEST_KEY = 100  # characters of a key that are shown
_LONGEST_PLACE = 1000  # characters of a path that a message is searched for


def lines(text: str) -> dict[str, int]:
    """Path (``opening[2].clause``) -> line number from 1, for each table header and each key that begins a line."""
    found: dict[str, int] = {}
    counts: dict[str, int] = {}
    table, quote = "", ""
    for number, line in enumerate(text.split("\n"), 1):
        inside = quote
        for mark in re.findall(r"\"\"\"|'''", line):
            quote = "" if quote == mark else quote or mark
        if inside:
            continue
        if header := _HEADER.match(line):
            table = header[2].replace(" ", "").strip()
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


def tables(text: str) -> dict[str, Any]:
    """What a TOML text says. Raises tomllib.TOMLDecodeError, and nothing else."""
    for number, line in enumerate(text.split("\n"), 1):
        if line.count(".") > _MOST_DOTS and not line.lstrip().startswith("#") and _LONG_KEY.search(line):
            raise tomllib.TOMLDecodeError(f"more than {_MOST_DOTS} dots in a key (at line {number}, column 1)")
        if _LONG_NUMBER.search(line):
            raise tomllib.TOMLDecodeError(f"more than {_MOST_DIGITS} digits (at line {number}, column 1)")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise tomllib.TOMLDecodeError("nested too deeply") from None


def decode(text: str, kind: type[_T], source: str) -> _T:
    """`text` as a `kind`. Raises UsageError: ``kz.toml, line 7: unknown key `speker```."""
    try:
        return msgspec.convert(tables(text), kind)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{source}: {error}") from None
    except msgspec.ValidationError as error:
        raise UsageError(_sentence(str(error), text, source)) from None
    except RecursionError:
        raise UsageError(f"{source}: nested too deeply") from None


def legible(key: str) -> str:
    """A key as it may be shown: it can hold anything, and ends up in a log and on a terminal."""
    shown = key if len(key) <= _LONGEST_KEY else f"{key[:_LONGEST_KEY]}..."
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in shown)


def _sentence(message: str, text: str, source: str) -> str:
    place = _PLACE.match(message)
    what, path = (place["what"], place["path"] or "") if place else (message, "")
    path = path.removeprefix(".")
    if unknown := _UNKNOWN.search(what):
        what = f"unknown key `{legible(unknown[1])}`"
        path = f"{path}.{unknown[1]}" if path else unknown[1]
    path, known = path[:_LONGEST_PLACE], lines(text)
    while path and path not in known:
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
    where = f", line {known[path]}" if path else ""
    return f"{source}{where}: {what[:1].lower()}{what[1:]}"
