"""An emulated unit: Debian for amd64 in QEMU's software emulation, with pins, light, camera, sound and carriers.

The firmware in it is the one of the Debian package, on a real kernel with real drivers; what stands in for the Pi's
hardware is in `guest`, installed into the image beside the firmware and no part of it. `unit.EmulatedUnit` is the way
in.

Two layers, each made once and kept in the cache by the content it came from: `base` (Debian and picamera2, from
packages) and `layer` (base, the emulator's own files and the firmware's package, booted and snapshotted). A run works
on a copy of its own.
"""

from kuager.errors import KuagerError


class EmulatorError(KuagerError, RuntimeError):
    """The emulated machine's or its making's: a tool is missing, a step failed, the guest does not answer."""
