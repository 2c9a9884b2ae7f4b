"""`kuager show`: a recording's manifest and journal for people."""

from pathlib import Path

import click
from rich.console import Console

from kuager.catalogue.reading import Reader
from kuager.cli.language import lang
from kuager.errors import UsageError
from kuager.verify import proven, recording, timeline
from kuager.verify.draw import draw
from kuager.verify.find import find


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@lang
def show(paths: tuple[Path, ...], language: str) -> None:
    """Show what recordings say of themselves: how they were made, what happened when, their files.

    Only records that a signature proves are shown; media are not read. Use `kuager verify` to check them.
    """
    words, console = Reader(language), Console(highlight=False, markup=False, emoji=False)
    for place in find(list(paths)):
        for path in place.recordings:
            try:
                read = recording.read(path)
            except OSError as error:
                raise UsageError(f"{path} can't be read: {error.strerror}") from None
            draw(console, read.judge, timeline.build(proven.records(read), words), words)
