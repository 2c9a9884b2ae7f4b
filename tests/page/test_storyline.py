"""A recording's story as a line of time: what stands where, what is missing and why, and where a jump leads."""

from pathlib import Path

import pytest
from recorded_world import BASE_BOOT, Maker, Unit, dead, sealed

from kuager.board.page import story, storyline
from kuager.board.page.storyline import Shown
from kuager.catalogue import LANGUAGES
from kuager.catalogue.reading import Reader
from kuager.evidence.records import Chapter, Event, Gap, IntervalBegun

ENGLISH = Reader("en")


@pytest.fixture(scope="module")
def unit() -> Unit:
    return Unit()


def shown(maker: Maker, words: Reader = ENGLISH) -> Shown:
    return storyline.show(story.read(maker.path), words)


def closed(maker: Maker) -> Maker:
    maker.close()
    maker.seal()
    return maker


def event(maker: Maker, code: str, /, **data: str | int | bool) -> None:
    maker.record("event", Event(code=code, data=data))


def gap(maker: Maker, stream: str, cause: str, lasts_us: int, after_us: int = 0) -> None:
    at = BASE_BOOT + maker.now_us + after_us
    body = Gap(interval=1, stream=stream, cause=cause, from_us=at, to_us=at + lasts_us)  # type: ignore[arg-type]
    maker.record("gap", body)


def test_parts_intervals_and_the_break_between_them(tmp_path: Path, unit: Unit) -> None:
    maker = Maker(tmp_path, unit)
    maker.begin()
    maker.run(5)  # two seconds
    maker.end("break")
    maker.now_us += 4_000_000
    maker.begin(2, "press")
    maker.run(9, "video-02.mp4")
    maker.end()
    line = shown(closed(maker))
    assert [part.file for part in line.parts] == ["video-01.mp4", "video-02.mp4"]
    total = float(line.end)
    assert total == pytest.approx(2 + 4 + 4, abs=0.05)
    first, second = line.parts
    assert float(first.begin) == pytest.approx(0, abs=0.01)
    assert float(second.begin) == pytest.approx(6, abs=0.05)
    assert float(second.x.rstrip("%")) == pytest.approx(float(second.begin) / total * 100, abs=0.1)
    assert [span.kind for span in line.streams] == ["video", "sound"] * 2
    assert [(each.kind, each.begin, each.end) for each in line.gaps] == [("between", first.end, line.gaps[0].end)]
    assert float(line.gaps[0].end) == pytest.approx(6, abs=0.05)
    assert line.gaps[0].text == "Nothing was recorded for 4.0 s. Cause: a break declared by the officer"
    assert line.clocks[0] == first.clock
    assert line.pictures


def test_gaps_of_one_cause_that_touch_are_one(tmp_path: Path, unit: Unit) -> None:
    maker = Maker(tmp_path, unit)
    maker.begin()
    for _ in range(3):
        gap(maker, "sound", "microphone", 500_000)
        maker.now_us += 499_000
    gap(maker, "sound", "limit", 20_000)
    gap(maker, "video", "camera", 40_000)
    gap(maker, "video", "camera", 40_000, after_us=3_000_000)
    maker.run(10)
    maker.end()
    told = [each.text for each in shown(closed(maker)).gaps]
    assert told[0] == "No sound for 1.5 s, silence in its place. Cause: a fault of the microphone"
    assert sorted(told) == [
        "No picture for 0.04 s. Cause: a fault of the camera",
        "No picture for 0.04 s. Cause: a fault of the camera",
        "No sound for 0.02 s, silence in its place. Cause: a limit of the unit",
        "No sound for 1.5 s, silence in its place. Cause: a fault of the microphone",
    ]


def test_an_interval_without_picture_is_a_gap_in_the_picture(tmp_path: Path, unit: Unit) -> None:
    maker = Maker(tmp_path, unit)
    maker.begin()
    maker.run(3)
    maker.end("camera")
    body = IntervalBegun(
        interval=2, cause="camera", streams=["sound"], first_us=BASE_BOOT + maker.now_us,
        first_utc_us=maker.stamp().utc_us, sample_rate=48_000,
    )  # fmt: skip
    maker._begun = (body, maker.stamp(), [])
    maker.record("interval-begun", body)
    maker.run(5, "sound-02.mp4")
    maker.end()
    line = shown(closed(maker))
    assert [(each.kind, each.text) for each in line.gaps] == [
        ("video", "No picture for 2.0 s. Cause: a fault of the camera")
    ]
    assert [each.kind for each in line.streams] == ["video", "sound", "sound"]


def test_marks_warnings_and_photographs_stand_where_they_were(tmp_path: Path, unit: Unit) -> None:
    maker = Maker(tmp_path, unit)
    maker.begin()
    maker.run(5)
    event(maker, "warning", code="lens-covered", active=True)
    maker.photo()
    maker.extras()
    maker.run(4)
    event(maker, "warning", code="lens-covered", active=False)
    maker.end()
    line = shown(closed(maker))
    assert [(mark.kind, mark.text) for mark in (*line.chapters, *line.warnings, *line.photos)] == [
        ("chapter", "Place"),
        ("warning", "Warning: The picture is dark. Look whether the lens is covered."),
        ("photo", "photo-0001.jpg"),
    ]
    for mark in (*line.chapters, *line.warnings, *line.photos):
        assert float(mark.at or "nan") == pytest.approx(2, abs=0.05)
        assert float(mark.x.rstrip("%")) == pytest.approx(50, abs=2)
    kinds = [entry.kind for entry in line.entries]
    assert kinds.count("warning") == 1, "the end of a warning is none"
    assert {"interval", "gap", "prompt", "chapter", "photo", "end"} <= set(kinds)
    assert [entry.day for entry in line.entries if entry.day] == ["2026-11-22"]


def test_a_chapter_that_the_catalogue_does_not_know_keeps_its_title_and_no_sign_that_commands(
    tmp_path: Path, unit: Unit
) -> None:
    maker = Maker(tmp_path, unit)
    maker.begin()
    title = "<b>Дактилоскопия</b>\n\u202e"
    maker.record("chapter", Chapter(chapter=1, item="fingerprints", title=title, at_us=BASE_BOOT + maker.now_us))
    maker.run(4)
    maker.end()
    assert [mark.text for mark in shown(closed(maker)).chapters] == [r"<b>Дактилоскопия</b>\x0a\u202e"]


def test_without_media_nothing_can_be_jumped_to(tmp_path: Path, unit: Unit) -> None:
    maker = Maker(tmp_path, unit)
    event(maker, "mode", mode="stills")
    maker.photo()
    maker.now_us += 5_000_000
    event(maker, "mode", mode="video")
    line = shown(closed(maker))
    assert line.parts == []
    assert not line.pictures
    assert [mark.file for mark in line.photos] == ["photo-0001.jpg"]
    assert {entry.at for entry in line.entries} == {None}
    assert float(line.end) > 5


def test_what_recovery_wrote_in_another_boot_can_not_be_jumped_to(tmp_path: Path, unit: Unit) -> None:
    line = shown(dead(tmp_path, unit))
    last = line.entries[-1]
    assert (last.kind, last.at) == ("end", None)
    assert float(line.end) == pytest.approx(2.5, abs=0.05), "up to what is proven"
    assert float(line.parts[-1].end) == float(line.end)


def test_a_recording_of_which_nothing_can_be_read_has_an_empty_line(tmp_path: Path) -> None:
    (tmp_path / "KZ0417-000001-20261126T003924Z").mkdir()
    told = story.read(tmp_path / "KZ0417-000001-20261126T003924Z")
    line = storyline.show(told, ENGLISH)
    assert told.opened is None
    assert (line.parts, line.entries, line.gaps) == ([], [], [])


def test_too_many_records_are_counted_and_left_out(tmp_path: Path, unit: Unit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(story, "MAX_RECORDS", 10)
    maker = Maker(tmp_path, unit)
    maker.begin()
    for number in range(30):
        event(maker, "item-not-answered", item=str(number))
    maker.run(4)
    maker.end()
    line = shown(closed(maker))
    assert [entry.kind for entry in line.entries] == ["interval", *["event"] * 8, "interval", "end"]
    assert line.left_out == 30 - 8
    assert float(line.end) == pytest.approx(1.5, abs=0.05), "what plays does not depend on it"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_whole_story_can_be_told_in_each_language(tmp_path: Path, unit: Unit, language: str) -> None:
    line = shown(sealed(tmp_path, unit), Reader(language))
    assert all(entry.text for entry in line.entries)
    assert line.gaps[0].text


def test_lengths_of_time() -> None:
    assert [storyline.lasting(us) for us in (0, 59_999_999, 3_723_000_000, 360_000_000_000)] == [
        "0:00:00", "0:00:59", "1:02:03", "100:00:00",
    ]  # fmt: skip
