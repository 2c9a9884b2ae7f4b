"""Hands satellite time to chronyd, which alone sets the clock: our processes need no right to do so.

chronyd's reference clock SOCK takes samples as datagrams on a socket that it makes itself (chrony.conf(5), `refclock`;
the layout is `struct sock_sample` of its refclock_sock.c). README.md has the lines for chrony.conf.
"""

import logging
import socket
import struct
from pathlib import Path

from kuager.board.nmea import Time

_log = logging.getLogger(__name__)

SOCKET = Path("/run/chrony.ttyKuager.sock")
"""chronyd listens here: of this form is what its profile in Debian lets it make."""

_SAMPLE = struct.Struct("@qqdiiii")  # timeval, offset in s, pulse, leap, padding, magic; 64-bit time
_MAGIC = 0x534F434B


def sample(at_utc_us: int, offset_us: int) -> bytes:
    """One sample: at this system time, the true time was `offset_us` later."""
    seconds, rest = divmod(at_utc_us, 1_000_000)
    return _SAMPLE.pack(seconds, rest, offset_us / 1e6, 0, 0, 0, _MAGIC)


def offset_us(time: Time, at_utc_us: int) -> int:
    """True time less system time, at the middle of what it may be; it is known within half of `Time.late_us`."""
    return time.utc_us + time.late_us // 2 - at_utc_us


class Feeder:
    """Sends samples while somebody listens; where nobody does, nothing is lost but the sample."""

    def __init__(self, path: Path = SOCKET) -> None:
        self._path = path
        self._socket: socket.socket | None = None
        self._told = False

    def send(self, time: Time, at_utc_us: int) -> bool:
        """Hand on that the time `time.utc_us` was heard when the system's clock said `at_utc_us`; never blocks."""
        try:
            if self._socket is None:
                self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
            self._socket.sendto(sample(at_utc_us, offset_us(time, at_utc_us)), str(self._path))
        except OSError as error:
            if not self._told:
                _log.info("nobody takes satellite time at %s: %s", self._path, error.strerror)
            self._told = True
            return False
        self._told = False
        return True

    def close(self) -> None:
        """Send no more."""
        if self._socket:
            self._socket.close()
