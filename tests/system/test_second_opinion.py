"""A real recording before the second checker, which was written from FORMAT.md alone (tests/evidence)."""

import itertools
import sys
from pathlib import Path
from typing import Any

import av
import pytest
import system_world

sys.path.append(str(Path(__file__).parents[1] / "evidence"))
import second_certificates
import second_checker
import second_marks
from second_recording import Recording


@pytest.fixture(scope="module")
def found(state: Path, recording: Path) -> Recording:
    """The recording, judged."""
    anchors = second_certificates.from_pem(system_world.authority(state).read_bytes())
    return second_checker.check(recording, anchors)


def test_it_is_authentic(found: Recording) -> None:
    assert (found.verdict, found.broken) == ("authentic", [])
    # Whether the date is known is the clock's of the machine that this runs on.
    notes = [note for note in found.notes if note != "the date is not known"]
    assert notes == ["a training unit"], "every chunk is made of the boxes that it should be"


def fragments(found: Recording) -> list[tuple[dict[str, Any], bytes]]:
    """Each fragment's record and its bytes."""
    records = [record.body for record in found.of("chunk") if record.body["kind"] == "fragment"]
    whole = {body["file"]: (found.path / body["file"]).read_bytes() for body in records}
    return [(body, whole[body["file"]][body["offset"] :][: body["length"]]) for body in records]


def test_each_fragment_bears_its_time(found: Recording) -> None:
    for body, data in fragments(found):
        track, utc_us, media_time = second_marks.reference(data)
        # Pictures are track 1, and sound is track 2 beside them.
        assert (track, utc_us) == (1 if body.get("frames") else 2, body["first_utc_us"])
        assert media_time == second_marks.decode_time(data, track)


def test_each_picture_bears_its_mark(found: Recording) -> None:
    who = second_marks.unit_bits(found.opened["unit"]), found.opened["number"]
    records = [body for body, _ in fragments(found) if body.get("frames")]
    for name in sorted({body["file"] for body in records}):
        firsts = [(body.get("first_frame", 0), body["frames"]) for body in records if body["file"] == name]
        told = [range(first, first + count) for first, count in firsts]
        marks = pictures(found.path / name)
        assert [mark[:3] for mark in marks] == [(*who, counter) for counter in itertools.chain(*told)]
        times = [mark.utc_ms for mark in marks]
        assert times == sorted(set(times))


def pictures(path: Path) -> list[second_marks.Mark]:
    """The mark in each picture's SEI. In every tenth, decoded, the cells say the same: reading them costs some ms."""
    marks = []
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        length_size = (stream.codec_context.extradata or b"")[4] % 4 + 1
        for place, packet in enumerate(packet for packet in container.demux(stream) if packet.size):
            mark = second_marks.sei(bytes(packet), length_size)
            assert mark
            marks.append(mark)
            for frame in packet.decode():
                assert place % 10 or second_marks.cells(frame.to_ndarray(format="gray")) == mark
    return marks


def test_one_bit_is_seen(state: Path, found: Recording, tmp_path: Path) -> None:
    copy = tmp_path / found.path.name
    copy.mkdir()
    for file in found.path.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    video = bytearray((copy / "video-01.mp4").read_bytes())
    video[len(video) // 2] ^= 4
    (copy / "video-01.mp4").write_bytes(video)
    assert second_checker.check(copy, found.anchors).verdict == "not authentic"
    verify = system_world.kuager(
        "verify", "--trust", str(system_world.authority(state)), str(copy), environment=system_world.environment(state)
    )
    assert verify.returncode == 1
