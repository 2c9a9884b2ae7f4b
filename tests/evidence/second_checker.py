"""A second checker of recordings, written from FORMAT.md alone: it shares no code with the product's.

It exists to show that FORMAT.md suffices, and to be compared with `kuager verify`. Standard library, cbor2 and
cryptography only. `check` judges one recording; second_sets.py judges several, second_marks.py reads pictures.
"""

import hashlib
import re
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import second_certificates as certificates
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519
from second_forms import MAPS, PublicKey, fits
from second_journal import SIGNED, Record, record_at, runs, tampered
from second_manifest import claimed, manifest
from second_recording import AUTHENTIC, CANNOT, EARLY, NOT, Recording

MEDIA, PHOTO = re.compile(r"(video|sound)-\d{2,4}\.mp4"), re.compile(r"photo-\d{4,6}\.jpg")
MAX_UNSIGNED, MAX_UNSIGNED_BYTES = 8192, 36 << 20


def check(path: Path, anchors: list[x509.Certificate]) -> Recording:
    """Judge one recording; raises OSError where a file can't be read."""
    found = Recording(path, anchors)
    names = sorted(each.name for each in path.iterdir() if re.fullmatch(r"journal-\d{2,4}\.cborseq", each.name))
    found.ask([int(name[8:-8]) for name in names] == list(range(1, len(names) + 1)), "a journal file is missing")
    contents = {name: found.read(name) or b"" for name in names}
    if found.ask(bool(contents.get("journal-01.cborseq")), "there is no journal", CANNOT):
        first_journal(found, contents["journal-01.cborseq"])
    if found.proven and found.opened.get("version") != 1:
        found.broken = [(CANNOT, "the version of the format is not known")]
        return found
    later_journals(found, contents)
    if found.proven:
        records(found)
        media(found)
        photographs(found)
    manifest(found)
    return found


def first_journal(found: Recording, data: bytes) -> None:
    """journal-01: `opened`, and how far the journal is proven."""
    stretches = runs(data)
    opened = next((each for run in stretches for each in run if each.type == "opened"), None)
    body = opened.body if opened else {}
    recording, key = body.get("id", b""), body.get("recording_key")
    if opened is None or not fits("id", recording) or not isinstance(key, bytes) or len(key) != 32:
        found.ask(False, "the journal does not begin with `opened`", CANNOT)
        return
    chain = certificates.load(body["certificates"]) if fits("bytes[8]", body.get("certificates")) else []
    unit = certificates.key(chain)
    keys: dict[str, PublicKey | None] = {"opened": unit, "closed": unit}
    keys["checkpoint"] = ed25519.Ed25519PublicKey.from_public_bytes(key)

    def good(record: Record) -> bool:
        return record.good(recording, keys.get(record.type))

    found.ask(not (where := tampered(stretches, good)), where)
    run = stretches[0]
    if run[0] is not opened or not good(opened) or (opened.start, opened.seq, opened.prev) != (0, 0, bytes(32)):
        found.ask(run[0] is not opened or len(run) == 1, "the signature of `opened` is bad")
        found.ask(False, "the journal does not begin with a good `opened`", CANNOT)
        return
    newest = max(place for place, record in enumerate(run) if good(record))
    for record in run[newest + 1 : -1]:
        found.ask(record.signature is None, f"the signature of record {record.seq} is bad")
    found.proven = run[: newest + 1]
    found.lengths["journal-01.cborseq"] = found.proven[-1].end
    trusted(found, chain, opened)


def later_journals(found: Recording, contents: dict[str, bytes]) -> None:
    """journal-02 and on: a good `died` each, or what a recovery left that was itself cut short."""
    recording = found.opened.get("id") or claimed(found).get("id", b"")
    for name in list(contents)[1:]:
        found.lengths[name] = 0
        died = record_at(contents[name])
        if died is None or died.type not in ("opened", "died") or not fits(died.type, died.body):
            continue
        chain = certificates.load(died.body["certificates"])
        if not died.good(died.body["id"] if died.type == "opened" else recording, certificates.key(chain)):
            continue
        found.chains.append(chain)
        last = found.proven[-1] if found.proven else None
        follows = died.type == "died" and last and (last.seq + 1, last.digest) == (died.seq, died.prev)
        if not found.ask(bool(follows), f"{name} does not follow on"):
            continue
        found.ask(died.body["id"] == recording, f"{name} is of another recording")
        torn = []
        for earlier in list(contents)[: list(contents).index(name)]:
            data, proven = contents[earlier], found.lengths[earlier]
            tail = hashlib.sha256(data[proven:]).digest()
            torn.append({"file": earlier, "length": len(data), "proven": proven, "tail_sha256": tail})
        found.ask(died.body["journals"] == torn, f"the journals are not as {name} found them")
        found.lengths[name] = died.end
        found.proven.append(died)
        trusted(found, chain, died)


def trusted(found: Recording, chain: list[x509.Certificate], signer: Record) -> None:
    """Who vouches for the signer, at the time of that signature."""
    _, utc_us, state, uncertainty = signer.stamp
    known = state != "unset" and uncertainty < 2**52
    found.ask(bool(found.anchors), "no trusted authority was given", CANNOT)
    refusal, certain = certificates.judge(
        chain, found.anchors, (utc_us - uncertainty, utc_us + uncertainty) if known else None
    )
    found.ask(not refusal, refusal, CANNOT)
    named = found.ask(certificates.names(chain[0]) == [found.opened.get("unit")], "the certificate is another unit's")
    found.doubted = found.doubted or not (found.anchors and not refusal and named)
    found.notes += [] if certain else ["the date is not known"]
    found.notes += ["a training unit"] if any(map(certificates.for_training, chain)) else []
    found.chains += [] if chain in found.chains else [chain]


def records(found: Recording) -> None:
    """What holds for all proven records, and from one to the next."""
    opened, end = found.opened, found.proven[-1]
    for record in found.proven:
        found.ask(record.type not in MAPS or fits(record.type, record.body), f"record {record.seq} is malformed")
        found.ask((record.signature is not None) == (record.type in SIGNED), f"record {record.seq}: signed or not")
        found.ask(record.seq == 0 or record.type != "opened", "a second record `opened`")
    for before, after in pairwise(found.proven):
        found.ask(after.type == "died" or before.stamp[0] <= after.stamp[0], f"time goes back at record {after.seq}")
        found.ask(before.type != "closed", "a record after `closed`")
    for before, after in pairwise(record for record in found.proven if record.signature and record.type != "died"):
        few = after.seq - before.seq <= MAX_UNSIGNED and after.end - before.end <= MAX_UNSIGNED_BYTES
        found.ask(few, "too much without a signature")
    if any(reason.endswith("malformed") for _, reason in found.broken):
        return
    found.ask(opened["name"].startswith(f"{opened['unit']}-{opened['number']:06d}-"), "the name is not the unit's")
    if end.type == "closed":
        found.ask(not end.body.get("missing"), "closed, and says what is missing", EARLY)
    elif end.type == "died":
        found.ask(False, f"died: {end.body['cause']}", EARLY)
    else:
        found.ask(False, "it has no signed end", CANNOT)


def media(found: Recording) -> None:
    """Intervals in turn, chunks that tile, each with its digest and its boxes."""
    number, opened = 0, False
    newest: dict[str, int] = {}
    for record in found.proven:
        body = record.body
        if not fits(record.type, body) if record.type in MAPS else True:
            continue
        if record.type == "interval-begun":
            found.ask(not opened and body["interval"] > number, "intervals overlap, or are out of order")
            number, opened = body["interval"], True
        elif record.type == "interval-ended":
            found.ask(opened and body["interval"] == number, "an interval ends that is not open")
            opened = False
        elif record.type == "chunk":
            name, fragment = body["file"], body["kind"] == "fragment"
            found.ask(bool(MEDIA.fullmatch(name)), f"{name} is no name for media")
            found.ask(opened and body["interval"] == number, f"a chunk of {name} is outside its interval")
            found.ask(body["offset"] == found.lengths.get(name, 0), f"the chunks of {name} do not tile it")
            found.ask(fragment == (body["offset"] > 0), f"{name} does not begin with its only `init`")
            found.ask(
                body["last_us"] >= body["first_us"] >= newest.get(name, 0) or not fragment, f"{name}: time goes back"
            )
            newest[name] = body["first_us"] if fragment else 0
            found.lengths[name] = body["offset"] + body["length"]
            chunk(found, body)
    found.ask(not opened or found.proven[-1].type != "closed", "closed with an interval open")


def chunk(found: Recording, body: dict[str, Any]) -> None:
    """The bytes of one chunk."""
    where = f"{body['file']}, bytes {body['offset']} to {body['offset'] + body['length']}"
    path, data = found.file(body["file"]), b""
    if path:
        with path.open("rb") as file:
            file.seek(body["offset"])
            data = file.read(body["length"])
    if found.ask(hashlib.sha256(data).digest() == body["sha256"], f"{where}: changed, cut off or missing"):
        kinds = b"".join(kind for kind, _ in boxes(data))
        if kinds != (b"ftypmoov" if body["kind"] == "init" else b"prftmoofmdat"):
            found.notes.append(f"{where}: boxes {kinds!r}")


def boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The boxes that lie one after another, with their contents (ISO/IEC 14496-12, 4.2)."""
    at = 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4])
        head, size = (16, int.from_bytes(data[at + 8 : at + 16])) if size == 1 else (8, size)
        if size < head or at + size > len(data):
            yield b"????", data[at:]
            return
        yield data[at + 4 : at + 8], data[at + head : at + size]
        at += size


def photographs(found: Recording) -> None:
    """The photographs that proven records tell of."""
    for record in found.of("photo"):
        if fits("photo", record.body):
            name, length = record.body["file"], record.body["length"]
            data = found.read(name, length + 1)
            whole = data is not None and (len(data), hashlib.sha256(data).digest()) == (length, record.body["sha256"])
            found.ask(whole and bool(PHOTO.fullmatch(name)), f"{name} is missing or changed")
            found.ask(name not in found.lengths, f"{name} is told of twice")
            found.lengths[name] = length


def main() -> int:
    """`second_checker.py RECORDING CA.PEM`: print verdict and reasons."""
    found = check(Path(sys.argv[1]), certificates.from_pem(Path(sys.argv[2]).read_bytes()))
    print(found.verdict, *found.reasons, *(f"note: {note}" for note in found.notes), sep="\n  ")
    return {AUTHENTIC: 0, EARLY: 3, NOT: 1, CANNOT: 2}[found.verdict]


if __name__ == "__main__":
    sys.exit(main())
