"""``make mutants``: small changes to vault and rules of evidence, and which of them no test notices."""

import fnmatch
import os
import shutil
import subprocess
import sys
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from kuager_workshop.mutants import processes, workplace
from kuager_workshop.mutants.score import LEAST, UNREACHED, Score, scores

_FOLDER = Path("build/mutants")
# mutmut signals the numbers of processes whose time is over, also of those that ended before: by then they may be
# somebody else's. Among numbers of its own it harms nobody.
# The shell is their first process, which takes in those whose parents have ended.
_ALONE = ("unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", '"$@"; exit $?', "sh")


@click.command()
@click.option("--endings", default="37", show_default=True, help="Try mutants whose number ends so; all: 0123456789.")
@click.option("--only", default="kuager", show_default=True, help="Try those whose name begins so.")
@click.option("--jobs", default=2, show_default=True, help="Processes side by side.")
@click.option("--folder", default=_FOLDER, show_default=True, type=click.Path(path_type=Path), help="Where it works.")
@click.option("--show", is_flag=True, help="Try nothing; show each change that was not noticed.")
def main(endings: str, only: str, jobs: int, folder: Path, show: bool) -> None:
    """Change the firmware, see whether tests notice.

    Exit codes: 0 nine of ten were noticed, 1 fewer, 2 wrong use, 70 the tests can't be run.
    """
    if not set(endings) <= set("0123456789") or not endings:
        raise click.BadParameter("these are digits", param_hint="--endings")
    folder = folder.absolute()
    if not show:
        workplace.lay_out(folder)
        command = ["run", "--max-children", str(jobs), f"{only}*[{endings}]"]
        if _mutmut(folder, command):
            print("the tests could not be run on mutants: see the message above.", file=sys.stderr)
            sys.exit(70)
        _look_again(folder, f"{only}*[{endings}]", jobs)
    found = scores(workplace.results(folder))
    if show:
        for name in (name for each in found.values() for name in each.unnoticed):
            _mutmut(folder, ["show", name])
    Console().print(_table(found))
    whole = sum(found.values(), Score())
    sys.exit(0 if whole.share >= LEAST else 1)


def _look_again(folder: Path, pattern: str, jobs: int) -> None:
    unreached = [name for name, code in workplace.results(folder).items() if code == UNREACHED]
    names = fnmatch.filter(unreached, pattern)
    with Progress(TextColumn("with tests that start processes"), BarColumn(), MofNCompleteColumn()) as bar:
        task = bar.add_task("", total=len(names))
        processes.look_again(folder, names, jobs, lambda: bar.advance(task))


def _mutmut(folder: Path, arguments: list[str]) -> int:
    program = Path(sys.executable).parent / "mutmut"
    if not program.exists():
        print(f"{program} is missing: run `make mutants`, which installs it.", file=sys.stderr)
        sys.exit(70)
    command = [*_ALONE, program] if os.geteuid() == 0 and shutil.which(_ALONE[0]) else [program]
    return subprocess.run([*command, *arguments], cwd=folder, env=workplace.environment(folder), check=False).returncode


def _table(found: dict[str, Score]) -> Table:
    table = Table("module", "by mypy", "to tests", "noticed", "not", "share", box=None)
    for column in table.columns[1:]:
        column.justify = "right"
    for name, each in [*found.items(), ("all", sum(found.values(), Score()))]:
        counts = (each.typed, each.tried, each.noticed, len(each.unnoticed))
        table.add_row(name, *(str(count) for count in counts), f"{each.share:.0%}")
    return table


if __name__ == "__main__":
    main()
