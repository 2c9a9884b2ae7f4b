"""Run by the Python of .venv-cose: signs and checks with another COSE library, python-cwt, by the specification only.

Reads a list of jobs as JSON on stdin and answers with a list on stdout; byte strings are hex on both sides.
"""

import json
import sys

import cbor2
from cwt import COSE, COSEAlgs, COSEHeaders, COSEKey, CWTError

ALGS = {-8: COSEAlgs.EDDSA, -7: COSEAlgs.ES256}


def external_aad(job):
    """As FORMAT.md says, encoded by that library's own CBOR."""
    return cbor2.dumps([f"kuager/{job['kind']}/1", bytes.fromhex(job["recording"])], canonical=True)


def check(job):
    """The payload that the library finds well signed, or the name of its complaint."""
    key = COSEKey.from_pem(job["pem"].encode(), alg=ALGS[job["alg"]])
    detached = bytes.fromhex(job["payload"]) if job["payload"] is not None else None
    try:
        payload = COSE.new().decode(
            bytes.fromhex(job["data"]), key, external_aad=external_aad(job), detached_payload=detached
        )
    except (CWTError, ValueError) as error:
        return {"refused": type(error).__name__}
    return {"payload": payload.hex()}


def sign(job):
    """The library's own COSE_Sign1 over the payload."""
    key = COSEKey.from_pem(job["pem"].encode(), alg=ALGS[job["alg"]])
    signed = COSE.new().encode(
        bytes.fromhex(job["payload"]),
        key,
        protected={COSEHeaders.ALG: ALGS[job["alg"]]},
        external_aad=external_aad(job),
    )
    return {"data": signed.hex()}


json.dump([{"check": check, "sign": sign}[job["do"]](job) for job in json.load(sys.stdin)], sys.stdout)
