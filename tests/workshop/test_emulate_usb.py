"""The webcam on the emulated USB: its descriptors, the usb-redir protocol, and both together at the end of a socket."""

import socket
import struct
import threading
from collections.abc import Iterator

import pytest

from kuager_workshop.emulate import usbredir, uvc
from kuager_workshop.emulate.webcam import SIZES, Webcam

OFFER = uvc.Offer((uvc.FORMATS["i420"], uvc.FORMATS["yuy2"]), SIZES, (10, 30))
GET_DESCRIPTOR, SET, GET = (0x80, 6), (0x21, 0x01), (0xA1, 0x81)


def setup(kind: tuple[int, int], value: int, index: int, length: int) -> bytes:
    return struct.pack("<BBHHH", *kind, value, index, length)


def descriptors(data: bytes) -> Iterator[bytes]:
    while data:
        assert len(data) >= data[0] >= 2
        yield data[: data[0]]
        data = data[data[0] :]


def test_configuration_is_whole_and_says_its_length() -> None:
    whole = OFFER.configuration()
    assert struct.unpack_from("<H", whole, 2)[0] == len(whole)
    kinds = [each[1] for each in descriptors(whole)]
    assert kinds[0] == 2
    assert kinds.count(4) == 2  # control and streaming interface
    assert kinds[-1] == 5  # the endpoint


def test_lengths_of_class_descriptors_cover_what_follows() -> None:
    parts = list(descriptors(OFFER.configuration()))
    control = next(each for each in parts if each[1:3] == b"\x24\x01")
    assert struct.unpack_from("<H", control, 5)[0] == sum(each[0] for each in parts[3:6])
    streaming = parts[7]
    assert struct.unpack_from("<H", streaming, 4)[0] == sum(each[0] for each in parts[7:-1])


def test_every_format_lists_every_size_and_rate() -> None:
    frames = [each for each in descriptors(OFFER.configuration()) if each[1:3] == b"\x24\x05"]
    sizes = [struct.unpack_from("<HH", each, 5) for each in frames]
    assert sizes == [*SIZES, *SIZES]
    for frame in frames:
        default, count = struct.unpack_from("<IB", frame, 21)
        intervals = struct.unpack_from(f"<{count}I", frame, 26)
        assert default == 1_000_000
        assert list(intervals) == [333_333, 1_000_000]


def test_commit_decides_and_probe_does_not() -> None:
    camera = uvc.Camera(OFFER, "camera", "1")
    asked = struct.pack("<HBBI", 1, 2, 2, 333_333).ljust(26, b"\0")
    assert camera.control(setup(SET, 0x100, 1, 26), asked) == b""
    assert camera.committed.format == uvc.FORMATS["i420"]
    told = camera.control(setup(GET, 0x100, 1, 26), b"")
    assert told is not None
    assert struct.unpack_from("<HBBI", told) == (1, 2, 2, 333_333)
    assert struct.unpack_from("<I", told, 18)[0] == SIZES[1][0] * SIZES[1][1] * 2
    camera.control(setup(SET, 0x200, 1, 26), asked)
    assert camera.committed == uvc.Chosen(uvc.FORMATS["yuy2"], SIZES[1], 333_333)


def test_what_the_host_may_not_choose_is_brought_into_the_offer() -> None:
    assert OFFER.chosen(struct.pack("<HBBI", 1, 99, 0, 0)) == uvc.Chosen(uvc.FORMATS["yuy2"], SIZES[0], 1_000_000)
    assert OFFER.chosen(b"") == uvc.Chosen(uvc.FORMATS["i420"], SIZES[0], 1_000_000)


def test_descriptor_requests_are_cut_to_the_length_asked_for_and_unknown_ones_stall() -> None:
    camera = uvc.Camera(OFFER, "camera", "1")
    assert camera.control(setup(GET_DESCRIPTOR, 0x200, 0, 9), b"") == OFFER.configuration()[:9]
    assert camera.control(setup(GET_DESCRIPTOR, 0x302, 0x409, 255), b"") == b"\x0e\x03" + "camera".encode("utf-16-le")
    assert camera.control(setup(GET_DESCRIPTOR, 0x3EE, 0, 255), b"") is None
    assert camera.control(setup((0xA1, 0x81), 0x200, 0, 4), b"") is None  # a control of the sensor: it has none


def test_packets_come_whole_however_they_are_cut() -> None:
    parser = usbredir.Parser()
    stream = parser.pack(usbredir.HELLO, usbredir.hello("there"))
    ours = usbredir.Parser()
    found = [packet for byte in stream for packet in ours.feed(bytes([byte]))]
    assert [packet.kind for packet in found] == [usbredir.HELLO]
    assert ours.wide
    parser.wide = True
    both = parser.pack(usbredir.CANCEL, b"", 1 << 40) + parser.pack(usbredir.SET_CONFIGURATION, b"\1", 2)
    assert ours.feed(both) == [
        usbredir.Packet(usbredir.CANCEL, 1 << 40, b""), usbredir.Packet(usbredir.SET_CONFIGURATION, 2, b"\1"),
    ]  # fmt: skip


def test_old_peer_keeps_short_numbers() -> None:
    parser = usbredir.Parser()
    parser.feed(struct.pack("<III", usbredir.HELLO, 64, 0) + b"old".ljust(64, b"\0"))
    assert not parser.wide


def test_packet_that_is_too_long_is_refused() -> None:
    with pytest.raises(ValueError, match="bytes"):
        usbredir.Parser().feed(struct.pack("<III", usbredir.BULK, 1 << 30, 0))


def test_bulk_lengths_have_two_halves() -> None:
    body = usbredir.bulk_answer(0x81, usbredir.OK, bytes(70_000))
    assert usbredir.bulk(body) == usbredir.Bulk(0x81, usbredir.OK, 70_000)


def test_stalled_control_has_no_data() -> None:
    asked = usbredir.control(struct.pack("<BBBBHHH", 0x80, 6, 0x80, 0, 0x3EE, 0, 255))
    assert asked.setup == setup(GET_DESCRIPTOR, 0x3EE, 0, 255)
    answer = usbredir.control_answer(asked, None)
    assert answer[3] == usbredir.STALL
    assert len(answer) == 10


class Qemu:
    """The other end of the cable."""

    def __init__(self) -> None:
        self.end, cable = socket.socketpair()
        self.end.settimeout(10)
        self.parser = usbredir.Parser()
        self.packets: list[usbredir.Packet] = []
        self.picture = bytes(range(256)) * 450  # 320 x 240 in i420
        self.shutter = threading.Event()
        self.shutter.set()
        self.cable = cable
        offer = uvc.Offer((uvc.FORMATS["i420"],), ((320, 240),), (60,))
        self.webcam = Webcam(cable, offer, lambda _: self.show)
        self.thread = threading.Thread(target=self.webcam.run)
        self.thread.start()
        self.send(usbredir.HELLO, usbredir.hello("qemu"))
        self.parser.wide = True

    def show(self, us: int) -> bytes:
        self.shutter.wait(10)
        return self.picture

    def ask(self, number: int) -> None:
        self.send(usbredir.BULK, struct.pack("<BBHIH", uvc.ENDPOINT, 0, uvc.PAYLOAD, 0, 0), number)

    def send(self, kind: int, body: bytes, number: int = 0) -> None:
        self.end.sendall(self.parser.pack(kind, body, number))

    def expect(self, kind: int) -> usbredir.Packet:
        while True:
            for index, packet in enumerate(self.packets):
                if packet.kind == kind:
                    return self.packets.pop(index)
            self.packets += self.parser.feed(self.end.recv(1 << 16))

    def hang_up(self) -> None:
        self.end.close()
        self.thread.join(10)
        self.cable.close()


@pytest.fixture
def qemu() -> Iterator[Qemu]:
    made = Qemu()
    yield made
    made.hang_up()
    assert not made.thread.is_alive()


def test_webcam_plugs_in_and_gives_whole_pictures(qemu: Qemu) -> None:
    qemu.parser.wide = False  # until its hello has come
    assert qemu.expect(usbredir.HELLO)
    assert qemu.expect(usbredir.CONNECT).body == usbredir.connect(
        uvc.DEVICE_CLASS, uvc.VENDOR, uvc.PRODUCT, uvc.RELEASE
    )
    qemu.send(usbredir.SET_CONFIGURATION, b"\1", 5)
    assert qemu.expect(usbredir.CONFIGURATION) == usbredir.Packet(usbredir.CONFIGURATION, 5, b"\0\1")
    got = b""
    toggles = set()
    for number in range(1, 20):
        qemu.ask(number)
        packet = qemu.expect(usbredir.BULK)
        assert packet.number == number
        data = packet.body[10:]
        got += data[2:]
        toggles.add(data[1] & 1)
        if data[1] & 2:
            break
    assert got == qemu.picture
    assert toggles == {0}


def test_cancelled_transfer_is_given_back(qemu: Qemu) -> None:
    qemu.parser.wide = False
    qemu.expect(usbredir.CONNECT)
    qemu.shutter.clear()  # no picture yet: transfers wait
    for number in (7, 8):
        qemu.ask(number)
    qemu.send(usbredir.CANCEL, b"", 8)
    packet = qemu.expect(usbredir.BULK)
    assert packet.number == 8
    assert usbredir.bulk(packet.body).status == usbredir.CANCELLED
    qemu.shutter.set()
    packet = qemu.expect(usbredir.BULK)
    assert packet.number == 7
    assert usbredir.bulk(packet.body) == usbredir.Bulk(uvc.ENDPOINT, usbredir.OK, uvc.PAYLOAD)
