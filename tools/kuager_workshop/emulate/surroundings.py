"""What is around the unit besides hands: battery, satellite receiver, card reader, and ears at its loudspeaker."""

import contextlib
import socket
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from kuager_workshop.emulate import EmulatorError
from kuager_workshop.emulate.agent import Agent
from kuager_workshop.emulate.qmp import Qmp
from kuager_workshop.emulate.sockets import connect

HEARD_RATE = 48_000
"""Samples a second of what was heard."""

Samples = npt.NDArray[np.int16]

_BATTERY = "/sys/module/test_power/parameters/"
_EMPTY_UV, _PERCENT_UV = 3_300_000, 8_500  # of a lithium cell, roughly
_HEARD = "/run/kuager-emulator-heard"
_RECORD = f"exec arecord -q -D plughw:Speaker,1,0 -t raw -f S16_LE -r {HEARD_RATE} -c 1"
_KEY_S = 0.03  # between two keys of a reader; QEMU's keyboard forgets the seventeenth event not fetched
_BAUD = 9600
_BEGIN_S = 60.0  # until a recording of the loudspeaker has begun
_SEND_BUFFER = 4096  # bytes: no receiver keeps old sentences for a program that does not listen


def set_battery(agent: Agent, percent: int, charging: bool) -> None:
    """Let the gauge say this. Raises EmulatorError."""
    status = "full" if charging and percent == 100 else "charging" if charging else "discharging"
    for name, value in (
        # The voltage first: a gauge that calls a full cell empty is not believed.
        ("battery_voltage", str(_EMPTY_UV + percent * _PERCENT_UV)), ("battery_capacity", str(percent)),
        ("battery_status", status), ("ac_online", "on" if charging else "off"),
    ):  # fmt: skip
        agent.put(value.encode(), _BATTERY + name)


def touch_card(qmp: Qmp, uid: str) -> None:
    """A card at the reader, which types its number and Enter as a keyboard does. Raises EmulatorError."""
    for code, shifted in (*map(key, uid), ("ret", False)):
        codes = ["shift", code] if shifted else [code]
        events = [(each, True) for each in codes] + [(each, False) for each in reversed(codes)]
        qmp.call(
            "input-send-event",
            events=[
                {"type": "key", "data": {"down": down, "key": {"type": "qcode", "data": each}}} for each, down in events
            ],
        )
        time.sleep(_KEY_S)


def key(letter: str) -> tuple[str, bool]:
    """QEMU's name of the key for a letter or digit, and whether it is shifted. Raises EmulatorError for others."""
    if not (letter.isascii() and letter.isalnum()):
        raise EmulatorError(f"a card's number has letters and digits only, not {letter!r}")
    return letter.lower(), letter.isupper()


class Receiver:
    """The satellite receiver's cable. Whoever holds it keeps others off: close it."""

    def __init__(self, path: Path) -> None:
        self._connection = connect(path, 5.0)
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
        self._connection.setblocking(False)
        self._sent = 0

    def send(self, sentences: Iterable[str]) -> None:
        """Send sentences without their ends; those for which there is no room, since nobody reads, are lost."""
        for sentence in sentences:
            with contextlib.suppress(BlockingIOError):
                self._sent += self._connection.send(sentence.encode("ascii") + b"\r\n")

    def drop(self) -> None:
        """Let go at once."""
        self._connection.close()

    def close(self) -> None:
        """Let go once all has gone over the line: QEMU throws away what is still on its way."""
        time.sleep(min(5.0, self._sent * 10 / _BAUD) + 0.1)
        self._connection.close()


def hear(agent: Agent, seconds: float) -> Samples:
    """What the loudspeaker gives within so many seconds. Raises EmulatorError."""
    done = agent.shell(f"{_RECORD} --samples={round(seconds * HEARD_RATE)} {_HEARD}", 3 * seconds + 30.0)
    if done.code:
        raise EmulatorError(f"the loudspeaker can't be recorded: {done.out.strip()}")
    return _heard(agent, _HEARD)


class Ear:
    """Sound that is being recorded; `samples` has it once `listening` has ended."""

    def __init__(self) -> None:
        self.samples: Samples = np.zeros(0, np.int16)


@contextlib.contextmanager
def listening(agent: Agent) -> Iterator[Ear]:
    """Record the loudspeaker as long as the context lasts. Raises EmulatorError."""
    ear = Ear()
    job = _record(agent)
    try:
        yield ear
    finally:
        _end(agent, job)
        ear.samples = _heard(agent, _HEARD)


def _record(agent: Agent) -> int:
    """The job of a recording that has begun. One that ends instead is tried again."""
    end = time.monotonic() + _BEGIN_S
    while True:
        job = agent.shell_start(f"rm -f {_HEARD}; {_RECORD} {_HEARD}")
        while (ended := agent.shell_ended(job, 0.2)) is None:
            if agent.shell(f"test -s {_HEARD}", _BEGIN_S).code == 0:
                return job
            if time.monotonic() > end:
                _end(agent, job)
                raise EmulatorError(f"the loudspeaker gives nothing to record within {_BEGIN_S:g} s")
        if time.monotonic() > end:
            raise EmulatorError(f"the loudspeaker can't be recorded: {ended.out.strip()}")


def _end(agent: Agent, job: int) -> None:
    agent.ask("stop", job=job)
    agent.shell_result(job, 30.0)


def _heard(agent: Agent, file: str) -> Samples:
    data = agent.get(file)
    return np.frombuffer(data[: len(data) // 2 * 2], "<i2").astype(np.int16)
