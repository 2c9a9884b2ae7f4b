"""The real clip and the real voice: pictures encoded once by the firmware's own encoder, sound as it was recorded."""

from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import islice

import av

from kuager.capture.encoder import VideoEncoder
from kuager.capture.sensors import Samples
from kuager.capture.sensors.camera_replay import default_clip
from kuager.capture.sensors.microphone_replay import default_voice, load

WIDTH, HEIGHT = 320, 180
RATE = 10
"""Pictures a second."""

PICTURE_US = 1_000_000 // RATE
_SECONDS = 4


@dataclass(frozen=True, slots=True)
class Access:
    """One access unit in Annex B form."""

    data: bytes
    key: bool


@cache
def pictures() -> tuple[Access, ...]:
    """Some seconds that can be played over and over: a keyframe each second, the first one too."""
    encoder = VideoEncoder(WIDTH, HEIGHT, Fraction(RATE), "superfast", 28)
    coded = (encoder.encode(each, at * PICTURE_US, key=at % RATE == 0) for at, each in enumerate(frames()))
    return tuple(Access(data, key) for data, key in coded)


@cache
def frames() -> tuple[av.VideoFrame, ...]:
    """The clip's first seconds, small; nobody may draw on them."""
    with av.open(str(default_clip())) as container:
        decoded = islice(container.decode(video=0), _SECONDS * RATE)
        return tuple(each.reformat(WIDTH, HEIGHT, "yuv420p") for each in decoded)


@cache
def voice() -> Samples:
    """What the microphone hears, over and over: 48 kHz mono."""
    return load(default_voice()[:1])


@cache
def photo() -> bytes:
    """A JPEG of the clip."""
    with av.open(str(default_clip())) as container:
        frame = next(container.decode(video=0)).reformat(WIDTH, HEIGHT, "yuvj420p")
    codec = av.CodecContext.create("mjpeg", "w")
    codec.width, codec.height, codec.pix_fmt, codec.time_base = WIDTH, HEIGHT, "yuvj420p", Fraction(1, 25)
    frame.pts = 0
    return b"".join(bytes(packet) for packet in codec.encode(frame))
