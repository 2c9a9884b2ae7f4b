"""Faults played on the virtual board, for training and tests; a real board does none of them."""

from typing import Literal, get_args

from kuager.evidence.records import Micros
from kuager.wire.base import Message

SensorFault = Literal[
    "camera-stall", "camera-gone", "camera-back", "lens-covered", "lens-clear", "microphone-mute", "microphone-gone",
    "microphone-back", "hang", "crash",
]  # fmt: skip
SENSOR_FAULTS = get_args(SensorFault)

CarrierFault = Literal[
    "carrier-gone", "carrier-blank", "carrier-foreign", "carrier-full", "carrier-read-only", "carrier-failed",
    "carrier-slow", "carrier-well",
]  # fmt: skip
CARRIER_FAULTS = get_args(CarrierFault)

ClockFault = Literal["clock-lost", "clock-back"]
CLOCK_FAULTS = get_args(ClockFault)


class Rig(Message, frozen=True, kw_only=True):
    """To capture: play a fault on the virtual sensors, or on the process."""

    fault: SensorFault


class CarrierRig(Message, frozen=True, kw_only=True):
    """To the vault: play a fault on its file interface, or end it (`carrier-well`: the usual carrier is in, and well).

    `carrier-blank`, `carrier-foreign`: the carrier that was in is out, and such a one is in.
    """

    fault: CarrierFault


class ClockRig(Message, frozen=True, kw_only=True):
    """To every process that reads a clock: UTC was lost at this moment, or was set again.

    All are told the same moment, so that they go on agreeing on what time it is.
    """

    fault: ClockFault
    at_us: Micros
