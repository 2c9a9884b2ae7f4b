"""`kuager run`: the unit's processes on the virtual board, until it is told to stop."""

import contextlib
import importlib.util
import logging
import os
import signal
import socket
import sys
import threading
import time
import webbrowser
from pathlib import Path
from typing import IO

import click

from kuager import settings as configuration
from kuager.board.page import link
from kuager.catalogue.reading import Reader
from kuager.cli.found import with_found_sensors
from kuager.errors import UsageError
from kuager.hardware import VIRTUAL
from kuager.parent import Parent
from kuager.processes import PAGE, PROCESSES, SEALER, TERMINAL, prepare_run_directory, python_command

_PAGE_NEEDS = ("starlette", "uvicorn", "websockets", "jinja2")
_PATIENCE_S = 60
_LOG = "kuager.log"
_LOG_BYTES = 5_000_000  # a longer log is set aside at start, so that two such lengths are kept


@click.command()
@click.option("--settings", "file", type=click.Path(path_type=Path), help="Settings file.")
@click.option("--terminal", is_flag=True, help="The unit in this terminal: keys as buttons.")
@click.option("--find", is_flag=True, help="Use a webcam and a sound card that are there, unless settings name some.")
@click.option("--page", is_flag=True, help="The unit as a page in the browser; its link is the first line on stdout.")
@click.option("--listen", default="127.0.0.1", show_default=True, help="IP address at which the page is shown.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=link.PORT, show_default=True,
    help="Its port; another one where this is in use.",
)  # fmt: skip
def run(file: Path | None, terminal: bool, find: bool, page: bool, listen: str, port: int) -> int:
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
    if terminal and page:
        raise UsageError("--terminal and --page are two ways to see the unit; choose one")
    lacking = next((name for name in _PAGE_NEEDS if importlib.util.find_spec(name) is None), None)
    if page and lacking:
        raise UsageError(f"the page needs {lacking}: install kuager[page], or see the unit with --terminal")
    with contextlib.ExitStack() as held:
        held.enter_context(prepare_run_directory(settings.paths.run))
        log = held.enter_context(_opened(settings.paths.state)) if terminal or page else None
        if find and not complaint:
            file = with_found_sensors(settings, file, settings.paths.run)
        logging.basicConfig(level=logging.INFO, format="parent: %(levelname)s %(message)s", stream=_text(log))
        table = [*PROCESSES, *([] if settings.unit.board == VIRTUAL else [SEALER])]
        table += [TERMINAL] if terminal else [PAGE] if page else []
        if page:
            place = link.make(settings.paths.run, listen, port)
            threading.Thread(target=_invite, args=(place, settings), daemon=True).start()
        parent = Parent(table, settings.paths.run, python_command(file.absolute(), settings.paths.run), log)
        held.callback(parent.close)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: parent.stop())
        return parent.run()


def _invite(place: link.Link, settings: configuration.Settings) -> None:
    """Once the page is served, print the link, and open it where there is a display to open it on."""
    for _ in range(_PATIENCE_S * 10):
        with contextlib.suppress(OSError), socket.create_connection((place.host, place.port), 1.0):
            break
        time.sleep(0.1)
    else:
        why = settings.paths.state / _LOG
        click.echo(f"kuager: the page does not start, and {why} says why; the unit records all the same", err=True)
        return
    click.echo(place.url)
    if sys.stdout.isatty():
        click.echo(Reader(settings.unit.language)("page.open"))
    if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        webbrowser.open(place.url)


def _opened(state: Path) -> IO[bytes]:
    path = state / _LOG
    try:
        state.mkdir(parents=True, exist_ok=True)
        if path.exists() and path.stat().st_size > _LOG_BYTES:
            path.replace(path.with_suffix(".log.1"))
        return path.open("ab")
    except OSError as error:
        raise UsageError(f"{path}: the log can't be written: {error.strerror}") from None


def _text(log: IO[bytes] | None) -> IO[str]:
    return sys.stderr if log is None else open(log.fileno(), "w", encoding="utf-8", closefd=False, buffering=1)
