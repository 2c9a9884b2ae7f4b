"""The second checker's manifest: its form and signature, against the files and against the journal.

See second_checker.py.
"""

import hashlib
from operator import itemgetter
from typing import Any

import second_certificates as certificates
from second_forms import MAX_MANIFEST, decode_whole, fits, sign1
from second_recording import Recording

SAME = (
    *("id", "name", "unit", "number", "board", "firmware", "device", "carrier", "mode"),
    *("language", "operator", "previous", "continues"),
)


def companion(found: Recording, name: str) -> bytes | None:
    """A file that stands beside the listed ones; empty where something else stands in its place, None where nothing."""
    path = found.path / name
    there = path.exists() or path.is_symlink()
    return (found.read(name, MAX_MANIFEST + 1) or b"") if there else None


def claimed(found: Recording) -> dict[str, Any]:
    """What manifest.cbor says, its signature not checked; nothing if it is malformed."""
    data = companion(found, "manifest.cbor") or b""
    try:
        said = decode_whole(sign1(data if len(data) <= MAX_MANIFEST else b"").payload or b"")
    except ValueError:
        return {}
    return said if in_form(said) else {}


def in_form(said: Any) -> bool:
    """Whether a payload is a manifest by its own rules."""
    if not fits("manifest", said):
        return False
    names = [file["name"] for file in said["files"]]
    return len(names) == len(set(names)) and all(map(possible, said["files"]))


def possible(file: dict[str, Any]) -> bool:
    """No more is proven than there is."""
    return bool(file["proven"] <= file["bytes"])


def manifest(found: Recording) -> None:
    """The manifest, what follows from it, and that it says what the journal says."""
    pem = companion(found, "unit.pem")
    shown = certificates.from_pem(pem or b"")
    found.ask(pem is None or not found.chains or shown in found.chains, "unit.pem is not the unit's")
    data = companion(found, "manifest.cbor")
    keys = [key for chain in found.chains or [shown] if (key := certificates.key(chain))]
    if data is None:
        found.notes.append("no manifest: judged by the journal alone")
        return
    said = claimed(found)
    if not found.ask(bool(said) or not keys, "manifest.cbor is malformed") or not said:
        return
    signature, recording = sign1(data), found.opened.get("id", said["id"])
    tbs = signature.signed("manifest", recording, signature.payload or b"")
    sig = signature.signature if signature.eddsa else signature.der()
    for name, want in (("manifest.tbs", tbs), ("manifest.sig", sig)):
        found.ask(companion(found, name) in (None, want), f"{name} does not follow from the manifest")
    if not keys:
        found.notes.append("no key to check the manifest with")
        return
    good = any(signature.good("manifest", recording, signature.payload or b"", key) for key in keys)
    if not found.ask(good and recording == said["id"], "the manifest's signature is bad"):
        return
    files(found, said)
    if found.proven:
        said["procedure"] = without_defaults(said["procedure"])
        for part, want in told(found).items():
            found.ask(said.get(part) == want, f"the manifest's `{part}` is not the journal's")
        proven = {each["name"]: each["proven"] for each in said["files"] if each["name"] != "unit.pem"}
        for name in found.lengths.keys() | proven.keys():
            found.ask(proven.get(name) == found.lengths.get(name, 0), f"the manifest's `proven` of {name} is wrong")


def files(found: Recording, said: dict[str, Any]) -> None:
    """Size and digest of each file listed, and SHA256SUMS."""
    listed = sorted(said["files"], key=itemgetter("name"))
    sums = "".join(f"{each['sha256'].hex()}  {each['name']}\n" for each in listed).encode()
    found.ask(said["sums"] == hashlib.sha256(sums).hexdigest(), "the manifest's `sums` is wrong")
    found.ask(companion(found, "SHA256SUMS") in (None, sums), "SHA256SUMS does not follow from the manifest")
    for each in listed:
        path = found.file(each["name"])
        if found.ask(path is not None, f"{each['name']} is missing") and path is not None:
            with path.open("rb") as file:
                whole = hashlib.file_digest(file, "sha256").digest()
            same = (path.stat().st_size, whole) == (each["bytes"], each["sha256"])
            found.ask(same, f"{each['name']} is changed")


def told(found: Recording) -> dict[str, Any]:
    """What the manifest must say, from the journal."""
    opened, end = found.proven[0], found.proven[-1]
    again = [event.body.get("data") for event in found.of("event") if event.body.get("code") == "procedure"]
    died = end.type == "died"
    begun = [opened, *found.of("interval-begun")]
    return {key: opened.body.get(key) for key in SAME} | {
        "camera": next((each.body["camera"] for each in begun if "camera" in each.body), None),
        "microphone": next((each.body["microphone"] for each in begun if "microphone" in each.body), None),
        "procedure": without_defaults(
            ([opened.body["procedure"]] + [data for data in again if fits("procedure", data)])[-1]
        ),
        "opened": opened.stamp,
        "ending": end.type,
        "cause": end.body.get("cause"),
        "dialogue": None if died else end.body.get("dialogue") or None,
        "missing": None if died else end.body.get("missing"),
        "ended": end.body.get("last") if died else end.stamp,
        "intervals": intervals(found) or None,
        "chapters": [record.body for record in found.of("chapter")] or None,
        "head": end.digest,
        "records": len(found.proven),
    }


def without_defaults(procedure: dict[str, Any]) -> dict[str, Any]:
    """A procedure without the fields that have the value which they have when left out."""
    left_out = {"citation": "", "action": "", "action_stated": "not-stated", "witnesses": "not-obligatory"}
    return {key: value for key, value in procedure.items() if left_out.get(key) != value}


def intervals(found: Recording) -> list[dict[str, Any]]:
    """The manifest's intervals, from the journal."""
    all_: list[dict[str, Any]] = []
    now: dict[str, Any] = {}
    for record in found.proven:
        body = record.body
        if not fits(record.type, body) if record.type in ("interval-begun", "chunk", "interval-ended") else False:
            continue
        if record.type == "interval-begun":
            now = {key: body[key] for key in ("interval", "streams", "first_us", "first_utc_us")}
            now |= {"begun": body["cause"], "state": record.stamp[2], "uncertainty_us": record.stamp[3]}
            now |= {"last_us": body["first_us"], "last_utc_us": body["first_utc_us"]}
            all_.append(now)
        elif record.type == "chunk":
            now["files"] = [*dict.fromkeys([*now.get("files", []), body["file"]])]
            if body["kind"] == "fragment":
                length = body["last_us"] - body["first_us"]
                now |= {"last_us": body["last_us"], "last_utc_us": body["first_utc_us"] + length}
        elif record.type == "interval-ended":
            now |= {"ended": body["cause"], "last_us": body["last_us"], "last_utc_us": body["last_utc_us"]}
        elif record.type == "died" and now:
            now.setdefault("ended", body["cause"])
    return all_
