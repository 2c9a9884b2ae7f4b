"""`kuager run`: the unit's processes on the virtual board, until it is told to stop."""

import contextlib
import logging
import signal
import sys
from pathlib import Path
from typing import IO

import click

from kuager import settings as configuration
from kuager.errors import UsageError
from kuager.parent import Parent
from kuager.processes import PROCESSES, TERMINAL, prepare_run_directory, python_command

_LOG_BYTES = 5_000_000  # a longer log is set aside at start, so that two such lengths are kept


@click.command()
@click.option("--settings", "file", type=click.Path(path_type=Path), help="Settings file.")
@click.option("--terminal", is_flag=True, help="The unit in this terminal: keys as buttons.")
def run(file: Path | None, terminal: bool) -> int:
    """Run the unit until SIGTERM or Ctrl-C; a recording that is open is then sealed in order.

    What is wrong in the settings is told and journalled, and the defaults hold for it: a recorder records.

    Exit codes: 0 stopped in order; 64 another instance runs; 70 internal error.
    """
    file = file or configuration.default_file()
    settings, complaint = configuration.load_or_default(file)
    if complaint:
        click.echo(f"kuager: {complaint}; the unit runs with defaults for what is wrong", err=True)
    if terminal and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("--terminal needs a terminal; without one, use kuager record")
    with contextlib.ExitStack() as held:
        held.enter_context(prepare_run_directory(settings.paths.run))
        log = held.enter_context(_log(settings.paths.state)) if terminal else None
        logging.basicConfig(level=logging.INFO, format="parent: %(levelname)s %(message)s", stream=_text(log))
        table = (*PROCESSES, TERMINAL) if terminal else PROCESSES
        parent = Parent(table, settings.paths.run, python_command(file.absolute(), settings.paths.run), log)
        held.callback(parent.close)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: parent.stop())
        return parent.run()


def _log(state: Path) -> IO[bytes]:
    path = state / "kuager.log"
    try:
        state.mkdir(parents=True, exist_ok=True)
        if path.exists() and path.stat().st_size > _LOG_BYTES:
            path.replace(path.with_suffix(".log.1"))
        return path.open("ab")
    except OSError as error:
        raise UsageError(f"{path}: the log can't be written: {error.strerror}") from None


def _text(log: IO[bytes] | None) -> IO[str]:
    return sys.stderr if log is None else open(log.fileno(), "w", encoding="utf-8", closefd=False, buffering=1)
