import socket
import struct

from kuager.board.chrony import Feeder, offset_us, sample
from kuager.board.nmea import Time

UTC_US = 1_795_324_500_000_000


def test_a_sample_has_chronys_layout():
    data = sample(UTC_US + 123_456, -2_500_000)
    assert len(data) == 40
    seconds, micros, offset, pulse, leap, _, magic = struct.unpack("@qqdiiii", data)
    assert (seconds, micros, offset, pulse, leap, magic) == (1_795_324_500, 123_456, -2.5, 0, 0, 0x534F434B)


def test_the_offset_is_in_the_middle_of_what_it_may_be():
    time = Time(at_us=0, utc_us=UTC_US, late_us=1_000_000)
    assert offset_us(time, UTC_US + 700_000) == -200_000, "heard 0 to 1 s after its moment"


def test_samples_go_to_whoever_listens_and_nowhere_else(tmp_path):
    path = tmp_path / "chrony.sock"
    feeder, time = Feeder(path), Time(0, UTC_US)
    assert not feeder.send(time, UTC_US)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as chronyd:
        chronyd.bind(str(path))
        assert feeder.send(time, UTC_US + 500_000)
        assert chronyd.recv(100) == sample(UTC_US + 500_000, 0)
        for _ in range(10_000):
            if not feeder.send(time, UTC_US):
                break
        else:
            raise AssertionError("a chronyd that does not read must not hold anybody up")
    feeder.close()
