"""The target that is a recording's story: what hostile bytes say, linked and signed as if the unit itself had said it.

Behind links and signatures stand the rules for what records mean; no mutation of signed bytes would reach them.
"""

import hashlib
from collections.abc import Iterator
from random import Random
from typing import Any, cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from kuager.evidence import cbor, cose, keys
from kuager.evidence.cbor import MalformedError
from kuager.evidence.record import MARKER, SIGNED, UNSIGNED
from kuager_workshop.fuzz import authority, folders
from kuager_workshop.fuzz.mutate import encoded, plain_mutated
from kuager_workshop.fuzz.target import table

MEDIA_BYTES = 4096
"""Length of the media files, which are zeros."""


def entries(data: bytes) -> Iterator[Any]:
    """The items of a CBOR sequence up to the first that is none."""
    at = 0
    while at < len(data):
        try:
            entry, at = cbor.decode_first(data, at)
        except MalformedError:
            return
        yield entry


def story_mutated(data: bytes, chance: Random) -> bytes:
    """One entry says something else, is there twice, is missing, or stands elsewhere."""
    told = list(entries(data))
    if not told:
        return data
    at, to = chance.randrange(len(told)), chance.randrange(len(told))
    match chance.randrange(8):
        case 0:
            del told[at]
        case 1:
            told.insert(to, told[at])
        case 2:
            told[at], told[to] = told[to], told[at]
        case _:
            told[at] = plain_mutated(told[at], chance)
    return b"".join(encoded(entry) for entry in told)


def told(data: bytes) -> dict[str, bytes]:
    """The folder of a story: a CBOR sequence of [type, stamp, body].

    The entry `manifest` becomes the manifest. What only the fuzzer's unit knows stands empty in an entry and is filled
    in: an id, certificates, the recording's key; and digests of 32 zeros are made those of the media.
    """
    files = {"unit.pem": authority.unit_pem(), "video-01.mp4": bytes(MEDIA_BYTES), "photo-0001.jpg": bytes(MEDIA_BYTES)}
    journal, prev, seq = b"", bytes(32), 0
    for entry in entries(data):
        match entry:
            case ["manifest", _, dict() as body]:
                payload = encoded(_filled("manifest", body))
                signed = cose.sign1("manifest", authority.ID, payload, authority.KEY, detached=False)
                files |= {
                    "manifest.cbor": signed,
                    "manifest.tbs": cose.tbs("manifest", authority.ID, payload, keys.EDDSA),
                    "manifest.sig": signed[-64:],
                }
            case [str() as type_, stamp, dict() as body]:
                payload = encoded([seq, prev, stamp, type_, _filled(type_, body)])
                raw = MARKER + _signed(type_, payload)
                journal, prev, seq = journal + raw, hashlib.sha256(raw).digest(), seq + 1
            case _:
                continue
    return files | {"journal-01.cborseq": journal}


def _filled(type_: str, body: dict[Any, Any]) -> dict[Any, Any]:
    recording_key = authority.RECORDING_KEY.public
    assert isinstance(recording_key, Ed25519PublicKey)
    own = {"id": authority.ID, "certificates": authority.chain(), "recording_key": recording_key.public_bytes_raw()}
    filled = body | {key: own[key] for key, value in body.items() if key in own and value == b""}
    length = body.get("length")
    if body.get("sha256") == bytes(32) and isinstance(length, int) and 0 <= length <= MEDIA_BYTES:
        filled["sha256"] = hashlib.sha256(bytes(length)).digest()
    return filled


def _signed(type_: str, payload: bytes) -> bytes:
    if type_ not in cose.JOURNAL_KINDS or not payload.startswith(UNSIGNED):
        return payload
    signer = authority.RECORDING_KEY if type_ == "checkpoint" else authority.KEY
    signature = cose.sign1(cast(cose.Kind, type_), authority.ID, payload, signer, detached=True)
    return SIGNED + payload[len(UNSIGNED) :] + encoded(signature)


def _story(data: bytes) -> None:
    folders.judged(told(data))


TARGETS = table(("story", _story, {"longest": 16384, "mutate": story_mutated}))
