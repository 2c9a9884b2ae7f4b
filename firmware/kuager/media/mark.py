"""What every picture says of itself, in the cell strip and in an SEI alike: 118 bits with a checksum.

Bits, most significant first: unit 16, recording number 20, frame counter 24, UTC 42, CRC 16. The unit is the first 16
bits of SHA-256 of its name (UTF-8); number and counter are modulo their width; UTC is in ms since 1970. The CRC is
CRC-16/CCITT-FALSE (polynomial 0x1021, initial value 0xFFFF, no reflection, no final xor) of the 102 bits before it,
with two zero bits put in front: 13 bytes.
"""

import binascii
import functools
import hashlib
from dataclasses import dataclass
from typing import Self

BITS = 118
SIZE = 15
"""Bytes of the packed form: two zero bits and the 118."""


@functools.cache
def unit_bits(name: str) -> int:
    """The 16 bits that stand for a unit's name."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:2], "big")


@dataclass(frozen=True, slots=True)
class FrameMark:
    """Unit (16 bits), recording number, frame counter (frames given to the encoder since capture began), UTC in ms."""

    unit: int
    number: int
    frame: int
    utc_ms: int

    def pack(self) -> bytes:
        """15 bytes: two zero bits, the fields, the CRC."""
        fields = self.unit & 0xFFFF
        fields = fields << 20 | self.number & 0xFFFFF
        fields = fields << 24 | self.frame & 0xFFFFFF
        fields = fields << 42 | self.utc_ms & (1 << 42) - 1
        head = fields.to_bytes(13, "big")
        return head + binascii.crc_hqx(head, 0xFFFF).to_bytes(2, "big")

    @classmethod
    def unpack(cls, data: bytes) -> Self | None:
        """The mark in 15 bytes, or None where the CRC or the two zero bits say that it is none."""
        if len(data) != SIZE or data[0] >> 6 or binascii.crc_hqx(data[:13], 0xFFFF) != int.from_bytes(data[13:], "big"):
            return None
        fields = int.from_bytes(data[:13], "big")
        return cls(fields >> 86, fields >> 66 & 0xFFFFF, fields >> 42 & 0xFFFFFF, fields & (1 << 42) - 1)
