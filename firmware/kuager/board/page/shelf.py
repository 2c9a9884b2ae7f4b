"""What lies on the carrier, for the pages that show it: which recordings, how they stand, what they say of themselves.

Nothing here is trusted: names are compared with what the format allows, no link is followed, sizes and counts have
limits. What a recording says of itself here is its claim; whether it is true the verdict tells.
"""

import contextlib
import glob
import hashlib
import os
import re
import stat
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from kuager.evidence import cbor, journal, manifest
from kuager.evidence.cbor import MalformedError
from kuager.evidence.records import Opened
from kuager.evidence.rules_manifest import COMPANIONS, MANIFEST
from kuager.verify.find import is_recording_name
from kuager.verify.folder import MAX_NAMES, Folder, NotReadableError
from kuager.verify.recording import FIRST_JOURNAL

State = Literal["sealed", "sealing", "recording", "cut"]
"""cut: without its seal, and this unit is not at work on it."""

_MAX_NAME = 100
_KEPT = 500
_FORMS = (
    (r"video-[0-9]{2,4}\.mp4", "video/mp4"),
    (r"sound-[0-9]{2,4}\.mp4", "audio/mp4"),
    (r"photo-[0-9]{4,6}\.jpg", "image/jpeg"),
    (r"journal-[0-9]{2,4}\.cborseq", "application/cbor-seq"),
    (r"manifest\.cbor", "application/cbor"),
    (r"manifest\.(tbs|sig)", "application/octet-stream"),
    (r"SHA256SUMS", "text/plain; charset=utf-8"),
    (r"unit\.pem", "application/pem-certificate-chain"),
)


def content_type(file: str) -> str | None:
    """A file's type by its name; None for a name that the format does not have: such a file is never served."""
    return next((form for pattern, form in _FORMS if re.fullmatch(pattern, file)), None)


def is_media(file: str) -> bool:
    """Whether it is picture, sound or a photograph: of those, what the journal proves counts, and nothing else."""
    return (content_type(file) or "").startswith(("video/", "audio/", "image/"))


@dataclass(frozen=True)
class Look:
    """A recording's folder as it is now: its files with their sizes, and a mark that any change of them changes."""

    name: str
    path: Path
    state: State
    files: dict[str, int]
    mark: bytes

    @property
    def number(self) -> int:
        """The recording's number, by its name."""
        return _number(self.name)


@dataclass(frozen=True)
class Glance:
    """What a recording claims at first sight; None: it does not say, or it can't be read."""

    opened_utc_us: int | None = None
    length_us: int | None = None
    mode: str | None = None
    unit: str | None = None


class Shelf:
    """The carrier's folder, and beside it those of blank carriers that were prepared on the virtual board.

    All calls read the disk: none belongs on the event loop.
    """

    def __init__(self, carrier: Path, unit: str) -> None:
        self._carrier, self._unit = carrier, unit
        self._known: OrderedDict[tuple[str, bytes], Glance] = OrderedDict()
        self._lock = threading.Lock()

    def names(self) -> list[str]:
        """The recordings' folders, the newest number first; none of a carrier that can't be read."""
        found: set[str] = set()
        for carrier in self._carriers():
            with contextlib.suppress(OSError), Folder(carrier, follow=True) as folder:
                found |= {name for name in folder.folders() if is_name(name)}
        return sorted(found, key=lambda name: (_number(name), name), reverse=True)

    def look(self, name: str) -> Look | None:
        """A recording's folder; None where there is none of this name, or a link in its place."""
        if not is_name(name):
            return None
        for carrier in self._carriers():
            path = carrier.resolve() / name
            with contextlib.suppress(OSError):
                files, mark = _files(path)
                return Look(name, path, self._state(carrier, path, files), files, mark)
        return None

    def glance(self, look: Look) -> Glance:
        """What it says of itself, by its manifest, else by the first record of its journal."""
        key = (look.name, look.mark)
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
        found = _stated(look.path) if MANIFEST in look.files else _begun(look.path)
        with self._lock:
            self._known[key] = found
            while len(self._known) > _KEPT:
                self._known.popitem(last=False)
        return found

    def _carriers(self) -> list[Path]:
        usual = self._carrier.absolute()
        with contextlib.suppress(OSError):
            return [usual, *sorted(usual.parent.glob(f"{glob.escape(usual.name)}-blank-*"))]
        return [usual]

    def _state(self, carrier: Path, path: Path, files: dict[str, int]) -> State:
        name = path.name
        if files.keys() >= COMPANIONS.keys():
            return "sealed"
        if _unit(name) != self._unit or not _held(carrier):
            return "cut"
        # A vault that finds an older one without its end writes that end before it opens the next.
        newest = next((each for each in self.names() if _unit(each) == self._unit), None)
        return "recording" if name == newest and not _ended(path) else "sealing"


def is_name(name: str) -> bool:
    """Whether a folder of this name may be a recording's."""
    return len(name) <= _MAX_NAME and is_recording_name(name)


def digest(look: Look) -> bytes | None:
    """SHA-256 of manifest.cbor, which stands for the whole recording; None where there is none."""
    try:
        with Folder(look.path) as folder:
            data = folder.whole(MANIFEST, manifest.MAX_BYTES)
    except OSError:
        return None
    return hashlib.sha256(data).digest() if len(data) <= manifest.MAX_BYTES else None


def _number(name: str) -> int:
    return int(name.rsplit("-", 2)[1])


def _unit(name: str) -> str:
    return name.rsplit("-", 2)[0]


def _files(path: Path) -> tuple[dict[str, int], bytes]:
    """The regular files with their sizes, and a digest of all that stat(2) tells of every name; raises OSError."""
    files, mark = {}, hashlib.sha256()
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        with os.scandir(fd) as entries:
            for entry, _ in zip(entries, range(MAX_NAMES), strict=False):
                about = entry.stat(follow_symlinks=False)
                told = (entry.name, about.st_ino, about.st_size, about.st_mtime_ns, about.st_ctime_ns)
                mark.update(repr(told).encode("utf-8", "surrogateescape"))
                if stat.S_ISREG(about.st_mode):
                    files[entry.name] = about.st_size
    finally:
        os.close(fd)
    return files, mark.digest()


def _held(carrier: Path) -> bool:
    """Whether a vault holds the carrier. Looked up, not tried: the attempt would be in a starting vault's way."""
    try:
        inode = str(os.stat(carrier).st_ino)
        locks = Path("/proc/locks").read_text("ascii").splitlines()
    except (OSError, UnicodeDecodeError):
        return False
    return any(
        fields[1:4:2] == ["FLOCK", "WRITE"] and fields[5].rpartition(":")[2] == inode
        for fields in map(str.split, locks)
        if len(fields) > 5
    )


def _ended(path: Path) -> bool:
    """Whether its first journal ends with `closed`, or recovery has begun another."""
    try:
        with Folder(path) as folder:
            if any(name != FIRST_JOURNAL and name.startswith("journal-") for name in folder.names()):
                return True
            fd, size = folder.open(FIRST_JOURNAL)
    except OSError:
        return False
    try:
        base = max(0, size - cbor.MAX_BYTES - 1024)
        records = journal.tail(os.pread(fd, size - base, base), base)
    except OSError:
        return False
    finally:
        os.close(fd)
    return bool(records) and records[-1].type == "closed"


def _stated(path: Path) -> Glance:
    try:
        with Folder(path) as folder:
            said = manifest.read(folder.whole(MANIFEST, manifest.MAX_BYTES))
    except (OSError, MalformedError):
        return Glance()
    length = sum(max(0, interval.last_us - interval.first_us) for interval in said.intervals)
    return Glance(said.opened.utc_us, length, said.mode, said.unit)


def _begun(path: Path) -> Glance:
    try:
        with Folder(path) as folder:
            first = journal.parse(folder.whole(FIRST_JOURNAL, cbor.MAX_BYTES))
            opened = first.typed()
    except (OSError, NotReadableError, MalformedError):
        return Glance()
    return Glance(first.stamp.utc_us, None, opened.mode, opened.unit) if isinstance(opened, Opened) else Glance()
