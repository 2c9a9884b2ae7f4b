"""Takes a fragment of ours apart and puts it together again with other pictures (ISO/IEC 14496-12, 8.8)."""

import struct
from dataclasses import dataclass

from kuager.media import boxes
from kuager.media.boxes import Box

_OFFSET, _FIRST_FLAGS, _SIZES = 0x1, 0x4, 0x200
_FILLER = 12  # nal_unit_type of filler data: a decoder throws it away


@dataclass
class Track:
    """One track's samples, and where in the fragment it is said where they begin and how long each is."""

    offset_at: int
    sizes_at: int
    samples: list[bytes]


@dataclass
class Fragment:
    """``prft moof mdat`` with one or two tracks, samples in the order of the tracks."""

    head: bytes
    """prft and moof."""
    moof: int
    """Offset of the moof in it."""
    tracks: list[Track]

    @classmethod
    def parse(cls, data: bytes) -> "Fragment":
        """Raises ValueError where it is not as our writer makes it."""
        _, moof, mdat = boxes.walk(data)
        tracks = [_track(data, moof, traf) for traf in boxes.children(data, moof) if traf.type == b"traf"]
        if sum(len(sample) for track in tracks for sample in track.samples) != mdat.size - mdat.header:
            raise ValueError("samples and mdat are not of one length")
        return cls(data[: mdat.offset], moof.offset, tracks)

    @property
    def pictures(self) -> list[bytes]:
        """The samples of the video track."""
        return self.tracks[0].samples

    def encode(self) -> bytes:
        """All of it, sizes and offsets as they now are."""
        head, body = bytearray(self.head), b""
        begin = len(head) - self.moof + 8
        for track in self.tracks:
            struct.pack_into(">i", head, track.offset_at, begin + len(body))
            for place, sample in enumerate(track.samples):
                struct.pack_into(">I", head, track.sizes_at + 4 * place, len(sample))
            body += b"".join(track.samples)
        return bytes(head) + struct.pack(">I4s", 8 + len(body), b"mdat") + body


def padded(sample: bytes, length: int) -> bytes:
    """The sample as long as is wanted, by a unit of filler data; it must be shorter by 6 bytes or more."""
    count = length - len(sample) - 4
    return sample + count.to_bytes(4) + bytes([_FILLER]) + b"\xff" * (count - 2) + b"\x80"


def length_prefixed(access_unit: bytes) -> bytes:
    """An Annex B access unit as MP4 holds it."""
    units = access_unit.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1")[1:]
    return b"".join(len(unit).to_bytes(4) + unit for unit in units)


def _track(data: bytes, moof: Box, traf: Box) -> Track:
    trun = boxes.find(data, traf, b"trun")
    if trun is None:
        raise ValueError("a track fragment without a run")
    flags, count = (int.from_bytes(data[trun.body + at : trun.body + at + 4]) for at in (0, 4))
    if flags & ~_FIRST_FLAGS != _OFFSET | _SIZES:
        raise ValueError(f"a run with flags {flags:x}")
    sizes_at = trun.body + (16 if flags & _FIRST_FLAGS else 12)
    (data_offset,) = struct.unpack_from(">i", data, trun.body + 8)
    at, samples = moof.offset + data_offset, []
    for size in struct.unpack_from(f">{count}I", data, sizes_at):
        samples.append(data[at : at + size])
        at += size
    return Track(trun.body + 8, sizes_at, samples)
