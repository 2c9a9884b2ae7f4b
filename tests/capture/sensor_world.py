"""The sensor tests' world: a clock that moves only when somebody waits, clips made on the spot, a finder of prompts."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np


class Clock:
    """CLOCK_BOOTTIME and UTC for a sensor; `wait` lets the time pass."""

    def __init__(self, boot_us: int = 5_000_000) -> None:
        self.boot_us = boot_us

    def now(self) -> int:
        return self.boot_us

    def utc(self) -> int:
        return self.boot_us + 1_700_000_000_000_000

    def wait(self, seconds: float) -> None:
        self.boot_us += round(seconds * 1_000_000)


def make_clip(path: Path, frames: int, rate: int, size: tuple[int, int] = (160, 96), codec: str = "libx264") -> Path:
    """A clip whose picture number n is a grey of luma 40 + 10 (n mod 20)."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate)
        stream.width, stream.height = size
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        if codec == "libx264":
            stream.options = {"crf": "10", "preset": "ultrafast"}
        for number in range(frames):
            frame = av.VideoFrame(*size, "yuv420p")
            for plane, value in zip(frame.planes, (40 + 10 * (number % 20), 128, 128), strict=True):
                np.frombuffer(memoryview(plane), np.uint8)[:] = value
            frame.pts, frame.time_base = number, Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def luma(frame: av.VideoFrame) -> np.ndarray:
    """The brightness of a picture, one row of it a row here."""
    plane = frame.planes[0]
    return np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[:, : plane.width]


def shown_number(frame: av.VideoFrame) -> int:
    """Which picture of `make_clip` this is, from its middle."""
    rows = luma(frame)
    return round((float(rows[rows.shape[0] // 2, rows.shape[1] // 2]) - 40) / 10)


def find_prompt(sound: np.ndarray, prompt: np.ndarray, rate: int = 48_000) -> tuple[float, int]:
    """How surely a prompt is in a sound, and at which sample: normalised cross-correlation from 300 to 3400 Hz.

    The first value is peak over root mean square: above 12 the prompt is there.
    """
    length = 1 << (sound.size + prompt.size).bit_length()
    frequencies = np.fft.rfftfreq(length, 1 / rate)
    band = (frequencies >= 300) & (frequencies <= 3400)
    here = np.fft.rfft(sound.astype(np.float64), length) * band
    there = np.fft.rfft(prompt.astype(np.float64), length) * band
    correlation = np.fft.irfft(here * np.conj(there), length)[: sound.size]
    energy = np.cumsum(np.concatenate([[0.0], np.fft.irfft(here, length)[: sound.size] ** 2]))
    ends = np.minimum(np.arange(sound.size) + prompt.size, sound.size)
    local = np.sqrt(np.maximum(energy[ends] - energy[: sound.size], energy[-1] * 0.01))
    normalised = correlation / local
    peak = int(np.argmax(np.abs(normalised)))
    return float(np.abs(normalised[peak]) / np.sqrt(np.mean(normalised**2))), peak
