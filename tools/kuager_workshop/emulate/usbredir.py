"""The usb-redir protocol, as far as a device with one bulk endpoint needs it: packets out of bytes and back. No I/O.

We are the host's end, at which the device hangs; QEMU is the guest's. Every packet has a kind, a length and a number.
Numbers have 32 bits until both ends have said that they know 64.
"""

import struct
from typing import NamedTuple

HELLO, CONNECT, DISCONNECT, RESET, INTERFACES, ENDPOINTS = range(6)
SET_CONFIGURATION, GET_CONFIGURATION, CONFIGURATION, SET_ALTERNATE, GET_ALTERNATE, ALTERNATE = range(6, 12)
CANCEL = 21
CONTROL, BULK = 100, 101

OK, CANCELLED, STALL = 0, 1, 4

_VERSION_CAP, _PACKET_SIZE_CAP, _WIDE_CAP, _LENGTH_CAP = (1 << bit for bit in (1, 4, 5, 6))
_CAPS = _VERSION_CAP | _PACKET_SIZE_CAP | _WIDE_CAP | _LENGTH_CAP
_HIGH_SPEED = 2
_MOST = 1 << 20  # bytes of a packet's body
_UNUSED = 255  # an endpoint that is not there
_SLOTS = 32


class Packet(NamedTuple):
    """A packet; several kinds of ours are answers to the packet with the same number."""

    kind: int
    number: int
    body: bytes


class Bulk(NamedTuple):
    """The head of a bulk packet."""

    endpoint: int
    status: int
    length: int


class Control(NamedTuple):
    """A control packet: the 8 bytes of its set-up, and outgoing data."""

    endpoint: int
    setup: bytes
    data: bytes


class Parser:
    """Packets out of a stream of bytes."""

    def __init__(self) -> None:
        self.wide = False  # numbers of 64 bits, from the packet after the other end's hello
        self._waiting = b""

    def feed(self, data: bytes) -> list[Packet]:
        """The packets that are complete now. Raises ValueError for one that can't be."""
        self._waiting += data
        found: list[Packet] = []
        while True:
            head = "<IIQ" if self.wide else "<III"
            size = struct.calcsize(head)
            if len(self._waiting) < size:
                return found
            kind, length, number = struct.unpack_from(head, self._waiting)
            if length > _MOST:
                raise ValueError(f"a packet of kind {kind} with {length} bytes")
            if len(self._waiting) < size + length:
                return found
            body = self._waiting[size : size + length]
            self._waiting = self._waiting[size + length :]
            if kind == HELLO:
                self.wide = len(body) >= 68 and bool(struct.unpack_from("<I", body, 64)[0] & _WIDE_CAP)
            found.append(Packet(kind, number, body))

    def pack(self, kind: int, body: bytes, number: int = 0) -> bytes:
        """A packet of ours, in the form on which both have agreed so far."""
        return struct.pack("<IIQ" if self.wide else "<III", kind, len(body), number) + body


def hello(name: str) -> bytes:
    """The body of the first packet."""
    return name.encode().ljust(64, b"\0")[:64] + struct.pack("<I", _CAPS)


def connect(device_class: tuple[int, int, int], vendor: int, product: int, release: int) -> bytes:
    """The body that says: a high-speed device is plugged in."""
    return struct.pack("<BBBBHHH", _HIGH_SPEED, *device_class, vendor, product, release)


def interfaces(classes: tuple[tuple[int, int], ...]) -> bytes:
    """The body that lists interfaces by class and subclass."""
    columns = (range(len(classes)), (each[0] for each in classes), (each[1] for each in classes), bytes(len(classes)))
    return struct.pack("<I", len(classes)) + b"".join(bytes(column).ljust(_SLOTS, b"\0") for column in columns)


def endpoints(bulk_in: int, packet: int, interface: int) -> bytes:
    """The body that lists endpoint 0 and one for bulk data to the host."""
    slot = 16 + (bulk_in & 15)  # slots 16 to 31 are the incoming ones
    kinds, owners, sizes = bytearray([_UNUSED] * _SLOTS), bytearray(_SLOTS), [0] * _SLOTS
    kinds[0] = kinds[16] = 0
    sizes[0] = sizes[16] = 64
    kinds[slot], owners[slot], sizes[slot] = 2, interface, packet
    return bytes(kinds) + bytes(_SLOTS) + bytes(owners) + struct.pack(f"<{_SLOTS}H", *sizes)


def bulk(body: bytes) -> Bulk:
    """What a bulk packet asks for."""
    endpoint, status, low, _, high = struct.unpack_from("<BBHIH", body)
    return Bulk(endpoint, status, low | high << 16)


def bulk_answer(endpoint: int, status: int, data: bytes = b"") -> bytes:
    """The body that completes a bulk packet."""
    return struct.pack("<BBHIH", endpoint, status, len(data) & 0xFFFF, 0, len(data) >> 16) + data


def control(body: bytes) -> Control:
    """What a control packet asks for."""
    endpoint, request, kind, _, value, index, length = struct.unpack_from("<BBBBHHH", body)
    return Control(endpoint, struct.pack("<BBHHH", kind, request, value, index, length), body[10:])


def control_answer(asked: Control, answer: bytes | None) -> bytes:
    """The body that completes a control packet; None stalls it."""
    kind, request, value, index, _ = struct.unpack("<BBHHH", asked.setup)
    incoming = bool(asked.endpoint & 0x80)
    length = 0 if answer is None else len(answer) if incoming else len(asked.data)
    status = STALL if answer is None else OK
    head = struct.pack("<BBBBHHH", asked.endpoint, request, kind, status, value, index, length)
    return head + (answer or b"" if incoming else b"")
