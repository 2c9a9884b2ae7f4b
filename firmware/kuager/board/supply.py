"""The battery as the kernel's power supply class gives it (Documentation/ABI/testing/sysfs-class-power).

`max17048` is driven by max17040_battery and registers the supply `battery`; `test-power` is the kernel's module of that
name with `test_battery`. What can't be true is not believed: a gauge that is wrong must not end a recording.
"""

from pathlib import Path
from typing import Literal

from kuager.board import sysfs
from kuager.evidence.records import Battery

Gauge = Literal["none", "max17048", "test-power"]

_NAMES: dict[Gauge, str] = {"max17048": "battery", "test-power": "test_battery"}
_MOST_PERCENT = 120  # a gauge that learns the battery shows some more than 100 for a while; more is nonsense
_CELL_MV = range(2500, 4600)  # a lithium cell; outside of it the voltage is not known
_EMPTY_PERCENT, _NOT_EMPTY_MV = 5, 3700
"""A cell with so much voltage is about half full: a gauge that then calls it empty has lost its count."""


class Supply:
    """Reads the gauge. `complaint`: why it gives nothing; empty: it does, or there is none."""

    def __init__(self, gauge: Gauge, root: Path = Path("/sys/class/power_supply")) -> None:
        self._gauge, self._root = gauge, root
        self.complaint = ""

    def read(self) -> Battery | None:
        """The battery now; None: not known. May take as long as the bus to the gauge does."""
        if self._gauge == "none":
            return None
        folder = self._root / _NAMES[self._gauge]
        percent = sysfs.number(folder / "capacity")
        millivolts = (sysfs.number(folder / "voltage_now") or 0) // 1000
        if percent is None or sysfs.number(folder / "present") == 0:
            why = "there is none, or it has no battery"
        elif not 0 <= percent <= _MOST_PERCENT:
            why = f"it says {percent} percent"
        elif percent <= _EMPTY_PERCENT and millivolts in _CELL_MV and millivolts >= _NOT_EMPTY_MV:
            why = f"it says {percent} percent at {millivolts} mV"
        else:
            self.complaint = ""
            return Battery(
                percent=min(percent, 100),
                millivolts=millivolts if millivolts in _CELL_MV else 0,
                charging=self._charging(folder),
            )
        self.complaint = f"the battery gauge {self._gauge} is not to be believed: {why}"
        return None

    def _charging(self, folder: Path) -> bool:
        status = sysfs.text(folder / "status")
        if status in ("Charging", "Full"):
            return True
        if status in ("Discharging", "Not charging"):
            return False
        # The gauge does not know of a charger: is there power from outside?
        return any(
            sysfs.number(other / "online") == 1
            for other in _others(self._root)
            if sysfs.text(other / "type") in ("Mains", "USB")
        )


def _others(root: Path) -> list[Path]:
    try:
        return sorted(root.iterdir())
    except OSError:
        return []
