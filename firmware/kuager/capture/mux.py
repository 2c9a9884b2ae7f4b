"""Packs packets into fragmented MP4 through libav: an ``init`` and then ``moof mdat`` fragments of at most 0.5 s.

The sink can only be appended to; nothing is ever sought or rewritten. The file's own time begins at 0. libav holds a
packet back until the other stream has come as far, but for half a second at most: a stream that stalls must not hold up
the other.
"""

from collections import deque
from dataclasses import dataclass
from fractions import Fraction

import av
from av.stream import Stream

from kuager.capture.encoder import FLAC_SAMPLES, SOUND_TIME_BASE, VIDEO_TIME_BASE, ticks
from kuager.capture.packets import PicturePacket, Shape, SoundPacket
from kuager.capture.sensors import SAMPLE_RATE
from kuager.media import boxes
from kuager.media.boxes import Kind
from kuager.media.prft import ReferenceTime

_OPTIONS = {
    "movflags": "frag_keyframe+delay_moov+default_base_moof+skip_trailer",
    "frag_duration": "500000",
    "max_interleave_delta": "500000",
}
_BUFFER = 256 * 1024


@dataclass(frozen=True, slots=True)
class Part:
    """One chunk of the file, and the packets that are in it."""

    kind: Kind
    data: bytes
    pictures: list[PicturePacket]
    sound: list[SoundPacket]


class _Sink:
    """Takes what libav writes. It has no seek, tell or close, so that libav can do none of them."""

    def __init__(self) -> None:
        self.data = bytearray()

    def write(self, data: bytes) -> int:
        self.data += data
        return len(data)


class Muxer:
    """One file. `zero_us` is the boot time at which the file's own time begins; no packet may lie before it."""

    def __init__(self, shape: Shape | None, zero_us: int) -> None:
        self._zero_us = zero_us
        self._sink = _Sink()
        self._container = av.open(self._sink, "w", format="mp4", options=_OPTIONS, buffer_size=_BUFFER)
        self._video: Stream | None = None
        if shape:
            video = self._container.add_mux_stream("h264", width=shape.width, height=shape.height, pix_fmt="yuv420p")
            video.time_base = VIDEO_TIME_BASE
            self._video = video
        # Opened like the encoder that made the packets: the stream then carries the same STREAMINFO.
        self._sound = self._container.add_stream("flac", rate=SAMPLE_RATE, layout="mono", format="s16")
        self._sound.codec_context.open()
        self._sound_track = self._sound.index + 1
        self._last_pts = [-1, -1]
        self._pictures: deque[PicturePacket] = deque()
        self._sounds: deque[SoundPacket] = deque()
        self.bytes_in = 0
        """Bytes of packets given so far: what the file will hold, but for its boxes."""

    def add(self, packet: PicturePacket | SoundPacket) -> list[Part]:
        """Pack one packet; gives the chunks that became complete."""
        since_us = max(0, packet.boot_us - self._zero_us)
        if isinstance(packet, SoundPacket):
            pts = since_us * SAMPLE_RATE // 1_000_000
            self._mux(self._sound, packet.data, pts, SOUND_TIME_BASE, key=True, duration=FLAC_SAMPLES)
            self._sounds.append(packet)
        elif self._video is None:
            raise ValueError("a picture came for a file without pictures")
        else:
            self._mux(self._video, packet.data, ticks(since_us), VIDEO_TIME_BASE, key=packet.key)
            self._pictures.append(packet)
        return self._parts()

    def close(self) -> list[Part]:
        """Write out what is held; the file is then complete."""
        self._container.close()
        return self._parts()

    def _mux(self, stream: Stream, data: bytes, pts: int, base: Fraction, *, key: bool, duration: int = 0) -> None:
        # A time that does not grow is an error to libav and would end the recording.
        self._last_pts[stream.index] = pts = max(self._last_pts[stream.index] + 1, pts)
        packet = av.Packet(data)
        packet.stream = stream
        packet.pts = packet.dts = pts
        packet.time_base = base
        packet.is_keyframe = key
        packet.duration = duration
        self._container.mux_one(packet)
        self.bytes_in += len(data)

    def _parts(self) -> list[Part]:
        data, parts, start = self._sink.data, [], 0
        first: boxes.Box | None = None
        for box in boxes.walk(data):
            if box.type in (b"ftyp", b"moof"):
                first = box
            elif first and box.type == b"moov":
                parts.append(Part("init", bytes(data[first.offset : box.end]), [], []))
                start = box.end
            elif first and box.type == b"mdat":
                parts.append(self._fragment(first, box.end))
                start = box.end
        del data[:start]
        return parts

    def _fragment(self, moof: boxes.Box, end: int) -> Part:
        runs = boxes.runs(self._sink.data, moof)
        in_video, in_sound = runs.get(1) if self._video else None, runs.get(self._sound_track)
        pictures = [self._pictures.popleft() for _ in range(in_video.samples)] if in_video else []
        sound = [self._sounds.popleft() for _ in range(in_sound.samples)] if in_sound else []
        if in_video:
            time = ReferenceTime(1, pictures[0].utc_us, in_video.decode_time)
        elif in_sound:
            time = ReferenceTime(self._sound_track, sound[0].utc_us, in_sound.decode_time)
        else:
            raise boxes.MediaError("a fragment of no track left the muxer")
        return Part("fragment", time.encode() + self._sink.data[moof.offset : end], pictures, sound)
