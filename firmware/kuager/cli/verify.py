"""`kuager verify`: the verdict on recordings, sets and carriers."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from cryptography import x509

from kuager.catalogue.reading import Reader
from kuager.cli.language import lang
from kuager.errors import UsageError
from kuager.evidence import certificates
from kuager.evidence.certificates import CertificateError
from kuager.evidence.verdict import Finding, Outcome
from kuager.verify import report, sets
from kuager.verify.find import Place, find
from kuager.verify.recording import Judged

_LONG = 64 * 1024 * 1024  # bytes from which a progress bar is worth drawing
_COLOURS = {
    Outcome.AUTHENTIC: "green",
    Outcome.ENDS_EARLY: "yellow",
    Outcome.CANNOT: "magenta",
    Outcome.NOT_AUTHENTIC: "red",
}
_MAX_TRUST = 1024 * 1024


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--trust", multiple=True, type=click.Path(path_type=Path), help="Certificates of trusted authorities, PEM."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout (kuager/verify/README.md).")
@click.option("--frames", is_flag=True, help="Also decode the pictures and read the mark in each.")
@lang
@click.pass_context
def verify(
    ctx: click.Context, paths: tuple[Path, ...], trust: tuple[Path, ...], as_json: bool, frames: bool, language: str
) -> None:
    """Check recordings: a recording's folder, a folder of them, or a carrier.

    Exit codes: 0 authentic, 3 authentic but ends early, 1 not authentic, 2 cannot be checked; 64 wrong use. Of several
    recordings the worst counts: 1 before 2 before 3 before 0.
    """
    anchors = [certificate for path in trust for certificate in _load(path)] if trust else None
    places = find(list(paths))
    words = Reader(language)
    with _progress(places, words("verdict.checking")) as progress:
        result = sets.judge(places, anchors, progress, _frames() if frames else _nothing)
    if as_json:
        click.echo(json.dumps(report.as_json(result), indent=2))
    else:
        for line, outcome in report.lines(result, words):
            click.echo(click.style(line, fg=_COLOURS[outcome], bold=True) if outcome else line)
    ctx.exit(result.outcome.exit_code)


def _load(path: Path) -> list[x509.Certificate]:
    try:
        with path.open("rb") as file:
            found = certificates.load_pem(file.read(_MAX_TRUST))
    except OSError as error:
        raise UsageError(f"{path}: the trusted authority can't be read: {error.strerror}") from None
    except CertificateError:
        raise UsageError(f"{path} holds no certificate in PEM form") from None
    return found


def _nothing(_: Judged) -> list[Finding]:
    return []


def _frames() -> sets.More:
    from kuager.verify.frames import look  # decoding pictures needs libraries that nothing else here does

    return look


@contextmanager
def _progress(places: list[Place], label: str) -> Iterator[Callable[[int], None]]:
    """A bar on stderr, where that is a terminal and there is much to read."""
    total = sum(_size(path) for place in places for path in place.recordings)
    if total < _LONG or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(label), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=total)
        yield lambda count: bar.advance(task, count)


def _size(path: Path) -> int:
    try:
        return sum(each.stat(follow_symlinks=False).st_size for each in path.iterdir())
    except OSError:
        return 0
