"""Media and photographs against the records that prove them: what is asked for, and where they differ, and when."""

from hashlib import sha256
from typing import Any

import pytest
from rules_build import UTC_US, chunk, photo

from kuager.evidence.records import Chunk, TornFile
from kuager.evidence.rules_files import MAX_FILES, Check, FileAccount, Files, Found
from kuager.evidence.verdict import Finding, Findings, Span, Value

VIDEO, PHOTO = "video-01.mp4", "photo-0001.jpg"
AT = (UTC_US, UTC_US + 500)
"""When the first chunk was recorded."""
LATER = (UTC_US + 600, UTC_US + 900)

GOOD, BAD = bytes(32), sha256(b"other").digest()


@pytest.fixture
def findings() -> Findings:
    return Findings()


@pytest.fixture
def files(findings: Findings) -> Files:
    """With one file of two chunks, bytes 0 to 30, and one photograph of 20 bytes."""
    files = Files(findings)
    files.chunk(chunk())
    files.chunk(later(10, 20))
    files.photo(photo())
    return files


def later(offset: int, length: int, **fields: Any) -> Chunk:
    times = {"first_us": 1600, "last_us": 1900, "first_utc_us": LATER[0]}
    return chunk(**{"kind": "fragment", "offset": offset, "length": length} | times | fields)


def of(
    code: str,
    says: str,
    file: str = VIDEO,
    span: tuple[int, int] | None = None,
    time: tuple[int, int] | None = None,
    **values: Value,
) -> Finding:
    return Finding(
        code=code, says=says, values=tuple(values.items()), file=file,
        bytes=Span(*span) if span else None, time=Span(*time) if time else None,
    )  # fmt: skip


def test_accounts_hold_what_the_records_add_up_to(files: Files, findings: Findings) -> None:
    assert files.all == {
        VIDEO: FileAccount(
            VIDEO, photo=False, interval=1, length=30, begun_us=AT[0], ended_us=LATER[1], chunks=2, latest_us=1600
        ),
        PHOTO: FileAccount(PHOTO, photo=True, interval=3, length=20, begun_us=UTC_US, ended_us=UTC_US),
    }
    assert list(findings) == []


def test_each_record_asks_for_the_digest_of_its_bytes() -> None:
    files = Files(Findings())
    assert files.chunk(chunk(sha256=BAD)) == Check("K401", VIDEO, 0, 10, BAD, AT)
    assert files.chunk(later(10, 20, last_us=1500)) == Check("K401", VIDEO, 10, 20, GOOD, (LATER[0], LATER[0]))
    assert files.photo(photo(sha256=BAD)) == Check("K407", PHOTO, 0, 20, BAD, (UTC_US, UTC_US))


@pytest.mark.parametrize(
    ("add", "found"),
    [
        (later(35, 5), of("K402", "hole", span=(30, 35), time=(LATER[1], LATER[0]))),
        (later(25, 5), of("K402", "overlap", span=(25, 30), time=LATER)),
        (later(30, 5, kind="init"), of("K402", "header", span=(30, 35), time=LATER)),
        (chunk(file="sound-01.mp4", kind="fragment", length=7), of("K402", "header", "sound-01.mp4", (0, 7), AT)),
        (later(30, 5, last_us=1599), of("K408", "backwards", span=(30, 35), time=(LATER[0], LATER[0]))),
        (later(30, 5, first_us=1599), of("K408", "backwards", span=(30, 35), time=(LATER[0], LATER[0] + 301))),
        (chunk(file="video-1.mp4"), of("K306", "name", "video-1.mp4")),
        (chunk(file="photo-0002.jpg"), of("K306", "name", "photo-0002.jpg")),
    ],
)
def test_chunks_tile_their_file_from_its_header_on(
    files: Files, findings: Findings, add: Chunk, found: Finding
) -> None:
    files.chunk(add)
    assert list(findings) == [found]


def test_a_fragment_may_begin_as_the_one_before_did_and_be_of_no_length(files: Files, findings: Findings) -> None:
    files.chunk(later(30, 5, last_us=1600))
    assert list(findings) == []
    files.chunk(later(35, 5, first_us=1599))
    assert [each.code for each in findings] == ["K408"]
    files.chunk(later(40, 5, first_us=1599))
    assert [each.code for each in findings] == ["K408"], "each is held against the one ahead of it only"


def test_a_chunk_that_lies_before_others_shortens_nothing(files: Files) -> None:
    files.chunk(later(5, 5, first_utc_us=AT[0]))
    assert (files.all[VIDEO].length, files.all[VIDEO].ended_us) == (30, LATER[1])


def test_a_photograph_is_taken_once(files: Files, findings: Findings) -> None:
    assert files.photo(photo(at_utc_us=UTC_US + 5)) is None
    assert list(findings) == [of("K402", "photographs", PHOTO, time=(UTC_US + 5, UTC_US + 5))]


@pytest.mark.parametrize("name", ["photo-001.jpg", "photo-0000001.jpg", "video-02.mp4", "xphoto-0001.jpg"])
def test_a_photograph_has_a_photographs_name(files: Files, findings: Findings, name: str) -> None:
    assert files.photo(photo(file=name)) is None
    assert list(findings) == [of("K306", "name", name)]


def test_files_are_bounded() -> None:
    findings = Findings()
    files = Files(findings)
    for number in range(MAX_FILES):
        files.photo(photo(file=f"photo-{number:05d}.jpg"))
    assert list(findings) == []
    assert files.photo(photo(file="photo-99999.jpg")) is None
    assert files.chunk(chunk()) is None
    assert list(findings) == [of("K312", "files", "", count=MAX_FILES)]


@pytest.mark.parametrize(
    ("length", "check"), [(80, None), (79, None), (81, Check("K504", "journal-01.cborseq", 80, 1, GOOD, (5, 5)))]
)
def test_a_torn_tail_is_digested_if_there_is_one(length: int, check: Check | None) -> None:
    torn = TornFile(file="journal-01.cborseq", length=length, proven=80, tail_sha256=GOOD)
    assert Files.torn(torn, 5) == check


def test_a_torn_tail_that_was_changed_is_told_at_once(files: Files, findings: Findings) -> None:
    check = Check("K504", "journal-01.cborseq", 80, 10, GOOD, (5, 5))
    files.compare(check, GOOD)
    assert list(findings) == []
    files.compare(check, None)
    assert list(findings) == [of("K504", "changed", "journal-01.cborseq", (80, 90))]


FIRST_CHUNK = Check("K401", VIDEO, 0, 10, GOOD, AT)
SECOND_CHUNK = Check("K401", VIDEO, 10, 20, GOOD, LATER)
PICTURE = Check("K407", PHOTO, 0, 20, GOOD, (UTC_US, UTC_US))
WHOLE_TIME = (AT[0], LATER[1])

Told = list[tuple[Check, bytes | None]]


@pytest.mark.parametrize(
    ("digests", "video", "still", "found"),
    [
        ([(FIRST_CHUNK, GOOD), (SECOND_CHUNK, GOOD), (PICTURE, GOOD)], Found(30), Found(20), []),
        ([(FIRST_CHUNK, BAD)], Found(30), Found(20), [of("K401", "changed", span=(0, 10), time=AT)]),
        (
            [(FIRST_CHUNK, BAD), (SECOND_CHUNK, BAD)],
            Found(30), Found(20), [of("K401", "changed", span=(0, 30), time=WHOLE_TIME)],
        ),
        (
            [(SECOND_CHUNK, BAD), (FIRST_CHUNK, BAD)],
            Found(30), Found(20),
            [of("K401", "changed", span=(10, 30), time=LATER), of("K401", "changed", span=(0, 10), time=AT)],
        ),
        (
            [(FIRST_CHUNK, BAD), (SECOND_CHUNK, None)],
            Found(25), Found(20),
            [of("K401", "changed", span=(0, 10), time=AT), of("K403", "changed", span=(25, 30), time=LATER)],
        ),
        ([(SECOND_CHUNK, None)], Found(5), Found(20), [of("K403", "changed", span=(10, 30), time=LATER)]),
        ([(PICTURE, None)], Found(30), Found(5), [of("K407", "changed", PHOTO, (0, 20), (UTC_US, UTC_US))]),
        ([], Found(30), Found(21), [of("K407", "size", PHOTO, here=21, due=20)]),
        ([], Found(30), Found(19), [of("K407", "size", PHOTO, here=19, due=20)]),
        ([], Found(33), Found(20), [of("K405", "tail", span=(30, 33), count=3)]),
        ([], Found(29), Found(20), []),
        ([], Found(problem="missing"), Found(20), [of("K404", "missing", span=(0, 30), time=WHOLE_TIME)]),
        (
            [], Found(problem="missing"), Found(21),
            [of("K404", "missing", span=(0, 30), time=WHOLE_TIME), of("K407", "size", PHOTO, here=21, due=20)],
        ),
        ([], None, Found(20), [of("K404", "missing", span=(0, 30), time=WHOLE_TIME)]),
        (
            [(FIRST_CHUNK, BAD)],
            Found(problem="irregular", detail="link"), Found(20),
            [of("K404", "irregular", span=(0, 30), time=WHOLE_TIME, what="link")],
        ),
        (
            [(FIRST_CHUNK, BAD)],
            Found(problem="unreadable", detail="EIO"), Found(problem="unreadable", detail="EACCES"),
            [
                of("K106", "unreadable", error="EIO"), of("K106", "unreadable", PHOTO, error="EACCES"),
                of("K401", "changed", span=(0, 10), time=AT),
            ],
        ),
    ],
)  # fmt: skip
def test_files_as_they_are_on_the_carrier(
    files: Files, findings: Findings, digests: Told, video: Found | None, still: Found, found: list[Finding]
) -> None:
    for check, digest in digests:
        files.compare(check, digest)
    files.finish({PHOTO: still} | ({VIDEO: video} if video else {}))
    assert sorted(findings, key=lambda each: each.code) == sorted(found, key=lambda each: each.code)


def test_ranges_of_one_file_are_bounded(files: Files, findings: Findings) -> None:
    for number in range(101):
        files.compare(Check("K401", VIDEO, 20 * number, 10, GOOD, AT), BAD)
    files.compare(Check("K401", VIDEO, 1990, 5, GOOD, LATER), BAD)
    files.finish({VIDEO: Found(30), PHOTO: Found(20)})
    told = [each.bytes for each in findings]
    assert told[:2] == [Span(0, 10), Span(20, 30)]
    assert told[-1] == Span(1980, 1995), "the last that is kept still grows"
    assert len(told) == 100
