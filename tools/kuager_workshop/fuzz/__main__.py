"""``make fuzz``: hostile bytes for every parser, for as long as it is given; exit 1 where one breaks.

``--replay NAME FILE`` gives a target one input again, here, and tells how long it took and how much memory.
"""

import logging
import shlex
import sys
import time
import traceback
import tracemalloc
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from kuager_workshop.fuzz import engine, worker
from kuager_workshop.fuzz.engine import Outcome, Plan
from kuager_workshop.fuzz.targets import TARGETS

_FOLDER = Path("build/fuzz")
_LEAST_S = 2
_NO_ATHERIS = (
    "atheris is not to be had for this Python: inputs are changed by chance alone, and coverage is not measured"
)


@click.command()
@click.option("--seconds", default=120, show_default=True, help="For all targets together; each gets its share.")
@click.option("--only", multiple=True, type=click.Choice(list(TARGETS)), help="These alone; may be repeated.")
@click.option("--jobs", default=1, show_default=True, help="Targets side by side.")
@click.option("--seed", default=1, show_default=True, help="Chooses what is tried.")
@click.option("--plain", is_flag=True, help="Without atheris, as where it is not to be had.")
@click.option("--folder", default=_FOLDER, show_default=True, type=click.Path(path_type=Path), help="Where it works.")
@click.option(
    "--replay", nargs=2, type=(click.Choice(list(TARGETS)), click.Path(exists=True, dir_okay=False, path_type=Path)),
    metavar="NAME FILE", help="Give a target one input again.",
)  # fmt: skip
def main(
    seconds: int,
    only: tuple[str, ...],
    jobs: int,
    seed: int,
    plain: bool,
    folder: Path,
    replay: tuple[str, Path] | None,
) -> None:
    """Look for bytes that break a parser. Exit codes: 0 none found, 1 found, 2 wrong use, 70 a target can't be run."""
    if replay:
        sys.exit(_again(*replay))
    if not (plain or worker.HAVE_ATHERIS):
        print(_NO_ATHERIS, file=sys.stderr)
    names = list(only or TARGETS)
    rounds = -(-len(names) // jobs)
    plan = Plan(max(_LEAST_S, seconds // rounds), folder, seed, plain or not worker.HAVE_ATHERIS)
    try:
        outcomes = _run(names, plan, jobs)
    except engine.EngineError as error:
        print(error, file=sys.stderr)
        sys.exit(70)
    Console().print(_table(outcomes))
    bad = [outcome for outcome in outcomes if outcome.finding]
    for outcome in bad:
        print(f"{outcome.name}: {outcome.why}", file=sys.stderr)
        command = [sys.executable, "-m", "kuager_workshop.fuzz", "--replay", outcome.name, str(outcome.finding)]
        print(f"  again: {shlex.join(command)}", file=sys.stderr)
    sys.exit(1 if bad else 0)


def _run(names: list[str], plan: Plan, jobs: int) -> list[Outcome]:
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        tasks = {name: bar.add_task(name, total=plan.seconds, start=False, visible=False) for name in names}
        begun: dict[str, float] = {}

        def told(outcome: Outcome) -> None:
            if outcome.name not in begun:
                begun[outcome.name] = time.monotonic()
                bar.start_task(tasks[outcome.name])
            over = bool(outcome.seconds)
            bar.update(
                tasks[outcome.name],
                completed=plan.seconds if over else time.monotonic() - begun[outcome.name],
                description=f"{outcome.name}: {outcome.executions} inputs{', broken' if outcome.finding else ''}",
                visible=not over or outcome.finding is not None,
            )

        return engine.run(names, plan, jobs, told)


def _table(outcomes: list[Outcome]) -> Table:
    table = Table("target", "inputs", "a second", "edges covered", "found")
    for column in table.columns[1:4]:
        column.justify = "right"
    for each in outcomes:
        rate = each.executions / each.seconds if each.seconds else 0.0
        covered = "" if each.covered is None else str(each.covered)
        found = each.finding.name if each.finding else "nothing"
        table.add_row(each.name, str(each.executions), f"{rate:.0f}", covered, found)
    return table


def _again(name: str, path: Path) -> int:
    logging.basicConfig(level=logging.INFO, format="%(name)s: %(levelname)s %(message)s")
    data = path.read_bytes()
    tracemalloc.start()
    begun = time.monotonic()
    try:
        TARGETS[name].run(data)
    except Exception:  # noqa: BLE001 - whatever comes out of a target is a finding
        traceback.print_exc()
        return 1
    finally:
        took, (_, peak) = time.monotonic() - begun, tracemalloc.get_traced_memory()
        print(f"{len(data)} bytes, {took:.3f} s, {peak / 1024:.0f} KiB at most")
    print("nothing broke")
    return 0


if __name__ == "__main__":
    main()
