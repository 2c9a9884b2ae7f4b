"""`--frames`: pictures made with marks, some of them missing, twice, or from elsewhere."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from verify_build import BASE_BOOT, BASE_UTC, Maker, Unit

from kuager.catalogue.reading import Reader
from kuager.evidence import certificates
from kuager.evidence.records import Gap, Previous
from kuager.evidence.verdict import Outcome
from kuager.media import cells, sei
from kuager.media.boxes import chunks, walk
from kuager.media.mark import FrameMark, unit_bits
from kuager.media.prft import ReferenceTime
from kuager.verify import sentences
from kuager.verify.frames import look
from kuager.verify.pictures import Footage, Pictures
from kuager.verify.recording import Judged, judge

ENGLISH = Reader("en")

WIDTH, HEIGHT, RATE = 320, 180, 10
Change = Callable[[list[FrameMark]], list[FrameMark]]


class _Sink:
    def __init__(self) -> None:
        self.data = bytearray()

    def write(self, data: bytes) -> int:
        self.data += data
        return len(data)


def film(marks: list[FrameMark], in_sei: list[FrameMark], blank: int = -1) -> bytes:
    """Fragmented MP4 with these marks in cells and SEI, a fragment each half second."""
    sink = _Sink()
    options = {"movflags": "frag_keyframe+delay_moov+default_base_moof+skip_trailer", "frag_duration": "500000"}
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, 90_000), Fraction(RATE)
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "x264-params": "repeat-headers=1:annexb=1"}
    encoder.gop_size = RATE
    with av.open(sink, "w", format="mp4", options=options, buffer_size=1 << 18) as container:
        stream = container.add_mux_stream("h264", width=WIDTH, height=HEIGHT, pix_fmt="yuv420p")
        stream.time_base = Fraction(1, 90_000)
        for index, (mark, also) in enumerate(zip(marks, in_sei, strict=True)):
            picture = np.full((HEIGHT * 3 // 2, WIDTH), 90 + index % 50, np.uint8)
            if index != blank:
                cells.draw(picture[:HEIGHT], mark)
            frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
            frame.pts = index * 9000
            for packet in encoder.encode(frame):
                out = av.Packet(sei.insert(bytes(packet), also))
                out.pts = out.dts = packet.pts
                out.time_base, out.is_keyframe, out.stream = Fraction(1, 90_000), packet.is_keyframe, stream
                container.mux(out)
    out = b""
    for box in walk(sink.data):
        if box.type == b"moof":
            out += ReferenceTime(1, BASE_UTC, 0).encode()
        out += bytes(sink.data[box.offset : box.end])
    return out


def shot(root: Path, unit: Unit, change: Change = list, gap: Gap | None = None, blank: int = -1,
         other_sei: Change | None = None) -> Judged:  # fmt: skip
    """A sealed recording of three seconds of pictures, their marks changed before they are filmed."""
    maker = Maker(root, unit)
    maker.begin()
    begun_us = maker.now_us
    plain = [
        FrameMark(
            unit_bits(unit.name), maker.number, 1000 + index, (BASE_UTC + begun_us) // 1000 + index * 1000 // RATE
        )
        for index in range(3 * RATE)
    ]
    marks = change(list(plain))
    data = film(marks, other_sei(list(marks)) if other_sei else marks, blank)
    maker.frame, taken = 0, 0
    for part in chunks(data):
        maker.now_us = begun_us + taken * 1_000_000 // RATE
        if part.kind == "fragment":
            maker.frame, taken = marks[min(taken, len(marks) - 1)].frame, taken + RATE // 2
        maker.chunk(
            data=data[part.offset : part.offset + part.length], frames=RATE // 2 if part.kind == "fragment" else 0
        )
    if gap:
        maker.record("gap", gap)
    maker.end()
    maker.close()
    return judge(maker.seal(), certificates.load_pem(unit.anchor))


def seen(judged: Judged) -> dict[str, str]:
    assert judged.verdict.outcome is Outcome.AUTHENTIC
    texts: dict[str, str] = {}
    for found in look(judged):
        texts[found.code] = "; ".join(filter(None, [texts.get(found.code), sentences.text(found, ENGLISH)]))
    return texts


def drop(at: int, count: int) -> Change:
    """Marks go on as if `count` pictures had been there."""
    return lambda marks: (
        marks[:at] + [FrameMark(mark.unit, mark.number, mark.frame + count, mark.utc_ms) for mark in marks[at:]]
    )


def replace(at: int, **fields: int) -> Change:
    def change(marks: list[FrameMark]) -> list[FrameMark]:
        old = {name: getattr(marks[at], name) for name in ("unit", "number", "frame", "utc_ms")}
        marks[at] = FrameMark(**{**old, **fields})
        return marks

    return change


def test_good_pictures_give_no_finding(tmp_path: Path, unit: Unit) -> None:
    assert seen(shot(tmp_path, unit)) == {}


def test_dropped_pictures_are_told_unless_a_gap_declares_them(tmp_path: Path, unit: Unit) -> None:
    found = seen(shot(tmp_path / "a", unit, drop(12, 3)))
    assert found == {"K801": "pictures missing after 1011, and no gap says so: 3"}
    at = BASE_BOOT + 42 * 600_000_000 + 1_100_000
    gap = Gap(interval=1, stream="video", cause="limit", from_us=at, to_us=at + 100_000, frames=3)
    assert seen(shot(tmp_path / "b", unit, drop(12, 3), gap)) == {}


def test_repeated_pictures(tmp_path: Path, unit: Unit) -> None:
    found = seen(shot(tmp_path, unit, lambda marks: [*marks[:8], marks[7], *marks[8:-1]]))
    assert found == {"K802": "picture 1007 comes twice"}


def test_pictures_out_of_order_were_spliced(tmp_path: Path, unit: Unit) -> None:
    found = seen(shot(tmp_path, unit, replace(20, frame=900)))
    assert "spliced: picture 900 comes after 1019" in found["K803"]


@pytest.mark.parametrize(("fields", "words"), [({"unit": 7}, "another unit's"), ({"number": 9}, "of recording 9")])
def test_pictures_from_elsewhere(tmp_path: Path, unit: Unit, fields: dict[str, int], words: str) -> None:
    assert words in seen(shot(tmp_path, unit, replace(3, **fields)))["K803"]


def marks_of(unit: Unit, number: int, first: int) -> list[FrameMark]:
    return [FrameMark(unit_bits(unit.name), number, first + index, 0) for index in range(3)]


@pytest.mark.parametrize(
    ("held_over", "numbers", "wrong"),
    [(True, (41, 42), False), (False, (41, 42), True), (True, (42, 41), True), (True, (40, 42), True)],
)
def test_what_was_held_over_may_bear_the_earlier_number_and_only_at_the_beginning(
    tmp_path: Path, unit: Unit, held_over: bool, numbers: tuple[int, int], wrong: bool
) -> None:
    opened = Maker(tmp_path, unit, 42, previous=Previous(number=41, id=bytes(16), head=bytes(32))).opened
    pictures = Pictures(opened, [], held_over=held_over)
    pictures.begin(Footage("video-01.mp4", 1))
    for mark in marks_of(unit, numbers[0], 0) + marks_of(unit, numbers[1], 3):
        pictures.picture(mark, mark)
    assert ("K803" in {finding.code for finding in pictures.findings}) is wrong


def test_cells_and_sei_must_agree(tmp_path: Path, unit: Unit) -> None:
    found = seen(shot(tmp_path, unit, other_sei=replace(5, frame=4)))
    assert any("differ" in text for text in found.values())


def test_a_picture_of_another_time(tmp_path: Path, unit: Unit) -> None:
    found = seen(shot(tmp_path, unit, replace(5, utc_ms=5)))
    assert "another time" in found["K806"]


def test_unreadable_strips_are_counted(tmp_path: Path, unit: Unit) -> None:
    found = seen(shot(tmp_path, unit, blank=4))
    assert found == {"K804": "the cell strip of 1 pictures of 30 can't be read"}


def test_media_that_is_none_is_a_finding(recording: Path, unit: Unit) -> None:
    judged = judge(recording, certificates.load_pem(unit.anchor))
    assert {found.code for found in look(judged)} == {"K805"}


def test_damaged_media_never_fails(tmp_path: Path, unit: Unit) -> None:
    judged = shot(tmp_path, unit)
    path = judged.path / "video-01.mp4"
    data = path.read_bytes()
    for step in range(1, 40):
        broken = bytearray(data)
        begin = len(data) * step // 40
        broken[begin : begin + 200] = bytes(200)
        path.write_bytes(broken)
        look(judged)
        path.write_bytes(data[:begin])
        look(judged)
