"""A real sealed recording in the hands of an expert with standard tools, and of an investigator with ours."""

import hashlib
import json
import os
import re
import subprocess
from importlib import resources
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image, ImageOps
from system_world import authority, bodies, environment, journal, kuager

from kuager.media import cells
from kuager.media.mark import unit_bits

CHAPTER = "\n## With openssl and sha256sum alone\n"
PRINTED = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} [+-]\d\d:\d\d")


def luma(frame: av.VideoFrame) -> cells.Luma:
    return frame.to_ndarray(format="gray")


@pytest.fixture(scope="module")
def frames(recording: Path) -> list[av.VideoFrame]:
    """Some pictures from all over the recording."""
    with av.open(str(recording / "video-01.mp4")) as container:
        return [frame for number, frame in enumerate(container.decode(video=0)) if number % 400 == 10]


def test_our_verdict_is_authentic_and_the_marks_in_the_picture_agree(recording: Path, state: Path) -> None:
    done = kuager(
        "verify", "--frames", "--json", "--trust", str(authority(state)), str(recording), environment=environment(state)
    )
    assert done.returncode == 0, done.stdout + done.stderr
    verdict = json.loads(done.stdout)
    assert "authentic" in done.stdout
    assert verdict


def test_without_an_authority_it_cannot_be_checked(recording: Path, state: Path) -> None:
    done = kuager("verify", str(recording), environment=environment(state))
    assert done.returncode == 2
    assert "--trust" in done.stdout
    assert not done.stderr


def test_the_printed_commands_all_succeed(recording: Path, state: Path) -> None:
    text = resources.files("kuager.evidence").joinpath("FORMAT.md").read_text()
    chapter = text.split(CHAPTER)[1].split("\n## ")[0]
    ran = 0
    for block in re.findall(r"```bash\n(.*?)```", chapter, re.DOTALL):
        done = subprocess.run(
            ["bash", "-c", block], cwd=recording, env={**os.environ, "CA": str(authority(state)), "LC_ALL": "C"},
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        if "dgst" in block or "asn1parse" in block:  # for keys of the other kind
            continue
        if "openssl verify" in block and "-ignore_critical" not in block:
            assert "unhandled critical extension" in done.stderr  # a training recording is refused, as printed
            continue
        assert done.returncode == 0, (block, done.stdout, done.stderr)
        ran += 1
    assert ran >= 7


def test_ffprobe_finds_picture_and_lossless_sound(recording: Path) -> None:
    done = subprocess.run(
        ["ffprobe", "-v", "error", "-show_entries", "stream=codec_name,has_b_frames,duration", "-of", "json",
         str(recording / "video-01.mp4")], capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert not done.stderr
    picture, sound = json.loads(done.stdout)["streams"]
    assert (picture["codec_name"], picture["has_b_frames"], sound["codec_name"]) == ("h264", 0, "flac")
    assert abs(float(picture["duration"]) - float(sound["duration"])) < 0.2


def test_the_time_printed_in_the_picture_is_that_of_its_cells(
    recording: Path, frames: list[av.VideoFrame], tmp_path: Path
) -> None:
    (opened,) = bodies(recording, "opened")
    for number, frame in enumerate(frames):
        mark = cells.read(luma(frame))
        assert mark is not None
        assert (mark.unit, mark.number) == (unit_bits(opened["unit"]), opened["number"])
        file = tmp_path / f"{number}.png"
        band = Image.fromarray(luma(frame)).crop((18, 26, 820, 64))
        ImageOps.invert(band).resize((band.width * 2, band.height * 2)).save(file)
        done = subprocess.run(
            ["tesseract", str(file), "-", "--psm", "7"], capture_output=True, text=True, check=True, timeout=60
        )
        read = PRINTED.search(done.stdout)
        assert read, done.stdout
        with_zone = np.datetime64(read[0][:23].replace(" ", "T"))
        offset = int(read[0][24:27]) * 60 + int(read[0][24] + read[0][28:30])
        assert int(with_zone.astype("datetime64[ms]").astype(int)) - offset * 60_000 == mark.utc_ms


def test_the_session_went_in_the_order_of_the_instruction(recording: Path) -> None:
    chapters = [(each["item"], each.get("clause", "")) for each in bodies(recording, "chapter")]
    items = [item for item, _ in chapters]
    order = ["recording-on", "action", "time-date", "place", "person-in-charge", "participants", "told"]
    order += ["end-time", "motions", "remarks", "proposals", "reasons"]
    assert [item for item in items if item in order] == order
    assert dict(chapters)["time-date"] == "7"
    assert dict(chapters)["motions"] == "8"
    records = journal(recording)
    assert (records[0].type, records[-1].type) == ("opened", "closed")
    assert records[-1].body["dialogue"] is True


def test_every_chunk_is_where_the_journal_says(recording: Path) -> None:
    end = 0
    media = (recording / "video-01.mp4").read_bytes()
    for chunk in bodies(recording, "chunk"):
        assert chunk["offset"] == end
        end += chunk["length"]
        assert hashlib.sha256(media[chunk["offset"] : end]).digest() == chunk["sha256"]
    assert end == len(media)
