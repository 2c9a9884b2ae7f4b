"""`kuager card`: buttons and signals of the unit on one sheet of A4, to be printed."""

import os
from pathlib import Path

import click

from kuager.cli.language import lang
from kuager.errors import UsageError


@click.command()
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The PDF file to write.")
@lang
def card(out: Path, language: str) -> None:
    """Write the card of the unit's buttons and signals as a PDF: one sheet of A4."""
    try:
        from kuager.board.page.card import pdf

        document = pdf(language)
    except ImportError as error:
        raise UsageError(f"the card needs {error.name}: install kuager[page]") from None
    except OSError as error:
        # Pango and HarfBuzz are no Python packages; their names are those of Debian.
        raise UsageError(f"the card can't be set: {error}; install libpangoft2-1.0-0 and libharfbuzz-subset0") from None
    try:
        _write(out, document)
    except OSError as error:
        raise UsageError(f"{out} can't be written: {error.strerror}") from None
    click.echo(out)


def _write(out: Path, document: bytes) -> None:
    """Whole or not at all."""
    part = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        part.write_bytes(document)
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
