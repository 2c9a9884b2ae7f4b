"""Makes the corpus anew: ``python -m kuager_workshop.fuzz.seeds``. Inputs are real, and small.

A recording comes of the simulated unit, settings and procedures are those that are shipped, messages are encoded by the
firmware. Inputs called `found-*` once broke something; they are kept as they are.
"""

import os
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click

from kuager import hardware, settings
from kuager.evidence import journal
from kuager.evidence.authority import issue_unit_certificate, make_development_authority
from kuager.evidence.keys import ES256, SoftwareKey
from kuager.terminal.script import SESSION
from kuager_workshop.fuzz import folders, seed_messages, seed_story
from kuager_workshop.torture import officer
from kuager_workshop.torture.simulated.capture import CapturePlan
from kuager_workshop.torture.simulated.vault import VaultPlan

CORPUS = Path(__file__).with_name("corpus")
_FILE_BYTES = 200_000

Seed = tuple[str, str, bytes]
"""Target, name, bytes."""


def _all() -> Iterator[Seed]:
    with tempfile.TemporaryDirectory() as folder:
        unit = _recorded(Path(folder))
        yield from _of_recordings(Path(folder))
        yield from seed_messages.seeds(unit)
    yield from _of_texts()
    yield from seed_messages.lines()


def _recorded(folder: Path) -> seed_messages.Overheard:
    """One recording that is sealed, and one that died."""
    os.environ["KUAGER_ATTRIBUTES"] = "off"  # what is recorded here is deleted again
    chosen = settings.Settings(procedure=settings.Procedure(action="interrogation"))
    unit = seed_messages.Overheard(VaultPlan(folder, max_file_bytes=_FILE_BYTES), CapturePlan(_FILE_BYTES), chosen)
    officer.session(unit)
    officer.ready(unit)
    officer.begin(unit)
    unit.run(1.0)
    unit.power_cut()
    return unit


def _of_recordings(folder: Path) -> Iterator[Seed]:
    sealed, dead = sorted((folder / "carrier").glob("*-00000?-*"))
    witness = next((folder / "carrier").glob("*-unit/*.cborseq"))
    whole = {name: sealed / name for name in folders.FILES if (sealed / name).is_file()}
    data = {name: path.read_bytes() for name, path in whole.items()}
    story = data["journal-01.cborseq"]
    records = list(journal.iterate(story))
    yield "journal", "sealed", story[: records[30].offset]
    yield "journal", "dead", (dead / "journal-01.cborseq").read_bytes()
    yield "journal", "torn", story[: records[9].offset + 70]
    yield "unit-journal", "unit", witness.read_bytes()
    yield "manifest", "sealed", data["manifest.cbor"]
    yield "certificates", "unit", data["unit.pem"]
    yield "certificates", "authority", (folder / "state" / "authority" / "ca.pem").read_bytes()
    yield "certificates", "unit-der", next(iter(records[0].body["certificates"]))
    yield "certificates", "p256", _p256()
    yield "cbor", "opened", records[0].raw[3:]
    yield "cbor", "event", next(each.raw[3:] for each in records if each.type == "event")
    small = {name: content for name, content in data.items() if name != "video-01.mp4"}
    yield "recording", "sealed", folders.pack(small)
    yield "recording", "dead", folders.pack({"journal-01.cborseq": (dead / "journal-01.cborseq").read_bytes()})
    yield "story", "sealed", seed_story.story(story, data["manifest.cbor"])
    yield from seed_story.media(data["video-01.mp4"])


def _p256() -> bytes:
    """As a unit with a TPM has it."""
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    authority, secret = make_development_authority("Fuzz Authority", begin)
    public = SoftwareKey.generate(ES256).public
    return issue_unit_certificate(authority, secret, "KZ0417", public, begin) + authority


def _of_texts() -> Iterator[Seed]:
    package = Path(settings.__file__).parent
    yield "settings", "example", (package / "settings.example.toml").read_bytes()
    example = (package / "settings.example.toml").read_text(encoding="utf-8")
    yield "settings", "all-keys", "".join(line.removeprefix("# ") for line in example.splitlines(True)).encode()
    yield "settings", "dumped", settings.dump(settings.Settings()).encode()
    for path in sorted(hardware.folder().glob("*.toml")):
        yield "board-file", path.stem, path.read_bytes()
    for path in sorted((package / "procedure").glob("*.toml")):
        yield "procedure-pack", path.stem, path.read_bytes()
    yield "operators", "two", '[operators]\n04A1B2C3 = "Р. Ахметова"\n"04A1B2C4D5" = "A. Omarov"\n'.encode()
    yield "script", "session", SESSION.read_bytes()


@click.command()
def main() -> None:
    """Write the corpus; what was found stays."""
    for old in CORPUS.glob("*/seed-*"):
        old.unlink()
    total = 0
    for target, name, data in _all():
        path = CORPUS / target / f"seed-{name}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        total += len(data)
    print(f"{total} bytes in {CORPUS}")


if __name__ == "__main__":
    main()
