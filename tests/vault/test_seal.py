"""What sealing leaves on the carrier: protections, digests, and a seal begun before that is taken up again."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from vault_world import UNIT, World, fragment_chunk
from watched_files import WatchedFiles

from kuager.evidence import keys, manifest
from kuager.evidence.authority import issue_unit_certificate
from kuager.evidence.keys import SoftwareKey
from kuager.evidence.verdict import Outcome
from kuager.sealer import Level
from kuager.vault.seal import SealedRecording, seal_dead
from kuager.vault.survey import survey

BOTH = ["append-only", "immutable"]
PIECE = 1 << 20


def closed(world: World, size: int = 2000) -> str:
    """A recording that was closed, and has nothing beside its media and journal yet."""
    opened = world.open()
    world.record(opened, 0)
    for fill in range(4):
        world.fragment(data=fragment_chunk(fill, size))
    world.end()
    world.worker.held = True
    world.vault.stop()
    return opened.name


def sealed(world: World, files: WatchedFiles, name: str) -> SealedRecording:
    done = seal_dead(files, survey(files, name), world.keeper.identity)
    assert done is not None
    return done


def told(world: World, name: str) -> manifest.Manifest:
    return manifest.read((world.carrier / name / "manifest.cbor").read_bytes())


@pytest.mark.parametrize(
    ("refused", "signed", "in_force"),
    [
        ((), BOTH, BOTH),
        (("/video-01.mp4", "append-only"), ["immutable"], ["immutable"]),
        (("", "append-only"), ["immutable"], ["immutable"]),
        (("/unit.pem", "immutable"), ["append-only"], ["append-only"]),
        (("/video-01.mp4", "immutable"), ["append-only"], ["append-only"]),
        (("/SHA256SUMS", "immutable"), BOTH, ["append-only"]),
        (("/manifest.sig", "immutable"), BOTH, ["append-only"]),
        (("", "immutable"), BOTH, ["append-only"]),
    ],
)
def test_a_protection_is_in_force_only_where_all_have_it(
    world: World, refused: tuple[str, Level], signed: list[str], in_force: list[str]
) -> None:
    name = closed(world)

    def granted(path: str, level: Level) -> bool:
        return (path.removeprefix(name), level) != refused

    with WatchedFiles(world.carrier, granted) as files:
        done = sealed(world, files, name)
    assert (told(world, name).protections, done.protections) == (signed, in_force)


def test_a_file_without_a_protection_stops_no_other_from_getting_it(world: World) -> None:
    name = closed(world)
    with WatchedFiles(world.carrier, lambda path, level: False) as files:
        sealed(world, files, name)
        asked = [path.removeprefix(name) for path, level in files.protected if level == "immutable"]
    every = [f"/{path.name}" for path in (world.carrier / name).iterdir()]
    assert sorted(asked) == sorted([*every, ""])
    assert asked[-1] == ""


def test_what_is_told_of_a_seal_is_what_its_manifest_says(world: World) -> None:
    name = closed(world)
    with WatchedFiles(world.carrier) as files:
        done = sealed(world, files, name)
    said = told(world, name)
    assert done == SealedRecording(
        name=name,
        number=1,
        id=said.id,
        sha256=hashlib.sha256((world.carrier / name / "manifest.cbor").read_bytes()).digest(),
        files=len(said.files),
        bytes=sum((world.carrier / name / file.name).stat().st_size for file in said.files),
        protections=BOTH,
    )
    assert [file.name for file in said.files] == ["journal-01.cborseq", "unit.pem", "video-01.mp4"]


def test_long_files_are_digested_in_pieces(world: World) -> None:
    name = closed(world, 700_000)
    media = (world.carrier / name / "video-01.mp4").read_bytes()
    assert len(media) > 2 * PIECE
    with WatchedFiles(world.carrier) as files:
        sealed(world, files, name)
        lengths = [length for path, length in files.reads if path.endswith("video-01.mp4")]
    assert lengths == [PIECE] * 4
    file = next(file for file in told(world, name).files if file.name == "video-01.mp4")
    assert (file.bytes, file.sha256) == (len(media), hashlib.sha256(media).digest())


def test_a_file_that_no_record_tells_of_is_listed_and_proves_nothing(world: World) -> None:
    opened = world.open()
    world.record(opened, 2)
    (world.carrier / opened.name / "photo-0001.jpg").write_bytes(b"half a photograph")
    (world.carrier / opened.name / "journal-02.cborseq").write_bytes(b"a recovery cut short")
    (world.carrier / opened.name / "holiday.jpg").write_bytes(b"not ours")
    world.boot(bytes(15) + b"2")
    listed = {file.name: (file.bytes, file.proven) for file in told(world, opened.name).files}
    assert [name for name in listed if not name.startswith("journal")] == ["photo-0001.jpg", "unit.pem", "video-01.mp4"]
    assert (listed["photo-0001.jpg"], listed["journal-02.cborseq"]) == ((17, 0), (20, 0))
    assert world.verdict(opened.name).outcome is Outcome.ENDS_EARLY


@pytest.mark.parametrize("name", ["manifest.cbor", "manifest.tbs", "unit.pem"])
def test_whatever_stands_in_the_place_of_a_seal_is_left_and_read_no_further_than_it_can_be_ours(
    world: World, name: str
) -> None:
    recording = closed(world)
    place = world.carrier / recording / name
    with place.open("wb") as stream:
        stream.truncate(64 << 20)
    with WatchedFiles(world.carrier) as files:
        with pytest.raises(OSError, match=r"is damaged|other bytes are there already"):
            sealed(world, files, recording)
        asked = [length for path, length in files.reads if path == f"{recording}/{name}"]
    assert asked
    assert all(length is not None and length <= manifest.MAX_BYTES + 1 for length in asked)
    assert place.stat().st_size == 64 << 20


def with_p256(world: World) -> None:
    """The unit's key becomes one of the other algorithm."""
    authority = world.state / "authority"
    certificate = (authority / "ca.pem").read_bytes()
    private = (authority / "ca-key.pem").read_bytes().removesuffix(certificate)
    mine = SoftwareKey.generate(keys.ES256)
    since = datetime.fromtimestamp(world.clock().utc_us / 1e6, UTC)
    pem = mine.pem() + issue_unit_certificate(certificate, private, UNIT, mine.public, since)
    (world.state / f"keys/{UNIT}.pem").write_bytes(pem)


def as_it_is(world: World) -> None:
    """Ed25519."""


@pytest.mark.parametrize("key", [as_it_is, with_p256])
def test_a_signature_made_before_is_written_out_again_byte_for_byte(world: World, key: Callable[[World], None]) -> None:
    world.kill()
    key(world)
    world.boot()
    opened, _ = world.whole(2)
    world.kill()
    here = world.carrier / opened.name
    before = {path.name: path.read_bytes() for path in here.iterdir()}
    for name in ("manifest.tbs", "manifest.sig"):
        (here / name).unlink()
    world.boot()
    assert {path.name: path.read_bytes() for path in here.iterdir()} == before
    assert world.verdict(opened.name).outcome is Outcome.AUTHENTIC
