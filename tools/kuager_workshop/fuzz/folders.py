"""The target that is a whole recording: the files of a folder, judged, told, and found by a vault."""

import json
import shutil
from functools import cache
from pathlib import Path
from random import Random

from kuager.catalogue.reading import Reader
from kuager.evidence.cbor import MalformedError
from kuager.evidence.verdict import Outcome
from kuager.vault import survey
from kuager.vault.disk import DiskFiles
from kuager.verify import proven, report, sets, timeline
from kuager.verify.find import Place
from kuager.verify.sets import Result
from kuager_workshop.fuzz import authority, workplace
from kuager_workshop.fuzz.mutate import mutated, record_mutated
from kuager_workshop.fuzz.target import expect, table

FILES = (
    "journal-01.cborseq", "journal-02.cborseq", "manifest.cbor", "manifest.tbs", "manifest.sig", "SHA256SUMS",
    "unit.pem", "video-01.mp4", "photo-0001.jpg", "beside.txt",
)  # fmt: skip
"""What a packed folder can hold: a file is told by its place here."""
NAME = "KZ0417-000001-20261122T051500Z"
"""Of the folder."""
_LANGUAGES = ("kk", "en")


def pack(files: dict[str, bytes]) -> bytes:
    """A folder as an input: for each file its place in FILES, its length in three bytes, and its bytes."""
    heads = ((name, bytes([FILES.index(name)]) + len(data).to_bytes(3, "big")) for name, data in files.items())
    return b"".join(head + files[name] for name, head in heads)


def unpack(data: bytes) -> dict[str, bytes]:
    """The folder of any input: what is cut short ends where the input does."""
    files: dict[str, bytes] = {}
    at = 0
    while at < len(data):
        end = at + 4 + int.from_bytes(data[at + 1 : at + 4], "big")
        files[FILES[data[at] % len(FILES)]] = data[at + 4 : end]
        at = end
    return files


def folder_mutated(data: bytes, chance: Random) -> bytes:
    """One of its files changed, or put in another one's place."""
    files = unpack(data)
    if not files:
        return data
    name = chance.choice(list(files))
    if name.endswith(".cborseq") and chance.random() < 0.6:
        files[name] = record_mutated(files[name], chance)
    elif chance.random() < 0.1:
        files[chance.choice(FILES)] = files.pop(name)
    else:
        files[name] = mutated(files[name], chance, list(files.values()), (), len(data))
    return pack(files)


def judged(files: dict[str, bytes]) -> Result:
    """The verdict on a folder with these files, which has been told to everybody who might ask."""
    path = workplace.folder() / NAME
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir()
    for name, data in files.items():
        (path / name).write_bytes(data)
    result = sets.judge([Place(path, [path])], list(authority.anchors()))
    json.dumps(report.as_json(result))
    for words in _readers():
        for line, _ in report.lines(result, words):
            expect(line.isprintable(), "a line for people has no control characters")
    for each in result.recordings:
        timeline.build(proven.records(each), words)
    _found()
    return result


def _found() -> None:
    """As by a vault whose carrier it lies on."""
    files = _carrier(workplace.folder())
    found = survey.survey(files, NAME)
    if found.opened is None:
        return
    expect(found.ending != "stillborn" and found.last is not None, "what was opened has a last record")
    if found.ending != "closed":
        expect(found.durable_us >= 0 and found.until_utc_us >= 0, "what is open was proven up to a moment")
    try:
        survey.summarise(files, found)
    except MalformedError as error:
        str(error).encode()


@cache
def _carrier(root: Path) -> DiskFiles:
    return DiskFiles(root, exclusive=False, sealer=None)


@cache
def _readers() -> tuple[Reader, ...]:
    return tuple(Reader(language) for language in _LANGUAGES)


def _recording(data: bytes) -> None:
    result = judged(unpack(data))
    # Its keys are nobody's: the authority that is trusted is another one.
    expect(result.outcome in (Outcome.NOT_AUTHENTIC, Outcome.CANNOT), "what nobody trusted signed is not authentic")


TARGETS = table(("recording", _recording, {"longest": 65536, "mutate": folder_mutated}))
