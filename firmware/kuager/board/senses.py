"""Reads battery, temperature and voltage on a thread of its own: a bus that hangs must hold nobody up."""

import logging

from kuager.board import Climate
from kuager.board.background import Background
from kuager.board.supply import Supply
from kuager.board.thermal import Thermal
from kuager.clock import boot_us
from kuager.evidence.records import Battery

_log = logging.getLogger(__name__)

EVERY_S = 2.0
STALE_US = 30_000_000
"""What was read longer ago is not known any more: the thread hangs in a driver."""


class Senses(Background):
    """`battery` and `climate`: the newest readings."""

    def __init__(self, supply: Supply, thermal: Thermal) -> None:
        super().__init__("senses")
        self._supply, self._thermal = supply, thermal
        self._battery: Battery | None = None
        self._climate = Climate()
        self._read_us = 0

    @property
    def battery(self) -> Battery | None:
        """The battery as it was read last."""
        return None if self._stale() else self._battery

    @property
    def climate(self) -> Climate:
        """Temperature and voltage as they were read last."""
        return Climate() if self._stale() else self._climate

    @property
    def complaints(self) -> tuple[str, ...]:
        """What can't be read."""
        return (self._supply.complaint,) if self._supply.complaint else ()

    def read(self) -> None:
        """Read once; called by the thread."""
        self._battery = self._supply.read()
        self._climate = self._thermal.read()
        self._read_us = boot_us()

    def _stale(self) -> bool:
        return boot_us() - self._read_us > STALE_US

    def run(self) -> None:
        """See Background."""
        while True:
            try:
                self.read()
            except Exception:  # noqa: BLE001 - the light and the buttons go on without it
                _log.exception("the board's sensors can't be read")
            if self.closed.wait(EVERY_S):
                return
