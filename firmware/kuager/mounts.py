"""Whether a carrier is mounted where it belongs."""

from pathlib import Path


def device_at(path: Path) -> int | None:
    """The device number of what is mounted there; None where nothing is: a folder of the unit's own is no carrier."""
    try:
        here, above = path.stat(), path.parent.stat()
    except OSError:
        return None
    return here.st_dev if here.st_dev != above.st_dev else None
