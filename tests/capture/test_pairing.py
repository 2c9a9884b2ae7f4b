"""Access units and the pictures that they were made of: pairing by stamp, keyframes by time, parameter sets."""

from fractions import Fraction

import pytest
from pipeline_world import picture

from kuager.capture import annexb
from kuager.capture.encoder import VideoEncoder
from kuager.capture.sensors import Marked
from kuager.capture.sensors.pairing import Keyframes, Pairing, Sent
from kuager.media.mark import FrameMark


def sent(at_us: int) -> Sent:
    return Sent(at_us, at_us + 5, at_us + 9, Marked(FrameMark(1, 2, at_us, 4), standby=False, key=False))


def test_pairing_goes_by_stamp_and_names_what_is_missing() -> None:
    pairing = Pairing()
    for at in range(0, 200_000, 40_000):
        pairing.sent(sent(at))
    assert pairing.came(1) == (sent(0), ())  # rounded on its way
    assert pairing.came(120_000) == (sent(120_000), (40_005, 80_005))
    assert pairing.came(120_000) is None  # twice
    assert pairing.came(90_000) is None  # of no picture
    found = pairing.came(160_000)
    assert found == (sent(160_000), ())
    pairing.give_up(*found)
    pairing.sent(sent(200_000))
    assert pairing.came(200_000) == (sent(200_000), (160_005,))
    assert pairing.came(300_000) is None


def test_what_never_comes_out_is_bounded_and_counted() -> None:
    pairing = Pairing()
    for at in range(100):
        pairing.sent(sent(at * 40_000))
    found = pairing.came(99 * 40_000)
    assert found is not None
    assert len(found[1]) == 99


def test_keyframes_by_time_by_order_and_again() -> None:
    keys = Keyframes()
    asked = [at for at in range(0, 3_000_000, 40_000) if keys.due(at, ordered=False)]
    assert asked == [0, 1_000_000, 2_000_000]
    assert keys.due(3_040_000, ordered=True)
    keys.came(3_000_000, key=True)  # too early
    assert not keys.due(3_080_000, ordered=False)
    keys.came(3_040_000, key=False)
    assert keys.due(3_120_000, ordered=False)
    keys.came(3_120_000, key=True)
    assert not keys.due(3_160_000, ordered=False)
    keys.lost()
    assert keys.due(3_200_000, ordered=False)


def test_the_head_of_an_access_unit() -> None:
    encoder = VideoEncoder(160, 96, Fraction(25), "ultrafast", 30)
    first, second = (encoder.encode(picture(at, 160, 96).frame, at)[0] for at in (0, 40_000))
    head = annexb.head(first)
    assert (head.picture, head.idr) == (True, True)
    assert annexb.head(head.sets) == annexb.Head(False, False, head.sets)
    assert {head.sets[4] & 31, head.sets[head.sets.find(b"\0\0\0\1", 4) + 4] & 31} == {7, 8}
    assert annexb.head(second) == annexb.Head(True, False, b"")


@pytest.mark.parametrize("data", [b"", b"\0\0\1", b"\0\0\0\1", b"no start code", b"\0\0\1\x67\0\0", b"\0\0\1\x09\x10"])
def test_what_is_no_picture_has_none(data: bytes) -> None:
    assert annexb.head(data) == annexb.Head(False, False, b"")
