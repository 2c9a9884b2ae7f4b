"""The pages of what was recorded, asked as a browser asks: the right recording, its verdict, its files, no others."""

import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from recorded_world import BASE_BOOT, CHUNK, Maker, Unit, World, dead, held, sealed

from kuager.catalogue import LANGUAGES
from kuager.catalogue.reading import Reader
from kuager.evidence import certificates
from kuager.evidence.records import Chapter
from kuager.verify import aloud, report, sets
from kuager.verify.find import find

PIECE = CHUNK // 32 * 32
"""Bytes of each chunk that Maker makes up."""


@pytest.fixture(scope="module")
def unit() -> Unit:
    return Unit()


@pytest.fixture
def world(tmp_path: Path, unit: Unit) -> Iterator[World]:
    world = World(tmp_path, unit)
    yield world
    world.close()


def below(made: Maker, rest: str = "") -> str:
    return f"/recordings/{made.name}{rest}"


def test_the_list_names_the_newest_first(world: World, unit: Unit) -> None:
    for number in (41, 42):
        sealed(world.carrier, unit, number)
    dead(world.carrier, unit, 43)
    text = world.ask("/recordings").text
    assert re.findall(r'class="number mono">(\d+)<', text) == ["000043", "000042", "000041"]
    assert "2026-11-22 12:05:00" in text
    assert "video with sound" in text
    assert text.count("not checked yet") == 3
    assert text.count("not sealed") == 1


def test_the_list_is_cut_into_pages(world: World) -> None:
    for number in range(1, 121):
        (world.carrier / f"KZ0417-{number:06d}-20261126T003924Z").mkdir()
    first, last = world.ask("/recordings").text, world.ask("/recordings", "page=3").text
    assert re.findall(r'mono">(\d+)<', first) == [f"{number:06d}" for number in range(120, 70, -1)]
    assert re.findall(r'mono">(\d+)<', last) == [f"{number:06d}" for number in range(20, 0, -1)]
    assert 'rel="next"' in first
    assert 'rel="prev"' not in first
    assert 'rel="next"' not in last
    for odd in ("page=0", "page=-1", "page=x", "page=99999999999999999999", "page=٣", "page=4"):
        assert world.ask("/recordings", odd).status == 200


def test_an_empty_carrier_and_one_that_is_not_there(world: World) -> None:
    assert "Nothing has been recorded yet." in world.ask("/recordings").text
    world.carrier.rmdir()
    assert "Nothing has been recorded yet." in world.ask("/recordings").text


def test_a_page_is_there_at_once_with_the_digest_to_be_read_aloud(world: World, unit: Unit) -> None:
    made = sealed(world.carrier, unit)
    answer = world.ask(below(made))
    sha256 = hashlib.sha256((made.path / "manifest.cbor").read_bytes()).digest()
    assert answer.headers["content-type"].startswith("text/html")
    assert sha256.hex() in answer.text
    printed = re.findall(r'class="four">(\w{4})</span><abbr title="check letter (\w)">(\w)</abbr>', answer.text)
    assert printed == [(group.digits, group.letter, group.letter) for group in aloud.groups(sha256)]
    assert aloud.check(" ".join(digits + letter for digits, letter, _ in printed)).digest == sha256


def test_nothing_in_the_pages_needs_what_their_policy_forbids(world: World, unit: Unit) -> None:
    made = sealed(world.carrier, unit)
    for path in ("/recordings", below(made), below(made, "/story.html")):
        text = world.ask(path).text
        assert not re.search(r"<script(?! src=)|<style|\sstyle=|\son\w+=|javascript:|https?://", text)


def test_the_story_shows_what_happened_and_where_to_jump(world: World, unit: Unit) -> None:
    made = sealed(world.carrier, unit)
    text = world.ask(below(made, "/story.html")).text
    for file in ("video-01.mp4", "video-02.mp4"):
        assert f'data-file="{below(made)}/{file}"' in text
    assert f'src="{below(made)}/photo-0001.jpg"' in text
    assert "No picture for 0.04 s. Cause: a limit of the unit" in text
    assert "Place" in text
    assert 'role="slider"' in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_verdict_is_that_of_the_command(world: World, unit: Unit, language: str) -> None:
    made, words = sealed(world.carrier, unit), Reader(language)
    told = world.verdict(made.name, f"lang={language}")
    result = sets.judge(find([made.path]), certificates.load_pem(unit.anchor))
    first, *others = [line for line, _ in report.lines(result, words)]
    assert (told["state"], told["outcome"], told["training"]) == ("done", "authentic", True)
    assert told["word"] in first
    assert first.endswith(told["sentence"])
    assert [f"    {each['code']} {each['leads']}: {each['text']}" for each in told["findings"]] == others
    assert told["word"] in world.ask("/recordings", f"lang={language}").text


def test_a_change_after_the_verdict_is_found(world: World, unit: Unit) -> None:
    made = sealed(world.carrier, unit)
    assert world.verdict(made.name)["outcome"] == "authentic"
    with (made.path / "video-01.mp4").open("r+b") as stream:
        stream.seek(PIECE)
        stream.write(b"\0\0\0\0")
    told = world.verdict(made.name)
    assert told["outcome"] == "not-authentic"
    assert "video-01.mp4" in told["sentence"]


def test_without_an_authority_nothing_is_authentic(world: World, unit: Unit) -> None:
    made = sealed(world.carrier, unit)
    world.anchors.unlink()
    assert world.verdict(made.name)["outcome"] == "cannot"


def test_an_authority_that_can_not_be_read_is_told_and_tried_again(world: World, unit: Unit) -> None:
    made = sealed(world.carrier, unit)
    good = world.anchors.read_bytes()
    world.anchors.write_bytes(b"nonsense")
    assert world.verdict(made.name)["state"] == "failed"
    world.anchors.write_bytes(good)
    assert world.verdict(made.name)["outcome"] == "authentic"


def test_files_are_what_they_are(world: World, unit: Unit) -> None:
    made = sealed(world.carrier, unit)
    for file, form, kind in (
        ("video-02.mp4", "video/mp4", "inline"),
        ("photo-0001.jpg", "image/jpeg", "inline"),
        ("manifest.cbor", "application/cbor", "attachment"),
        ("SHA256SUMS", "text/plain; charset=utf-8", "attachment"),
        ("journal-01.cborseq", "application/cbor-seq", "attachment"),
        ("unit.pem", "application/pem-certificate-chain", "attachment"),
    ):
        answer = world.ask(below(made, f"/{file}"))
        assert answer.body == (made.path / file).read_bytes()
        assert answer.headers["content-type"] == form
        assert answer.headers["content-disposition"] == f'{kind}; filename="{file}"'
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_browser_can_seek(world: World, unit: Unit) -> None:
    made = sealed(world.carrier, unit)
    whole = made.media["video-01.mp4"]
    answer = world.ask(below(made, "/video-01.mp4"), range="bytes=100-299")
    assert (answer.status, answer.body) == (206, whole[100:300])
    assert answer.headers["content-range"] == f"bytes 100-299/{len(whole)}"
    assert world.ask(below(made, "/video-01.mp4"), range=f"bytes={len(whole)}-").status == 416
    head = world.ask(below(made, "/video-01.mp4"), method="HEAD")
    assert (head.status, head.headers["content-length"], head.body) == (200, str(len(whole)), b"")


def test_a_recording_that_was_cut_off_plays_to_the_end_of_what_is_proven(world: World, unit: Unit) -> None:
    made = Maker(world.carrier, unit)
    made.begin()
    made.run(5)  # the fifth chunk is in the journal, and no signature covers it
    made.media["video-01.mp4"] += b"never acknowledged"
    made.save()
    proven = made.media["video-01.mp4"][: 4 * PIECE]
    assert world.ask(below(made, "/video-01.mp4")).body == proven
    tail = world.ask(below(made, "/video-01.mp4"), range=f"bytes={len(proven) - 5}-")
    assert tail.body == proven[-5:]
    assert tail.headers["content-range"] == f"bytes {len(proven) - 5}-{len(proven) - 1}/{len(proven)}"
    assert world.verdict(made.name)["outcome"] == "cannot"
    text = world.ask(below(made)).text
    assert "This recording is not sealed" in text
    assert "There is no manifest" in text


def test_one_that_died_and_was_sealed_plays_to_the_end_of_what_is_proven(world: World, unit: Unit) -> None:
    made = dead(world.carrier, unit, torn=b"a torn record")
    made.media["video-01.mp4"] += b"torn"
    made.seal()
    told = world.verdict(made.name)
    assert told["outcome"] == "ends-early"
    assert world.ask(below(made, "/video-01.mp4")).body == made.media["video-01.mp4"][:-4]


def test_while_it_goes_on_it_is_named_and_nothing_is_served(world: World, unit: Unit) -> None:
    made = Maker(world.carrier, unit)
    made.begin()
    made.run(6)
    made.save()
    with held(world.carrier):
        assert "being recorded" in world.ask("/recordings").text
        page = world.ask(below(made))
        assert page.status == 200
        assert "/video-01.mp4" not in page.text
        assert world.json(below(made, "/verdict.json")) == {"state": "recording"}
        for rest in ("/story.html", "/video-01.mp4", "/journal-01.cborseq"):
            assert world.ask(below(made, rest)).status == 404
    assert world.ask(below(made, "/video-01.mp4")).status == 200


ODD = (
    "..", "%2e%2e", ".", "KZ0417-unit", "etc", "KZ0417-000042-20261122T121500Z\0", "A" * 100_000, "'\"<script>",
    "KZ0417-000001-20261122T121500Z", "\N{CYRILLIC CAPITAL LETTER KA}", "a\\b", "%", " ",
)  # fmt: skip


@pytest.mark.parametrize("name", ODD)
def test_odd_names_of_recordings_and_files_lead_nowhere(world: World, unit: Unit, name: str) -> None:
    made = sealed(world.carrier, unit)
    (world.carrier / "KZ0417-unit").mkdir()
    (world.carrier / "KZ0417-unit" / "unit.pem").write_bytes(b"")
    for path in (
        f"/recordings/{name}", f"/recordings/{name}/verdict.json", f"/recordings/{name}/story.html",
        f"/recordings/{name}/unit.pem", below(made, f"/{name}"), below(made, f"/../{made.name}/unit.pem"),
    ):  # fmt: skip
        answer = world.ask(path)
        assert answer.status == 404
        assert b"<script>" not in answer.body


def test_no_link_is_followed(world: World, unit: Unit, tmp_path: Path) -> None:
    made, other = sealed(world.carrier, unit), sealed(tmp_path / "elsewhere", unit, 43)
    (tmp_path / "secret").write_bytes(b"secret")
    (world.carrier / other.name).symlink_to(other.path)
    for file in ("video-01.mp4", "manifest.cbor", "photo-0001.jpg", "unit.pem"):
        (made.path / file).unlink()
        (made.path / file).symlink_to(tmp_path / "secret")
        assert world.ask(below(made, f"/{file}")).status == 404
    for rest in ("", "/verdict.json", "/story.html", "/unit.pem"):
        assert world.ask(below(other, rest)).status == 404
    assert other.name not in world.ask("/recordings").text
    assert "secret" not in world.ask(below(made)).text
    assert world.verdict(made.name)["outcome"] == "not-authentic"


def test_what_is_no_file_hangs_and_breaks_nothing(world: World, unit: Unit) -> None:
    made = sealed(world.carrier, unit)
    (made.path / "video-01.mp4").unlink()
    os.mkfifo(made.path / "video-01.mp4")
    (made.path / "SHA256SUMS").unlink()
    (made.path / "SHA256SUMS").mkdir()
    for file in ("video-01.mp4", "SHA256SUMS"):
        assert world.ask(below(made, f"/{file}")).status == 404
    assert world.ask(below(made, "/story.html")).status == 200
    assert world.verdict(made.name)["outcome"] == "not-authentic"


def test_foreign_files_are_never_served(world: World, unit: Unit) -> None:
    made = sealed(world.carrier, unit)
    for name in ("index.html", "video-77.mp4", "photo-0777.jpg", "video-01.mp4.exe", "<b>.mp4", "\udcff"):
        (made.path / name).write_bytes(b"<script>alert(1)</script>")
    for name in ("index.html", "video-01.mp4.exe", "<b>.mp4"):
        assert world.ask(below(made, f"/{name}")).status == 404
        assert name not in world.ask(below(made)).text
    for name in ("video-77.mp4", "photo-0777.jpg"):
        answer = world.ask(below(made, f"/{name}"))
        assert answer.body == b"", "nothing of it is proven"
    assert world.verdict(made.name)["outcome"] == "authentic", "and they change nothing"


@pytest.mark.parametrize("spoiled", ["manifest.cbor", "journal-01.cborseq", "unit.pem", "SHA256SUMS", "manifest.sig"])
@pytest.mark.parametrize("noise", [b"", b"\xff" * 1000, b"<script>alert(1)</script>"])
def test_damage_is_judged_and_shown(world: World, unit: Unit, spoiled: str, noise: bytes) -> None:
    made = sealed(world.carrier, unit)
    (made.path / spoiled).write_bytes(noise)
    for path in ("/recordings", below(made), below(made, "/story.html")):
        answer = world.ask(path)
        assert answer.status == 200
        assert "<script>alert" not in answer.text
    assert world.verdict(made.name)["outcome"] in ("not-authentic", "cannot")


def test_an_empty_folder_with_a_recordings_name(world: World) -> None:
    name = "KZ0417-000001-20261126T003924Z"
    (world.carrier / name).mkdir()
    for path in ("/recordings", f"/recordings/{name}", f"/recordings/{name}/story.html"):
        assert world.ask(path).status == 200
    assert world.verdict(name)["outcome"] == "cannot"


def test_what_a_recording_says_is_shown_as_text(world: World, unit: Unit) -> None:
    made = Maker(world.carrier, unit)
    made.begin()
    title = "<img src=x onerror=alert(1)>\u202e"
    made.record("chapter", Chapter(chapter=1, item="odd", title=title, at_us=BASE_BOOT + made.now_us))
    made.run(4)
    made.end()
    made.close()
    made.seal()
    text = world.ask(below(made, "/story.html")).text
    assert "<img src=x" not in text
    assert r"&lt;img src=x onerror=alert(1)&gt;\u202e" in text


def test_a_recording_that_vanishes_meanwhile(world: World, unit: Unit) -> None:
    made = sealed(world.carrier, unit)
    assert world.ask(below(made, "/story.html")).status == 200
    shutil.rmtree(made.path)
    for rest in ("", "/verdict.json", "/story.html", "/video-01.mp4"):
        assert world.ask(below(made, rest)).status == 404
    assert "There is no recording of this name here." in world.ask(below(made)).text
