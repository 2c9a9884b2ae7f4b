"""Positions and times out of bytes, right ones and hostile ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nmea_lines import UTC_US, burst, sentence

from kuager.board.nmea import LONGEST, Fix, Lines, Receiver, Time


def hear(data: bytes, at_us: int = 5) -> Receiver:
    receiver, lines = Receiver(), Lines()
    for line in lines.feed(data):
        receiver.hear(line, at_us)
    return receiver


def test_a_position_with_the_receivers_own_error():
    assert hear(burst()).fix == Fix(
        at_us=5, lat_e7=511187243, lon_e7=714353909, accuracy_mm=4000, basis="gst", satellites=9, height_mm=347_500
    )


def test_a_position_with_a_dilution_only():
    fix = hear(burst(gst=False)).fix
    assert fix is not None
    assert (fix.accuracy_mm, fix.basis) == (10_200, "hdop")


def test_south_and_west_are_negative():
    fix = hear(burst(lat="3352.0,S", lon="15112.0,W")).fix
    assert fix is not None
    assert (fix.lat_e7, fix.lon_e7) == (-338_666_667, -1_512_000_000)


def test_an_error_of_another_moment_does_not_count():
    old = sentence("GNGST,051000.00,8.4,2.1,1.5,12.0,1.6,1.2,3.0")
    fix = hear(old + burst(gst=False)).fix
    assert fix is not None
    assert fix.basis == "hdop"
    midnight = sentence("GNGST,235959.50,8.4,2.1,1.5,12.0,1.6,1.2,3.0") + burst(gst=False).replace(b"051500", b"000000")
    body = midnight.splitlines()[-1].split(b"*")[0][1:].decode()
    fix = hear(midnight.splitlines()[0] + b"\n" + sentence(body)).fix
    assert fix is not None
    assert fix.basis == "gst"


def test_a_time_is_known_with_its_bound():
    assert hear(burst(7)).time == Time(5, UTC_US + 7_000_000)


@pytest.mark.parametrize(
    "body",
    [
        "GNGGA,051500.00,,,,,0,00,99.99,,,,,,",  # sees nothing
        "GNGGA,051500.00,5107.12,N,07126.12,E,6,09,1.0,347.5,M,-33.0,M,,",  # reckons
        "GNGGA,051500.00,5107.12,N,07126.12,E,8,09,1.0,347.5,M,-33.0,M,,",  # simulates
        "GNGGA,051500.00,9907.12,N,07126.12,E,1,09,1.0,347.5,M,-33.0,M,,",
        "GNGGA,051500.00,5107.12,N,99926.12,E,1,09,1.0,347.5,M,-33.0,M,,",
        "GNGGA,051500.00,5107.12,N,07126.12,E,1,09,,347.5,M,-33.0,M,,",
        "GNGGA,051500.00,5107.12,N,07126.12,E,1,09,99.99,347.5,M,-33.0,M,,",
        "GNGGA,051500.00,nan,N,inf,E,1,09,1.0,1e999,M,-33.0,M,,",
        "GNRMC,051500.00,V,,,,,0.01,,221126,,,N,V",
        "GNRMC,051500.00,A,5107.12,N,07126.12,E,0.01,,070406,,,A,V",  # 2006: its count of weeks rolled over
        "GNRMC,,A,,,,,,,,,,A,V",
        "GNRMC,999999.00,A,5107.12,N,07126.12,E,0.01,,993399,,,A,V",
        "GNTXT,01,01,02,hello",
        "PUBX,00,051500.00,5107.12,N",
    ],
)
def test_what_is_no_position_and_no_time(body):
    receiver = hear(sentence(body))
    assert (receiver.fix, receiver.time) == (None, None)


def test_a_wrong_checksum_is_nothing():
    data = burst().replace(b"5107.1234567", b"5108.1234567")
    receiver = hear(data)
    assert (receiver.fix, receiver.time) == (None, None)


def test_lines_are_put_together_from_any_pieces_and_none_grows():
    data, lines = burst() * 3, Lines()
    whole = [line for byte in data for line in lines.feed(bytes([byte]))]
    assert whole == data.replace(b"\r", b"").splitlines()
    for _ in range(1000):
        assert lines.feed(b"x" * 4096) == []
        assert len(lines._rest) <= LONGEST
    assert lines.feed(b"end\n" + data[:30]) == [], "what began too long is dropped up to its end"
    assert lines.feed(data[30:]) == data.replace(b"\r", b"").splitlines()


@given(st.binary(max_size=400), st.integers(1, 50))
def test_noise_never_hurts(noise, size):
    receiver, lines = Receiver(), Lines()
    for start in range(0, len(noise), size):
        for line in lines.feed(noise[start : start + size]):
            receiver.hear(line, 1)
    for line in lines.feed(b"\n" + burst()):
        receiver.hear(line, 2)
    assert receiver.fix is not None
    assert receiver.fix.at_us == 2


FIELDS = st.text(st.characters(min_codepoint=32, max_codepoint=126, exclude_characters="*$,"), max_size=12)


@given(st.sampled_from(["GNGGA", "GPGST", "GNRMC"]), st.lists(FIELDS | st.sampled_from(["1", "-0", "nan", "1e400"])))
def test_a_right_checksum_around_anything_never_hurts(kind, fields):
    receiver = Receiver()
    for line in Lines().feed(sentence(",".join([kind, *fields]))):
        receiver.hear(line, 1)
    fix = receiver.fix
    assert fix is None or (abs(fix.lat_e7) <= 900_000_000 and abs(fix.lon_e7) <= 1_800_000_000)
    assert fix is None or 0 < fix.accuracy_mm < 2**40
