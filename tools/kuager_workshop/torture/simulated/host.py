"""Runs a part: in this process, or in a forked one that real signals and limits can end."""

import contextlib
import os
import pickle
import select
import signal
import socket
import struct
from collections.abc import Callable
from typing import Any, Literal, NoReturn, Protocol

from kuager_workshop.torture.simulated.moment import Moment
from kuager_workshop.torture.simulated.steps import Killed, Steps

Said = tuple[str, Any]
"""To whom, and what."""

_LOOK_S = 0.05  # how often a silent process is asked whether it was stopped

Say = Callable[[str, Any], None]
Health = Literal["runs", "frozen", "dead"]


class Part(Protocol):
    """One of the firmware's processes, without its threads."""

    def handle(self, what: str, load: Any, moment: Moment) -> None:
        """Something happens to it now."""
        ...


PLAYED = "played"
"""To nobody in the unit: the step at which the part is to die, just before it does."""

Make = Callable[[Say, Steps, Moment], Part]


class Host(Protocol):
    """Where a part runs."""

    health: Health

    def call(self, what: str, load: Any, moment: Moment) -> list[Said]:
        """Have something happen to the part; gives what it said, also where it died or froze over it."""
        ...

    def kill(self) -> None:
        """As by SIGKILL, now."""
        ...


class Inline:
    """In this process."""

    def __init__(self, make: Make, steps: Steps, moment: Moment) -> None:
        self.health: Health = "runs"
        self._said: list[Said] = []
        self._part: Part | None = None
        self._steps = steps
        steps.told = lambda name: self._said.append((PLAYED, name))
        with self._dying():
            self._part = make(lambda to, what: self._said.append((to, what)), steps, moment)

    def call(self, what: str, load: Any, moment: Moment) -> list[Said]:
        """As Host.call."""
        if self._part:
            with self._dying():
                self._part.handle(what, load, moment)
        said, self._said[:] = list(self._said), []
        return said

    def kill(self) -> None:
        """As Host.kill."""
        self.health, self._part = "dead", None
        while self._steps.ends:
            self._steps.ends.pop()()

    @contextlib.contextmanager
    def _dying(self) -> Any:
        try:
            yield
        except Killed:
            self.kill()


class Forked:
    """In a process of its own, which is asked and answers in lock step."""

    def __init__(self, make: Make, steps: Steps, moment: Moment) -> None:
        self.health: Health = "runs"
        ours, theirs = socket.socketpair()
        self.pid = os.fork()
        if self.pid == 0:
            ours.close()
            _live(theirs, make, steps, moment)
        theirs.close()
        self._socket = ours
        self._early = self._listen()

    def call(self, what: str, load: Any, moment: Moment) -> list[Said]:
        """As Host.call."""
        early, self._early = self._early, []
        if self.health != "runs":
            return early
        with contextlib.suppress(OSError):
            _send(self._socket, (what, load, moment))
        return early + self._listen()

    def kill(self) -> None:
        """As Host.kill."""
        if self.health != "dead":
            self.health = "dead"
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self._socket.close()

    def _listen(self) -> list[Said]:
        said: list[Said] = []
        while True:
            if not select.select([self._socket], [], [], _LOOK_S)[0]:
                if self._stopped():
                    self.health = "frozen"
                    return said
                continue
            try:
                message = _receive(self._socket)
            except EOFError:
                self.kill()
                return said
            if message is None:
                return said
            said.append(message)

    def _stopped(self) -> bool:
        """Whether it was stopped. One that has ended is left to be found by its socket."""
        found = os.waitid(os.P_PID, self.pid, os.WSTOPPED | os.WEXITED | os.WNOHANG | os.WNOWAIT)
        return found is not None and found.si_code == os.CLD_STOPPED


def _live(end: socket.socket, make: Make, steps: Steps, moment: Moment) -> NoReturn:
    """The forked process: whatever ends it, ends it without a word."""
    code = 70
    steps.told = lambda name: _send(end, (PLAYED, name))
    try:
        part = make(lambda to, what: _send(end, (to, what)), steps, moment)
        _send(end, None)
        while True:
            what, load, moment = _receive(end)
            part.handle(what, load, moment)
            _send(end, None)
    except EOFError:
        code = 0
    finally:
        os._exit(code)


def _send(end: socket.socket, message: Any) -> None:
    data = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    end.sendall(struct.pack(">I", len(data)) + data)


def _receive(end: socket.socket) -> Any:
    (length,) = struct.unpack(">I", _exactly(end, 4))
    return pickle.loads(_exactly(end, length))


def _exactly(end: socket.socket, length: int) -> bytes:
    data = bytearray()
    while len(data) < length:
        try:
            piece = end.recv(length - len(data))
        except ConnectionError:
            piece = b""
        if not piece:
            raise EOFError
        data += piece
    return bytes(data)
