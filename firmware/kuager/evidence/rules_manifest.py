"""The manifest against the journal, the files and its own copies for standard tools (K208, K601 to K608, K610)."""

import hashlib

from kuager.evidence import certificates, cose, keys, manifest
from kuager.evidence.cbor import MalformedError
from kuager.evidence.certificates import CertificateError
from kuager.evidence.keys import BadSignature, KeyUseError, PublicKey
from kuager.evidence.manifest import MAX_BYTES, File, Interval, Manifest
from kuager.evidence.rules_chain import Chain
from kuager.evidence.rules_files import Found
from kuager.evidence.rules_story import IntervalAccount, Story
from kuager.evidence.verdict import Findings

MANIFEST, TBS, SIGNATURE = "manifest.cbor", "manifest.tbs", "manifest.sig"
SUMS, UNIT = "SHA256SUMS", "unit.pem"
COMPANIONS = {MANIFEST: MAX_BYTES, TBS: MAX_BYTES, SIGNATURE: 1024, SUMS: 4 * 1024 * 1024, UNIT: 256 * 1024}
"""Files read whole, and the longest that they may be, bytes."""

_SHOWN = 10  # differing fields named in one finding


def unit_chain(pem: bytes | None) -> list[bytes]:
    """The certificates of unit.pem as DER; empty where there are none to read."""
    try:
        return certificates.to_der(certificates.load_pem(pem)) if pem else []
    except (CertificateError, ValueError):
        return []


def signed(findings: Findings, data: bytes, recording_id: bytes, public: list[PublicKey]) -> Manifest | None:
    """The manifest if one of the unit's keys signed it for this recording, else a finding.

    Where no certificate of the unit can be read there is none of the manifest: K101 or K102 says what is not there.
    """
    forged = False
    for key in public:
        try:
            return manifest.verify(data, recording_id, key)
        except BadSignature:
            forged = True
        except (MalformedError, KeyUseError) as error:
            findings.add("K602", "form", MANIFEST, None, None, str(error))
            return None
    if forged:
        findings.add("K208", "signature", MANIFEST)
    return None


def companions(findings: Findings, data: dict[str, bytes], recording_id: bytes, chains: list[list[bytes]]) -> None:
    """manifest.tbs, manifest.sig and unit.pem against what they are copies of.

    `chains`: the certificates as `opened` and `died` have them.
    """
    for name in COMPANIONS:
        if name not in data:
            findings.add("K601" if name == MANIFEST else "K608", "missing", name)
    if UNIT in data and chains and unit_chain(data[UNIT]) not in chains:
        findings.add("K607", "certificates", UNIT)
    if MANIFEST not in data:
        return
    try:
        alg, payload, signature = cose.parse(data[MANIFEST], MAX_BYTES)
    except MalformedError:
        return  # told where its signature is checked
    if TBS in data and data[TBS] != cose.tbs("manifest", recording_id, payload or b"", alg):
        findings.add("K607", "tbs", TBS)
    if SIGNATURE in data and data[SIGNATURE] != (keys.to_der(signature) if alg == keys.ES256 else signature):
        findings.add("K607", "signature", SIGNATURE)


def against_journal(findings: Findings, stated: Manifest, story: Story, chain: Chain) -> None:
    """Everything that manifest and journal both say."""
    opened, ending = story.opened, story.closed or story.died
    if opened is None:
        return
    differs: list[str] = []

    def same(name: str, journal: object) -> None:
        if getattr(stated, name) != journal:
            differs.append(name)

    for name in ("version", "id", "name", "unit", "number", "board", "firmware", "device", "carrier", "mode",
                 "language", "operator", "previous", "continues"):  # fmt: skip
        same(name, getattr(opened, name))
    same("opened", story.opened_at)
    same("ended", story.ended_at)
    same("ending", "closed" if story.closed else "died" if story.died else None)
    same("cause", ending.cause if ending else None)
    same("dialogue", story.closed.dialogue if story.closed else False)
    same("missing", story.closed.missing if story.closed else stated.missing)
    same("chapters", story.chapters)
    same("procedure", story.procedure)
    for part in ("camera", "microphone"):
        begun = (getattr(account.begun, part) for account in story.intervals)
        same(part, getattr(opened, part) or next(filter(None, begun), None))
    if not _same_intervals(stated.intervals, story.intervals):
        differs.append("intervals")
    if differs:
        findings.add("K603", "differ", MANIFEST, fields=tuple(differs[:_SHOWN]))
    if (stated.head, stated.records) != (chain.head, chain.records):
        if stated.records > chain.records:
            findings.add("K603", "records", MANIFEST, stated=stated.records, here=chain.records)
        else:
            findings.add("K603", "head", MANIFEST)


def against_files(findings: Findings, stated: Manifest, story: Story, found: dict[str, Found]) -> None:
    """Size and digest of each file listed."""
    for file in stated.files:
        here = found.get(file.name, Found(problem="missing"))
        if here.problem == "unreadable":
            findings.add("K106", "unreadable", file.name, error=here.detail)
        elif here.problem:
            if file.name not in story.files.all:  # else told as K404
                what = {"what": here.detail} if here.problem == "irregular" else {}
                findings.add("K605", here.problem, file.name, (0, file.bytes), **what)
        else:
            _compare(findings, file, here)


def against_proven(findings: Findings, stated: Manifest, story: Story, chain: Chain) -> None:
    """Proven length of each file listed; and nothing proven that is not listed."""
    for file in stated.files:
        account = story.files.all.get(file.name)
        proven = account.length if account else chain.proven.get(file.name, file.proven)
        if file.proven != proven and (account or file.name in chain.proven):
            span = (min(file.proven, proven), max(file.proven, proven))
            findings.add("K603", "proven", file.name, span, stated=file.proven, here=proven)
    listed = {file.name for file in stated.files}
    for name in [*story.files.all, *chain.proven]:
        if name not in listed:
            findings.add("K610", "unlisted", name)


def sums(findings: Findings, stated: Manifest, data: bytes | None) -> None:
    """SHA256SUMS as the manifest gives its digest."""
    if data is not None and hashlib.sha256(data).hexdigest() != stated.sums:
        findings.add("K606", "changed", SUMS)


def _compare(findings: Findings, file: File, here: Found) -> None:
    if here.size != file.bytes:
        short = here.size < file.bytes
        span = (here.size, file.bytes) if short else (file.bytes, here.size)
        count = abs(here.size - file.bytes)
        findings.add("K604", "missing" if short else "added", file.name, span, count=count)
    elif here.sha256 != file.sha256:
        findings.add("K604", "digest", file.name, (0, file.bytes))


def _same_intervals(stated: list[Interval], accounts: list[IntervalAccount]) -> bool:
    return len(stated) == len(accounts) and all(map(_same_interval, stated, accounts))


def _same_interval(stated: Interval, account: IntervalAccount) -> bool:
    begun, ended = account.begun, account.ended
    pairs: list[tuple[object, object]] = [
        (stated.interval, begun.interval),
        (stated.streams, begun.streams),
        (stated.begun, begun.cause),
        (stated.first_us, begun.first_us),
        (stated.first_utc_us, begun.first_utc_us),
        (stated.files, account.files),
    ]
    if ended:  # an interval that death cut off has its end from the last proven chunk, not from a record
        pairs += [
            (stated.ended, ended.cause), (stated.last_us, ended.last_us), (stated.last_utc_us, ended.last_utc_us)
        ]  # fmt: skip
    return all(one == other for one, other in pairs)
