"""Seeds that are said: what the processes of a simulated unit said to each other, and the lines of its neighbours."""

from collections.abc import Iterator
from typing import Any, get_args

import msgspec

from kuager import wire
from kuager.link import messages as link
from kuager_workshop.fuzz.messages import SOCKETS, sentence
from kuager_workshop.torture.simulated.unit import Name, SimulatedUnit

_MOST_DATA = 200  # bytes of media in a message
_SESSIONS = 6

Seed = tuple[str, str, bytes]


class Overheard(SimulatedUnit):
    """A simulated unit of which each kind of message is kept."""

    def __post_init__(self) -> None:
        """As SimulatedUnit."""
        self.heard: dict[type, wire.Message] = {}
        self.sessions: list[bytes] = []
        super().__post_init__()

    def _hear(self, name: Name, said: list[tuple[str, Any]]) -> None:
        for _, what in said:
            if isinstance(what, wire.Message):
                self.heard.setdefault(type(what), what)
            if isinstance(what, wire.Remember):
                self.sessions.append(what.session)
        super()._hear(name, said)


def seeds(unit: Overheard) -> Iterator[Seed]:
    """Frames by socket, one of each kind alone and all of a direction together; and sessions that were remembered."""
    known = unit.heard | {type(each): each for each in _NEVER_HEARD}
    for target, directions in SOCKETS.items():
        for direction in directions:
            frames = {kind.__name__: _frame(known[kind]) for kind in get_args(direction) if kind in known}
            for name, frame in frames.items():
                yield target, name.lower(), frame
            together = b"".join(frames.values())
            yield target, f"all-{'to' if direction is directions[0] else 'from'}", together
    kept = sorted(set(unit.sessions), key=len)
    step = max(1, len(kept) // _SESSIONS)
    for number, session in enumerate([*kept[::step], kept[-1]]):
        yield "session", f"{number}", session


def _frame(message: wire.Message) -> bytes:
    data = getattr(message, "data", None)
    if isinstance(data, bytes):
        message = msgspec.structs.replace(message, data=data[:_MOST_DATA])
    return wire.encode(message)


_NEVER_HEARD: tuple[wire.Message, ...] = (
    wire.Pin(name="record", level=True),
    wire.Fault(fault="camera-stall"),
    wire.Listen(on=True),
    wire.Spoken(prompt="opening.recording-on", text="Запись включена.", at_us=5, duration_us=1_000_000),
    wire.SealedNotice(name="KZ0417-000001-20261122T051500Z", path="/carrier", sha256=bytes(32)),
    wire.Sound(pcm=bytes(40), at_us=5),
    wire.WatchPictures(on=True),
    wire.Preview(at_us=5, data=b"\xff\xd8\xff\xd9"),
    wire.Speaker(pcm=bytes(40), at_us=5),
    wire.Rig(fault="camera-stall"),
    wire.ClockRig(fault="clock-lost", at_us=5),
    wire.CarrierRig(fault="carrier-gone"),
    wire.PrepareCarrier(),
    wire.Refused(sequence=3, reason="no take runs"),
    wire.GapFound(sequence=3, take=1, stream="video", cause="camera", from_us=5, to_us=9),
    wire.Remark(sequence=4, take=1, code="rate-step", data={"from": 30, "to": 15}),
    wire.Trouble(part="camera", well=False, at_us=5, reason="no picture", streams=["sound"]),
    wire.VaultTrouble(code="not-prepared", reason="the carrier is not blank"),
    wire.UnitNote(code="refused", data={"button": "mark"}),
)


def lines() -> Iterator[Seed]:
    """The dock's lines, and a receiver's sentences."""
    unit = link.Unit(version=1, unit="KZ0417", board="pi-5", firmware="0.1.0", boot="0f" * 16)
    time = link.Time(token="7", boot_us=5, utc_us=1_795_324_500_000_000, state="holdover", uncertainty_us=40)
    yield "dock-link", "asks", link.encode(link.Hello(version=1)) + link.encode(link.AskTime(token="7"))
    for each in (unit, time, link.Refused(reason="a line is longer than 4096 bytes")):
        yield "dock-link", type(each).__name__.lower(), link.encode(each)
    sentences = (
        b"GNGGA,051500.00,5107.1234567,N,07126.1234567,E,1,09,1.02,347.5,M,-33.0,M,,",
        b"GNGST,051500.00,8.4,2.1,1.5,12.0,1.6,1.2,3.0",
        b"GNRMC,051500.00,A,5107.1234567,N,07126.1234567,E,0.01,,221126,,,A,V",
    )
    for name, body in zip(("gga", "gst", "rmc"), sentences, strict=True):
        yield "nmea", name, sentence(body) + b"\r\n"
    yield "nmea", "burst", b"".join(sentence(body) + b"\r\n" for body in sentences)
