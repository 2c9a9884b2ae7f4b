"""Targets of what is said to the unit: its sockets, the dock's line, the receiver's sentences, a remembered session."""

import io
import socket
from functools import cache
from random import Random
from typing import Any, cast, get_args

import msgspec

from kuager import channel, session, wire
from kuager.board import nmea
from kuager.errors import InputError
from kuager.evidence.records import Stamp
from kuager.link import answer
from kuager.link import messages as link
from kuager.procedure import pack
from kuager.session import events
from kuager_workshop.fuzz import typed
from kuager_workshop.fuzz.structured import json_line, message, messages
from kuager_workshop.fuzz.target import Run, expect, refusing, table

_PIECE = 7  # bytes that come at once
_BEGIN = (
    events.SupervisorRestarted(at_us=5_000_000, open_id=bytes(16), open_number=1),
    events.CaptureBack(at_us=5_100_000),
    events.Tick(at_us=5_200_000),
)
"""What a new supervisor tells a session that it goes on with."""


class _Fed:
    """A socket whose other end said all of its bytes at once and is gone."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, _mode: str, buffering: int) -> io.BufferedReader:
        """As socket.makefile."""
        return io.BufferedReader(cast(io.RawIOBase, io.BytesIO(self._data)), buffering)

    def shutdown(self, _how: int) -> None:
        """As socket.shutdown."""

    def close(self) -> None:
        """As socket.close."""


def _socket(*directions: Any) -> Run:
    """Frames of either direction of a socket, through the framing that the processes use."""
    decoders = [wire.Decoder(each) for each in directions]

    def run(data: bytes) -> None:
        for decoder in decoders:
            for said in _heard(data, decoder):
                frame = wire.encode(said)
                again = cast(wire.Message, decoder.decode(frame[4:]))
                expect(again == said or wire.encode(again) == frame, "a message can be passed on")

    return run


def _heard(data: bytes, decoder: wire.Decoder) -> list[wire.Message]:
    heard: list[wire.Message] = []
    ended: list[bool] = []
    connection = channel.Connection(
        cast(socket.socket, _Fed(data)),
        decoder,
        lambda _, message: heard.append(message),
        lambda _: ended.append(True),
    )
    connection._read()  # here, and not on its thread, so that what it raises is seen
    expect(ended == [True], "a connection ends once, whatever was said on it")
    return heard


def _link(data: bytes) -> None:
    who = link.Unit(version=1, unit="KZ0417", board="virtual", firmware="0.1.0", boot="00" * 16)
    side = answer.Unitside(who, lambda: Stamp(5, 1_795_324_500_000_000, "holdover", 2**52))
    lines = answer.Lines()
    for start in range(0, len(data), _PIECE):
        for line in lines.feed(data[start : start + _PIECE]):
            expect(line is None or len(line) < link.MAX_LINE, "a line has a longest length")
            said = link.encode(side.answer(line))
            expect(len(said) <= link.MAX_LINE and said.count(b"\n") == 1, "an answer is one line")
            link.from_unit(said)
    with refusing(InputError):
        heard = link.from_unit(data)
    expect(link.from_unit(link.encode(heard)) == heard, "what is heard can be said again")


def _nmea(data: bytes) -> None:
    receiver, lines = nmea.Receiver(), nmea.Lines()
    for start in range(0, len(data), _PIECE):
        for line in lines.feed(data[start : start + _PIECE]):
            expect(len(line) <= nmea.LONGEST, "a line has a longest length")
            receiver.hear(line, 5)
            receiver.hear(sentence(line.partition(b"*")[0].removeprefix(b"$")), 6)  # behind the checksum, too
    fix, time = receiver.fix, receiver.time
    expect(fix is None or (abs(fix.lat_e7) <= 900_000_000 and abs(fix.lon_e7) <= 1_800_000_000), "a fix is on Earth")
    expect(fix is None or (0 < fix.accuracy_mm < 2**40 and 0 <= fix.satellites < 100), "a fix is bounded")
    expect(time is None or nmea.EARLIEST_US <= time.utc_us < 2**53, "a time is one that a record can hold")


def sentence(body: bytes) -> bytes:
    """An NMEA sentence with its checksum, without the end of its line."""
    total = 0
    for byte in body:
        total ^= byte
    return b"$%s*%02X" % (body, total)


def _session(data: bytes) -> None:
    with refusing(InputError):
        state = session.load(data)
    expect(session.load(session.dump(state)) == state, "a session can be remembered again")
    session.essence(state)
    for event in _events():
        _stepped(state, event)
    for event in (*_BEGIN, *_events()):
        state = _stepped(state, event)


def _stepped(state: session.State, event: events.AnyEvent) -> session.State:
    after, effects = session.step(state, event, pack())
    expect(bool(after.phase) and bool(after.signal), "a session can be shown after each step")
    msgspec.msgpack.encode(effects)
    return after


@cache
def _events() -> tuple[events.AnyEvent, ...]:
    """One of each kind, the same in every run."""
    chance = Random(1)
    return tuple(msgspec.convert(typed.plain(kind, chance), kind) for kind in get_args(events.AnyEvent))


SOCKETS: dict[str, tuple[Any, ...]] = {
    "wire-capture": (wire.ToCapture, wire.FromCapture),
    "wire-media": (wire.ToVaultMedia, wire.FromVaultMedia),
    "wire-control": (wire.ToVaultControl, wire.FromVaultControl),
    "wire-board": (wire.ToBoard, wire.FromBoard),
}
"""Target -> what is said on this socket to the one who listens, and by him."""

_LINES = (b"$GNGGA,", b"$GNGST,", b"$GNRMC,", b"*", b",,,,", b"1e400", b"nan")

TARGETS = table(
    *((name, _socket(*kinds), {"longest": 8192, "mutate": messages(*kinds)}) for name, kinds in SOCKETS.items()),
    ("dock-link", _link, {"words": (b"\\ud800", b"\n", b"\r"), "mutate": json_line(link.ToUnit, link.FromUnit)}),
    ("nmea", _nmea, {"longest": 1024, "words": _LINES}),
    ("session", _session, {"mutate": message(session.State)}),
)
