"""Puts light and motor out: ``python -m kuager.board.off --settings FILE``, after a supervisor that died.

No light may outlive what it says, so this starts quickly: it needs neither gpiozero nor the supervisor's modules.
"""

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from kuager import hardware
from kuager.board.chip import chip_labelled, import_lgpio
from kuager.errors import KuagerError
from kuager.hardware import Pins
from kuager.settings import load_or_default

_log = logging.getLogger("kuager.board.off")

_OUTPUTS = ("red", "green", "blue", "vibration")


def put_out(pins: Pins, run: Path) -> list[str]:
    """Drive every output low, each whatever becomes of the others; gives what could not be. Raises HardwareError."""
    numbers = [number for name, number in pins.used().items() if name in _OUTPUTS]
    if pins.factory == "mock":
        return []
    return _rpigpio(numbers) if pins.factory == "rpigpio" else _lgpio(numbers, pins.chip, run)


def _lgpio(numbers: Sequence[int], label: str, run: Path) -> list[str]:
    lgpio = import_lgpio(run)
    handle = lgpio.gpiochip_open(chip_labelled(lgpio, label) if label else 0)
    failed = []
    for number in numbers:
        try:
            lgpio.gpio_claim_output(handle, number, 0)
        except lgpio.error as error:
            failed.append(f"GPIO {number}: {error}")
    lgpio.gpiochip_close(handle)
    return failed


def _rpigpio(numbers: Sequence[int]) -> list[str]:
    from RPi import GPIO

    GPIO.setwarnings(False)  # of lines that a process left behind, which is why this runs
    GPIO.setmode(GPIO.BCM)
    for number in numbers:
        GPIO.setup(number, GPIO.OUT, initial=GPIO.LOW)
    return []


def main() -> int:
    """The process's entry; returns its exit code."""
    parser = argparse.ArgumentParser(prog="kuager.board.off")
    parser.add_argument("--settings", type=Path, required=True)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="off: %(levelname)s %(message)s")
    settings, _ = load_or_default(arguments.settings)
    wired, _ = hardware.load_or_default(settings.unit.board)
    try:
        failed = put_out(wired.pins, settings.paths.run)
    except KuagerError as error:
        _log.error("%s", error)
        return error.exit_code
    except Exception as error:  # noqa: BLE001 - lgpio's errors inherit nothing of use
        failed = [str(error)]
    for what in failed:
        _log.error("a light may still be on: %s", what)
    return 70 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
