"""The camera of a simulated unit: packets encoded beforehand, or pictures that the firmware marks and encodes now."""

import random
from typing import Literal, Protocol

import av

from kuager.capture.orders import Orders
from kuager.capture.packets import PicturePacket, Shape
from kuager.capture.picturequeue import PictureQueue
from kuager.capture.pictures import PictureEncoder
from kuager.capture.sensors import Faults, Picture
from kuager.capture.sensors.camera_frames import Fitter, blacken
from kuager.errors import HardwareError
from kuager.settings import Camera
from kuager_workshop.torture.simulated import reel

Trouble = Literal["", "backward", "doubled", "sizes", "jittery"]
"""What is wrong with the pictures that come: stamps that go back, the same picture twice, sizes that no camera has,
stamps that are early or late.
"""

_REOPEN_US = 1_000_000
_SIZES = ((0, 0), (16_000, 9), (64, 48), (641, 479), (reel.WIDTH, reel.HEIGHT))


class Eye(Protocol):
    """A camera."""

    trouble: Trouble

    def see(self, at_us: int, utc_us: int) -> list[PicturePacket]:
        """The pictures of this moment, encoded."""
        ...


class Played:
    """Packets encoded beforehand: quick, and the same in every run."""

    trouble: Trouble = ""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders
        self._count = self._at = 0
        self._wanted_key = True

    def see(self, at_us: int, utc_us: int) -> list[PicturePacket]:
        """As Eye.see."""
        orders, played = self._orders, reel.pictures()
        if orders.take_key(at_us) or self._wanted_key:
            self._wanted_key = False
            self._at = -(-self._at // reel.RATE) * reel.RATE  # the next one that is a keyframe
        access = played[self._at % len(played)]
        self._at, count, self._count = self._at + 1, self._count, self._count + 1
        shape = Shape(reel.WIDTH, reel.HEIGHT, 0)
        standby = orders.standby_at(at_us)
        return [PicturePacket(access.data, at_us, utc_us, access.key, count, orders.number, standby, shape)]


class Encoded:
    """Pictures of the clip, spoilt if they are to be, then marked and encoded by the firmware."""

    def __init__(self, orders: Orders, faults: Faults, seed: int) -> None:
        self.trouble: Trouble = ""
        self._faults = faults
        self._chance = random.Random(seed)
        self._fitter = Fitter((reel.WIDTH, reel.HEIGHT))
        settings = Camera(width=reel.WIDTH, height=reel.HEIGHT, rate=reel.RATE, preset="ultrafast", crf=30)
        self._encoder = PictureEncoder(orders, PictureQueue(), settings, lambda _: None)
        self._count, self._closed_until_us = 0, 0

    def see(self, at_us: int, utc_us: int) -> list[PicturePacket]:
        """As Eye.see. A picture that no camera makes closes the camera for a second, as the reader does."""
        if at_us < self._closed_until_us:
            return []
        self._count += 1
        frames, offset_us = 1, 0
        match self.trouble:
            case "backward":
                offset_us = -self._chance.randrange(3_000_000)
            case "jittery":
                offset_us = self._chance.randrange(-40_000, 40_000)
            case "doubled":
                frames = 2
        try:
            pictures = [Picture(self._frame(), at_us + offset_us, utc_us + offset_us) for _ in range(frames)]
        except HardwareError:
            self._closed_until_us = at_us + _REOPEN_US
            return []
        return self._encoder.encode(pictures)

    def _frame(self) -> av.VideoFrame:
        source = reel.frames()[self._count % len(reel.frames())]
        if self.trouble == "sizes":
            width, height = self._chance.choice(_SIZES)
            source = av.VideoFrame(width, height, "yuv420p") if width else av.VideoFrame()
        frame = self._fitter.fit(source)
        if self._faults.lens_covered:
            blacken(frame)
        return frame
