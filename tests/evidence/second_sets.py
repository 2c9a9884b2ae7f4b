"""The second checker's set: recordings compared with each other and with the unit's own journal.

See second_checker.py.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import second_certificates as certificates
from cryptography import x509
from second_checker import check
from second_forms import fits
from second_journal import Record, runs
from second_recording import CANNOT, NOT, VERDICTS, Recording


class Speaker(NamedTuple):
    """Who says something of a recording: a unit, by its certificate, and whether anybody vouches for it."""

    unit: str
    certificate: x509.Certificate
    doubted: bool


def check_carrier(carrier: Path, anchors: list[x509.Certificate]) -> tuple[str, list[Recording], list[str]]:
    """The worst verdict of all recordings on a carrier and of the set, the recordings, and what the set shows."""
    folders = sorted(each for each in carrier.iterdir() if each.is_dir() and not each.name.endswith("-unit"))
    found = [check(folder, anchors) for folder in folders]
    known = {each.opened["id"]: each for each in found if each.proven}
    shown: list[str] = []
    for each in known.values():
        for claim in filter(None, (each.opened.get("previous"), each.opened.get("continues"))):
            ends_as(known, claim["id"], claim["head"], each.path.name, speaker(each))
    for witness, record in testimony(carrier, anchors, found):
        body = record.body
        if record.type == "recording-ended":
            ends_as(known, body["id"], body["head"], "the unit's own journal", witness)
        elif (body["id"] not in known or known[body["id"]].opened["unit"] != witness.unit) and any(
            "carrier" in body and body["carrier"] == each.opened.get("carrier") and heard(witness, each)
            for each in known.values()
        ):
            shown.append(f"{body['name']} was opened on this carrier and is gone")
    for one in found:
        for other in found:
            if one is not other and one.proven and other.proven:
                twins(one, other)
    worst = max([*(each.verdict for each in found), *([NOT] if shown else [])], key=VERDICTS.index, default=CANNOT)
    return worst, found, shown


def heads(recording: Recording) -> list[bytes]:
    """Digests of the last 64 proven records that are signed."""
    return [record.digest for record in recording.proven if record.signature][-64:]


def speaker(recording: Recording) -> Speaker:
    """The recording as one who says something of others."""
    return Speaker(recording.opened["unit"], recording.chains[0][0], recording.doubted)


def heard(by: Speaker, of: Recording) -> bool:
    """Whether its word counts on this recording."""
    mine = speaker(of)
    return by.unit == mine.unit and (not by.doubted or by.certificate == mine.certificate or mine.doubted)


def ends_as(known: dict[bytes, Recording], recording: bytes, head: bytes, witness: str, by: Speaker) -> None:
    """A witness names a recording's last record."""
    if (named := known.get(recording)) and heard(by, named):
        named.ask(head in heads(named), f"{witness} names a last record that is not in it")


def twins(one: Recording, other: Recording) -> None:
    """Two recordings with the same number or id."""
    if not heard(speaker(other), one):
        return
    same_id = one.opened["id"] == other.opened["id"]
    same_number = all(one.opened[key] == other.opened[key] for key in ("unit", "number"))
    one.ask(same_id or not same_number, "another recording bears its number")
    last, others = one.proven[-1].digest, other.proven[-1].digest
    one.ask(not same_id or last == others or others in heads(one), "a copy of it goes on, or ends otherwise")


def testimony(
    carrier: Path, anchors: list[x509.Certificate], found: list[Recording]
) -> Iterator[tuple[Speaker, Record]]:
    """What the unit's own journal, as far as it is believed, says of recordings."""
    signers = [chain[0] for each in found for chain in each.chains if chain]
    for path in sorted(carrier.glob("*-unit/unit-*.cborseq")):
        records = [record for run in runs(path.read_bytes()) for record in run]
        begun = records[0] if records and records[0].start == 0 else None
        if begun is None or begun.type != "unit-begun" or not fits("unit-begun", begun.body):
            continue
        chain = certificates.load(begun.body["certificates"])
        key, journal = certificates.key(chain), begun.body["id"]
        if not chain or certificates.names(chain[0]) != [begun.body["unit"]]:
            continue
        witness = Speaker(begun.body["unit"], chain[0], bool(certificates.judge(chain, anchors, None)[0]))
        if witness.doubted and chain[0] not in signers:
            continue
        for record in records:
            telling = record.type in ("recording-opened", "recording-ended") and fits(record.type, record.body)
            if begun.good(journal, key, "unit") and telling and record.good(journal, key, "unit"):
                yield witness, record
