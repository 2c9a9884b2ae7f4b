"""The unit as a USB device on its dock's port: ``python -m kuager.gadget --settings FILE up|down``.

Through configfs, two functions: a serial line for the link, and a disk without a medium that can only be read. Whoever
offers the carrier there writes its device into the disk's `file`, and only while nothing on the unit writes to it.
"""

import argparse
import contextlib
import logging
import sys
from pathlib import Path

from kuager.errors import HardwareError
from kuager.settings import load_or_default

_log = logging.getLogger("kuager.gadget")

ROOT = Path("/sys/kernel/config/usb_gadget")
CONTROLLERS = Path("/sys/class/udc")

# The numbers of the Linux Foundation's multi-function gadget.
_VENDOR, _PRODUCT = "0x1d6b", "0x0104"
_ENGLISH = "strings/0x409"
_FUNCTIONS = ("acm.GS0", "mass_storage.0")


def up(gadget: Path, controllers: Path, make: str, model: str, serial: str) -> None:
    """Make the device and put it on the first controller. Raises OSError, and HardwareError where there is none."""
    gadget.mkdir(exist_ok=True)
    _write(gadget, {"idVendor": _VENDOR, "idProduct": _PRODUCT})
    _write(_made(gadget / _ENGLISH), {"manufacturer": make, "product": model, "serialnumber": serial})
    config = _made(gadget / "configs" / "c.1")
    _write(_made(config / _ENGLISH), {"configuration": "dock"})
    for name in _FUNCTIONS:
        function = _made(gadget / "functions" / name)
        if name.startswith("mass_storage"):
            # Before anything can be offered: once a medium is in, `ro` can't be changed.
            _write(function / "lun.0", {"ro": "1", "removable": "1"})
        with contextlib.suppress(FileExistsError):
            (config / name).symlink_to(function)
    if not (gadget / "UDC").read_text().strip():
        controller = next(iter(sorted(each.name for each in controllers.iterdir())), None)
        if controller is None:
            raise HardwareError("this board can't be a USB device: it has no controller for it")
        _write(gadget, {"UDC": controller})


def down(gadget: Path) -> None:
    """Take the device away, in the reverse order. Raises OSError."""
    if not gadget.exists():
        return
    with contextlib.suppress(OSError):  # it is on no controller
        _write(gadget, {"UDC": "\n"})
    config = gadget / "configs" / "c.1"
    for name in _FUNCTIONS:
        with contextlib.suppress(FileNotFoundError):
            (config / name).unlink()
    functions = [gadget / "functions" / name for name in _FUNCTIONS]
    for folder in (config / _ENGLISH, config, *functions, gadget / _ENGLISH, gadget):
        with contextlib.suppress(FileNotFoundError):
            folder.rmdir()


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _write(folder: Path, values: dict[str, str]) -> None:
    for name, value in values.items():
        (folder / name).write_text(value)


def main() -> int:
    """Do it; 0 when it is done, 70 when it could not be."""
    parser = argparse.ArgumentParser(prog="kuager.gadget")
    parser.add_argument("--settings", type=Path, required=True)
    parser.add_argument("what", choices=("up", "down"))
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="gadget: %(levelname)s %(message)s", stream=sys.stderr)
    settings, _ = load_or_default(arguments.settings)
    unit = settings.unit
    try:
        if arguments.what == "up":
            up(ROOT / "kuager", CONTROLLERS, unit.make, f"{unit.model} {unit.name}", unit.serial or unit.name)
        else:
            down(ROOT / "kuager")
    except OSError as error:
        _log.error("the USB device: %s", error)
        return HardwareError.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
