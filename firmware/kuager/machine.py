"""Which machine this is, as the firmware says in the device tree: for what names the technical means (clause 6.1)."""

from pathlib import Path

import msgspec

from kuager.evidence.records import Device

_TREE = Path("/proc/device-tree")
_LONGEST = 200  # bytes; no text in Device is longer


def device(default: Device, tree: Path = _TREE) -> Device:
    """What the machine says of itself, `default` where it says nothing: read from the hardware, not typed.

    A Raspberry Pi tells its maker within the model: "Raspberry Pi 4 Model B Rev 1.5".
    """
    model, serial = _text(tree / "model"), _text(tree / "serial-number")
    return msgspec.structs.replace(default, model=model or default.model, serial=serial or default.serial)


def _text(path: Path) -> str:
    # A property of the tree is a string with a final zero.
    try:
        with path.open("rb") as stream:
            raw = stream.read(_LONGEST)
    except OSError:
        return ""
    return "".join(c for c in raw.split(b"\0")[0].decode(errors="replace") if c.isprintable()).strip()
