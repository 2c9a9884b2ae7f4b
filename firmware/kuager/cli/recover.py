"""`kuager recover DIR`: what of a recording that was never closed is proven, and its playable media as a working
copy.

Reads the original and writes nothing to it: it has no key, so it can't say that the recording died; the unit does
that when it next meets the carrier. Exit codes: 0 nothing was cut, 3 something was, 2 nothing can be told, 64 usage.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import click

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
_ENDINGS = {
    "stillborn": "nothing in it was ever acknowledged",
    "open": "was never closed",
    "died": "ended without being closed",
    "closed": "was closed in order",
}


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

    def __str__(self) -> str:
        rest = self.size - self.proven
        tail = f", {rest} unproven after them" if rest > 0 else f", {-rest} of them MISSING" if rest < 0 else ""
        return f"  {self.name}: {self.proven} bytes proven{tail}"


@click.command()
@click.argument("directory", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="Put the proven media into a labelled working copy here.")
@click.pass_context
def recover(ctx: click.Context, directory: Path, out: Path | None) -> None:
    """Show what is proven of a recording that ended without being closed; the original is only read.

    On a carrier, list such recordings.
    """
    directory = directory.resolve()
    try:
        ctx.exit(_act(directory, out))
    except OSError as error:
        click.echo(f"kuager recover: {directory} can't be read: {error.strerror or error}", err=True)
        ctx.exit(CANNOT)


def _act(directory: Path, out: Path | None) -> int:
    if _is_recording(directory):
        return _recover(directory, out)
    if out is not None:
        raise UsageError("--out goes with one recording: name its folder")
    return _list(DiskFiles(directory, exclusive=False))


def _is_recording(directory: Path) -> bool:
    return layout.parse_recording(directory.name) is not None or (directory / layout.journal(1)).exists()


def _list(carrier: Files) -> int:
    """All recordings of the carrier that were not closed."""
    names = recordings(carrier)
    if not names:
        click.echo("kuager recover: there is no recording here", err=True)
        return CANNOT
    cut = False
    for name in names:
        found = survey(carrier, name.text)
        if found.ending != "closed":
            cut = True
            click.echo(f"{name.text} {_ENDINGS[found.ending]}{_until(found)}")
    if not cut:
        click.echo(f"all {len(names)} recordings were closed in order")
    return CUT if cut else NOTHING_CUT


def _until(found: Survey) -> str:
    return f"; proven until {iso(found.until_utc_us)}" if found.checkpoint is not None else ""


def _recover(directory: Path, out: Path | None) -> int:
    carrier = DiskFiles(directory.parent, exclusive=False)
    found = survey(carrier, directory.name)
    click.echo(f"{directory.name} {_ENDINGS[found.ending]}{_until(found)}")
    if found.opened is None:
        return CANNOT
    try:
        accounts = _accounts(carrier, found)
    except MalformedError as error:
        click.echo(f"kuager recover: {error}; run kuager verify to see what was changed", err=True)
        return CANNOT
    for account in accounts:
        click.echo(str(account))
    if out is not None:
        where = _copy(carrier, directory, out, accounts, found)
        click.echo(f"working copy: {where}")
    return CUT if found.ending != "closed" or any(account.cut for account in accounts) else NOTHING_CUT


def _accounts(carrier: Files, found: Survey) -> list[Account]:
    proven = {**summarise(carrier, found).proven, **found.proven}
    sizes = {entry.name: entry.size for entry in carrier.entries(found.name) if entry.kind == "file"}
    ours = {name for name in sizes if layout.format_of(name) and name != layout.CHAIN}
    return [Account(name, sizes.get(name, 0), proven.get(name, 0)) for name in sorted(ours | set(proven))]


def _copy(carrier: Files, original: Path, out: Path, accounts: list[Account], found: Survey) -> Path:
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
        "WORKING COPY - this is not the original.",
        f"Original: {original.name}, which {_ENDINGS[found.ending]}{_until(found)}.",
        "Each file holds exactly the bytes, from the first, that the original's signed journal proves:",
        *(f"  {each.name}  {min(each.proven, each.size)} of {each.size} bytes" for each in media),
        "",
    ]
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
