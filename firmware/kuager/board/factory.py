"""gpiozero's pin factory, chosen on purpose: its own choice falls back silently to whatever can be imported."""

from pathlib import Path
from typing import Any

from gpiozero import PinUnknownPi

from kuager.board.chip import chip_labelled, import_lgpio
from kuager.errors import HardwareError
from kuager.hardware import Pins

_ANY_REVISION = 0xA02082
"""A Raspberry Pi 3: every board with the 40-pin header numbers its GPIO alike, which is all that is asked of it."""


def make_factory(pins: Pins, run: Path) -> Any:
    """The factory that the board file names. Raises HardwareError saying why there is none.

    `run`: where lgpio may keep the pipe that its callbacks come through.
    """
    try:
        if pins.factory == "lgpio":
            return _lgpio(pins, run)
        if pins.factory == "rpigpio":
            from gpiozero.pins.rpigpio import RPiGPIOFactory

            return _of_revision(RPiGPIOFactory, pins.revision)()
    except HardwareError:
        raise
    except Exception as error:  # lgpio's errors inherit nothing of use
        why = str(error) or type(error).__name__
        raise HardwareError(f"the pins can't be reached through {pins.factory}: {why}") from error
    raise HardwareError(f"the pin factory {pins.factory} drives nothing; a real board needs lgpio or rpigpio")


def _lgpio(pins: Pins, run: Path) -> Any:
    lgpio = import_lgpio(run)
    from gpiozero.pins.lgpio import LGPIOFactory

    chip = chip_labelled(lgpio, pins.chip) if pins.chip else None
    return _of_revision(LGPIOFactory, pins.revision)(chip=chip)


def _of_revision(kind: Any, revision: str) -> Any:
    def get(self: Any) -> int:
        if revision:
            return int(revision, 16)
        try:
            return int(kind._get_revision(self))
        except PinUnknownPi:
            return _ANY_REVISION

    return type(kind.__name__, (kind,), {"_get_revision": get})
