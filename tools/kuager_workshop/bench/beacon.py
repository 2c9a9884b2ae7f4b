"""A clip that flashes and a sound that chirps, both every ten seconds: one event that picture and sound both hold.

Replayed as camera and microphone by one clock, flash and chirp stay the same time apart for ever. How far apart a
recording puts them, at its begin and at its end, tells how far it let sound and picture run apart.
"""

import statistics
import wave
from dataclasses import dataclass
from fractions import Fraction
from itertools import cycle
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

from kuager.capture.sensors import SAMPLE_RATE, microphone_replay
from kuager.capture.sensors.camera_replay import default_clip
from kuager_workshop.bench.measure import BenchError

RATE = 30
PERIOD_US = 10_000_000
_WIDTH, _HEIGHT = 640, 360
_FLASH = 150  # the clip's first picture that is bright
_BRIGHT_PICTURES = 2
_CHIRP_AT = 5 * SAMPLE_RATE
_HISS_US = 1_000_000  # that the replay appends to a file
_PATCH = (slice(130, 230), slice(240, 400))  # rows and columns of the clip that are dark but for the flash
_BRIGHT = 128
_PAUSE_S = 0.2
_LOUD = 9000
_HEARD = 0.5  # share of the loudest correlation that still counts as a chirp
_LOST_US = 1  # the replayed clip's period lacks this, as the replay counts whole microseconds a picture

Wave = npt.NDArray[np.float64]


def chirp() -> Wave:
    """The event in the sound: 40 ms from 1 to 5 kHz."""
    seconds = np.arange(SAMPLE_RATE // 25) / SAMPLE_RATE
    tone: Wave = np.sin(2 * np.pi * (1000 * seconds + 50_000 * seconds**2)) * np.hanning(seconds.size)
    return tone


def make_clip(path: Path) -> None:
    """Write the clip: the real one of set-up, scaled, with the patch."""
    with av.open(str(path), "w", format="mp4") as out:
        stream = out.add_stream("libx264", rate=RATE, options={"preset": "veryfast", "crf": "23"})
        stream.width, stream.height, stream.pix_fmt = _WIDTH, _HEIGHT, "yuv420p"
        with av.open(str(default_clip())) as container:
            scene = [frame.reformat(_WIDTH, _HEIGHT, "yuv420p").to_ndarray() for frame in container.decode(video=0)]
        pictures = cycle(scene + scene[-2:0:-1])
        for index in range(RATE * PERIOD_US // 1_000_000):
            raw = next(pictures).copy()
            raw[_PATCH] = 235 if _FLASH <= index < _FLASH + _BRIGHT_PICTURES else 16
            frame = av.VideoFrame.from_ndarray(raw, format="yuv420p")
            frame.pts, frame.time_base = index, Fraction(1, RATE)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


def make_sound(path: Path) -> None:
    """Write the sound: a real voice, low, with a chirp in it."""
    voice = microphone_replay.load(microphone_replay.default_voice())
    sound = voice[: (PERIOD_US - _HISS_US) * SAMPLE_RATE // 1_000_000].astype(np.float64) / 4
    tone = chirp()
    sound[_CHIRP_AT : _CHIRP_AT + tone.size] += tone * _LOUD
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(SAMPLE_RATE)
        out.writeframes(np.rint(sound).astype("<i2").tobytes())


@dataclass(frozen=True)
class Events:
    """Seconds in the file's own time at which the flashes are first seen, and the chirps begin."""

    flashes: list[float]
    chirps: list[float]

    def apart(self) -> list[tuple[float, float]]:
        """For each flash: its time, and how much later the chirp next to it is, both in seconds."""
        half = PERIOD_US / 2_000_000
        pairs = [(flash, chirp - flash) for flash in self.flashes for chirp in self.chirps]
        return [(flash, late) for flash, late in pairs if -half <= late < half]


def find(media: Path, begin: float, end: float) -> Events:
    """The events of a media file between two of its times, seconds. Raises av.FFmpegError where it does not decode."""
    bright: list[list[float]] = [[]]  # times of pictures that are bright, each run of them
    heard: list[Wave] = []
    heard_at = 0.0
    with av.open(str(media)) as container:
        container.seek(max(0, int((begin - 1) * 1_000_000)))
        for frame in container.decode(video=0, audio=0):
            if not isinstance(frame, av.VideoFrame | av.AudioFrame) or frame.time is None or frame.time < begin:
                continue
            if frame.time > end:
                break
            if isinstance(frame, av.VideoFrame):
                if _bright(frame):
                    bright[-1].append(frame.time)
                elif bright[-1]:
                    bright.append([])
            else:
                # Gaps in time are not looked for: the line of sound has none.
                heard_at = heard_at if heard else frame.time
                heard.append(frame.to_ndarray().reshape(-1).astype(np.float64))
    # A slow machine records every second picture: then nobody knows which of the two bright ones it is.
    flashes = [run[0] for run in bright if len(run) == _BRIGHT_PICTURES]
    return Events(flashes, _chirps(np.concatenate(heard), heard_at) if heard else [])


def _bright(frame: av.VideoFrame) -> bool:
    plane = frame.planes[0]
    luma = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
    rows, columns = (
        slice(each.start * frame.height // _HEIGHT, each.stop * frame.height // _HEIGHT) for each in _PATCH
    )
    return bool(luma[rows, columns].mean() > _BRIGHT)


def _chirps(sound: Wave, at: float) -> list[float]:
    """When chirps begin, by correlation, to the sample."""
    tone = chirp()
    size = 1 << (sound.size + tone.size).bit_length()
    cross = np.fft.irfft(np.fft.rfft(sound, size) * np.conj(np.fft.rfft(tone, size)), size)[: sound.size]
    found = []
    floor = _HEARD * float(cross.max())
    apart = SAMPLE_RATE * PERIOD_US // 2_000_000
    while cross.size and float(cross.max()) > floor:
        best = int(cross.argmax())
        found.append(at + best / SAMPLE_RATE)
        cross[max(0, best - apart) : best + apart] = 0
    return sorted(found)


def steady(media: Path) -> tuple[float, float]:
    """The longest stretch in which pictures came without a pause, seconds of the file's own time.

    The replayed camera stands still where its reader is too slow, and goes on later with the same picture: from then on
    flash and chirp are another time apart, and rightly so.
    """
    edges: list[tuple[float, float]] = []
    with av.open(str(media)) as container:
        for packet in container.demux(video=0):
            if packet.pts is None or packet.time_base is None:
                continue
            at = float(packet.pts * packet.time_base)
            if edges and at - edges[-1][1] < _PAUSE_S:
                edges[-1] = (edges[-1][0], at)
            else:
                edges.append((at, at))
    return max(edges, key=lambda edge: edge[1] - edge[0])


def ran_apart(media: Path, begin: float, end: float, look: float = 90.0) -> float:
    """By how much chirps moved against flashes between the first and last `look` of these seconds, in seconds.

    Raises BenchError where the events are not there.
    """
    first = find(media, begin, begin + look).apart()
    last = find(media, max(begin, end - look), end).apart()
    if not first or not last:
        raise BenchError(f"{media}: flash and chirp are not in it")
    turns = round((last[-1][0] - first[0][0]) / (PERIOD_US / 1_000_000))
    moved = statistics.median(late for _, late in last) - statistics.median(late for _, late in first)
    return moved - turns * _LOST_US / 1_000_000
