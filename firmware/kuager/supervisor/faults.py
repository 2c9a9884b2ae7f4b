"""Faults that a trainer or a test plays on the virtual board, each to where it is played."""

import logging
from collections.abc import Callable

import msgspec

from kuager import clock, wire
from kuager.board.virtual import VirtualBoard

_log = logging.getLogger(__name__)

_CHARGES = {"battery-full": 100, "battery-low": 5, "battery-empty": 1}

Send = Callable[[wire.Message], object]


def play(fault: str, board: VirtualBoard, to_vault: Send, to_capture: Send, now_us: int) -> None:
    """Play one by its name in ``wire.Fault``; a name that nobody knows is told and does nothing."""
    if fault in _CHARGES:
        board.drain(_CHARGES[fault])
    elif fault in wire.CARRIER_FAULTS:
        to_vault(msgspec.convert({"m": "CarrierRig", "fault": fault}, wire.CarrierRig))
    elif fault in wire.SENSOR_FAULTS:
        to_capture(msgspec.convert({"m": "Rig", "fault": fault}, wire.Rig))
    elif fault in wire.CLOCK_FAULTS:
        # One kernel's clock, read by three processes: all lose it at the same moment.
        message = msgspec.convert({"m": "ClockRig", "fault": fault, "at_us": now_us}, wire.ClockRig)
        to_vault(message)
        to_capture(message)
        clock.play(message.fault, message.at_us)
    else:
        _log.warning("there is no fault %r to play", fault)
