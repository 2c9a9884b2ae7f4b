"""What stands in the emulated machine for the hardware of a Pi: files installed into the image beside the firmware.

None of it belongs to the firmware, and nothing here may import anything of ours: it runs on the guest's own Python.
"""

import shutil
from pathlib import Path

HERE = Path(__file__).parent
LIBRARY = "usr/lib/kuager-emulator"
PYTHON = "usr/local/lib/python3.13/dist-packages"

PLACES = {
    "agent.py": f"{LIBRARY}/agent.py",
    "board.sh": f"{LIBRARY}/board.sh",
    "voice.sh": f"{LIBRARY}/voice.sh",
    "pykms.py": f"{PYTHON}/pykms.py",
    "uvc_limits.py": f"{PYTHON}/uvc_limits.py",
    "uvc_limits.pth": f"{PYTHON}/uvc_limits.pth",
    "agent.service": "etc/systemd/system/emulator-agent.service",
    "board.service": "etc/systemd/system/emulator-board.service",
    "voice.service": "etc/systemd/system/emulator-voice.service",
    "modules.conf": "etc/modules-load.d/kuager-emulator.conf",
    "options.conf": "etc/modprobe.d/kuager-emulator.conf",
    "groups.conf": "usr/lib/sysusers.d/kuager-emulator.conf",
    "devices.rules": "etc/udev/rules.d/60-kuager-emulator.rules",
    "dma_heap.conf": "etc/tmpfiles.d/kuager-emulator.conf",
    "asound.conf": "etc/asound.conf",
}
"""File here -> its place in the root file system."""

# Not "kuager-": the package has settings for all units of that prefix.
UNITS = ("emulator-agent.service", "emulator-board.service", "emulator-voice.service")
"""To be enabled."""

VOICE = f"{LIBRARY}/voice.raw"
"""Where the voice lies that the microphone hears over and over: 48 kHz, mono, 16 bits, little endian, no header."""

OUTPUTS = "etc/kuager-emulator-outputs"
"""Where the lines of lights and motor are listed, one a line."""


def install(root: Path) -> None:
    """Copy all files to their places below `root`."""
    for name, place in PLACES.items():
        target = root / place
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(HERE / name, target)
        target.chmod(0o755 if name.endswith(".sh") else 0o644)
