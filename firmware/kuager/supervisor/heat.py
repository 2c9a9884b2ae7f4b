"""How hot the processor is, and what follows. Pure: times come in.

Every Raspberry Pi's firmware slows the processor down from 80 °C, all of it from 85 °C (its documentation, *Frequency
management and thermal control*), and goes on; the kernel switches the machine off at the zone's critical trip point
(90 °C on BCM2711, 110 °C on BCM2712). So a hot unit is warned of and goes on recording, and what is recorded is sealed
in order just before the machine would be switched off.
"""

from typing import Literal, NamedTuple

from kuager.board import Climate

Band = Literal["normal", "warm", "hot", "critical"]

WARM_MC, HOT_MC = 70_000, 80_000
STOP_MC = 95_000
"""No unit goes on beyond it: batteries and people's hands are near."""
BEFORE_CRITICAL_MC = 3_000
LEAVES_MC = 5_000
"""A band is left again so far below where it begins."""
SURE_US = 3_000_000
EVERY_US = 300_000_000


class Note(NamedTuple):
    """An event to journal."""

    code: str
    data: dict[str, str | int | bool]


class Heat:
    """Follows temperature and voltage. `hot`: to be warned of."""

    def __init__(self) -> None:
        self._band: Band = "normal"
        self._critical_us: int | None = None  # since when
        self._stopped = False
        self._noted_us: int | None = None
        self._under = False

    @property
    def hot(self) -> bool:
        """Whether the processor is slowed down."""
        return self._band in ("hot", "critical")

    def stops(self, climate: Climate, now_us: int) -> bool:
        """Whether it has just become too hot to go on; told once, until it was cooler."""
        if climate.temperature_mc is None:
            return False
        if self._band != "critical":
            self._critical_us, self._stopped = None, False
        elif self._critical_us is None:
            self._critical_us = now_us
        if self._stopped or self._critical_us is None or now_us - self._critical_us < SURE_US:
            return False
        # A press after that records again, until the machine is switched off: a recorder never refuses.
        self._stopped = True
        return True

    def notes(self, climate: Climate, now_us: int, *, recording: bool) -> list[Note]:
        """What is to be journalled now: each band that begins, under-voltage, and into a recording the temperature now
        and then.
        """
        done: list[Note] = []
        if climate.temperature_mc is not None:
            band = _band(climate.temperature_mc, climate.critical_mc, self._band)
            due = recording and (self._noted_us is None or now_us - self._noted_us >= EVERY_US)
            if band != self._band or due:
                self._band, self._noted_us = band, now_us
                done.append(Note("temperature", {"celsius": round(climate.temperature_mc / 1000), "band": band}))
        if climate.under_voltage is not None and climate.under_voltage != self._under:
            self._under = climate.under_voltage
            done.append(Note("under-voltage" if self._under else "voltage-well", {}))
        return done


def _band(mc: int, critical_mc: int | None, before: Band) -> Band:
    stop_mc = min(STOP_MC, critical_mc - BEFORE_CRITICAL_MC) if critical_mc else STOP_MC
    bands: tuple[tuple[Band, int], ...] = (("critical", stop_mc), ("hot", HOT_MC), ("warm", WARM_MC))
    order = [band for band, _ in bands]
    for band, begins_mc in bands:
        staying = before in order and order.index(before) <= order.index(band)
        if mc >= begins_mc - (LEAVES_MC if staying else 0):
            return band
    return "normal"
