"""`kuager recover DIR`: what of a recording that was never closed is proven, and its playable media as a working
copy.

Reads the original and writes nothing to it: it has no key, so it can't say that the recording died; the unit does
that when it next meets the carrier. Exit codes: 0 nothing was cut, 3 something was, 2 nothing can be told, 64 usage.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import click

from kuager.catalogue.reading import Reader
from kuager.cli.language import lang
from kuager.errors import UsageError
from kuager.evidence.cbor import MalformedError
from kuager.evidence.verdict import iso
from kuager.vault import layout
from kuager.vault.disk import DiskFiles
from kuager.vault.files import Files
from kuager.vault.survey import Survey, recordings, summarise, survey

NOTHING_CUT, CUT, CANNOT = 0, 3, 2
LABEL = "WORKING-COPY.txt"
_PIECE = 1 << 20


@dataclass(frozen=True)
class Account:
    """A file as it is and as it is proven, in bytes."""

    name: str
    size: int
    proven: int

    @property
    def cut(self) -> bool:
        """Whether bytes stand behind the proven ones, or proven ones are missing."""
        return self.size != self.proven

    def told(self, words: Reader) -> str:
        """A line for people."""
        rest = self.size - self.proven
        form = "tail" if rest > 0 else "missing" if rest < 0 else "whole"
        return words(f"recover.{form}", file=self.name, proven=self.proven, count=abs(rest))


@click.command()
@click.argument("directory", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="Put the proven media into a labelled working copy here.")
@lang
@click.pass_context
def recover(ctx: click.Context, directory: Path, out: Path | None, language: str) -> None:
    """Show what is proven of a recording that ended without being closed; the original is only read.

    On a carrier, list such recordings. Exit codes: 0 nothing was cut; 3 something was; 2 nothing can be told; 64 wrong
    use.
    """
    directory, words = directory.resolve(), Reader(language)
    try:
        ctx.exit(_act(directory, out, words))
    except OSError as error:
        _complain(words("recover.unreadable", path=str(directory), reason=error.strerror or str(error)))
        ctx.exit(CANNOT)


def _complain(text: str) -> None:
    click.echo(f"kuager recover: {text}", err=True)


def _act(directory: Path, out: Path | None, words: Reader) -> int:
    if _is_recording(directory):
        return _recover(directory, out, words)
    if out is not None:
        raise UsageError("--out goes with one recording: name its folder")
    return _list(DiskFiles(directory, exclusive=False), words)


def _is_recording(directory: Path) -> bool:
    return layout.parse_recording(directory.name) is not None or (directory / layout.journal(1)).exists()


def _list(carrier: Files, words: Reader) -> int:
    """All recordings of the carrier that were not closed."""
    names = recordings(carrier)
    if not names:
        _complain(words("recover.nothing"))
        return CANNOT
    cut = False
    for name in names:
        found = survey(carrier, name.text)
        if found.ending != "closed":
            cut = True
            click.echo(_ending(found, words))
    if not cut:
        click.echo(words("recover.all-closed", count=len(names)))
    return CUT if cut else NOTHING_CUT


def _ending(found: Survey, words: Reader) -> str:
    if found.checkpoint is None:
        return words("recover.ending", name=found.name, ending=found.ending)
    return words("recover.ending-until", name=found.name, ending=found.ending, until=iso(found.until_utc_us))


def _recover(directory: Path, out: Path | None, words: Reader) -> int:
    carrier = DiskFiles(directory.parent, exclusive=False)
    found = survey(carrier, directory.name)
    click.echo(_ending(found, words))
    if found.opened is None:
        return CANNOT
    try:
        accounts = _accounts(carrier, found)
    except MalformedError as error:
        _complain(words("recover.damaged", reason=str(error)))
        return CANNOT
    for account in accounts:
        click.echo(f"  {account.told(words)}")
    if out is not None:
        where = _copy(carrier, directory, out, accounts, _ending(found, words), words)
        click.echo(words("recover.copy", path=str(where)))
    return CUT if found.ending != "closed" or any(account.cut for account in accounts) else NOTHING_CUT


def _accounts(carrier: Files, found: Survey) -> list[Account]:
    proven = {**summarise(carrier, found).proven, **found.proven}
    sizes = {entry.name: entry.size for entry in carrier.entries(found.name) if entry.kind == "file"}
    ours = {name for name in sizes if layout.format_of(name) and name != layout.CHAIN}
    return [Account(name, sizes.get(name, 0), proven.get(name, 0)) for name in sorted(ours | set(proven))]


def _copy(carrier: Files, original: Path, out: Path, accounts: list[Account], ending: str, words: Reader) -> Path:
    """Proven media, byte for byte, into a new folder that says what it is."""
    target = out / f"{original.name}.working-copy"
    if target.resolve().is_relative_to(original):
        raise UsageError("--out must not lie in the recording: the original is only read")
    try:
        target.mkdir(parents=True)
    except OSError as error:
        raise UsageError(f"{target}: the folder can't be made: {error.strerror}") from None
    media = [each for each in accounts if layout.journal_part(each.name) is None and min(each.proven, each.size)]
    for account in media:
        _copy_file(carrier, f"{original.name}/{account.name}", target / account.name, min(account.proven, account.size))
    lines = [
        words("recover.label-head"),
        f"{words('recover.label-original')} {ending}",
        words("recover.label-files"),
        *(f"  {words('recover.label-file', file=each.name, proven=min(each.proven, each.size), size=each.size)}"
          for each in media),
        "",
    ]  # fmt: skip
    with (target / LABEL).open("x", encoding="utf-8") as stream:
        stream.write("\n".join(lines))
    return target


def _copy_file(carrier: Files, path: str, target: Path, length: int) -> None:
    with target.open("xb") as stream:
        at = 0
        while at < length and (piece := carrier.read(path, at, min(_PIECE, length - at))):
            stream.write(piece)
            at += len(piece)
        stream.flush()
        os.fsync(stream.fileno())
