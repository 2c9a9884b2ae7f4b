"""The peers: how others burn in a time stamp, encode and store the same pictures, with the same encoder settings."""

import sys
from dataclasses import dataclass
from pathlib import Path

_FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSansMono-Bold.ttf"


@dataclass(frozen=True)
class Source:
    """Raw yuv420p pictures in a file, and how they are to be encoded."""

    path: Path
    width: int
    height: int
    rate: int
    pictures: int
    preset: str
    crf: int
    threads: int


def ffmpeg(source: Source) -> list[list[str]]:
    """FFmpeg's drawtext, fragmented MP4, piped to sha256sum."""
    size = 28 * source.height // 720
    text = rf"drawtext=fontfile={_FONT}:fontsize={size}:fontcolor=white:box=1:boxcolor=black:x=8:y=8:text='%{{localtime}} KZ0417'"
    return [
        [
            "ffmpeg", "-v", "error", "-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{source.width}x{source.height}",
            "-r", str(source.rate), "-i", str(source.path), "-vf", text, *_x264(source),
            "-movflags", "frag_keyframe+empty_moov+default_base_moof", "-frag_duration", "500000", "-f", "mp4", "-",
        ],
        ["sha256sum"],
    ]  # fmt: skip


def gstreamer(source: Source) -> list[list[str]]:
    """GStreamer's clockoverlay and mp4mux."""
    size = source.width * source.height * 3 // 2
    return [
        [
            "gst-launch-1.0", "-q", "filesrc", f"location={source.path}", f"blocksize={size}", "!",
            "rawvideoparse", "format=i420", f"width={source.width}", f"height={source.height}", f"framerate={source.rate}/1", "!",
            "clockoverlay", "shaded-background=true", "!",
            "x264enc", f"speed-preset={source.preset}", "tune=zerolatency", "pass=qual", f"quantizer={source.crf}",
            f"key-int-max={source.rate}", "bframes=0", f"threads={source.threads}", "!",
            "mp4mux", "fragment-duration=500", "!", "fakesink",
        ],
    ]  # fmt: skip


def opencv(source: Source) -> list[list[str]]:
    """OpenCV's putText, BGR pictures piped to FFmpeg's x264: what tutorials show."""
    return [
        [sys.executable, "-m", "kuager_workshop.bench.opencv", str(source.path), str(source.width), str(source.height)],
        [
            "ffmpeg", "-v", "error", "-f", "rawvideo", "-pix_fmt", "bgr24", "-s", f"{source.width}x{source.height}",
            "-r", str(source.rate), "-i", "-", *_x264(source), "-pix_fmt", "yuv420p",
            "-movflags", "frag_keyframe+empty_moov", "-f", "mp4", "-",
        ],
    ]  # fmt: skip


def _x264(source: Source) -> list[str]:
    return [
        "-c:v", "libx264", "-preset", source.preset, "-tune", "zerolatency", "-crf", str(source.crf),
        "-g", str(source.rate), "-bf", "0", "-threads", str(source.threads),
    ]  # fmt: skip
