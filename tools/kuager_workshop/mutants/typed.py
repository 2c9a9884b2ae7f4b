"""mypy on mutated sources, for mutmut: of its errors only those that a mutant alone has.

A class has all mutants of its methods in it, and each of its methods is a forwarder: what mypy says of those, of an
attribute that each mutant of a constructor declares anew, and of the original as well, is nothing that was changed.
Called as ``python -m kuager_workshop.mutants.typed mypy FOLDER...``; prints mypy's own lines.
"""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

_OPTIONS = (
    "--strict", "--output=json", "--explicit-package-bases", "--ignore-missing-imports", "--follow-imports=silent",
    "--disable-error-code=unused-ignore", "--disable-error-code=no-redef", "--disable-error-code=has-type",
    "--config-file=",
)  # fmt: skip

_ORIGINAL = "__mutmut_orig"


def seen(sources: Path, environment: Mapping[str, str], *folders: str) -> set[str]:
    """Names of the mutants, as mutmut has them, in which mypy sees an error; folders are relative to `sources`."""
    said = _mypy(folders, sources, environment)
    return {_named(Path(json.loads(line)["file"]), name) for line, name in within(said, sources)}


def within(lines: Iterable[str], sources: Path = Path()) -> Iterator[tuple[str, str]]:
    """Of mypy's lines (JSON, one error each) those about a mutant, each with the mutant's name in its file."""
    found = [
        (line, said["file"], said["message"], name)
        for line in lines if line.startswith("{")
        for said in [json.loads(line)]
        for first, last, name in _versions(sources / said["file"]) if first <= said["line"] <= last
    ]  # fmt: skip
    of_original = {(file, said, _function(name)) for _, file, said, name in found if name.endswith(_ORIGINAL)}
    for line, file, said, name in found:
        if (file, said, _function(name)) not in of_original:
            yield line, name


@cache
def _versions(file: Path) -> list[tuple[int, int, str]]:
    """First and last line of each function's original and mutants, and its name."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    functions = (each for each in ast.walk(tree) if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef))
    versions = (each for each in functions if re.search(rf"__mutmut_\d+$|{_ORIGINAL}$", each.name))
    return [(each.lineno, each.end_lineno or each.lineno, each.name) for each in versions]


def _function(name: str) -> str:
    return name.rpartition("__mutmut_")[0]


def _named(file: Path, name: str) -> str:
    return ".".join((*file.with_suffix("").parts[1:], name))


def _mypy(folders: Iterable[str], place: Path | None = None, environment: Mapping[str, str] | None = None) -> list[str]:
    command = [sys.executable, "-m", "mypy", *_OPTIONS, *folders]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=place, env=environment)
    return done.stdout.splitlines()


if __name__ == "__main__":
    print("\n".join(line for line, _ in within(_mypy(sys.argv[2:]))))
