"""A USB webcam (UVC 1.0, one bulk endpoint) as bytes: descriptors, and answers to control requests. No I/O.

A camera says in its descriptors which formats, sizes and rates it offers; the host proposes one (probe), hears what it
would get, and commits.
"""

import struct
from dataclasses import dataclass
from typing import NamedTuple

ENDPOINT = 0x81
PACKET = 512
"""Bytes of a packet on the endpoint, at high speed."""

PAYLOAD = 16384
"""Bytes of a payload with its header; a transfer that the driver asks for is no larger."""

VENDOR, PRODUCT, RELEASE = 0x1D6B, 0x0105, 0x0100
DEVICE_CLASS = (0xEF, 2, 1)  # several interfaces that belong together

_BASE = bytes.fromhex("00001000800000aa00389b71")  # of all format ids that begin with four letters
_STALL = None
_CONTROL, _STREAMING = (0x0E, 1), (0x0E, 2)  # class and subclass of the two interfaces


class Format(NamedTuple):
    """A format of pixels: four letters, bits of a pixel, and the name by which libav makes it."""

    letters: bytes
    bits: int
    libav: str


FORMATS = {
    "i420": Format(b"I420", 12, "yuv420p"),
    "yuy2": Format(b"YUY2", 16, "yuyv422"),
    "grey": Format(b"Y800", 8, "gray"),
    "y16": Format(b"Y16 ", 16, "gray16le"),
}

INTERFACES = (_CONTROL, _STREAMING)


class Chosen(NamedTuple):
    """What the host has asked for: pixels, size in pixels, and the time between two pictures in 100 ns."""

    format: Format
    size: tuple[int, int]
    interval: int

    @property
    def bytes(self) -> int:
        """Of a picture."""
        return self.size[0] * self.size[1] * self.format.bits // 8


@dataclass(frozen=True)
class Offer:
    """What a camera offers: every format in every size at every rate, in pictures a second; the first is usual."""

    formats: tuple[Format, ...]
    sizes: tuple[tuple[int, int], ...]
    rates: tuple[int, ...]

    def chosen(self, asked: bytes) -> Chosen:
        """What the 26 bytes of a probe or commit ask for, brought into the limits of the offer."""
        _, form, frame, interval = struct.unpack_from("<HBBI", asked.ljust(8, b"\0"))
        rate = 10_000_000 // self.rates[0]
        return Chosen(
            self.formats[min(max(form, 1), len(self.formats)) - 1],
            self.sizes[min(max(frame, 1), len(self.sizes)) - 1],
            interval or rate,
        )

    def probe(self, chosen: Chosen) -> bytes:
        """The 26 bytes that say what the host gets."""
        form, frame = self.formats.index(chosen.format) + 1, self.sizes.index(chosen.size) + 1
        return struct.pack("<HBBIHHHHHII", 1, form, frame, chosen.interval, 0, 0, 0, 0, 0, chosen.bytes, PAYLOAD)

    def configuration(self) -> bytes:
        """The configuration descriptor with everything below it."""
        body = (
            struct.pack("<8B", 8, 11, 0, 2, *_CONTROL, 0, 2)
            + struct.pack("<9B", 9, 4, 0, 0, 0, *_CONTROL, 0, 2)
            + self._control()
            + struct.pack("<9B", 9, 4, 1, 0, 1, *_STREAMING, 0, 0)
            + self._streaming()
            + struct.pack("<BBBBHB", 7, 5, ENDPOINT, 2, PACKET, 0)
        )
        return struct.pack("<BBHBBBBB", 9, 2, 9 + len(body), 2, 1, 0, 0x80, 250) + body

    def _control(self) -> bytes:
        # A sensor (terminal 1) wired to USB (terminal 2), with no controls.
        sensor = struct.pack("<BBBBHBBHHHB3s", 18, 0x24, 2, 1, 0x0201, 0, 0, 0, 0, 0, 3, bytes(3))
        usb = struct.pack("<BBBBHBBB", 9, 0x24, 3, 2, 0x0101, 0, 1, 0)
        return struct.pack("<BBBHHIBB", 13, 0x24, 1, 0x0100, 13 + len(sensor + usb), 48_000_000, 1, 1) + sensor + usb

    def _streaming(self) -> bytes:
        parts = b""
        for number, each in enumerate(self.formats, 1):
            identity = each.letters + _BASE
            parts += struct.pack(
                "<BBBBB16sBBBBBB", 27, 0x24, 4, number, len(self.sizes), identity, each.bits, 1, 0, 0, 0, 0
            )
            for index, size in enumerate(self.sizes, 1):
                parts += self._frame(index, each, size)
            parts += struct.pack("<6B", 6, 0x24, 13, 1, 1, 4)
        count = len(self.formats)
        length = 13 + count
        head = struct.pack("<BBBBHBBBBBBB", length, 0x24, 1, count, length + len(parts), ENDPOINT, 0, 2, 0, 0, 0, 1)
        return head + bytes(count) + parts

    def _frame(self, index: int, form: Format, size: tuple[int, int]) -> bytes:
        intervals = [10_000_000 // rate for rate in self.rates]
        picture = size[0] * size[1] * form.bits // 8
        slowest, fastest = picture * 8 * min(self.rates), picture * 8 * max(self.rates)
        return struct.pack(
            f"<BBBBBHHIIIIB{len(intervals)}I", 26 + 4 * len(intervals), 0x24, 5, index, 0, *size, slowest, fastest,
            picture, intervals[0], len(intervals), *sorted(intervals),
        )  # fmt: skip


class Camera:
    """The control endpoint of a camera. `committed` is what was asked for last."""

    def __init__(self, offer: Offer, name: str, serial: str) -> None:
        self._offer = offer
        self._strings = {0: b"\x09\x04"} | {
            number: text.encode("utf-16-le") for number, text in enumerate(("Kuager", name, serial), 1)
        }
        self._asked = self.committed = offer.chosen(b"")

    def control(self, setup: bytes, out: bytes) -> bytes | None:
        """Answer a request, of 8 bytes, with its outgoing data; None is a stall: not supported."""
        kind, request, value, index, length = struct.unpack("<BBHHH", setup)
        if kind & 0x60 == 0:
            return self._standard(kind, request, value, length)
        if index & 0xFF == 1 and value >> 8 in (1, 2):  # probe, commit
            return self._stream(request, value >> 8, length, out)
        return _STALL

    def _standard(self, kind: int, request: int, value: int, length: int) -> bytes | None:
        if not kind & 0x80:
            return b""  # addresses, configurations, halts: taken, and of no consequence here
        if request == 6:
            found = self._descriptor(value >> 8, value & 0xFF)
            return _STALL if found is None else found[:length]
        return {0: b"\0\0", 8: b"\1", 10: b"\0"}.get(request)  # status, configuration, interface

    def _descriptor(self, kind: int, number: int) -> bytes | None:
        if kind == 1:
            identity = (VENDOR, PRODUCT, RELEASE, 1, 2, 3, 1)
            return struct.pack("<BBHBBBBHHHBBBB", 18, 1, 0x0200, *DEVICE_CLASS, 64, *identity)
        if kind == 2:
            return self._offer.configuration()
        if kind == 3 and number in self._strings:
            text = self._strings[number]
            return bytes([len(text) + 2, 3]) + text
        if kind == 6:
            return struct.pack("<BBHBBBBBB", 10, 6, 0x0200, *DEVICE_CLASS, 64, 1, 0)
        return None

    def _stream(self, request: int, selector: int, length: int, out: bytes) -> bytes | None:
        if request == 0x01:  # set
            self._asked = self._offer.chosen(out)
            if selector == 2:
                self.committed = self._asked
            return b""
        if request in (0x81, 0x82, 0x83, 0x87):  # current, least, most, default
            return self._offer.probe(self._asked)[:length]
        return {0x85: struct.pack("<H", 26), 0x86: b"\x03"}.get(request)  # length, what is supported
