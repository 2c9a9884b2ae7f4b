"""The second checker's journal: whole records, the runs in which they link, and what is proven.

See second_checker.py.
"""

import hashlib
from collections.abc import Callable
from typing import Any, NamedTuple

from second_forms import MAX_RECORD, PublicKey, decode, encode, fits, sign1

SIGNED = ("opened", "checkpoint", "died", "closed")
MARKER = b"\xd9\xd9\xf7"


class Record(NamedTuple):
    """One record, whole and in form; `content` is what a signature on it is over."""

    seq: int
    prev: bytes
    stamp: list[Any]
    type: str
    body: dict[str, Any]
    signature: bytes | None
    content: bytes
    digest: bytes
    start: int
    end: int

    def good(self, recording: bytes, key: PublicKey | None, kind: str = "") -> bool:
        """Whether its signature by this key is good."""
        try:
            cose = sign1(self.signature or b"")
        except ValueError:
            return False
        return bool(key and cose.payload is None and cose.good(kind or self.type, recording, self.content, key))


def record_at(data: bytes, start: int = 0) -> Record | None:
    """The whole record that begins at `start`, if one does."""
    if data[start : start + 3] != MARKER or data[start + 3 : start + 4] not in (b"\x85", b"\x86"):
        return None
    try:
        parts, length = decode(data[start + 3 : start + MAX_RECORD])
    except ValueError:
        return None
    if not 5 <= len(parts) <= 6 or not all(map(fits, ("count", "digest", "stamp", "type", "body", "bytes"), parts)):
        return None
    end = start + 3 + length
    whole = hashlib.sha256(data[start:end]).digest()
    signature = parts[5] if len(parts) == 6 else None
    seq, prev, stamp, kind, body = parts[:5]
    return Record(seq, prev, stamp, kind, body, signature, encode(parts[:5]), whole, start, end)


def runs(data: bytes) -> list[list[Record]]:
    """A journal's stretches of records that follow on, in order; what lies between them is damage."""
    found: list[list[Record]] = []
    at = 0
    while 0 <= at < len(data):
        record = record_at(data, at)
        if record is None:
            at = data.find(MARKER, at + 1)
            continue
        last = found[-1][-1] if found else None
        if last and (last.end, last.digest, last.seq + 1) == (at, record.prev, record.seq):
            found[-1].append(record)
        else:
            found.append([record])
        at = record.end
    return found


def tampered(stretches: list[list[Record]], good: Callable[[Record], bool]) -> str:
    """Where what was synced is damaged, and not only the batch in which the power went; empty if nowhere."""
    for run in stretches:
        if run[0].start == 0:
            continue
        points = [place for place, record in enumerate(run) if record.type == "checkpoint"]
        for place, record in enumerate(run):
            if good(record) and (record.type != "checkpoint" or place > points[0]):
                return f"the journal is damaged before byte {run[0].start}"
    return ""
