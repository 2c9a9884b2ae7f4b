"""Faults played on a camera of the virtual board, for training and tests: stalled, gone, lens covered."""

import time
from collections.abc import Callable

from kuager import clock
from kuager.capture.sensors import Camera, Coded, Faults, Picture, Still, camera_frames
from kuager.errors import HardwareError


def check_present(faults: Faults) -> None:
    """Raise HardwareError while the camera is played to be unplugged."""
    if faults.camera_gone:
        raise HardwareError("the camera was unplugged")


class RiggedCamera:
    """A camera as it is, but for the faults that are played on it now."""

    def __init__(
        self,
        camera: Camera,
        faults: Faults,
        now: Callable[[], int] = clock.boot_us,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._camera, self._faults, self._now, self._wait = camera, faults, now, wait
        self.device, self.kind, self.size = camera.device, camera.kind, camera.size
        self.rate_millihertz, self.encodes = camera.rate_millihertz, camera.encodes

    def read(self, timeout_s: float) -> Picture | Coded | None:
        """As the camera, or what the fault makes of it."""
        check_present(self._faults)
        until = self._now() + int(timeout_s * 1_000_000)
        picture = self._camera.read(timeout_s)
        check_present(self._faults)
        if self._faults.camera_stalled:
            self._wait(max(0, until - self._now()) / 1_000_000)
            return None
        if isinstance(picture, Picture) and self._faults.lens_covered:
            camera_frames.blacken(picture.frame)
            picture.jpeg = None
        return picture

    def photo(self) -> Still | None:
        """As the camera; none while a fault is played."""
        faults = self._faults
        return None if faults.camera_gone or faults.camera_stalled or faults.lens_covered else self._camera.photo()

    def close(self) -> None:
        """Close the camera."""
        self._camera.close()
