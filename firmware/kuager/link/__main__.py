"""Starts the dock link: ``python -m kuager.link --settings FILE --port /dev/ttyGS0``; ends when the dock is gone."""

import argparse
import logging
import sys
from pathlib import Path

import serial

import kuager
from kuager import clock, hardware, notify
from kuager.errors import HardwareError
from kuager.link import messages
from kuager.link.answer import Lines, Unitside
from kuager.settings import load_or_default

_log = logging.getLogger("kuager.link")

_READ = 4096
_WAIT_S = 1.0


def serve(port: serial.Serial, side: Unitside) -> None:
    """Answer until the line is gone. Whoever asks and does not read the answers loses them."""
    lines = Lines()
    while True:
        try:
            data = port.read(1)
            data += port.read(min(port.in_waiting, _READ)) if data else b""
            for line in lines.feed(data):
                port.write(messages.encode(side.answer(line)))
        except serial.SerialTimeoutException:
            port.reset_output_buffer()
        except (serial.SerialException, OSError) as error:
            _log.info("the dock is gone: %s", error)
            return
        notify.watchdog()


def main() -> int:
    """Run until the line is gone; 0 then, 70 where it can't be opened."""
    parser = argparse.ArgumentParser(prog="kuager.link")
    parser.add_argument("--settings", type=Path, required=True)
    parser.add_argument("--port", default="/dev/ttyGS0")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="link: %(levelname)s %(message)s", stream=sys.stderr)
    settings, _ = load_or_default(arguments.settings)
    board, _ = hardware.load_or_default(settings.unit.board)
    who = messages.Unit(
        version=messages.VERSION,
        unit=settings.unit.name,
        board=board.board.name,
        firmware=kuager.__version__,
        boot=clock.boot_id().hex(),
    )
    try:
        port = serial.Serial(arguments.port, timeout=_WAIT_S, write_timeout=_WAIT_S, exclusive=True)
    except (serial.SerialException, OSError) as error:
        _log.error("%s", HardwareError(f"the dock's line {arguments.port} can't be opened: {error}"))
        return HardwareError.exit_code
    with port:
        notify.ready("the dock may ask")
        serve(port, Unitside(who, clock.Clock().now))
    return 0


if __name__ == "__main__":
    sys.exit(main())
