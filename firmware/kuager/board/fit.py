"""Makes the board that the settings name; a unit never stays dark for a mistake: what works is used, the rest told."""

from pathlib import Path

from kuager import hardware
from kuager.board.factory import make_factory
from kuager.board.pins import PinBoard
from kuager.board.senses import Senses
from kuager.board.supply import Supply
from kuager.board.thermal import Thermal
from kuager.board.virtual import VirtualBoard
from kuager.errors import HardwareError
from kuager.hardware import Hardware
from kuager.settings import Settings


def fit(settings: Settings, run: Path) -> tuple[PinBoard, Hardware]:
    """The board, and what hangs on it; `complaints` tells what is wrong with either."""
    wired, complaint = hardware.load_or_default(settings.unit.board)
    board: PinBoard
    if settings.unit.board == hardware.VIRTUAL:
        board = VirtualBoard(settings.procedure.mode, wired)
    else:
        board = _real(wired, run)
    if complaint:
        board.complain(complaint)
    return board, wired


def _real(wired: Hardware, run: Path) -> PinBoard:
    senses = Senses(Supply(wired.power.gauge), Thermal(wired.power.hwmon))
    try:
        return PinBoard(wired, make_factory(wired.pins, run), senses)
    except HardwareError as error:
        board = PinBoard(wired, None, senses)
        board.complain(str(error))
        return board
