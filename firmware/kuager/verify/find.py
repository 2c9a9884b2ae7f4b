"""Finds recordings: a path is a recording's folder, or a folder that holds some, such as a carrier's root."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from kuager.errors import UsageError
from kuager.verify.folder import Folder

_RECORDING = re.compile(r"[A-Za-z0-9][A-Za-z0-9._]*-[0-9]{6,9}-[0-9]{8}T[0-9]{6}Z")
_UNIT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._]*-unit")
_UNIT_JOURNAL = re.compile(r"unit-[0-9a-f]{8}-[0-9]{2,4}(-copy[0-9]{1,4})?\.cborseq")
_MARKS = ("journal-01.cborseq", "manifest.cbor")


@dataclass
class Place:
    """A path that was given: the recordings there, and the folders with a unit's own journal."""

    path: Path
    recordings: list[Path] = field(default_factory=list)
    units: list[Path] = field(default_factory=list)


def find(paths: list[Path]) -> list[Place]:
    """What is at these paths, each recording once; raises UsageError where there is nothing to judge."""
    seen: set[Path] = set()
    places = []
    for path in paths:
        place = _look(path)
        place.recordings = [each for each in place.recordings if each not in seen]
        seen.update(place.recordings)
        places.append(place)
    return places


def unit_journals(folder: Folder) -> list[str]:
    """The files of a unit's own journal, in order."""
    return [name for name in folder.names() if _UNIT_JOURNAL.fullmatch(name)]


def is_recording_name(name: str) -> bool:
    """Whether a folder of this name is a recording's, even if it is empty."""
    return _RECORDING.fullmatch(name) is not None


def _look(given: Path) -> Place:
    path = given.resolve()
    try:
        with Folder(path) as folder:
            names = folder.names()
            if is_recording_name(path.name) or any(mark in names for mark in _MARKS):
                return Place(path, [path])
            inside = folder.folders()
    except FileNotFoundError:
        raise UsageError(f"{given}: there is nothing of this name") from None
    except NotADirectoryError:
        raise UsageError(f"{given} is a file; name the folder of the recording") from None
    except OSError as error:
        raise UsageError(f"{given} can't be read: {error.strerror}") from None
    # What has a recording's name and is no folder is judged too: it stands where a recording should.
    recordings = [name for name in names if is_recording_name(name) or (name in inside and _has_mark(path / name))]
    if not recordings:
        raise UsageError(f"{given} holds no recording")
    return Place(path, [path / name for name in recordings], [path / name for name in inside if _UNIT.fullmatch(name)])


def _has_mark(path: Path) -> bool:
    try:
        with Folder(path) as folder:
            names = folder.names()
    except OSError:
        return False
    return any(mark in names for mark in _MARKS)
