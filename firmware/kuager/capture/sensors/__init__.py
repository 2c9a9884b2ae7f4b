"""What capture asks of a camera and a microphone, real or virtual; no I/O here.

``camera.open_camera(settings.camera, faults)`` and ``microphone.open_microphone(settings.microphone, room, faults)``
give them and raise ``HardwareError`` where there is none. One thread reads a sensor. Times are CLOCK_BOOTTIME us.
"""

from dataclasses import dataclass
from typing import Protocol

import av
import numpy as np
import numpy.typing as npt

from kuager.evidence.records import Device
from kuager.media.mark import FrameMark

Samples = npt.NDArray[np.int16]

SAMPLE_RATE = 48_000
"""Samples a second that every microphone delivers, mono."""


@dataclass(slots=True)
class Picture:
    """One picture: a writable yuv420p frame of the camera's size that the reader may keep, with the sensor's time."""

    frame: av.VideoFrame
    boot_us: int
    utc_us: int
    jpeg: bytes | None = None  # the camera's own JPEG of this very picture, where it delivers one


@dataclass(frozen=True, slots=True)
class Marked:
    """What was burned into a picture, and how it is to be encoded."""

    mark: FrameMark
    standby: bool  # PRE-RECORDED is burned in
    key: bool  # it is to be a keyframe


@dataclass(frozen=True, slots=True)
class Coded:
    """A marked picture that the camera's own encoder has encoded: an Annex B access unit, without our SEI yet."""

    data: bytes
    key: bool
    boot_us: int
    utc_us: int
    marked: Marked
    size: tuple[int, int]  # width and height, pixels
    encoder: object  # one for each encoder: what another made can't be in the same file
    lost: tuple[int, ...] = ()  # boot us of marked pictures directly before it that never came out


@dataclass(frozen=True, slots=True)
class Still:
    """A photograph as the camera gives it, with nothing burned in: a JPEG, or a frame that nobody draws on any more."""

    image: bytes | av.VideoFrame
    boot_us: int
    utc_us: int


@dataclass(slots=True)
class Sound:
    """A block of sound: 16-bit mono samples, and the driver's time of the first of them."""

    samples: Samples
    boot_us: int
    rate: int = SAMPLE_RATE


class Burner(Protocol):
    """Draws on the pictures of a camera that encodes them itself; called in the camera's own loop, never raises."""

    @property
    def encoding(self) -> bool:
        """Whether pictures are to be encoded at all; else the camera delivers them as they are."""

    def burn(self, picture: Picture) -> Marked | None:
        """Draw on this picture, whose frame is the camera's own memory; None: it is to be left out."""


class Camera(Protocol):
    """A camera that runs from its opening to `close`."""

    device: Device
    kind: str  # replay, v4l2, picamera2
    size: tuple[int, int]  # width and height, pixels
    rate_millihertz: int  # nominal frames per 1000 s
    encodes: bool  # it delivers Coded pictures while any are to be encoded

    def read(self, timeout_s: float) -> Picture | Coded | None:
        """The next picture; None where none came in time. Raises HardwareError when the camera is gone."""

    def photo(self) -> Still | None:
        """A still better than the picture read last; None where there is none. For the thread that reads."""

    def close(self) -> None:
        """Give the device back; never raises."""


class Microphone(Protocol):
    """A microphone that runs from its opening to `close`."""

    device: Device
    kind: str  # replay, pyaudio
    rate: int
    overflowed: int  # samples that the driver lost since the opening

    def read(self, timeout_s: float) -> Sound | None:
        """The next block; None where none came in time. Raises HardwareError when the microphone is gone."""

    def close(self) -> None:
        """Give the device back; never raises."""


class Room(Protocol):
    """The virtual board's room: carries the loudspeaker's sound to the microphone."""

    def speak(self, pcm: bytes, at_us: int) -> None:
        """Play 16-bit mono sound at SAMPLE_RATE from this moment."""


@dataclass(slots=True)
class Faults:
    """Faults played on the virtual sensors. Real sensors ignore it; it outlives a sensor that is opened again."""

    camera_stalled: bool = False  # open, but no picture comes
    camera_gone: bool = False  # read and open raise HardwareError
    lens_covered: bool = False  # pictures are black
    microphone_muted: bool = False  # samples are zero
    microphone_gone: bool = False  # read and open raise HardwareError

    def play(self, fault: str) -> None:
        """Set or clear a fault by its name in ``wire.Rig``; a name that is no sensor's is ignored."""
        for name, value in _EFFECTS.get(fault, {}).items():
            setattr(self, name, value)


_EFFECTS: dict[str, dict[str, bool]] = {
    "camera-stall": {"camera_stalled": True},
    "camera-gone": {"camera_gone": True},
    "camera-back": {"camera_stalled": False, "camera_gone": False},
    "lens-covered": {"lens_covered": True},
    "lens-clear": {"lens_covered": False},
    "microphone-mute": {"microphone_muted": True},
    "microphone-gone": {"microphone_gone": True},
    "microphone-back": {"microphone_muted": False, "microphone_gone": False},
}
