"""FORMAT.md suffices: a checker written from it alone says what ours says of recordings whole and tampered with."""

import json
import random
import shutil
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import numpy as np
import pytest
import second_certificates
import second_forms
import second_manifest
import second_marks
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from second_checker import check
from second_journal import runs
from second_recording import AUTHENTIC, CANNOT, EARLY, NOT, Recording
from second_sets import check_carrier

from kuager.evidence import certificates
from kuager.evidence.records import Event, Previous, Procedure
from kuager.media import cells, sei
from kuager.media.mark import FrameMark
from kuager.media.mark import unit_bits as bits_of
from kuager.verify.find import find
from kuager.verify.recording import judge
from kuager.verify.sets import judge as judge_set

sys.path += [str(Path(__file__).parents[1] / room) for room in ("vault", "verify")]
from vault_world import World
from verify_build import Maker, Unit, dead, sealed

VECTORS = Path(__file__).with_name("vectors")
JOURNAL, SECOND, VIDEO, PHOTO = "journal-01.cborseq", "journal-02.cborseq", "video-01.mp4", "photo-0001.jpg"
SEALS = ("manifest.cbor", "manifest.tbs", "manifest.sig", "SHA256SUMS", "unit.pem")

Base = tuple[Path, bytes]
Tamper = Callable[[Path], object]


def agreed(path: Path, anchor: bytes) -> str:
    """The verdict, on which both checkers agree."""
    mine = check(path, second_certificates.from_pem(anchor))
    ours = judge(path, certificates.load_pem(anchor) if anchor else None).verdict
    assert mine.verdict == ours.outcome.value, (mine.broken, ours.findings)
    return mine.verdict


def vault_carrier(root: Path) -> Path:
    """What the vault itself leaves: a recording that was closed, one that died, its continuation, one still open."""
    world = World(root)
    world.boot()
    for take in (1, 2, 3, 4):
        opened = world.open(continues=take == 3)
        world.record(opened, 4, take=take)
        world.wait(1)
        if take == 2:
            world.kill()
            torn = root / "carrier" / opened.name / JOURNAL
            torn.write_bytes(torn.read_bytes() + b"\xd9\xd9\xf7\x85 a torn record")
            world.clock.advance(60)
            world.boot(boot=bytes(15) + b"2")
        elif take != 4:
            world.end(take=take)
            world.close()
        world.wait(1)
    world.kill()
    return world.carrier


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Base]:
    """Recordings of every kind, each with its authority."""
    carrier = vault_carrier(tmp_path_factory.mktemp("vault"))
    anchor = (carrier.parent / "state/authority/ca.pem").read_bytes()
    names = ("closed", "died", "continuing", "open")
    folders = sorted(each for each in carrier.iterdir() if not each.name.endswith("-unit"))
    made: dict[str, Base] = {name: (folder, anchor) for name, folder in zip(names, folders, strict=True)}
    unit = Unit(alg=-7)
    buried = dead(tmp_path_factory.mktemp("dead"), unit, torn=b"a torn record")
    made["P-256"] = (sealed(tmp_path_factory.mktemp("sealed"), unit).path, unit.anchor)
    made["P-256 died"] = (buried.seal(), unit.anchor)
    return made


def test_whole_recordings(bases: dict[str, Base]) -> None:
    verdicts = {name: agreed(*base) for name, base in bases.items()}
    assert list(verdicts.values()) == [AUTHENTIC, EARLY, AUTHENTIC, CANNOT, AUTHENTIC, EARLY]
    assert {agreed(path, b"") for path, _ in bases.values()} == {CANNOT}, "no authority is trusted"
    assert agreed(bases["closed"][0], bases["P-256"][1]) == CANNOT, "another authority is trusted"


def edit(name: str, change: Callable[[bytes], bytes]) -> Tamper:
    """Changes one file's bytes, if it is there."""

    def apply(folder: Path) -> None:
        path = folder / name
        if path.is_file():
            path.write_bytes(change(path.read_bytes()))

    return apply


def flip(place: float) -> Callable[[bytes], bytes]:
    """One bit, at this part of the file."""

    def change(data: bytes) -> bytes:
        at = min(int(len(data) * place), len(data) - 1)
        return data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1 :]

    return change


def rearrange(change: Callable[[list[bytes]], list[bytes]]) -> Callable[[bytes], bytes]:
    """Changes a journal record by record."""

    def apply(data: bytes) -> bytes:
        return b"".join(change([data[record.start : record.end] for run in runs(data) for record in run]))

    return apply


def remove(*names: str) -> Tamper:
    return lambda folder: [(folder / name).unlink(missing_ok=True) for name in names]


def link(name: str) -> Tamper:
    """The true file, behind a symbolic link in its place."""

    def apply(folder: Path) -> None:
        if (folder / name).exists():
            (folder / name).rename(folder.parent / name)
            (folder / name).symlink_to(folder.parent / name)

    return apply


def swap(one: str, other: str) -> Tamper:
    def apply(folder: Path) -> None:
        if (folder / other).exists():
            first, second = (folder / one).read_bytes(), (folder / other).read_bytes()
            (folder / one).write_bytes(second)
            (folder / other).write_bytes(first)

    return apply


def all_of(*tampers: Tamper) -> Tamper:
    return lambda folder: [tamper(folder) for tamper in tampers]


PLACES = [0.0, 0.02, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.97, 1.0]
WHOLE: dict[str, Tamper] = {
    **{f"{name}: bit at {place}": edit(name, flip(place)) for name in (JOURNAL, VIDEO) for place in PLACES},
    **{f"{name}: bit at {place}": edit(name, flip(place)) for name in (SECOND, *SEALS) for place in PLACES[::4]},
    **{f"{name}: cut": edit(name, lambda data: data[:-40]) for name in (JOURNAL, SECOND, VIDEO, PHOTO, *SEALS)},
    **{f"{name}: emptied": edit(name, lambda _: b"") for name in (JOURNAL, SECOND, VIDEO, *SEALS)},
    **{f"{name}: added to": edit(name, lambda data: data + bytes(40)) for name in (JOURNAL, SECOND, VIDEO, *SEALS)},
    **{f"{name}: gone": remove(name) for name in (JOURNAL, SECOND, VIDEO, PHOTO, *SEALS)},
    **{f"{name}: a link": link(name) for name in (JOURNAL, SECOND, VIDEO, PHOTO, *SEALS)},
    **{
        f"{name}: a hole": edit(name, lambda data: data[:900] + bytes(len(data[900:1000])) + data[1000:])
        for name in (JOURNAL, VIDEO)
    },
    "a picture cut out": edit(VIDEO, lambda data: data[:2000] + data[2400:]),
    "pictures exchanged": edit(VIDEO, lambda data: data[:1000] + data[2000:3000] + data[1000:2000] + data[3000:]),
    "a record cut out": edit(JOURNAL, rearrange(lambda records: records[:3] + records[4:])),
    "the first record cut out": edit(JOURNAL, rearrange(lambda records: records[1:])),
    "the last record cut off": edit(JOURNAL, rearrange(lambda records: records[:-1])),
    "five records cut off": edit(JOURNAL, rearrange(lambda records: records[:-5])),
    "only `opened` left": edit(JOURNAL, rearrange(lambda records: records[:1])),
    "a record put in twice": edit(JOURNAL, rearrange(lambda records: [*records[:3], *records[2:]])),
    "records exchanged": edit(JOURNAL, rearrange(lambda records: [*records[:2], records[3], records[2], *records[4:]])),
    "`opened` not first": edit(JOURNAL, rearrange(lambda records: [records[1], records[0], *records[2:]])),
    "the journal backwards": edit(JOURNAL, rearrange(lambda records: records[::-1])),
    "the journal twice": edit(JOURNAL, lambda data: data + data),
    "bytes before the journal": edit(JOURNAL, lambda data: b"\0" + data),
    "journals exchanged": swap(JOURNAL, SECOND),
    "journal and media exchanged": swap(JOURNAL, VIDEO),
    "a signature for another": swap("manifest.sig", "manifest.tbs"),
    "a journal-03": lambda folder: (folder / "journal-03.cborseq").write_bytes(b""),
    "a recovery cut short": lambda folder: (folder / SECOND).write_bytes(b"\xd9\xd9\xf7"),
    "a file more": lambda folder: (folder / "notes.txt").write_text("x"),
    "all seals gone": remove(*SEALS),
}


@pytest.mark.parametrize("tamper", WHOLE)
@pytest.mark.parametrize("sealed_", [True, False], ids=["sealed", "journal alone"])
def test_tampered_copies(bases: dict[str, Base], tmp_path: Path, tamper: str, sealed_: bool) -> None:
    changed = 0
    for name, (path, anchor) in bases.items():
        copy = Path(shutil.copytree(path, tmp_path / name / path.name))
        if not sealed_:
            remove(*SEALS)(copy)
        before = {each.name: each.read_bytes() for each in copy.iterdir()}
        WHOLE[tamper](copy)
        after = {each.name: each.read_bytes() for each in copy.iterdir() if not each.is_symlink()}
        verdict = agreed(copy, anchor)
        listed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)} & before.keys()
        changed += bool(listed)
        if listed - set(SEALS) and sealed_ and name != "open":
            assert verdict in (NOT, CANNOT)
    assert changed or sealed_ is False or tamper in ("a journal-03", "a recovery cut short", "a file more")


def test_random_damage(bases: dict[str, Base], tmp_path: Path) -> None:
    chance, seen = random.Random(68), set()
    names = [*WHOLE]
    for turn in range(60):
        path, anchor = bases[chance.choice([*bases])]
        copy = Path(shutil.copytree(path, tmp_path / str(turn) / path.name))
        for _ in range(3):
            victim = chance.choice([each.name for each in copy.iterdir() if each.is_file()])
            chance.choice(
                [WHOLE[chance.choice(names)], edit(victim, lambda data: flip(chance.random())(data or b"x"))]
            )(copy)
        seen.add(agreed(copy, anchor))
    assert seen >= {NOT, CANNOT}


def started(root: Path, unit: Unit, **more: object) -> Maker:
    maker = Maker(root, unit, **more)  # type: ignore[arg-type]
    maker.begin()
    maker.run(4)
    return maker


def close(maker: Maker) -> Maker:
    maker.end()
    maker.close()
    maker.seal()
    return maker


def wrong_number(maker: Maker) -> None:
    maker.writer.seq += 1
    maker.run(2)


def clock_back(maker: Maker) -> None:
    maker.now_us -= 400_000
    maker.checkpoint()
    maker.now_us += 400_000


def tile_gap(maker: Maker) -> None:
    maker.media[VIDEO] += b"between"
    maker.run(2)


def interval_again(maker: Maker) -> None:
    maker.end("camera")
    maker.begin(1, "camera")
    maker.run(2, "video-02.mp4")


def other_name(maker: Maker) -> None:
    maker.run(2, "film-01.mp4")


def procedure_anew(maker: Maker) -> None:
    """With every field, those that could be left out too."""
    maker.procedure = Procedure(id="kz-2012-68", title="Instruction", action="search", action_stated="chosen")
    maker.record("event", Event(code="procedure", data=msgspec.structs.asdict(maker.procedure)))


# What only the unit itself could sign, and must not.
SIGNED_WRONG: dict[str, tuple[Callable[[Maker], object], str]] = {
    "nothing wrong": (lambda maker: None, AUTHENTIC),
    "a number left out": (wrong_number, NOT),
    "the clock of the boot went back": (clock_back, NOT),
    "chunks that do not tile": (tile_gap, NOT),
    "an interval twice": (interval_again, NOT),
    "media under no such name": (other_name, NOT),
    "a photograph twice": (lambda maker: [maker.photo(), maker.photo()], NOT),
    "a record of every kind": (lambda maker: maker.extras(), AUTHENTIC),
    "a procedure stated anew": (procedure_anew, AUTHENTIC),
}


@pytest.mark.parametrize("what", SIGNED_WRONG)
def test_what_the_unit_itself_signed_wrongly(tmp_path: Path, what: str) -> None:
    unit = Unit()
    maker = started(tmp_path, unit)
    spoil, verdict = SIGNED_WRONG[what]
    spoil(maker)
    assert agreed(close(maker).path, unit.anchor) == verdict


def test_what_is_missing_by_its_own_words(tmp_path: Path) -> None:
    unit = Unit()
    maker = started(tmp_path, unit)
    maker.end("power")
    maker.close("power", ["closing dialogue"])
    assert agreed(maker.seal(), unit.anchor) == EARLY


@pytest.mark.parametrize(
    ("state", "uncertainty", "since", "verdict"),
    [
        ("synchronised", 1000, 2026, AUTHENTIC),
        ("synchronised", 1000, 2010, CANNOT),
        ("synchronised", 1000, 2027, CANNOT),
        ("unset", 1000, 2027, AUTHENTIC),
        ("holdover", 2**52, 2027, AUTHENTIC),
        ("holdover", 90 * 86_400_000_000, 2027, AUTHENTIC),
    ],
)
def test_dates(tmp_path: Path, state: str, uncertainty: int, since: int, verdict: str) -> None:
    unit = Unit(not_before=datetime(since, 1, 1, tzinfo=UTC))
    maker = close(started(tmp_path, unit, state=state, uncertainty=uncertainty))
    assert agreed(maker.path, unit.anchor) == verdict


def test_a_version_that_is_not_known(tmp_path: Path) -> None:
    unit = Unit()
    maker = Maker(tmp_path, unit, version=2)
    maker.checkpoint()
    assert agreed(maker.save(), unit.anchor) == CANNOT


def test_forged_under_the_units_name(tmp_path: Path) -> None:
    """Signed by another key: one that its own authority vouches for, and one with the true certificates put in."""
    unit, forger = Unit(), Unit()
    assert agreed(close(started(tmp_path / "own", forger)).path, unit.anchor) == CANNOT
    forger.chain = unit.chain
    assert agreed(close(started(tmp_path / "borrowed", forger)).path, unit.anchor) == NOT
    other = Unit(name="KZ9999")
    other.name = unit.name
    assert agreed(close(started(tmp_path / "renamed", other)).path, other.anchor) == NOT


def carriers(carrier: Path) -> list[Path]:
    return sorted(each for each in carrier.iterdir() if not each.name.endswith("-unit"))


SETS: dict[str, tuple[Tamper, str]] = {
    "whole": (lambda carrier: None, CANNOT),
    "without the open one": (lambda carrier: shutil.rmtree(carriers(carrier)[3]), NOT),
    "one removed": (lambda carrier: shutil.rmtree(carriers(carrier)[0]), NOT),
    "one removed, and the unit's journal": (
        lambda carrier: [shutil.rmtree(carriers(carrier)[0]), shutil.rmtree(next(carrier.glob("*-unit")))],
        CANNOT,
    ),
    "the dead one's end cut off": (
        lambda carrier: remove(SECOND, *SEALS)(carriers(carrier)[1]),
        NOT,
    ),
    "one's end cut off": (
        lambda carrier: [
            remove(*SEALS)(carriers(carrier)[0]),
            edit(JOURNAL, rearrange(lambda records: records[:-1]))(carriers(carrier)[0]),
        ],
        NOT,
    ),
    "a shortened copy beside it": (
        lambda carrier: [
            shutil.copytree(carriers(carrier)[0], carrier / "KZ0417-000009-20261122T051500Z"),
            remove(*SEALS)(carrier / "KZ0417-000009-20261122T051500Z"),
            edit(JOURNAL, rearrange(lambda records: records[:-1]))(carrier / "KZ0417-000009-20261122T051500Z"),
        ],
        NOT,
    ),
}


@pytest.mark.parametrize("what", SETS)
def test_sets(bases: dict[str, Base], tmp_path: Path, what: str) -> None:
    path, anchor = bases["closed"]
    carrier = Path(shutil.copytree(path.parent, tmp_path / "carrier"))
    tamper, verdict = SETS[what]
    tamper(carrier)
    worst, found, shown = check_carrier(carrier, second_certificates.from_pem(anchor))
    ours = judge_set(find([carrier]), certificates.load_pem(anchor))
    assert worst == ours.outcome.value == verdict, ([each.broken for each in found], shown, ours.findings)
    assert [each.verdict for each in found] == [each.verdict.outcome.value for each in ours.recordings]


def test_another_recordings_journal_behind_a_torn_end(tmp_path: Path) -> None:
    unit = Unit()
    stale = (sealed(tmp_path, unit, 1).path / JOURNAL).read_bytes()
    for torn in (stale, stale[2000:]):
        assert agreed(dead(tmp_path / str(len(torn)), unit, torn=torn).seal(), unit.anchor) == EARLY


def test_who_is_heard_in_a_set(tmp_path: Path) -> None:
    """An impostor's recordings and a journal of the unit's own that another unit wrote, beside the true ones."""
    unit, impostor, other = Unit(), Unit(), Unit(name="KZ0999")
    for carrier, liar, more in (("a", impostor, b""), ("b", other, other.anchor), ("c", unit, b"")):
        root = tmp_path / carrier
        true = sealed(root, unit, 1)
        lie = Previous(number=1, id=true.id, head=bytes(32))
        sealed(root, liar, 2, lie)
        worst, found, _ = check_carrier(root, second_certificates.from_pem(unit.anchor + more))
        ours = judge_set(find([root]), certificates.load_pem(unit.anchor + more))
        assert worst == ours.outcome.value
        assert [each.verdict for each in found] == [each.verdict.outcome.value for each in ours.recordings]
        assert found[0].verdict == (NOT if liar is unit else AUTHENTIC)


MARKS = [FrameMark(bits_of("KZ0417"), 42, 0, 1_795_324_500_123), FrameMark(0, 0, 0, 0)]
MARKS += [FrameMark(0xFFFF, 2**20 - 1, 2**24 - 1, 2**42 - 1), FrameMark(1, 1 << 19, 3, 0x3000003)]


@pytest.mark.parametrize("width", [320, 640, 854, 1280, 1920, 3840])
@pytest.mark.parametrize("mark", MARKS)
def test_marks_are_read_as_they_are_made(width: int, mark: FrameMark) -> None:
    want = second_marks.Mark(mark.unit, mark.number, mark.frame, mark.utc_ms)
    picture = np.random.default_rng(1).integers(16, 236, (200, width), np.uint8)
    cells.draw(picture, mark)
    assert second_marks.cells(picture) == want
    assert second_marks.cells(np.full_like(picture, 128)) is None
    unit = sei.nal_unit(mark)
    slice_ = b"\x65\x88\x84"
    access_unit = b"".join(
        len(nal).to_bytes(4) + nal for nal in (b"\x67\x64", unit.lstrip(b"\0").removeprefix(b"\1"), slice_)
    )
    assert second_marks.sei(access_unit) == want
    assert second_marks.unit_bits("KZ0417") == bits_of("KZ0417")


def test_published_vectors() -> None:
    values, coses, journals, manifests = (
        json.loads((VECTORS / f"{name}.json").read_text()) for name in ("cbor", "cose", "journal", "manifest")
    )
    for case in values["valid"]:
        assert second_forms.decode_whole(bytes.fromhex(case["hex"])) == case["value"]
    for case in values["invalid"]:
        with pytest.raises(ValueError, match=r"CBOR|encoding|item"):
            second_forms.decode_whole(bytes.fromhex(case["hex"]))
    for sound in ("valid", "invalid"):
        assert {cose(case) for case in coses[sound]} == {sound == "valid"}
        assert {manifest(case, manifests["recording"]) for case in manifests[sound]} == {sound == "valid"}
    (records,) = runs(bytes.fromhex(journals["journal"]))
    assert [record.digest.hex() for record in records] == [case["sha256"] for case in journals["records"]]
    for case in journals["broken"]:
        first = next((run for run in runs(bytes.fromhex(case["journal"])) if run[0].seq == run[0].start == 0), [])
        assert (len(first), first[-1].end if first else 0) == (case["records"], case["offset"]), case["what"]


def cose(case: dict[str, str]) -> bool:
    try:
        sign1 = second_forms.sign1(bytes.fromhex(case["sign1"]))
    except ValueError:
        return False
    recording, payload = bytes.fromhex(case["recording"]), bytes.fromhex(case["payload"])
    key = load_pem_public_key(case["public"].encode())
    assert isinstance(key, second_forms.PublicKey)
    return (sign1.payload is None) == case["detached"] and sign1.good(case["kind"], recording, payload, key)


def manifest(case: dict[str, str], recording: str) -> bool:
    try:
        sign1 = second_forms.sign1(bytes.fromhex(case["cbor"]))
        said = second_forms.decode_whole(sign1.payload or b"")
    except ValueError:
        return False
    key = load_pem_public_key(case["public"].encode())
    assert isinstance(key, second_forms.PublicKey)
    assert sign1.good("manifest", bytes.fromhex(recording), sign1.payload or b"", key)
    return second_manifest.in_form(said)


def test_nothing_of_ours_is_in_it() -> None:
    sources = [path.read_text() for path in Path(__file__).parent.glob("second_*.py")]
    assert len(sources) == 8
    assert not any("kuager." in source or "import kuager" in source for source in sources)
    assert Recording.__module__ == "second_recording"
