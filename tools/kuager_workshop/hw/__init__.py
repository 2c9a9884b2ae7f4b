"""The hardware room's generators: what lies in hw/ beside the board files is derived from them and from three tables.

Tables are hw/parts.toml, hw/power.toml and hw/enclosure.toml. `tree` lists every derived text; a test compares each
with what lies in hw/.
"""

from pathlib import Path

from kuager import hardware

BOARDS = ("pi-zero-2w", "pi-4", "pi-5")
"""The boards that are built; the emulated unit and the virtual board have nothing to solder."""


def room() -> Path:
    """hw/ of a checkout; an installed package has the board files alone."""
    return hardware.folder().parent
