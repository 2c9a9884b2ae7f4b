"""The manifest and the files beside it, against what journal and files say: each difference by its name."""

from hashlib import sha256
from typing import Any

import pytest
from msgspec.structs import replace
from rules_build import ID, begun, chapter, chunk, closed, died, ended, opened, photo, record, stamp
from verify_build import Unit

from kuager.evidence import certificates, manifest, rules_manifest
from kuager.evidence.journal import Record
from kuager.evidence.keys import PublicKey, SoftwareKey
from kuager.evidence.manifest import File, Interval, Manifest
from kuager.evidence.records import Continues, Device, Previous, Procedure
from kuager.evidence.rules_chain import Chain
from kuager.evidence.rules_files import Found
from kuager.evidence.rules_story import Story
from kuager.evidence.verdict import Finding, Findings, Span, Value

JOURNAL, VIDEO, PHOTO = "journal-01.cborseq", "video-01.mp4", "photo-0001.jpg"
DIGEST, OTHER = bytes(32), sha256(b"other").digest()
DEVICE = Device(make="Other", model="Device")

INTERVAL = Interval(
    interval=1, streams=["video"], begun="press", ended="press", first_us=1, first_utc_us=2, last_us=3, last_utc_us=4,
    state="synchronised", uncertainty_us=1000, files=[VIDEO],
)  # fmt: skip


def file(name: str, size: int, proven: int) -> File:
    return File(name=name, format="x", bytes=size, proven=proven, sha256=DIGEST)


STATED = Manifest(
    version=1, id=ID, name=opened().name, unit="KZ0417", number=42, board="virtual", firmware="1",
    device=opened().device, mode="video", language="ru", procedure=opened().procedure, opened=stamp(0),
    ending="closed", cause="heat", dialogue=True, missing=["sound"], ended=stamp(6), intervals=[INTERVAL],
    files=[file(VIDEO, 12, 10), file(PHOTO, 20, 20), file(JOURNAL, 90, 80), file("unit.pem", 5, 5)],
    chapters=[chapter()], head=DIGEST, records=7, sums="a" * 64,
)  # fmt: skip

STORY = [
    record("opened", opened(), 0),
    record("interval-begun", begun(), 1),
    record("chunk", chunk(), 2),
    record("chapter", chapter(), 3),
    record("photo", photo(), 4),
    record("interval-ended", ended(), 5),
]
CLOSED = record("closed", closed("sound"), 6)
DIED = record("died", died(), 9)


def told(*records: Record) -> Story:
    story = Story(Findings())
    story.begin(JOURNAL)
    for each in records:
        story.record(each)
    return story


def chain_of(records: int = 7, head: bytes = DIGEST) -> Chain:
    chain = Chain(Findings())
    chain.records, chain.head, chain.proven = records, head, {JOURNAL: 80}
    return chain


def differing(stated: Manifest, story: Story) -> tuple[str, ...]:
    """The fields that are said to differ."""
    findings = Findings()
    rules_manifest.against_journal(findings, stated, story, chain_of())
    found = list(findings)
    if not found:
        return ()
    ((_, fields),) = found[0].values
    assert found == [Finding(code="K603", says="differ", file="manifest.cbor", values=(("fields", fields),))]
    assert isinstance(fields, tuple)
    return fields


CHANGES: list[tuple[str, Any]] = [
    ("version", 2), ("id", bytes(16)), ("name", "other"), ("unit", "KZ0418"), ("number", 41), ("board", "other"),
    ("firmware", "2"), ("device", DEVICE), ("carrier", DEVICE), ("mode", "sound"), ("language", "kk"),
    ("operator", "7"), ("previous", Previous(number=1, id=ID, head=DIGEST)),
    ("continues", Continues(id=ID, head=DIGEST, cause="power", until_utc_us=1)), ("opened", stamp(1)),
    ("ended", stamp(5)), ("ending", "died"), ("cause", "power"), ("dialogue", False), ("missing", []),
    ("chapters", []), ("procedure", Procedure(id="other", title="t")), ("camera", DEVICE), ("microphone", DEVICE),
    ("intervals", []),
]  # fmt: skip


def test_a_manifest_that_says_what_the_journal_says() -> None:
    assert differing(STATED, told(*STORY, CLOSED)) == ()


@pytest.mark.parametrize(("field", "value"), CHANGES)
def test_each_field_that_differs_is_named(field: str, value: object) -> None:
    assert differing(replace(STATED, **{field: value}), told(*STORY, CLOSED)) == (field,)


def test_at_most_ten_fields_are_named() -> None:
    names = [field for field, _ in CHANGES]
    assert differing(replace(STATED, **dict(CHANGES)), told(*STORY, CLOSED)) == tuple(names[:10])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("interval", 2), ("streams", ["sound"]), ("begun", "camera"), ("ended", "camera"), ("first_us", 9),
        ("first_utc_us", 9), ("last_us", 9), ("last_utc_us", 9), ("files", []),
    ],
)  # fmt: skip
def test_intervals_are_compared_in_every_part(field: str, value: object) -> None:
    stated = replace(STATED, intervals=[replace(INTERVAL, **{field: value})])
    assert differing(stated, told(*STORY, CLOSED)) == ("intervals",)


BURIED = replace(STATED, ending="died", cause="power", dialogue=False, ended=stamp(7), missing=["whatever"])


def test_an_interval_that_death_cut_off_has_no_end_in_the_journal() -> None:
    cut = replace(INTERVAL, ended="power", last_us=8, last_utc_us=9)
    story = told(*STORY[:-1], DIED)
    assert differing(replace(BURIED, intervals=[cut]), story) == ()
    assert differing(replace(BURIED, intervals=[replace(cut, first_us=9)]), story) == ("intervals",)
    assert differing(replace(BURIED, intervals=[cut, cut]), story) == ("intervals",)
    assert differing(replace(BURIED, intervals=[cut], dialogue=True), story) == ("dialogue",)


def test_a_manifest_of_a_recording_without_an_ending() -> None:
    assert differing(STATED, told(*STORY)) == ("ended", "ending", "cause", "dialogue")
    assert differing(BURIED, told(*STORY)) == ("ended", "ending", "cause")


@pytest.mark.parametrize("part", ["camera", "microphone"])
def test_means_that_came_after_opening_are_the_first_intervals(part: str) -> None:
    with_means = replace(begun(), **{part: DEVICE})
    story = told(STORY[0], record("interval-begun", with_means, 1), *STORY[2:], CLOSED)
    assert differing(replace(STATED, **{part: DEVICE}), story) == ()
    assert differing(STATED, story) == (part,)
    known = told(record("opened", opened(**{part: opened().device}), 0), record("interval-begun", with_means, 1))
    assert part in differing(replace(STATED, **{part: DEVICE}), known)
    assert part not in differing(replace(STATED, **{part: opened().device}), known)


@pytest.mark.parametrize(
    ("records", "head", "found"),
    [
        (7, DIGEST, []),
        (7, OTHER, [Finding(code="K603", says="head", file="manifest.cbor")]),
        (8, DIGEST, [Finding(code="K603", says="head", file="manifest.cbor")]),
        (
            6, OTHER,
            [Finding(code="K603", says="records", file="manifest.cbor", values=(("stated", 7), ("here", 6)))],
        ),
    ],
)  # fmt: skip
def test_the_manifest_names_the_journals_last_record(records: int, head: bytes, found: list[Finding]) -> None:
    findings = Findings()
    rules_manifest.against_journal(findings, STATED, told(*STORY, CLOSED), chain_of(records, head))
    assert list(findings) == found


def test_without_opened_there_is_nothing_to_compare() -> None:
    findings = Findings()
    rules_manifest.against_journal(findings, STATED, told(), chain_of(0, OTHER))
    assert list(findings) == []


GOOD = {VIDEO: Found(12, DIGEST), PHOTO: Found(20, DIGEST), JOURNAL: Found(90, DIGEST), "unit.pem": Found(5, DIGEST)}


def of(code: str, says: str, name: str, span: tuple[int, int] | None = None, **values: Value) -> Finding:
    return Finding(code=code, says=says, file=name, bytes=Span(*span) if span else None, values=tuple(values.items()))


@pytest.mark.parametrize(
    ("name", "here", "found"),
    [
        (VIDEO, Found(12, DIGEST), []),
        (VIDEO, Found(12, OTHER), [of("K604", "digest", VIDEO, (0, 12))]),
        (VIDEO, Found(9, DIGEST), [of("K604", "missing", VIDEO, (9, 12), count=3)]),
        (VIDEO, Found(14, OTHER), [of("K604", "added", VIDEO, (12, 14), count=2)]),
        (VIDEO, None, []),
        (VIDEO, Found(problem="irregular", detail="link"), []),
        (VIDEO, Found(problem="unreadable", detail="EIO"), [of("K106", "unreadable", VIDEO, error="EIO")]),
        (JOURNAL, None, [of("K605", "missing", JOURNAL, (0, 90))]),
        (JOURNAL, Found(problem="irregular", detail="pipe"), [of("K605", "irregular", JOURNAL, (0, 90), what="pipe")]),
        (JOURNAL, Found(problem="unreadable", detail="EIO"), [of("K106", "unreadable", JOURNAL, error="EIO")]),
    ],
)
def test_each_listed_file_has_its_size_and_digest(name: str, here: Found | None, found: list[Finding]) -> None:
    findings = Findings()
    files = {other: each for other, each in GOOD.items() if other != name} | ({name: here} if here else {})
    rules_manifest.against_files(findings, STATED, told(*STORY, CLOSED), files)
    assert list(findings) == found


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ([], []),
        ([file(VIDEO, 12, 11)], [of("K603", "proven", VIDEO, (10, 11), stated=11, here=10)]),
        ([file(PHOTO, 20, 17)], [of("K603", "proven", PHOTO, (17, 20), stated=17, here=20)]),
        ([file(JOURNAL, 90, 82)], [of("K603", "proven", JOURNAL, (80, 82), stated=82, here=80)]),
        ([file("unit.pem", 5, 4)], []),
    ],
)
def test_the_manifest_proves_what_the_journal_proves(files: list[File], found: list[Finding]) -> None:
    findings = Findings()
    kept = [each for each in STATED.files if each.name not in {other.name for other in files}]
    stated = replace(STATED, files=[*files, *kept])
    rules_manifest.against_proven(findings, stated, told(*STORY, CLOSED), chain_of())
    assert list(findings) == found


def test_whatever_is_proven_is_listed() -> None:
    findings = Findings()
    rules_manifest.against_proven(findings, replace(STATED, files=[]), told(*STORY, CLOSED), chain_of())
    assert list(findings) == [of("K610", "unlisted", name) for name in (VIDEO, PHOTO, JOURNAL)]


def test_the_sums_have_the_manifests_digest() -> None:
    findings = Findings()
    stated = replace(STATED, sums=sha256(b"sums").hexdigest())
    rules_manifest.sums(findings, stated, None)
    rules_manifest.sums(findings, stated, b"sums")
    assert list(findings) == []
    rules_manifest.sums(findings, stated, b"other")
    assert list(findings) == [of("K606", "changed", "SHA256SUMS")]


@pytest.fixture(scope="module", params=[-8, -7], ids=["Ed25519", "P-256"])
def signing(request: pytest.FixtureRequest) -> Unit:
    return Unit(alg=request.param)


@pytest.fixture
def beside(signing: Unit) -> dict[str, bytes]:
    """The manifest and what says the same again."""
    signed = manifest.sign(STATED, signing.key)
    return {
        "manifest.cbor": signed.cbor, "manifest.tbs": signed.tbs, "manifest.sig": signed.sig, "SHA256SUMS": b"sums",
        "unit.pem": certificates.to_pem(signing.chain),
    }  # fmt: skip


def companions(data: dict[str, bytes], chains: list[list[bytes]]) -> list[Finding]:
    findings = Findings()
    rules_manifest.companions(findings, data, ID, chains)
    return list(findings)


def test_companions_that_agree(beside: dict[str, bytes], signing: Unit) -> None:
    assert companions(beside, [signing.chain]) == []
    assert companions(beside, [[b"another"], signing.chain]) == []
    assert companions(beside, []) == [], "no signer is known that unit.pem could differ from"


@pytest.mark.parametrize("name", ["manifest.cbor", "manifest.tbs", "manifest.sig", "SHA256SUMS", "unit.pem"])
def test_a_companion_that_is_missing(beside: dict[str, bytes], signing: Unit, name: str) -> None:
    del beside[name]
    assert companions(beside, [signing.chain]) == [of("K601" if name == "manifest.cbor" else "K608", "missing", name)]


@pytest.mark.parametrize(
    ("name", "says"), [("manifest.tbs", "tbs"), ("manifest.sig", "signature"), ("unit.pem", "certificates")]
)
def test_a_companion_that_says_something_else(beside: dict[str, bytes], signing: Unit, name: str, says: str) -> None:
    assert companions(beside | {name: b"else"}, [signing.chain]) == [of("K607", says, name)]


def test_a_long_manifest_is_compared_with_its_copies_too(signing: Unit) -> None:
    files = [file(f"photo-{number:05d}.jpg", 1, 1) for number in range(2000)]
    signed = manifest.sign(replace(STATED, files=files), signing.key)
    assert len(signed.cbor) > 2**17
    data = {"manifest.cbor": signed.cbor, "manifest.tbs": b"else", "manifest.sig": signed.sig}
    assert of("K607", "tbs", "manifest.tbs") in companions(data, [])


def test_beside_a_manifest_that_is_none_its_copies_are_not_compared(beside: dict[str, bytes], signing: Unit) -> None:
    assert companions(beside | {"manifest.cbor": b"x", "manifest.tbs": b"x"}, [signing.chain]) == []


def signed(data: bytes, *keys: PublicKey, recording_id: bytes = ID) -> tuple[Manifest | None, list[Finding]]:
    findings = Findings()
    return rules_manifest.signed(findings, data, recording_id, list(keys)), list(findings)


def test_one_of_the_units_keys_signed_the_manifest(beside: dict[str, bytes], signing: Unit) -> None:
    data, stranger = beside["manifest.cbor"], SoftwareKey.generate().public
    assert signed(data, signing.key.public) == (STATED, [])
    assert signed(data, stranger, signing.key.public) == (STATED, [])
    assert signed(data) == (None, [])
    forged = [of("K208", "signature", "manifest.cbor")]
    assert signed(data, stranger) == (None, forged)
    assert signed(data, signing.key.public, recording_id=bytes(16)) == (None, forged)


def test_a_manifest_of_no_form_is_told_with_the_reason(signing: Unit) -> None:
    none, (found,) = signed(b"x", signing.key.public)
    assert none is None
    assert (found.code, found.says, found.file) == ("K602", "form", "manifest.cbor")
    assert found.detail == "not a COSE_Sign1: its tag is missing"


def test_unit_pem_gives_its_certificates_or_none(signing: Unit) -> None:
    pem = certificates.to_pem(signing.chain)
    assert [rules_manifest.unit_chain(each) for each in (pem, None, b"", b"x")] == [signing.chain, [], [], []]
