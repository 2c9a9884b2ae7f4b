"""Opens the camera that the settings ask for."""

from kuager import settings as unit_settings
from kuager.capture.sensors import Burner, Camera, Faults, camera_replay, camera_rigged, camera_v4l2
from kuager.errors import HardwareError


def open_camera(settings: unit_settings.Camera, faults: Faults | None = None, burner: Burner | None = None) -> Camera:
    """The camera, running. Raises HardwareError, in one sentence, where there is none.

    `faults`: those played on the virtual board; None on a real unit. `burner`: draws on pictures where the board
    encodes them; without it none does. Opening may block for as long as a broken driver does: do it on a thread that
    may be given up. `auto` takes a camera module, else a webcam, and never a clip:
    pictures from a file must not slip in where a camera was unplugged.
    """
    size, rate = (settings.width, settings.height), settings.rate * 1000
    if faults:
        camera_rigged.check_present(faults)
    camera: Camera
    if settings.kind == "replay":
        camera = camera_replay.ReplayCamera(settings.path or camera_replay.default_clip(), size, rate)
    elif settings.kind == "v4l2":
        camera = camera_v4l2.V4l2Camera(settings.device, size, rate)
    else:
        camera = _open_module(settings, burner)
    return camera_rigged.RiggedCamera(camera, faults) if faults else camera


def _open_module(settings: unit_settings.Camera, burner: Burner | None) -> Camera:
    # picamera2 and libcamera exist on a Raspberry Pi only, and cost memory: imported when they are asked for.
    from kuager.capture.sensors import camera_picamera2

    try:
        return camera_picamera2.Picamera2Camera(settings, burner)
    except HardwareError:
        if settings.kind != "auto":
            raise
    return camera_v4l2.V4l2Camera(settings.device, (settings.width, settings.height), settings.rate * 1000)
