"""One recording's bytes to its verdict: what is said of the whole, and what a set is told of it."""

import io
from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from verify_build import BASE_UTC, CARRIER, Maker, Unit, dead, sealed

from kuager.evidence import certificates, manifest
from kuager.evidence.journal import MARKER, iterate
from kuager.evidence.records import Continues, Event, Previous
from kuager.evidence.rules_files import Found
from kuager.evidence.rules_manifest import COMPANIONS
from kuager.evidence.rules_recording import Identity, RecordingJudge
from kuager.evidence.rules_walk import walk
from kuager.evidence.verdict import Finding, Outcome, Span, Value, Verdict, iso

FIRST, SECOND = "journal-01.cborseq", "journal-02.cborseq"
ALL: Any = object()
"""All companions that there are."""


def companions(maker: Maker, *without: str) -> dict[str, bytes]:
    names = [name for name in COMPANIONS if (maker.path / name).exists() and name not in without]
    return {name: (maker.path / name).read_bytes() for name in names}


def fed(
    maker: Maker, anchors: bytes | None = None, data: dict[str, bytes] | None = ALL, folder: str = ""
) -> RecordingJudge:
    """A judge that has read the recording's journals, as they are in memory."""
    trusted = None if anchors is None else certificates.load_pem(anchors)
    given = companions(maker) if data is ALL else data or {}
    judge = RecordingJudge(folder or maker.name, trusted, given)
    for name in sorted(maker.journals):
        judge.begin(name)
        for item in walk(io.BytesIO(maker.journals[name])):
            judge.feed(item)
        judge.end(len(maker.journals[name]))
    return judge


def found(maker: Maker) -> dict[str, Found]:
    """All files as they should be on the carrier."""
    contents = maker.media | maker.journals | {"unit.pem": certificates.to_pem(maker.unit.chain)}
    return {name: Found(len(data), sha256(data).digest()) for name, data in contents.items()}


def verdict(judge: RecordingJudge, maker: Maker, present: Iterable[str] = ()) -> Verdict:
    return judge.finish(found(maker), present)


def weighty(told: Verdict, *without: str) -> list[Finding]:
    """All findings but the notes of these codes, and but that it is training."""
    return [each for each in told.findings if each.code not in ("K206", *without)]


def of(code: str, says: str, file: str = "", span: tuple[int, int] | None = None, **values: Value) -> Finding:
    return Finding(code=code, says=says, file=file, bytes=Span(*span) if span else None, values=tuple(values.items()))


BARE = ("K601", "K608")
"""What is said where nothing stands beside the journals."""


@pytest.fixture
def whole(tmp_path: Path, unit: Unit) -> Maker:
    return sealed(tmp_path, unit)


@pytest.fixture
def cut(tmp_path: Path, unit: Unit) -> Maker:
    """A recording without an ending."""
    maker = Maker(tmp_path, unit)
    maker.begin()
    maker.run(4)
    return maker


def test_a_sealed_recording_is_authentic_from_its_begin_to_its_end(whole: Maker, unit: Unit) -> None:
    judge = fed(whole, unit.anchor)
    names = [*whole.media, *whole.journals, *COMPANIONS]
    told = verdict(judge, whole, names)
    assert told == Verdict(
        outcome=Outcome.AUTHENTIC,
        training=True,
        findings=(Finding(code="K206", says="training"),),
        good=(("begin", iso(whole.opened_at.utc_us)), ("end", iso(whole._ended_at.utc_us)), ("cause", "closing")),
    )
    assert judge.manifest == judge.claimed == manifest.read((whole.path / "manifest.cbor").read_bytes())
    assert judge.wanted == [*whole.media, FIRST, "unit.pem"]


def test_a_recording_tells_the_set_what_is_proven_of_it(tmp_path: Path, unit: Unit) -> None:
    previous = Previous(number=41, id=bytes(16), head=bytes(32))
    continues = Continues(id=bytes(16), head=bytes(32), cause="power", until_utc_us=5)
    whole = sealed(tmp_path, unit, previous=previous, continues=continues)
    judge = fed(whole, unit.anchor)
    records = list(iterate(whole.journals[FIRST]))
    assert judge.identity() == Identity(
        id=whole.id, unit=unit.name, number=42, name=whole.name, head=whole.writer.head,
        heads=frozenset(record.digest for record in records if record.signature), ended=True,
        last_utc_us=records[-2].stamp.utc_us, previous=previous, continues=continues, carrier=CARRIER, whole=True,
        certificate=unit.chain[0], trusted=True,
    )  # fmt: skip


def test_the_set_may_name_any_of_the_last_64_signed_records(cut: Maker) -> None:
    for _ in range(70):
        cut.checkpoint()
    identity = fed(cut).identity()
    signed = [record.digest for record in iterate(cut.journals[FIRST]) if record.signature]
    assert identity
    assert (identity.heads, identity.ended) == (frozenset(signed[-64:]), False)


def test_without_opened_a_set_is_told_nothing(tmp_path: Path, unit: Unit) -> None:
    maker = Maker(tmp_path, unit)
    maker.journals[FIRST] = b""
    judge = fed(maker)
    assert judge.identity() is None
    assert weighty(verdict(judge, maker), *BARE) == [of("K102", "first"), of("K503", "unended")]


def test_where_there_is_no_journal_nothing_is_said_of_its_beginning(tmp_path: Path, unit: Unit) -> None:
    maker = Maker(tmp_path, unit)
    maker.journals[FIRST] = b""
    judge = fed(maker)
    judge.findings.add("K101", "missing", FIRST)
    assert "K102" not in verdict(judge, maker).codes


def test_a_recording_without_an_ending_says_until_when_it_is_proven(cut: Maker, unit: Unit) -> None:
    told = verdict(fed(cut, unit.anchor), cut)
    last = list(iterate(cut.journals[FIRST]))[-1]
    assert weighty(told, *BARE) == [of("K503", "unended-since", until=iso(last.stamp.utc_us))]
    assert (told.outcome, told.good) == (Outcome.CANNOT, ())


def untrusted(maker: Maker, anchors: bytes | None) -> bool:
    judge = fed(maker, anchors)
    verdict(judge, maker)
    identity = judge.identity()
    assert identity
    return not identity.trusted


def test_a_recording_is_trusted_only_where_nothing_speaks_against_its_certificates(tmp_path: Path, unit: Unit) -> None:
    late = Unit(not_before=datetime(2027, 1, 1, tzinfo=UTC))
    other = Unit()
    other.name = "KZ9999"
    assert not untrusted(sealed(tmp_path / "good", unit), unit.anchor)
    assert untrusted(sealed(tmp_path / "none", unit), None)
    assert untrusted(sealed(tmp_path / "else", unit), other.anchor)
    assert untrusted(sealed(tmp_path / "late", late), late.anchor)
    assert untrusted(sealed(tmp_path / "name", other), other.anchor)


@pytest.mark.parametrize("torn", [b"", b"a torn record"])
def test_bytes_that_nothing_proves_are_told_as_a_tail(tmp_path: Path, unit: Unit, torn: bytes) -> None:
    maker = dead(tmp_path, unit, torn=torn)
    maker.seal()
    told = verdict(fed(maker, unit.anchor), maker)
    length = len(maker.journals[FIRST])
    tail = [of("K309", "tail", FIRST, (length - len(torn), length), count=len(torn))] if torn else []
    assert [each for each in told.findings if each.code == "K309"] == tail
    assert told.outcome is Outcome.ENDS_EARLY


def test_a_further_journal_may_be_a_tail_as_a_whole_and_the_first_is_then_no_journal(cut: Maker) -> None:
    cut.journals[SECOND] = b"no journal"
    assert list(fed(cut).findings) == [of("K309", "tail", SECOND, (0, 10), count=10)]
    cut.journals = {FIRST: b"no journal"}
    assert list(fed(cut).findings) == []


def test_a_torn_journal_has_still_the_lengths_that_recovery_found(tmp_path: Path, unit: Unit) -> None:
    maker = dead(tmp_path, unit, torn=b"torn")
    judge, here = fed(maker, unit.anchor), found(maker)
    proven, length = maker.proven[FIRST], maker.proven[FIRST] + 4
    assert "K504" not in judge.finish(here, []).codes
    for size in (length - 1, length + 1):
        judge = fed(maker, unit.anchor)
        told = judge.finish(here | {FIRST: Found(size)}, [])
        span, says = (proven, max(size, length)), {"length": length, "proven": proven, "here": size, "counts": proven}
        assert [each for each in told.findings if each.code == "K504"] == [of("K504", "lengths", FIRST, span, **says)]
    told = fed(maker, unit.anchor).finish({name: each for name, each in here.items() if name != FIRST}, [])
    gone = of("K504", "lengths", FIRST, (proven, length), length=length, proven=proven, here=0, counts=proven)
    assert [each for each in told.findings if each.code == "K504"] == [gone]


def test_what_died_says_of_a_journal_that_is_not_there(tmp_path: Path, unit: Unit) -> None:
    maker = dead(tmp_path, unit)
    judge = RecordingJudge(maker.name, None, {})
    judge.begin(SECOND)
    for item in walk(io.BytesIO(maker.journals[SECOND])):
        judge.feed(item)
    assert list(judge.findings) == []
    assert judge.story.died is None, "without `opened` and the manifest the recording's id is not known"
    maker.seal()
    judge = RecordingJudge(maker.name, None, companions(maker))
    judge.begin(SECOND)
    for item in walk(io.BytesIO(maker.journals[SECOND])):
        judge.feed(item)
    told = judge.finish({}, [])
    length = len(maker.journals[FIRST])
    says = {"length": length, "proven": length, "here": 0, "counts": 0}
    assert [each for each in told.findings if each.code == "K504"] == [
        of("K504", "lengths", FIRST, (0, length), **says)
    ]


@pytest.mark.parametrize(("file", "whole_journal"), [(FIRST, False), ("video-01.mp4", True)])
def test_a_journal_that_can_not_be_read_contradicts_nothing(
    whole: Maker, unit: Unit, file: str, whole_journal: bool
) -> None:
    whole.journals[FIRST] = whole.journals[FIRST][:-200]
    judge = fed(whole, unit.anchor)
    judge.unreadable(file, "EIO")
    told = verdict(judge, whole)
    identity = judge.identity()
    assert identity
    assert identity.whole is whole_journal
    assert next(each for each in told.findings if each.code == "K106") == of("K106", "unreadable", file, error="EIO")
    assert bool({"K503", "K603"} & told.codes) is whole_journal


def test_once_a_journal_could_not_be_read_it_stays_so(whole: Maker) -> None:
    judge = fed(whole)
    judge.unreadable(FIRST, "EIO")
    judge.unreadable("video-01.mp4", "EIO")
    identity = judge.identity()
    assert identity
    assert not identity.whole


def test_whoever_signed_the_death_is_judged_too(tmp_path: Path, unit: Unit) -> None:
    maker = Maker(tmp_path, unit)
    maker.begin()
    maker.run(4)
    maker.end("died")
    maker.unit = Unit()
    maker.die()
    told = verdict(fed(maker, unit.anchor), maker)
    untrusted = of("K202", "untrusted", type="died", issuer="CN=Test Authority")
    assert [each for each in told.findings if each.code == "K202"] == [untrusted]


def test_a_folder_of_another_name_is_noted(whole: Maker, unit: Unit) -> None:
    told = verdict(fed(whole, unit.anchor, folder="evidence (1)"), whole)
    assert weighty(told) == [of("K105", "folder", folder="evidence (1)", name=whole.name)]


def test_at_most_a_hundred_foreign_files_are_noted_in_order(whole: Maker, unit: Unit) -> None:
    names = [f"note-{number:03d}.txt" for number in range(120)]
    judge = fed(whole, unit.anchor)
    told = verdict(judge, whole, [*reversed(names), *COMPANIONS, *whole.media, FIRST])
    assert weighty(told) == [of("K609", "foreign", name) for name in names[:100]]
    assert judge.findings.left_out == 0, "no more are looked at"


def test_of_a_later_version_nothing_else_is_said(tmp_path: Path, unit: Unit) -> None:
    maker = Maker(tmp_path, unit, version=2)
    maker.begin()
    maker.run(2)
    told = verdict(fed(maker), maker, ["foreign"])
    opened = next(iterate(maker.journals[FIRST]))
    when = Span(opened.stamp.utc_us, opened.stamp.utc_us)
    assert told.findings == (
        Finding(code="K104", says="version", values=(("version", "2"), ("known", 1)), file=FIRST,
                bytes=Span(0, opened.end), time=when),
    )  # fmt: skip


def test_media_are_compared_where_their_records_say(whole: Maker, unit: Unit) -> None:
    trusted = certificates.load_pem(unit.anchor)
    judge = RecordingJudge(whole.name, trusted, companions(whole))
    judge.begin(FIRST)
    checks = [check for item in walk(io.BytesIO(whole.journals[FIRST])) for check in judge.feed(item)]
    checks += judge.end(len(whole.journals[FIRST]))
    assert [check.file for check in checks] == ["video-01.mp4"] * 6 + ["photo-0001.jpg"] + ["video-02.mp4"] * 4
    for check in checks:
        judge.compare(check, None if check.file == "photo-0001.jpg" else check.sha256)
    told = verdict(judge, whole)
    still = next(check for check in checks if check.file == "photo-0001.jpg")
    changed = Finding(
        code="K407", says="changed", file="photo-0001.jpg", bytes=Span(0, still.length), time=Span(*still.time)
    )
    assert weighty(told) == [changed]


def test_the_end_of_a_journal_asks_for_what_it_proves(cut: Maker) -> None:
    judge = RecordingJudge(cut.name, None, {})
    judge.begin(FIRST)
    fed_checks = [check for item in walk(io.BytesIO(cut.journals[FIRST])) for check in judge.feed(item)]
    assert fed_checks == []
    assert len(judge.end(len(cut.journals[FIRST]))) == 4


def test_files_that_the_manifest_lists_are_compared_with_it(whole: Maker, unit: Unit) -> None:
    here = found(whole)
    told = fed(whole, unit.anchor).finish(here | {"unit.pem": Found(len(certificates.to_pem(unit.chain)))}, [])
    assert weighty(told) == [of("K604", "digest", "unit.pem", (0, here["unit.pem"].size))]
    whole.journals[FIRST] = whole.journals[FIRST][: whole.proven[FIRST] - 100]
    assert {"K603"} <= verdict(fed(whole, unit.anchor), whole).codes


def test_the_sums_are_compared_with_the_manifest(whole: Maker, unit: Unit) -> None:
    told = verdict(fed(whole, unit.anchor, companions(whole) | {"SHA256SUMS": b"other"}), whole)
    assert weighty(told) == [of("K606", "changed", "SHA256SUMS")]


def test_a_manifest_is_held_to_the_certificates_of_opened(whole: Maker, unit: Unit) -> None:
    """unit.pem counts only where there is no signer in the journal."""
    stranger = Unit()
    forged = manifest.sign(manifest.read((whole.path / "manifest.cbor").read_bytes()), stranger.key)
    data = companions(whole) | {
        "manifest.cbor": forged.cbor, "manifest.tbs": forged.tbs, "manifest.sig": forged.sig,
        "unit.pem": certificates.to_pem(stranger.chain),
    }  # fmt: skip
    assert weighty(verdict(fed(whole, unit.anchor, data), whole)) == [
        of("K208", "signature", "manifest.cbor"),
        of("K607", "certificates", "unit.pem"),
    ]


def test_without_a_journal_the_manifest_is_held_to_unit_pem(whole: Maker, unit: Unit) -> None:
    contents = found(whole)
    whole.journals[FIRST] = b""
    judge = fed(whole, unit.anchor)
    told = judge.finish(contents, [])
    assert judge.manifest == judge.claimed is not None
    assert {"K102", "K503"} <= told.codes
    assert "K208" not in told.codes
    none = fed(whole, unit.anchor, companions(whole, "unit.pem"))
    assert "K208" not in none.finish(contents, []).codes
    assert none.manifest is None


@pytest.mark.parametrize("data", [b"", b"x"])
def test_a_manifest_that_can_not_be_read_claims_nothing(whole: Maker, unit: Unit, data: bytes) -> None:
    judge = fed(whole, unit.anchor, companions(whole) | {"manifest.cbor": data})
    assert (judge.claimed, judge.wanted) == (None, [])
    (form,) = weighty(verdict(judge, whole), "K607")
    assert (form.code, form.file) == ("K602", "manifest.cbor")


def test_a_recording_may_be_proven_by_manifest_and_unit_pem_where_opened_is_lost(whole: Maker, unit: Unit) -> None:
    contents = found(whole)
    journal = whole.journals[FIRST]
    whole.journals[FIRST] = journal[journal.index(MARKER, 3) :]
    told = fed(whole, unit.anchor).finish(contents, [])
    assert {"K102", "K301"} <= told.codes


def test_a_recording_without_its_ending_and_without_certificates_that_can_be_read(cut: Maker) -> None:
    data = {"unit.pem": b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"}
    judge = fed(cut, None, data)
    assert {"K201", "K503", "K601", "K607"} <= verdict(judge, cut).codes


def test_an_event_after_death_moves_neither_end_nor_last_moment(tmp_path: Path, unit: Unit) -> None:
    maker = dead(tmp_path, unit)
    maker.record("event", Event(code="recovered"))
    judge = fed(maker, unit.anchor)
    ended = dict(judge.good)
    assert ended["end"] == iso(maker._ended_at.utc_us)
    assert ended["begin"] == iso(BASE_UTC + 42 * 600_000_000)
    assert ended["cause"] == "power"
    identity = judge.identity()
    assert identity
    assert identity.ended
