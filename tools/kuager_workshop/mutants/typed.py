"""mypy on mutated sources, for mutmut: of its errors only those that lie within a mutant.

A class has all mutants of its methods in it, and each of its methods is a forwarder: what mypy says of those is nothing
that was changed. Called as ``python -m kuager_workshop.mutants.typed mypy FOLDER...``; prints mypy's own lines.
"""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

_OPTIONS = (
    "--strict", "--output=json", "--explicit-package-bases", "--ignore-missing-imports", "--follow-imports=silent",
    "--disable-error-code=unused-ignore", "--config-file=",
)  # fmt: skip


def within(lines: Iterator[str]) -> Iterator[str]:
    """Of mypy's lines (JSON, one error each) those about a mutant."""
    for line in lines:
        if line.startswith("{"):
            said = json.loads(line)
            if any(first <= said["line"] <= last for first, last in _mutants(said["file"])):
                yield line


@cache
def _mutants(file: str) -> list[tuple[int, int]]:
    """First and last line of each mutated function."""
    tree = ast.parse(Path(file).read_text(encoding="utf-8"))
    functions = (each for each in ast.walk(tree) if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef))
    mutants = (each for each in functions if "__mutmut_" in each.name and each.name[-1].isdigit())
    return [(each.lineno, each.end_lineno or each.lineno) for each in mutants]


def main(folders: list[str]) -> None:
    """Run mypy, and print what is left of its errors."""
    command = [sys.executable, "-m", "mypy", *_OPTIONS, *folders]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    print("\n".join(within(iter(done.stdout.splitlines()))))


if __name__ == "__main__":
    main(sys.argv[2:])
