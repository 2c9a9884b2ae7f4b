"""``make torture``: every kind of fault on firmware and checker, in one table; exit 1 where one is not survived.

``--replay CAMPAIGN CASE`` plays one case again, here, with all that the firmware logs.
"""

import logging
import os
import sys
from datetime import datetime
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from kuager_workshop.torture import campaign, report, runner
from kuager_workshop.torture.campaign import CAMPAIGNS, Finding, Size

_PAGE = Path("build/torture.html")


@click.command()
@click.option("--full", is_flag=True, help="As many cases as there is time for; else those for CI.")
@click.option("--only", multiple=True, type=click.Choice(list(CAMPAIGNS)), help="Play these alone; may be repeated.")
@click.option("--seed", default=1, show_default=True, help="Chooses which cases are played.")
@click.option("--jobs", default=os.cpu_count() or 1, show_default=True, help="Processes side by side.")
@click.option("--page", default=_PAGE, show_default=True, type=click.Path(path_type=Path), help="Where the page goes.")
@click.option("--markdown", type=click.Path(path_type=Path), help="Also write the table for a README to this file.")
@click.option("--replay", nargs=2, metavar="CAMPAIGN CASE", help="Play one case again, aloud.")
def main(
    full: bool, only: tuple[str, ...], seed: int, jobs: int, page: Path, markdown: Path | None, replay: tuple[str, str]
) -> None:
    """Play faults, print a table. Exit codes: 0 all survived, 1 not all, 2 wrong use."""
    if replay:
        sys.exit(_again(*replay))
    logging.disable(logging.CRITICAL)  # what the firmware says of its faults is for a replay
    size: Size = "full" if full else "short"
    cases = [(name, case) for name in only or CAMPAIGNS for case in campaign.load(name).cases(size, seed)]
    findings = _played(cases, jobs)
    report.page(findings, seed, datetime.now().astimezone(), page)
    if markdown:
        markdown.write_text(report.markdown(findings), encoding="utf-8")
    Console().print(report.table(findings))
    for line in (bad := report.failures(findings)):
        print(line, file=sys.stderr)
    print(f"as a page: {page}")
    sys.exit(1 if bad else 0)


def _played(cases: list[tuple[str, str]], jobs: int) -> list[Finding]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("faults", total=len(cases))
        failed = 0

        def told(finding: Finding) -> None:
            nonlocal failed
            failed += not finding.survived
            bar.update(task, advance=1, description=f"faults ({failed} not survived)" if failed else "faults")

        return runner.run(cases, jobs, told)


def _again(name: str, case: str) -> int:
    if name not in CAMPAIGNS:
        raise click.UsageError(f"there is no campaign {name}: choose from {', '.join(CAMPAIGNS)}")
    if "/" not in case:
        raise click.UsageError(f"{case!r} is no case: name one as a failure prints it, such as vault/stop/119")
    logging.basicConfig(level=logging.INFO, format="%(name)s: %(levelname)s %(message)s")
    finding = runner.play(name, case)
    print(finding.why or "survived")
    return 0 if finding.survived and not finding.lost_bytes else 1


if __name__ == "__main__":
    main()
