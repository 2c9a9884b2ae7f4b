"""Which real camera and microphone this machine has: ``python -m kuager.capture.sensors.find`` prints their kinds.

A process of its own, for whoever starts the virtual unit: a driver that hangs is then its caller's to give up.
"""

import contextlib
from collections.abc import Callable

from kuager import settings as unit_settings
from kuager.capture.sensors import Camera, Microphone, camera, microphone
from kuager.errors import HardwareError

_ANSWER_S = 4.0


def has_camera() -> bool:
    """Whether a webcam opens and gives a picture."""
    return _gives(lambda: camera.open_camera(unit_settings.Camera(kind="v4l2")))


def has_microphone() -> bool:
    """Whether a sound card opens and gives sound."""
    return _gives(lambda: microphone.open_microphone(unit_settings.Microphone(kind="pyaudio")))


def _gives(opened: Callable[[], Camera | Microphone]) -> bool:
    try:
        with contextlib.closing(opened()) as found:
            return found.read(_ANSWER_S) is not None
    except HardwareError:
        return False


if __name__ == "__main__":
    if has_camera():
        print("camera", flush=True)
    if has_microphone():
        print("microphone", flush=True)
