"""Make, model and serial number of a device, read from the kernel's device tree in sysfs (clause 6.1: never typed)."""

from pathlib import Path

from kuager.evidence.records import Device

_LONGEST = 200
_DEPTH = 6  # a USB function lies at most this far below the device that carries the names


def read_text(path: Path) -> str:
    """A short text file of the kernel's, stripped; empty where it is missing or unreadable."""
    try:
        with path.open("rb") as stream:
            text = stream.read(4 * _LONGEST).decode("utf-8", "replace")
    except OSError:
        return ""
    return "".join(c for c in text if c.isprintable()).strip()[:_LONGEST]


def usb_device(function: Path, name: str) -> Device:
    """The USB device that a function (a sysfs folder) belongs to; `name` is the model where it is not on USB."""
    folder = function.resolve()
    for _ in range(_DEPTH):
        if (folder / "idVendor").exists():
            model = read_text(folder / "product") or name
            make = read_text(folder / "manufacturer") or f"USB vendor {read_text(folder / 'idVendor')}"
            return Device(make=make, model=model, serial=read_text(folder / "serial"))
        folder = folder.parent
    return Device(make="", model=name[:_LONGEST])
