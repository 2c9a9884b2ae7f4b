"""Which real camera and microphone this machine has: ``python -m kuager.capture.sensors.find`` prints their kinds.

A process of its own, for whoever starts the virtual unit: a driver that hangs is then its caller's to give up.
"""

from kuager import settings as unit_settings
from kuager.capture.sensors import camera, microphone
from kuager.errors import HardwareError

_ANSWER_S = 4.0


def has_camera() -> bool:
    """Whether a webcam opens and gives a picture."""
    try:
        found = camera.open_camera(unit_settings.Camera(kind="v4l2"))
    except HardwareError:
        return False
    try:
        return found.read(_ANSWER_S) is not None
    except HardwareError:
        return False
    finally:
        found.close()


def has_microphone() -> bool:
    """Whether a sound card opens and gives sound."""
    try:
        found = microphone.open_microphone(unit_settings.Microphone(kind="pyaudio"))
    except HardwareError:
        return False
    try:
        return found.read(_ANSWER_S) is not None
    except HardwareError:
        return False
    finally:
        found.close()


if __name__ == "__main__":
    if has_camera():
        print("camera", flush=True)
    if has_microphone():
        print("microphone", flush=True)
