"""Lays disks out in a folder, so that the firmware's own files open them."""

from pathlib import Path

from kuager_workshop.torture.disk.states import Disks


def lay(disks: Disks, folder: Path) -> None:
    """Both disks, each in a folder of its own, with all that is on them; attributes go to RecordedFiles instead."""
    for place in ("state", "carrier"):
        (folder / place).mkdir()
    for place, path in disks.directories:
        (folder / place / path).mkdir()
    for (place, path), data in disks.files.items():
        (folder / place / path).write_bytes(data)
