"""Our signatures and those of an independent COSE library are one and the same thing.

The library (python-cwt) needs an older cbor2 than ours, so it lives in an environment of its own.
"""

import json
import subprocess
from pathlib import Path
from typing import Any

from evidence_samples import ED25519, OTHER, P256, RECORDING, UNIT_KEYS, public_pem

from kuager.evidence import cose
from kuager.evidence.keys import SoftwareKey

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-cose" / "bin" / "python"
PAYLOAD = bytes(range(200))


def ask(jobs: list[dict[str, Any]]) -> list[dict[str, str]]:
    assert PYTHON.exists(), f"{PYTHON.parent.parent} is missing: `make test` makes it from tools/packaging/cose.txt"
    done = subprocess.run(
        [PYTHON, Path(__file__).with_name("cose_other.py")],
        input=json.dumps(jobs).encode(),
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr.decode()
    answers: list[dict[str, str]] = json.loads(done.stdout)
    return answers


def job(key: SoftwareKey, data: bytes, detached: bytes | None, kind: str, recording: bytes) -> dict[str, Any]:
    return {
        "do": "check",
        "kind": kind,
        "recording": recording.hex(),
        "alg": key.alg,
        "pem": public_pem(key.public).decode(),
        "data": data.hex(),
        "payload": detached.hex() if detached is not None else None,
    }


def test_the_other_library_takes_our_signatures_and_only_good_ones() -> None:
    good, bad = [], []
    for key in UNIT_KEYS.values():
        for kind in (*sorted(cose.JOURNAL_KINDS), "unit"):
            detached = cose.sign1(kind, RECORDING, PAYLOAD, key, detached=True)  # type: ignore[arg-type]
            good.append(job(key, detached, PAYLOAD, kind, RECORDING))
            bad.append(job(key, detached, PAYLOAD + b"\0", kind, RECORDING))
            bad.append(job(key, detached, PAYLOAD, kind, OTHER))
            bad.append(job(key, detached, PAYLOAD, "manifest", RECORDING))
            bad.append(job(SoftwareKey.generate(key.alg), detached, PAYLOAD, kind, RECORDING))
        attached = cose.sign1("manifest", RECORDING, PAYLOAD, key, detached=False)
        good.append(job(key, attached, None, "manifest", RECORDING))
        bad.append(job(key, attached.replace(PAYLOAD, PAYLOAD[::-1]), None, "manifest", RECORDING))
    answers = ask([*good, *bad])
    assert answers[: len(good)] == [{"payload": PAYLOAD.hex()}] * len(good)
    assert {tuple(answer) for answer in answers[len(good) :]} == {("refused",)}


def test_we_take_the_other_librarys_signatures() -> None:
    jobs = [
        {
            "do": "sign",
            "kind": "manifest",
            "recording": RECORDING.hex(),
            "alg": key.alg,
            "pem": key.pem().decode(),
            "payload": PAYLOAD.hex(),
        }
        for key in (ED25519, P256)
    ]
    theirs = [bytes.fromhex(answer["data"]) for answer in ask(jobs)]
    for key, data in zip((ED25519, P256), theirs, strict=True):
        assert cose.verify1("manifest", RECORDING, data, key.public) == PAYLOAD
    assert theirs[0] == cose.sign1("manifest", RECORDING, PAYLOAD, ED25519, detached=False)
