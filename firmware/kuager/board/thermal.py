"""Temperature and under-voltage as the kernel gives them, from /sys/class/thermal and /sys/class/hwmon.

`rpi_volt` is the driver raspberrypi-hwmon: it asks the firmware every two seconds whether the 5 V supply fell too low.
"""

from pathlib import Path
from typing import Literal

from kuager.board import Climate, sysfs

_PLAUSIBLE_MC = range(-40_000, 150_000)


class Thermal:
    """Reads zone and alarm. `hwmon`: the name of the sensor of under-voltage; empty: none."""

    def __init__(self, hwmon: Literal["", "rpi_volt"] = "", root: Path = Path("/sys/class")) -> None:
        self._hwmon, self._root = hwmon, root

    def read(self) -> Climate:
        """Temperature and voltage now."""
        zone = self._zone()
        alarm = self._alarm()
        if zone is None:
            return Climate(under_voltage=alarm)
        return Climate(_plausible(sysfs.number(zone / "temp")), _critical(zone), alarm)

    def _zone(self) -> Path | None:
        # Device trees call the zone of the processor cpu-thermal, older kernels cpu_thermal or soc_thermal.
        zones = sorted(self._root.glob("thermal/thermal_zone*"))
        return next((zone for zone in zones if sysfs.text(zone / "type").startswith(("cpu", "soc"))), None)

    def _alarm(self) -> bool | None:
        for folder in sorted(self._root.glob("hwmon/hwmon*")):
            if self._hwmon and sysfs.text(folder / "name") == self._hwmon:
                alarm = sysfs.number(folder / "in0_lcrit_alarm")
                return None if alarm is None else bool(alarm)
        return None


def _critical(zone: Path) -> int | None:
    for kind in sorted(zone.glob("trip_point_*_type")):
        if sysfs.text(kind) == "critical":
            return _plausible(sysfs.number(kind.with_name(kind.name.replace("_type", "_temp"))))
    return None


def _plausible(value: int | None) -> int | None:
    return value if value is not None and value in _PLAUSIBLE_MC else None
