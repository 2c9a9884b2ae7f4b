"""The contenders: the recorder's path, its bare encoder, and how others stamp, encode and pack the same pictures.

All read raw yuv420p from standard input and use x264 with the same preset, quality, keyframes and threads.
"""

import os
import sys
from pathlib import Path

from kuager_workshop.bench.measure import Contender
from kuager_workshop.bench.raw import Form

_FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSansMono-Bold.ttf"
_THREADS = str(min(4, os.cpu_count() or 1))  # as the recorder's encoder takes them


def contenders(form: Form, folder: Path) -> list[Contender]:
    """The recorder first, then what it is compared with."""
    return [
        Contender("kuager", [[sys.executable, "-m", "kuager_workshop.bench.path", str(folder), *form.arguments()]]),
        Contender("bare encoder", [[sys.executable, "-m", "kuager_workshop.bench.encoder", *form.arguments()]]),
        Contender("ffmpeg drawtext", [_ffmpeg(form), ["sha256sum"]]),
        Contender("gstreamer clockoverlay", [_gstreamer(form)]),
        Contender("opencv putText", _opencv(form)),
    ]


def _ffmpeg(form: Form) -> list[str]:
    size = 28 * form.height // 720
    text = (
        f"drawtext=fontfile={_FONT}:fontsize={size}:fontcolor=white:box=1:boxcolor=black:x=8:y=8"
        r":text='%{localtime} KZ0417'"
    )
    return [
        *_ffmpeg_input(form, "yuv420p"), "-vf", text, *_x264(form),
        "-movflags", "frag_keyframe+empty_moov+default_base_moof", "-frag_duration", "500000", "-f", "mp4", "-",
    ]  # fmt: skip


def _gstreamer(form: Form) -> list[str]:
    return [
        "gst-launch-1.0", "-q", "fdsrc", "fd=0", f"blocksize={form.size}", "!",
        "rawvideoparse", "format=i420", f"width={form.width}", f"height={form.height}", f"framerate={form.rate}/1", "!",
        "clockoverlay", "shaded-background=true", "!",
        "x264enc", f"speed-preset={form.preset}", "tune=zerolatency", "pass=qual", f"quantizer={form.crf}",
        f"key-int-max={form.rate}", "bframes=0", f"threads={_THREADS}", "!",
        "mp4mux", "fragment-duration=500", "!", "fakesink",
    ]  # fmt: skip


def _opencv(form: Form) -> list[list[str]]:
    draw = [sys.executable, "-m", "kuager_workshop.bench.opencv", str(form.width), str(form.height)]
    pack = [
        *_ffmpeg_input(form, "bgr24"), *_x264(form), "-pix_fmt", "yuv420p",
        "-movflags", "frag_keyframe+empty_moov", "-f", "mp4", "-",
    ]  # fmt: skip
    return [draw, pack]


def _ffmpeg_input(form: Form, pixels: str) -> list[str]:
    return [
        "ffmpeg", "-v", "error", "-f", "rawvideo", "-pix_fmt", pixels, "-s", f"{form.width}x{form.height}",
        "-r", str(form.rate), "-i", "-",
    ]  # fmt: skip


def _x264(form: Form) -> list[str]:
    return [
        "-c:v", "libx264", "-preset", form.preset, "-tune", "zerolatency", "-crf", str(form.crf),
        "-g", str(form.rate), "-bf", "0", "-threads", _THREADS,
    ]  # fmt: skip
