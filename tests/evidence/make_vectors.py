"""Makes the published test vectors: `python tests/evidence/make_vectors.py` writes them to tests/evidence/vectors/.

Keys are fixed and signatures deterministic (Ed25519; ECDSA by RFC 6979): a run changes nothing unless the format did.
"""

import json
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from evidence_samples import ED25519, OTHER, P256, RECORDING, RECORDING_KEY, journal, manifest_for, public_pem
from test_cbor import INVALID

from kuager.evidence import cbor, certificates, cose, keys, manifest
from kuager.evidence.journal import MARKER, BrokenError, iterate, tail

VECTORS = Path(__file__).with_name("vectors")


class DeterministicP256:
    """The P-256 sample key, signing by RFC 6979."""

    alg = keys.ES256
    public = P256.public

    def sign(self, data: bytes) -> bytes:
        """r and s."""
        private = ec.derive_private_key(0x0102030405060708, ec.SECP256R1())
        r, s = decode_dss_signature(private.sign(data, ec.ECDSA(hashes.SHA256(), deterministic_signing=True)))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


P256_FIXED = DeterministicP256()


def all_vectors() -> dict[str, Any]:
    """File name -> what it holds."""
    return {
        "cbor.json": cbor_vectors(),
        "cose.json": cose_vectors(),
        "journal.json": journal_vectors(),
        "manifest.json": manifest_vectors(),
    }


def cbor_vectors() -> dict[str, Any]:
    """Values that have an encoding (written as JSON, byte strings not among them), and bytes that must be refused."""
    values: list[Any] = [0, 23, 24, 255, 256, 2**32, 2**53 - 1, -1, -256, "", "Жазба", True, False, None, [],
                         [1, [2, [3]]], {}, {"b": 1, "aa": 2, "a": 3}, {"z" * 23: 1, "a" * 24: 2}]  # fmt: skip
    deep = b"\x81" * 17 + b"\x00"
    return {
        "about": "FORMAT.md, Encoding. `invalid` items must be refused by a reader of records.",
        "valid": [{"hex": cbor.encode(value).hex(), "value": value} for value in values],
        "invalid": [{"what": what, "hex": data} for what, data in INVALID.items()]
        + [{"what": "nested deeper than 16", "hex": deep.hex()}, {"what": "huge count", "hex": "9bffffffffffffffff00"}],
    }


def cose_vectors() -> dict[str, Any]:
    """Signatures of every kind, and such as must be refused, with the public key as PEM."""
    payload = b"payload"
    valid = []
    for signer in (ED25519, P256_FIXED):
        for kind in (*sorted(cose.JOURNAL_KINDS), "unit", "manifest"):
            detached = kind != "manifest"
            valid.append(
                {
                    "kind": kind,
                    "recording": RECORDING.hex(),
                    "public": public_pem(signer.public).decode(),
                    "payload": payload.hex(),
                    "detached": detached,
                    "sig_structure": cose.tbs(kind, RECORDING, payload, signer.alg).hex(),  # type: ignore[arg-type]
                    "sign1": cose.sign1(kind, RECORDING, payload, signer, detached=detached).hex(),  # type: ignore[arg-type]
                }
            )
    good = bytes.fromhex(str(valid[0]["sign1"]))
    protected = cbor.encode({1: keys.EDDSA})
    invalid = [
        {"what": "for another recording", **valid[0], "recording": OTHER.hex()},
        {"what": "for another role", **valid[0], "kind": "opened"},
        {"what": "of another payload", **valid[0], "payload": b"Payload".hex()},
        {"what": "by another key", **valid[0], "public": public_pem(RECORDING_KEY.public).decode()},
        {"what": "one bit of the signature changed", **valid[0], "sign1": (good[:-1] + bytes([good[-1] ^ 1])).hex()},
        {"what": "without its tag", **valid[0], "sign1": good[1:].hex()},
        {"what": "with a byte after it", **valid[0], "sign1": good.hex() + "00"},
        {"what": "with an unprotected header", **valid[0], "sign1": form([protected, {4: b"k"}, None, good[-64:]])},
        {
            "what": "with a second protected header",
            **valid[0],
            "sign1": form([cbor.encode({1: -8, 4: b"k"}), {}, None, good[-64:]]),
        },
        {"what": "with the payload attached", **valid[0], "sign1": form([protected, {}, payload, good[-64:]])},
        {"what": "of 63 bytes", **valid[0], "sign1": form([protected, {}, None, good[-63:]])},
    ]
    return {"about": "FORMAT.md, Signatures. `invalid` must be refused.", "valid": valid, "invalid": invalid}


def form(parts: list[Any]) -> str:
    """A COSE_Sign1 of these parts."""
    return "d2" + cbor.encode(parts).hex()


def journal_vectors() -> dict[str, Any]:
    """A whole journal with what stands where; journals that break, and where; ends of journals for recovery."""
    raws = [raw for _, raw in journal(ED25519, chain())]
    whole = b"".join(raws)
    records = list(iterate(whole))
    changed = bytearray(whole)
    changed[records[3].offset + 120] ^= 1
    broken = {
        "cut within its last record": whole[:-1],
        "cut within a tag": whole[: records[4].offset + 2],
        "a record left out": b"".join(raws[:3] + raws[4:]),
        "two records exchanged": b"".join([*raws[:2], raws[3], raws[2], *raws[4:]]),
        "one bit changed": bytes(changed),
        "begins with its second record": whole[len(raws[0]) :],
        "bytes of zero after its last record": whole + bytes(16),
        "a record without its tag": raws[0] + raws[1][3:],
        "a number left out": raws[0] + MARKER
        + cbor.encode([2, records[0].digest, [1, 2, "holdover", 3], "event", {"code": "x"}]),
        "a float in a body": raws[0] + MARKER + bytes.fromhex("8501") + cbor.encode(records[0].digest)
        + cbor.encode([1, 2, "holdover", 3]) + cbor.encode("event") + bytes.fromhex("a16178f93c00"),
    }  # fmt: skip
    return {
        "about": "FORMAT.md, Journal. `broken`: a reader must take so many records and stop at that byte.",
        "recording": RECORDING.hex(),
        "unit_public": public_pem(ED25519.public).decode(),
        "recording_public": public_pem(RECORDING_KEY.public).decode(),
        "journal": whole.hex(),
        "records": [
            {
                "offset": record.offset,
                "length": record.length,
                "seq": record.seq,
                "type": record.type,
                "sha256": record.digest.hex(),
                "signed": record.payload().hex() if record.signature else None,
            }
            for record in records
        ],
        "broken": [breaks(what, data) for what, data in broken.items()],
        "tails": tails(whole, raws),
    }


def breaks(what: str, data: bytes) -> dict[str, Any]:
    """Where and why this journal breaks."""
    count = 0
    try:
        for _ in iterate(data):
            count += 1
    except BrokenError as error:
        return {"what": what, "journal": data.hex(), "records": count, "offset": error.offset, "reason": error.reason}
    raise AssertionError(what)


def tails(whole: bytes, raws: list[bytes]) -> list[dict[str, Any]]:
    """Ends of a journal, and the records that recovery must find there."""
    hole = bytearray(whole)
    hole[sum(map(len, raws[:5])) : sum(map(len, raws[:7]))] = bytes(len(raws[5]) + len(raws[6]))
    ends = {
        "whole": (whole, 0),
        "torn within its last record": (whole[:-10], 0),
        "zeros after its end": (whole + bytes(100), 0),
        "a hole in what was not synced": (bytes(hole), 0),
        "from the middle of a record on": (whole[10:], 1_000_010),
        "another journal after its end": (whole + raws[0], 0),
    }
    return [
        {"what": what, "data": data.hex(), "base": base, "offsets": [record.offset for record in tail(data, base)]}
        for what, (data, base) in ends.items()
    ]


def manifest_vectors() -> dict[str, Any]:
    """A manifest with its files for standard tools, by both kinds of key; wrong payloads, well signed."""
    records = journal(ED25519, chain())
    whole = manifest_for({"video-01.mp4": b"initfragment", "unit.pem": certificates.to_pem(chain())}, records)
    plain = cbor.decode(manifest.encode(whole))
    entry = plain["files"][1]
    wrong = {
        "a name with a slash": plain | {"files": [entry | {"name": "../video-01.mp4"}]},
        "a name twice": plain | {"files": [entry, entry]},
        "more proven than there is": plain | {"files": [entry | {"proven": entry["bytes"] + 1}]},
        "an ending that is none": plain | {"ending": "perhaps"},
        "no identity": {key: value for key, value in plain.items() if key != "id"},
    }
    return {
        "about": "FORMAT.md, Manifest. `invalid`: a good signature over a payload that must be refused.",
        "recording": RECORDING.hex(),
        "sha256sums": manifest.sums_text(whole.files),
        "valid": [
            {"public": public_pem(signer.public).decode()}
            | {name: data.hex() for name, data in manifest.sign(whole, signer)._asdict().items()}
            for signer in (ED25519, P256_FIXED)
        ],
        "invalid": [
            {
                "what": what,
                "public": public_pem(ED25519.public).decode(),
                "cbor": cose.sign1("manifest", RECORDING, cbor.encode(value), ED25519, detached=False).hex(),
            }
            for what, value in wrong.items()
        ],
    }


def chain() -> list[bytes]:
    """The unit's certificate as it was made once, by the authority in ca.pem."""
    return certificates.to_der(certificates.load_pem((VECTORS / "unit.pem").read_bytes()))


def written(value: dict[str, Any]) -> str:
    """As the files hold it."""
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for name, value in all_vectors().items():
        (VECTORS / name).write_text(written(value))
