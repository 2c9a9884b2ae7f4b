"""A picture's mark as an SEI message in its H.264 access unit: what the cells say, free of any coding loss.

The NAL unit (ITU-T H.264, 7.3.1 and D.1.7 user_data_unregistered), before emulation prevention::

    06                     nal_ref_idc 0, nal_unit_type 6 (SEI)
    05 1F                  payload type 5, payload size 31
    16 bytes               our UUID
    15 bytes               the packed mark (see mark.py)
    80                     rbsp trailing bits

Emulation prevention (7.4.1) puts 03 after two zero bytes where the next byte is at most 03. The unit goes directly
before the access unit's first slice. An encoder writes SEI messages of its own: ours is known by that place and the
UUID; what looks like it elsewhere is not the mark.
"""

from collections.abc import Iterator

from kuager.media.mark import SIZE, FrameMark

UUID = bytes.fromhex("6f0b9f4ce3a94a5ab7c1d25a8e0f7316")
_HEAD = bytes((6, 5, 16 + SIZE)) + UUID
_TRAILING = b"\x80"
_LENGTH = len(_HEAD) + SIZE + len(_TRAILING)
_START = b"\x00\x00\x01"
_SLICES = range(1, 6)  # nal_unit_type of a coded slice


def nal_unit(mark: FrameMark) -> bytes:
    """The SEI NAL unit with its Annex B start code (four bytes)."""
    return b"\x00" + _START + _protect(_HEAD + mark.pack() + _TRAILING)


def insert(access_unit: bytes, mark: FrameMark) -> bytes:
    """Put the mark before the first slice of an Annex B access unit; raises ValueError where there is no slice."""
    at = access_unit.find(_START)
    while at >= 0 and at + 3 < len(access_unit):
        if access_unit[at + 3] & 0x1F in _SLICES:
            at -= 1 if at and not access_unit[at - 1] else 0  # a start code may have four bytes
            return access_unit[:at] + nal_unit(mark) + access_unit[at:]
        at = access_unit.find(_START, at + 3)
    raise ValueError("the access unit has no slice")


def read_annexb(access_unit: bytes) -> FrameMark | None:
    """The mark in an access unit with start codes, or None."""
    return _before_slice(_split(access_unit))


def read_avcc(packet: bytes, length_size: int = 4) -> FrameMark | None:
    """The mark in a packet as MP4 holds it (each NAL unit after its length), or None. Torn packets give None."""
    return _before_slice(_lengths(packet, length_size))


def _before_slice(units: Iterator[bytes]) -> FrameMark | None:
    before = b""
    for unit in units:
        if unit and unit[0] & 0x1F in _SLICES:
            plain = _strip(before) if before[:1] == b"\x06" else b""
            ours = plain.startswith(_HEAD) and len(plain) == _LENGTH and plain.endswith(_TRAILING)
            return FrameMark.unpack(plain[len(_HEAD) : -1]) if ours else None
        before = unit
    return None


def _split(data: bytes) -> Iterator[bytes]:
    at = data.find(_START)
    while at >= 0:
        following = data.find(_START, at + 3)
        unit = data[at + 3 : following if following >= 0 else len(data)]
        yield unit.rstrip(b"\x00")  # they belong to the next start code, or are padding (B.1.1)
        at = following


def _lengths(data: bytes, size: int) -> Iterator[bytes]:
    at = 0
    while at + size <= len(data):
        end = at + size + int.from_bytes(data[at : at + size], "big")
        if end > len(data):
            return
        yield data[at + size : end]
        at = end


def _protect(data: bytes) -> bytes:
    out, zeros = bytearray(), 0
    for byte in data:
        if zeros >= 2 and byte <= 3:
            out.append(3)
            zeros = 0
        out.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return bytes(out)


def _strip(data: bytes) -> bytes:
    out, zeros = bytearray(), 0
    for byte in data:
        if zeros >= 2 and byte == 3:
            zeros = 0
            continue
        out.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return bytes(out)
