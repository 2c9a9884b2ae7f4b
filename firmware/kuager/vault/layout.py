"""Names on the carrier: recordings, their journals and media, and the copy of the unit's own journal. Pure."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from kuager.evidence.records import Stream

MANIFEST, MANIFEST_TBS, MANIFEST_SIGNATURE = "manifest.cbor", "manifest.tbs", "manifest.sig"
SUMS, CHAIN = "SHA256SUMS", "unit.pem"
SEALED = frozenset({MANIFEST, MANIFEST_TBS, MANIFEST_SIGNATURE, SUMS, CHAIN})
"""What a recording's directory holds, beside media and journals, once it is sealed."""

_RECORDING = re.compile(r"(?P<unit>[A-Za-z0-9][A-Za-z0-9._]*)-(?P<number>[0-9]{6,9})-(?P<time>[0-9]{8}T[0-9]{6}Z)")
_JOURNAL = re.compile(r"journal-([0-9]{2,4})\.cborseq")
_MEDIA = re.compile(r"(video|sound)-[0-9]{2,4}\.mp4")
_PHOTO = re.compile(r"photo-[0-9]{4,6}\.jpg")
_UNIT_JOURNAL = re.compile(r"unit-[0-9a-f]{8}-([0-9]{2,4})(?:-copy[0-9]+)?\.cborseq")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_US = int((datetime(9999, 12, 31, tzinfo=UTC) - _EPOCH).total_seconds()) * 1_000_000


@dataclass(frozen=True, slots=True)
class RecordingName:
    """A recording's directory name, taken apart."""

    unit: str
    number: int
    text: str


def recording(unit: str, number: int, utc_us: int) -> str:
    """``UNIT-NNNNNN-YYYYMMDDTHHMMSSZ``: unit, number, and when it was opened by the unit's clock."""
    moment = _EPOCH + timedelta(microseconds=min(utc_us, _LAST_US))
    return f"{unit}-{number:06d}-{moment:%Y%m%dT%H%M%SZ}"


def parse_recording(name: str) -> RecordingName | None:
    """The parts of a recording's directory name; None for any other name."""
    found = _RECORDING.fullmatch(name)
    return RecordingName(found["unit"], int(found["number"]), name) if found else None


def journal(part: int) -> str:
    """``journal-01.cborseq`` is the recording's own, the next ones are begun by recovery."""
    return f"journal-{part:02d}.cborseq"


def journal_part(name: str) -> int | None:
    """The number of a journal file; None for any other name."""
    found = _JOURNAL.fullmatch(name)
    return int(found[1]) if found else None


def media(streams: list[Stream], number: int) -> str:
    """``video-NN.mp4``, or ``sound-NN.mp4`` where there is no picture; one count through the recording."""
    return f"{'video' if 'video' in streams else 'sound'}-{number:02d}.mp4"


def is_media(name: str) -> bool:
    """Whether this names a media file."""
    return _MEDIA.fullmatch(name) is not None


def photo(number: int) -> str:
    """``photo-NNNN.jpg``."""
    return f"photo-{number:04d}.jpg"


def format_of(name: str) -> str | None:
    """The media type of a file of ours by its name (``video/mp4``, ...); None for a name that is not ours."""
    if found := _MEDIA.fullmatch(name):
        return "video/mp4" if found[1] == "video" else "audio/mp4"
    if _PHOTO.fullmatch(name):
        return "image/jpeg"
    if _JOURNAL.fullmatch(name):
        return "application/cbor-seq"
    return "application/pem-certificate-chain" if name == CHAIN else None


def unit_directory(unit: str) -> str:
    """Where the carrier keeps the copy of the unit's own journal."""
    return f"{unit}-unit"


def unit_journal(identity: bytes, part: int) -> str:
    """One file of the unit's own journal: ``unit-IIIIIIII-NN.cborseq``; a unit whose state was lost begins one of
    another id.
    """
    return f"unit-{identity[:4].hex()}-{part:02d}.cborseq"


def unit_journal_part(name: str) -> int | None:
    """The number of a file of the unit's own journal; None for any other name."""
    found = _UNIT_JOURNAL.fullmatch(name)
    return int(found[1]) if found else None


def unit_copy(name: str, attempt: int) -> str:
    """The copy's name on a carrier; a further attempt where an earlier copy turned out to be damaged."""
    return name if attempt == 1 else name.replace(".cborseq", f"-copy{attempt}.cborseq")
