"""The producer reference time box (ISO/IEC 14496-12, 8.16.5): the UTC at which a fragment's first frame was captured.

Layout, 32 bytes, big-endian::

    0   size            32 bits   = 32
    4   type            32 bits   = 'prft'
    8   version          8 bits   = 1
    9   flags           24 bits   = 24: the time is when the frame was captured
    12  reference track 32 bits   track id that media_time counts in
    16  NTP time        64 bits   seconds since 1900-01-01 UTC in the high half, 2**-32 s in the low half (RFC 5905)
    24  media_time      64 bits   decode time of that frame, in the track's own time scale

The NTP seconds wrap in 2036 (era 1 begins); reading takes the era that puts the time between 1968 and 2104.
"""

from dataclasses import dataclass

from kuager.media.boxes import PRFT_SIZE, Buffer, MediaError

FLAGS_CAPTURED = 24
_NTP_TO_UNIX_S = 2_208_988_800
_ERA = 1 << 32


@dataclass(frozen=True, slots=True)
class ReferenceTime:
    """UTC us of a fragment's first frame, and where that frame lies in the track's own time."""

    track: int
    utc_us: int
    media_time: int

    def encode(self) -> bytes:
        """The box, 32 bytes."""
        seconds, micros = divmod(self.utc_us, 1_000_000)
        # Rounded up, so that reading back by rounding down gives the same microsecond.
        fraction = -(-micros * _ERA // 1_000_000)
        return b"".join(
            (
                PRFT_SIZE.to_bytes(4, "big"),
                b"prft\x01",
                FLAGS_CAPTURED.to_bytes(3, "big"),
                self.track.to_bytes(4, "big"),
                ((seconds + _NTP_TO_UNIX_S) % _ERA).to_bytes(4, "big"),
                fraction.to_bytes(4, "big"),
                self.media_time.to_bytes(8, "big"),
            )
        )


def decode(data: Buffer) -> ReferenceTime:
    """Read the box at the start of `data`. Raises MediaError if it is not ours."""
    if len(data) < PRFT_SIZE or bytes(data[:12]) != b"\x00\x00\x00\x20prft\x01" + FLAGS_CAPTURED.to_bytes(3, "big"):
        raise MediaError("no producer reference time of version 1 with a time of capture")
    number = [int.from_bytes(data[at : at + 4], "big") for at in (12, 16, 20)]
    track, seconds, fraction = number
    if seconds < 1 << 31:
        seconds += _ERA
    utc_us = (seconds - _NTP_TO_UNIX_S) * 1_000_000 + fraction * 1_000_000 // _ERA
    return ReferenceTime(track, utc_us, int.from_bytes(data[24:32], "big"))
