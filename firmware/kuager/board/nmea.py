"""What a GNSS receiver's line says, out of bytes that may be anything at all. Pure; sentences are parsed by pynmeagps.

Used are GGA (position), GST (its error) and RMC (date and time), of any constellation, with a right checksum only. The
receiver is believed no more than it can prove, which is nothing: what it says is told as its saying.
"""

import math
import re
from datetime import UTC, date, datetime, time
from typing import Any, NamedTuple

LONGEST = 120  # bytes of a sentence; NMEA 0183 allows 82, some receivers send more
UERE_M = 5
"""Assumed error of one measured range, 1 sigma in metres, where the receiver tells only how it multiplies (HDOP)."""
EARLIEST_US = int(datetime(2025, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000
"""A date before it is a receiver's whose count of weeks has rolled over, or one that has not seen the sky yet."""

_SENTENCE = re.compile(rb"\$G[A-Z](?:GGA|GST|RMC)[ -~]*\*[0-9A-F]{2}\Z")
_SEEN = frozenset({1, 2, 3, 4, 5})  # GGA's quality: measured, rather than reckoned, typed in or simulated
_MOST_HDOP = 50.0
_EPOCH_S = 1.5  # a GST belongs to a position this close to it
_DAY_S = 86_400


class Fix(NamedTuple):
    """Where the receiver is, WGS 84, received at `at_us` (CLOCK_BOOTTIME). `accuracy_mm`: radius that holds 95 %, by
    `basis` `gst` (the receiver's own estimate) or `hdop` (times UERE_M). Height above mean sea level in mm.
    """

    at_us: int
    lat_e7: int  # degrees * 10^7, north and east positive
    lon_e7: int
    accuracy_mm: int
    basis: str
    satellites: int
    height_mm: int | None = None


class Time(NamedTuple):
    """UTC (us since 1970) of a moment that lies at most `late_us` before its sentence came, at `at_us`."""

    at_us: int
    utc_us: int
    late_us: int = 1_000_000  # the sentence is sent before the next moment's: once a second or oftener


class Lines:
    """Lines out of bytes in pieces of any size; what is too long for one is dropped up to its end."""

    def __init__(self) -> None:
        self._rest = b""
        self._dropping = False

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that are complete now, without their ends."""
        *whole, rest = (self._rest + data).split(b"\n")
        if whole and self._dropping:
            self._dropping = False
            del whole[0]
        self._rest = rest
        if self._dropping or len(rest) > LONGEST:
            self._dropping, self._rest = True, b""
        return [line.rstrip(b"\r") for line in whole if len(line) <= LONGEST]


class Receiver:
    """Follows the sentences. `fix` and `time` are the newest that were good."""

    def __init__(self) -> None:
        self.fix: Fix | None = None
        self.time: Time | None = None
        self._error: tuple[float, float] | None = None  # time of day in s, and drms in m

    def hear(self, line: bytes, at_us: int) -> bool:
        """Take one line that came at `at_us`; whether it was a sentence that is used."""
        message = _parsed(line)
        match message.msgID if message else "":
            case "GGA":
                self._position(message, at_us)
            case "GST":
                self._error = _error(message)
            case "RMC":
                self._moment(message, at_us)
            case _:
                return False
        return True

    def _position(self, gga: Any, at_us: int) -> None:
        lat, lon, hdop = _real(gga, "lat"), _real(gga, "lon"), _real(gga, "HDOP")
        if _real(gga, "quality") not in _SEEN or lat is None or lon is None or abs(lat) > 90 or abs(lon) > 180:
            return
        spread_m, basis = self._spread(_seconds(gga), hdop)
        if spread_m is None:
            return
        height, satellites = _real(gga, "alt"), _real(gga, "numSV")
        self.fix = Fix(
            at_us=at_us,
            lat_e7=round(lat * 10**7),
            lon_e7=round(lon * 10**7),
            accuracy_mm=round(2 * spread_m * 1000),
            basis=basis,
            satellites=round(satellites) if satellites is not None and 0 <= satellites < 100 else 0,
            height_mm=round(height * 1000) if height is not None and abs(height) < 20_000 else None,
        )

    def _spread(self, at_s: float | None, hdop: float | None) -> tuple[float | None, str]:
        """The distance root mean square in metres, and on what it rests."""
        if self._error and at_s is not None:
            apart = abs(at_s - self._error[0])
            if min(apart, _DAY_S - apart) <= _EPOCH_S:
                return self._error[1], "gst"
        if hdop is not None and 0 < hdop <= _MOST_HDOP:
            return hdop * UERE_M, "hdop"
        return None, ""

    def _moment(self, rmc: Any, at_us: int) -> None:
        day, moment = getattr(rmc, "date", None), getattr(rmc, "time", None)
        if getattr(rmc, "status", "") != "A" or not (isinstance(day, date) and isinstance(moment, time)):
            return
        utc = datetime.combine(day, moment, UTC)
        utc_us = round(utc.timestamp() * 1_000_000)
        if utc_us >= EARLIEST_US:
            self.time = Time(at_us, utc_us)


def _parsed(line: bytes) -> Any:
    # Cheap refusals first: a flood of noise never reaches the parser.
    if len(line) > LONGEST or not _SENTENCE.match(line):
        return None
    from pynmeagps import NMEAReader  # only where there is a receiver

    try:
        return NMEAReader.parse(line + b"\r\n", validate=1)
    except Exception:  # noqa: BLE001 - a field may be anything, and the parser's errors are of many kinds
        return None


def _error(gst: Any) -> tuple[float, float] | None:
    north, east, at_s = _real(gst, "stdLat"), _real(gst, "stdLong"), _seconds(gst)
    if north is None or east is None or at_s is None or not 0 < math.hypot(north, east) < 10_000:
        return None
    return at_s, math.hypot(north, east)


def _real(message: Any, name: str) -> float | None:
    """A field as a finite number; None where it is empty, missing or anything else."""
    value = getattr(message, name, None)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def _seconds(message: Any) -> float | None:
    """The time of day, in seconds."""
    value = getattr(message, "time", None)
    if not isinstance(value, time):
        return None
    return float(value.hour * 3600 + value.minute * 60 + value.second + value.microsecond / 1e6)
