"""Faults played on a microphone of the virtual board, for training and tests: muted, gone."""

import numpy as np

from kuager.capture.sensors import Faults, Microphone, Sound
from kuager.errors import HardwareError


def check_present(faults: Faults) -> None:
    """Raise HardwareError while the microphone is played to be unplugged."""
    if faults.microphone_gone:
        raise HardwareError("the microphone was unplugged")


class RiggedMicrophone:
    """A microphone as it is, but for the faults that are played on it now."""

    def __init__(self, microphone: Microphone, faults: Faults) -> None:
        self._microphone, self._faults = microphone, faults
        self.device, self.kind, self.rate = microphone.device, microphone.kind, microphone.rate
        self.overflowed = 0

    def read(self, timeout_s: float) -> Sound | None:
        """As the microphone, or what the fault makes of it."""
        check_present(self._faults)
        sound = self._microphone.read(timeout_s)
        self.overflowed = self._microphone.overflowed
        check_present(self._faults)
        if sound and self._faults.microphone_muted:
            return Sound(np.zeros_like(sound.samples), sound.boot_us, sound.rate)
        return sound

    def close(self) -> None:
        """Close the microphone."""
        self._microphone.close()
