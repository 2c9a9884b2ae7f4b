"""Names on the carrier, and what each is taken for."""

import pytest

from kuager.vault import layout

MP4, SOUND, JPEG = "video/mp4", "audio/mp4", "image/jpeg"
JOURNAL, CHAIN = "application/cbor-seq", "application/pem-certificate-chain"


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("video-01.mp4", MP4), ("video-6000.mp4", MP4), ("sound-02.mp4", SOUND), ("photo-0001.jpg", JPEG),
        ("journal-01.cborseq", JOURNAL), ("unit.pem", CHAIN), ("video-1.mp4", None), ("video-01.mp4x", None),
        ("VIDEO-01.mp4", None), ("photo-001.jpg", None), ("journal-1.cborseq", None), ("manifest.cbor", None),
        ("SHA256SUMS", None), ("notes.txt", None), ("", None),
    ],
)  # fmt: skip
def test_the_form_of_a_file_is_told_by_its_name_and_of_others_none(name: str, form: str | None):
    assert layout.format_of(name) == form
    assert layout.is_media(name) == (form in (MP4, SOUND))


@pytest.mark.parametrize(
    ("streams", "number", "name"),
    [(["video"], 1, "video-01.mp4"), (["sound", "video"], 12, "video-12.mp4"), (["sound"], 123, "sound-123.mp4")],
)
def test_a_media_file_is_named_by_what_is_in_it(streams: list, number: int, name: str):
    assert layout.media(streams, number) == name


@pytest.mark.parametrize(
    ("name", "of_recording", "of_unit"),
    [
        ("journal-01.cborseq", 1, None), ("journal-1024.cborseq", 1024, None), ("journal-1.cborseq", None, None),
        ("unit-00010203-04.cborseq", None, 4), ("unit-00010203-04-copy2.cborseq", None, 4),
        ("unit-0001020-04.cborseq", None, None), ("unit-00010203-04-copy.cborseq", None, None),
    ],
)  # fmt: skip
def test_a_journals_part_is_read_from_its_name(name: str, of_recording: int | None, of_unit: int | None):
    assert (layout.journal_part(name), layout.unit_journal_part(name)) == (of_recording, of_unit)


def test_names_that_are_made():
    assert [layout.journal(1), layout.photo(42)] == ["journal-01.cborseq", "photo-0042.jpg"]
    assert layout.unit_directory("KZ0417") == "KZ0417-unit"
    assert layout.unit_journal(bytes(range(16)), 2) == "unit-00010203-02.cborseq"


def test_a_further_copy_has_a_name_of_its_own():
    names = [layout.unit_copy("unit-00010203-02.cborseq", attempt) for attempt in (1, 2, 3)]
    assert names == ["unit-00010203-02.cborseq", "unit-00010203-02-copy2.cborseq", "unit-00010203-02-copy3.cborseq"]
    assert [layout.unit_journal_part(name) for name in names] == [2, 2, 2]


def test_a_clock_beyond_the_last_year_still_gives_a_name():
    last = layout.recording("KZ0417", 1, 2**60)
    assert last == "KZ0417-000001-99991231T000000Z"
    assert layout.parse_recording(last) is not None
