"""Several recordings of one unit: what they and the unit's own journal say of each other."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from verify_build import BOOT, CARRIER, Maker, Unit, dead, sealed

from kuager.catalogue.reading import Reader
from kuager.errors import UsageError
from kuager.evidence import certificates
from kuager.evidence.journal import JournalWriter
from kuager.evidence.records import VERSION, Continues, Device, Previous
from kuager.evidence.unit import RecordingEnded, RecordingOpened, Started, UnitBegun
from kuager.evidence.verdict import Outcome
from kuager.verify import sentences
from kuager.verify.find import find
from kuager.verify.sets import Result, judge

ENGLISH = Reader("en")

Judge = Callable[..., Result]


@pytest.fixture(scope="session")
def check_all(unit: Unit) -> Judge:
    anchors = certificates.load_pem(unit.anchor)
    return lambda *paths: judge(find(list(paths)), anchors)


def codes(result: Result) -> list[set[str]]:
    return [set(each.verdict.codes) - {"K206"} for each in result.recordings]


def strip_ending(path: Path) -> None:
    """What someone does who wants a shorter recording: everything after a checkpoint goes."""
    for name in ("manifest.cbor", "manifest.tbs", "manifest.sig", "SHA256SUMS", "video-02.mp4", "journal-02.cborseq"):
        (path / name).unlink(missing_ok=True)
    journal = path / "journal-01.cborseq"
    data = journal.read_bytes()
    places = [at for at in range(len(data)) if data.startswith(b"\xd9\xd9\xf7\x86", at)]
    journal.write_bytes(data[: places[3]])


def unit_journal(root: Path, unit: Unit, makers: list[Maker], name: str = "", head: bytes = b"") -> None:
    """`unit`'s own journal, in which it calls itself `name` and says that recordings end with `head`, if given."""
    identity = bytes(range(16))
    writer = JournalWriter(identity, kind="unit")
    stamp = makers[0].stamp()
    key = unit.key
    raw = writer.append(
        "unit-begun",
        UnitBegun(
            version=VERSION, id=identity, unit=name or unit.name, device=Device(make="a", model="b"),
            certificates=unit.chain, next_number=makers[0].number,
        ),
        stamp, key,
    )  # fmt: skip
    raw += writer.append("started", Started(boot=BOOT, firmware="1", board="virtual"), stamp, key)
    for maker in makers:
        raw += writer.append(
            "recording-opened",
            RecordingOpened(number=maker.number, id=maker.id, name=maker.name, head=bytes(32), carrier=CARRIER),
            stamp, key,
        )  # fmt: skip
        raw += writer.append(
            "recording-ended",
            RecordingEnded(
                number=maker.number, id=maker.id, name=maker.name, head=head or maker.writer.head, ending="closed",
                cause="closing",
            ),
            stamp, key,
        )  # fmt: skip
    folder = root / f"{unit.name}-unit"
    folder.mkdir()
    (folder / "unit-00010203-01.cborseq").write_bytes(raw)


def three(root: Path, unit: Unit) -> list[Maker]:
    first = sealed(root, unit, 1)
    second = sealed(root, unit, 2, previous=first.as_previous)
    return [first, second, sealed(root, unit, 3, previous=second.as_previous)]


def test_a_whole_set_is_authentic(tmp_path: Path, unit: Unit, check_all: Judge) -> None:
    three(tmp_path, unit)
    result = check_all(tmp_path)
    assert result.outcome is Outcome.AUTHENTIC
    assert codes(result) == [set(), set(), set()]
    assert result.findings == []


def test_a_cut_recording_is_given_away_by_its_successor(tmp_path: Path, unit: Unit, check_all: Judge) -> None:
    makers = three(tmp_path, unit)
    strip_ending(makers[1].path)
    alone = check_all(makers[1].path)
    assert alone.outcome is Outcome.CANNOT
    together = check_all(tmp_path)
    assert together.outcome is Outcome.NOT_AUTHENTIC
    assert "K701" in codes(together)[1]
    assert "K701" not in codes(together)[0] | codes(together)[2]
    found = next(found for found in together.recordings[1].verdict.findings if found.code == "K701")
    assert makers[2].name in sentences.text(found, ENGLISH)
    assert "cut off" in sentences.text(found, ENGLISH)


def test_the_last_recording_is_given_away_by_the_units_own_journal(
    tmp_path: Path, unit: Unit, check_all: Judge
) -> None:
    makers = three(tmp_path, unit)
    unit_journal(tmp_path, unit, makers)
    assert check_all(tmp_path).outcome is Outcome.AUTHENTIC
    strip_ending(makers[2].path)
    result = check_all(tmp_path)
    assert result.outcome is Outcome.NOT_AUTHENTIC
    assert "K701" in codes(result)[2]


def test_a_recording_gone_from_its_carrier_is_proven_by_the_units_own_journal(
    tmp_path: Path, unit: Unit, check_all: Judge
) -> None:
    makers = three(tmp_path, unit)
    shutil.rmtree(makers[1].path)
    result = check_all(tmp_path)
    assert result.outcome is Outcome.AUTHENTIC, "a set need not be complete"
    assert [found.code for found in result.findings] == ["K703"]
    unit_journal(tmp_path, unit, makers)
    result = check_all(tmp_path)
    assert result.outcome is Outcome.NOT_AUTHENTIC
    assert [found.code for found in result.findings] == ["K702", "K703"]
    assert makers[1].name in str(result.findings[0])


def test_a_recording_gone_with_its_witness_is_proven_by_the_units_next_carrier(
    tmp_path: Path, unit: Unit, check_all: Judge
) -> None:
    first, later = tmp_path / "first", tmp_path / "later"
    makers = three(first, unit)
    shutil.rmtree(makers[2].path)
    other = Device(make="Test", model="Card", serial="0002")
    next_one = sealed(later, unit, 4, previous=makers[2].as_previous, carrier=other)
    unit_journal(later, unit, [*makers, next_one])
    result = check_all(first, later)
    assert {found.code for found in result.findings} == {"K703"}, "nothing says that all of the first carrier is here"
    unit_journal(first, unit, makers[:2])
    assert check_all(first).outcome is Outcome.AUTHENTIC, "its own copy knows of two"
    result = check_all(first, later)
    assert result.outcome is Outcome.NOT_AUTHENTIC
    assert [(found.code, found.file) for found in result.findings if found.code == "K702"] == [("K702", makers[2].name)]


@pytest.mark.parametrize("calls_itself", ["KZ0999", "KZ0417"])
def test_another_units_journal_is_no_witness(tmp_path: Path, unit: Unit, calls_itself: str) -> None:
    makers = three(tmp_path, unit)
    other = Unit(name="KZ0999")
    unit_journal(tmp_path, other, makers, calls_itself, bytes(32))
    anchors = certificates.load_pem(unit.anchor + other.anchor)
    result = judge(find([tmp_path]), anchors)
    assert result.outcome is Outcome.AUTHENTIC
    assert [found.code for found in result.findings] == (["K705"] if calls_itself == "KZ0417" else [])


def test_one_who_only_calls_himself_the_unit_is_not_heard(tmp_path: Path, unit: Unit, check_all: Judge) -> None:
    true, forged, impostor = tmp_path / "true", tmp_path / "forged", Unit()
    (first, *_) = three(true, unit)
    lie = Previous(number=first.number, id=first.id, head=bytes(32))
    twin = sealed(forged, impostor, 3, lie, salt="forged")
    unit_journal(forged, impostor, [first, twin], head=bytes(32))
    result = check_all(true, forged)
    outcomes = [each.verdict.outcome for each in result.recordings]
    assert outcomes == [*[Outcome.AUTHENTIC] * 3, Outcome.NOT_AUTHENTIC], "the last bears a true one's number"
    assert "K701" not in result.recordings[0].verdict.codes
    nobody = judge(find([true, forged]), None)
    assert nobody.recordings[0].verdict.outcome is Outcome.NOT_AUTHENTIC, "who is trusted is not known: they differ"


def test_recordings_on_another_carrier_are_not_asked_for(tmp_path: Path, unit: Unit, check_all: Judge) -> None:
    root = tmp_path / "carrier"
    makers = three(root, unit)
    elsewhere = sealed(tmp_path / "other", unit, 4, carrier=Device(make="Test", model="Card", serial="0002"))
    shutil.rmtree(makers[0].path)
    unit_journal(tmp_path / "other", unit, [*makers, elsewhere])
    assert check_all(tmp_path / "other").outcome is Outcome.AUTHENTIC


def test_a_damaged_or_foreign_unit_journal_is_no_witness(tmp_path: Path, unit: Unit, check_all: Judge) -> None:
    makers = three(tmp_path, unit)
    shutil.rmtree(makers[1].path)
    stranger = Unit()
    stranger.name = unit.name
    unit_journal(tmp_path, stranger, makers)
    result = check_all(tmp_path)
    assert result.outcome is Outcome.AUTHENTIC
    assert [found.code for found in result.findings] == ["K703", "K705"]


def test_a_recording_that_continues_a_dead_one_is_one_action_with_it(
    tmp_path: Path, unit: Unit, check_all: Judge
) -> None:
    first = dead(tmp_path, unit, 1)
    first.seal()
    continues = Continues(id=first.id, head=first.writer.head, cause="power", until_utc_us=5)
    sealed(tmp_path, unit, 2, previous=first.as_previous, continues=continues)
    result = check_all(tmp_path)
    assert result.outcome is Outcome.ENDS_EARLY
    assert [[each.path.name[:13] for each in group] for group in result.groups] == [["KZ0417-000001", "KZ0417-000002"]]


def test_an_unrecovered_recording_with_a_successor_was_cut(tmp_path: Path, unit: Unit, check_all: Judge) -> None:
    first = dead(tmp_path, unit, 1)
    sealed(tmp_path, unit, 2, previous=first.as_previous)
    (first.path / "journal-02.cborseq").unlink()
    assert "K701" in codes(check_all(tmp_path))[0]


def test_one_number_twice(tmp_path: Path, unit: Unit, check_all: Judge) -> None:
    sealed(tmp_path, unit, 1)
    twin = Maker(tmp_path / "x", unit, 1, salt="twin")
    twin.begin()
    twin.end()
    twin.close()
    result = check_all(tmp_path, twin.seal())
    assert result.outcome is Outcome.NOT_AUTHENTIC
    assert all("K704" in found for found in codes(result))


def test_a_copy_that_was_cut_is_given_away_by_the_whole_one(tmp_path: Path, unit: Unit, check_all: Judge) -> None:
    whole = sealed(tmp_path / "a", unit, 1)
    copy = Path(shutil.copytree(whole.path, tmp_path / "b" / whole.name))
    assert check_all(whole.path, copy).outcome is Outcome.AUTHENTIC
    strip_ending(copy)
    result = check_all(whole.path, copy)
    assert [each.verdict.outcome for each in result.recordings] == [Outcome.AUTHENTIC, Outcome.NOT_AUTHENTIC]
    assert "K701" in codes(result)[1]


def test_paths_without_recordings_are_the_persons_mistake(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("x")
    for path, words in ((tmp_path / "empty", "holds no recording"), (tmp_path / "file", "is a file"),
                        (tmp_path / "none", "nothing of this name")):  # fmt: skip
        with pytest.raises(UsageError, match=words):
            find([path])


def test_a_link_in_place_of_a_recording_is_judged_as_one_that_is_not_there(
    tmp_path: Path, unit: Unit, check_all: Judge
) -> None:
    whole = sealed(tmp_path / "a", unit, 1)
    root = tmp_path / "b"
    root.mkdir()
    (root / whole.name).symlink_to(whole.path)
    assert check_all(root).outcome is Outcome.CANNOT
