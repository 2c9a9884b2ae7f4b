"""The folder in which mutmut works: it wants sources in `src`, and changes nothing of the checkout."""

import json
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

CHECKOUT = Path(__file__).parents[3]
MUTATED = ("kuager/vault/*.py", "kuager/evidence/*.py")
TESTS = ("tests/vault", "tests/evidence", "tests/verify")

_SOURCES = "src"
_COPIED = ("firmware", "hw", "systemd", "tests", "tools", "Makefile", "README.md")  # what tests look at
_ELSEWHERE = "tests/evidence/test_cose_independent.py"  # needs a second virtual environment
# Words of the log and of an error are for people, and nothing depends on them.
_WORDS = (r"^\s*_log\.", r"^\s*raise \w+\(")
# A change that mypy sees would not get into the repository either; "mypy" tells mutmut how to read what is printed.
_TYPES = ("-m", "kuager_workshop.mutants.typed", "mypy")


def lay_out(folder: Path) -> None:
    """Make the folder, or bring it up to date; what mutmut found there before stays."""
    # A folder that is not there yet when Python starts is not looked into later on.
    (folder / "mutants" / _SOURCES).mkdir(parents=True, exist_ok=True)
    for name, to in ((_SOURCES, "firmware"), *((each, each) for each in _COPIED)):
        link = folder / name
        link.unlink(missing_ok=True)
        link.symlink_to(CHECKOUT / to)
    (folder / "pyproject.toml").write_text((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8") + _settings())
    # mutmut copies only what is not there yet, and mutates it again where the checkout's is newer.
    for name in (*_COPIED, _SOURCES):
        _forget_removed(folder / "mutants" / name, folder / name)


def environment(folder: Path) -> dict[str, str]:
    """With the mutated sources before all others, for the processes too that tests start, and for mypy."""
    sources = str(folder / "mutants" / _SOURCES)
    return dict(os.environ) | {"PYTHONPATH": sources, "MYPYPATH": sources}


def results(folder: Path) -> Mapping[str, int | None]:
    """Name of each mutant -> exit code of its tests; None: not tried."""
    found: dict[str, int | None] = {}
    for path in sorted((folder / "mutants" / _SOURCES).rglob("*.py.meta")):
        found |= json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"]
    return found


def keep(folder: Path, name: str, code: int) -> None:
    """Note what the tests of one mutant came to, where mutmut keeps it."""
    module = name.rpartition(".")[0].replace(".", "/")
    path = folder / "mutants" / _SOURCES / f"{module}.py.meta"
    meta = json.loads(path.read_text(encoding="utf-8"))
    meta["exit_code_by_key"][name] = code
    path.write_text(json.dumps(meta), encoding="utf-8")


def _settings() -> str:
    selected = ["-m", "not emulated and not slow", "-p", "no:cacheprovider", f"--ignore={_ELSEWHERE}"]
    return f"""
[tool.mutmut]
source_paths = ["{_SOURCES}"]
only_mutate = {json.dumps([f"{_SOURCES}/{each}" for each in MUTATED])}
do_not_mutate_patterns = {json.dumps(_WORDS)}
type_check_command = {json.dumps([sys.executable, *_TYPES, *typed_folders()])}
also_copy = {json.dumps(list(_COPIED))}
pytest_add_cli_args_test_selection = {json.dumps(list(TESTS))}
pytest_add_cli_args = {json.dumps(selected)}
use_git_change_detection = false
"""


def typed_folders() -> list[str]:
    """What mypy is run on, relative to the folder of the mutated sources."""
    return sorted({f"{_SOURCES}/{Path(each).parent}" for each in MUTATED})


def _forget_removed(copy: Path, of: Path) -> None:
    if not copy.is_dir():
        return
    for path in copy.rglob("*"):
        if not path.is_dir() and path.suffix != ".meta" and not (of / path.relative_to(copy)).exists():
            path.unlink()
    for path in copy.rglob("__pycache__"):
        shutil.rmtree(path, ignore_errors=True)
