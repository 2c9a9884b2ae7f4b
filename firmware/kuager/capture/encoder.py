"""The encoders: H.264 for pictures, FLAC for sound; each packet leaves as soon as its input is in.

Pictures: no B-frames, no look-ahead, a keyframe each second *by time*, since a rate that sinks would stretch a count of
frames; parameter sets stand before every keyframe, so that any of them can begin a file. Time base 1/90000, variable
rate. The bit rate has an upper bound, so that every buffer that holds packets has one.
"""

import os
from fractions import Fraction

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType

from kuager.capture.sensors import SAMPLE_RATE, Samples

VIDEO_TIME_BASE = Fraction(1, 90_000)
SOUND_TIME_BASE = Fraction(1, SAMPLE_RATE)
FLAC_SAMPLES = 4608
"""Samples of one FLAC frame: 96 ms, the grain on which sound is cut and rolled over."""

_KEY_US = 990_000  # a second, less the jitter of a picture's time
_X264 = "repeat-headers=1:annexb=1:scenecut=0:keyint=infinite"


def ticks(time_us: int) -> int:
    """Microseconds in the video time base, rounded down."""
    return time_us * 9 // 100


class VideoEncoder:
    """H.264 of one picture size and one preset, from one thread."""

    def __init__(self, width: int, height: int, rate: Fraction, preset: str, crf: int) -> None:
        codec = av.CodecContext.create("libx264", "w")
        if not isinstance(codec, VideoCodecContext):
            raise TypeError("libx264 is no video encoder here")
        codec.width, codec.height, codec.pix_fmt = width, height, "yuv420p"
        codec.time_base, codec.framerate = VIDEO_TIME_BASE, rate
        codec.max_b_frames = 0
        # Slices: frame threads would hold pictures back, and a held picture is lost with the process.
        codec.thread_type, codec.thread_count = "SLICE", min(4, os.cpu_count() or 1)
        # Bits a second. Noise at the finest crf must not fill the buffers, nor a fragment outgrow a message (8 MiB).
        most = min(40_000_000, 8_000_000 + width * height * 8)
        codec.options = {
            "preset": preset,
            "tune": "zerolatency",
            "crf": str(crf),
            "forced-idr": "1",
            "maxrate": str(most),
            "bufsize": str(most),
            "x264-params": _X264,
        }
        self._codec = codec
        self._last_pts = -1
        self._next_key_us = -1

    def encode(self, frame: av.VideoFrame, boot_us: int, *, key: bool = False) -> tuple[bytes, bool]:
        """One access unit in Annex B form and whether it is a keyframe; `key` asks for one. Time must not go back far:

        a picture not later than the one before counts as one tick later.
        """
        key = key or boot_us >= self._next_key_us
        if key:
            self._next_key_us = boot_us + _KEY_US
        self._last_pts = frame.pts = max(self._last_pts + 1, ticks(boot_us))
        frame.time_base = VIDEO_TIME_BASE
        frame.pict_type = PictureType.I if key else PictureType.NONE
        packets = self._codec.encode(frame)
        if len(packets) != 1:
            raise RuntimeError(f"the encoder gave {len(packets)} packets for one picture")
        return bytes(packets[0]), packets[0].is_keyframe


class SoundEncoder:
    """FLAC, 48 kHz mono 16 bits, in frames of FLAC_SAMPLES; bit for bit what was fed."""

    def __init__(self) -> None:
        codec = av.CodecContext.create("flac", "w")
        if not isinstance(codec, AudioCodecContext):
            raise TypeError("flac is no sound encoder here")
        codec.sample_rate, codec.format, codec.layout = SAMPLE_RATE, "s16", "mono"
        codec.time_base = SOUND_TIME_BASE
        codec.options = {"compression_level": "5"}
        codec.open()
        self._codec = codec
        self._count = 0

    def encode(self, samples: Samples) -> bytes:
        """The FLAC frame of exactly FLAC_SAMPLES samples."""
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples).reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE, self._count, SOUND_TIME_BASE
        self._count += FLAC_SAMPLES
        packets = self._codec.encode(frame)
        if len(packets) != 1 or frame.samples != FLAC_SAMPLES:
            raise RuntimeError(f"the encoder gave {len(packets)} packets for {frame.samples} samples")
        return bytes(packets[0])
