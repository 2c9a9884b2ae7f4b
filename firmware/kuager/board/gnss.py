"""Listens to the GNSS receiver on its serial line, on a thread of its own, and for as long as the unit runs.

A line that is lost is opened again. Bounded whatever comes: a read takes at most `PIECE` bytes, reads are `PACE_S`
apart, and of the sentences in a second no more than `MOST_A_SECOND` are looked at.
"""

import logging
from collections.abc import Callable
from typing import Any

from kuager.board.background import Background
from kuager.board.nmea import Fix, Lines, Receiver, Time
from kuager.clock import boot_us
from kuager.hardware import Position

_log = logging.getLogger(__name__)

PIECE = 4096
PACE_S = 0.02
MOST_A_SECOND = 100  # 10 fixes a second of 10 sentences
_WAIT_S = 0.5
_AGAIN_S = (1.0, 30.0)  # before the line is opened again: at first, and at most
_MUTE_US = 60_000_000  # a line without a single sentence for so long is told

Port = Any  # serial.Serial, as far as it is used: read, in_waiting, close


def open_port(position: Position) -> Port:
    """The serial line. Raises OSError, or whatever else the driver has."""
    import serial

    return serial.Serial(position.port, position.baud, timeout=_WAIT_S, exclusive=True)


class Gnss(Background):
    """`fix` and `time` are the newest of the receiver; `complaint` is what keeps it from giving any."""

    def __init__(self, position: Position, opening: Callable[[Position], Port] = open_port) -> None:
        super().__init__("gnss")
        self._position, self._opening = position, opening
        self._receiver = Receiver()
        self._sentence_us = boot_us()
        self._line_lost = ""
        self._second = (0, 0)  # the second that runs, and how many sentences it had

    @property
    def fix(self) -> Fix | None:
        """The newest position; its age is the reader's business."""
        return self._receiver.fix

    @property
    def time(self) -> Time | None:
        """The newest time."""
        return self._receiver.time

    @property
    def complaint(self) -> str:
        """Why nothing comes from the receiver; empty: something does."""
        if self._line_lost:
            return f"the satellite receiver can't be heard: {self._line_lost}"
        if boot_us() - self._sentence_us > _MUTE_US:
            return f"the satellite receiver on {self._position.port} says nothing that can be understood"
        return ""

    def run(self) -> None:
        """See Background."""
        pause_s = _AGAIN_S[0]
        while not self.closed.is_set():
            try:
                port = self._opening(self._position)
            except Exception as error:  # noqa: BLE001 - pyserial raises its own, termios' and the system's
                self._lost(str(error) or type(error).__name__)
            else:
                heard_us = self._sentence_us
                self._listen(port)
                if self._sentence_us != heard_us:
                    pause_s = _AGAIN_S[0]
            self.closed.wait(pause_s)
            pause_s = min(pause_s * 2, _AGAIN_S[1])

    def _listen(self, port: Port) -> None:
        lines = Lines()
        try:
            while not self.closed.wait(PACE_S):
                data = port.read(1)
                if data:
                    at_us = boot_us()
                    data += port.read(min(port.in_waiting, PIECE))
                    for line in lines.feed(data):
                        self._hear(line, at_us)
        except Exception as error:  # noqa: BLE001 - as above: whatever it is, the line is opened anew
            self._lost(str(error) or type(error).__name__)
        finally:
            try:
                port.close()
            except Exception as error:  # noqa: BLE001 - it is gone anyway
                _log.info("the receiver's line did not close: %s", error)

    def _hear(self, line: bytes, at_us: int) -> None:
        second, count = self._second
        if at_us - second >= 1_000_000:
            second, count = at_us, 0
        self._second = (second, count + 1)
        if count < MOST_A_SECOND and self._receiver.hear(line, at_us):
            self._sentence_us = at_us
            self._line_lost = ""

    def _lost(self, why: str) -> None:
        if not self._line_lost:
            _log.warning("the satellite receiver can't be heard: %s", why)
        self._line_lost = why[:300]
