"""Pictures and packets for the pipeline's tests: the product's own encoders on a small moving picture."""

import io
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import av
import numpy as np
import numpy.typing as npt

from kuager import wire
from kuager.capture.announce import Devices
from kuager.capture.encoder import FLAC_SAMPLES, SoundEncoder
from kuager.capture.orders import Orders
from kuager.capture.overlay import planes
from kuager.capture.packets import FLAC_US, PicturePacket, SoundPacket
from kuager.capture.picturequeue import PictureQueue
from kuager.capture.pictures import PictureEncoder
from kuager.capture.sensors import Picture
from kuager.settings import Camera

UTC_US = 1_795_000_000_000_000  # UTC at boot time 0 in these tests
RNG = np.random.default_rng(42)


def picture(boot_us: int, width: int = 640, height: int = 360) -> Picture:
    """A moving texture, its position given by the time."""
    frame = av.VideoFrame(width, height, "yuv420p")
    luma, blue, red = planes(frame)
    shift = boot_us // 20_000
    rows = (np.arange(height)[:, None] * 3 + np.arange(width) * 2 + shift * 5) % 200 + 30
    luma[:] = rows.astype(np.uint8)
    blue[:], red[:] = 100, 150
    return Picture(frame, boot_us, UTC_US + boot_us)


class Source:
    """Gives packets as the encoders do, at times of the test's choosing."""

    def __init__(self, rate: int = 25, preset: str = "ultrafast", crf: int = 30, orders: Orders | None = None) -> None:
        settings = Camera(rate=rate, preset=preset, crf=crf)  # type: ignore[arg-type]
        self.orders = orders or Orders("KZ0417", number=42, standby=False, training=True)
        self.interval_us = 1_000_000 // rate
        self._encoder = PictureEncoder(self.orders, PictureQueue(), settings, lambda item: None)
        self._sound = SoundEncoder()
        self.samples: list[npt.NDArray[np.int16]] = []

    def picture(self, boot_us: int, **size: int) -> PicturePacket:
        return self._encoder.encode([picture(boot_us, **size)])[0]

    def sound(self, boot_us: int) -> SoundPacket:
        block = RNG.integers(-3000, 3000, FLAC_SAMPLES).astype(np.int16)
        self.samples.append(block)
        first = (len(self.samples) - 1) * FLAC_SAMPLES
        return SoundPacket(self._sound.encode(block), boot_us, UTC_US + boot_us, first)

    def run(self, from_us: int, to_us: int, sound_from_us: int | None = None) -> Iterator[PicturePacket | SoundPacket]:
        """Both streams in the order of their arrival: sound comes when it is over, 30 ms late."""
        sound_us = from_us if sound_from_us is None else sound_from_us
        for at_us in range(from_us, to_us, self.interval_us):
            while sound_us + FLAC_US + 30_000 <= at_us:
                yield self.sound(sound_us)
                sound_us += FLAC_US
            yield self.picture(at_us)
        while sound_us + FLAC_US <= to_us:
            yield self.sound(sound_us)
            sound_us += FLAC_US


def begin(first: PicturePacket | SoundPacket, take: int = 1) -> wire.TakeBegin:
    """The message that begins a take with this packet."""
    return Devices(rate_millihertz=25_000).announce(bytes(16), take, "press", first)


class Decoded:
    """A file played to its end."""

    def __init__(self, data: bytes) -> None:
        self.pictures: list[av.VideoFrame] = []
        self.packets: list[bytes] = []
        self.keys: list[bool] = []
        self.times: list[float] = []
        self.sound = np.zeros(0, np.int16)
        self.sound_begins = 0.0
        with av.open(io.BytesIO(data)) as container:
            blocks = []
            for packet in container.demux():
                if packet.stream.type == "video" and packet.size:
                    self.packets.append(bytes(packet))
                    self.keys.append(packet.is_keyframe)
                    self.times.append(float((packet.pts or 0) * (packet.time_base or Fraction(0))))
                for frame in packet.decode():
                    if isinstance(frame, av.VideoFrame):
                        self.pictures.append(frame)
                    elif isinstance(frame, av.AudioFrame):
                        if not blocks:
                            self.sound_begins = frame.time or 0.0
                        blocks.append(frame.to_ndarray().reshape(-1))
            if blocks:
                self.sound = np.concatenate(blocks).astype(np.int16)


def collect(messages: list[Any]) -> Callable[[Any, Any], None]:
    """A `post` that keeps messages."""
    return lambda message, reached: messages.append(message)
