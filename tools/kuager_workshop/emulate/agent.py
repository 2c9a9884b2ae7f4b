"""The host's end of the agent in the guest (`guest.agent`): a connection a request, so that callers can share it."""

import base64
import itertools
import json
import secrets
import time
from pathlib import Path
from typing import Any, NamedTuple

from kuager_workshop.emulate import EmulatorError
from kuager_workshop.emulate.sockets import Lines, connect

_ANSWER_S = 30.0
_PIECE = 512 << 10  # bytes of a file in one request
_WAIT_S = 0.05  # how long the guest waits for a job within one request
_PAUSE_S = 0.02  # between two requests for the same job: others get in between


class Result(NamedTuple):
    """What a command in the guest came to: its exit code (negative for a signal) and both its outputs in one."""

    code: int
    out: str

    @classmethod
    def of(cls, said: dict[str, Any]) -> "Result":
        """From what the guest says of a job that has ended."""
        return cls(int(said["code"]), base64.b64decode(said["out"]).decode(errors="replace"))


class Agent:
    """Requests to the guest. Every method raises EmulatorError where the guest refuses or does not answer."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._numbers = itertools.count(secrets.randbits(40))  # answers to callers who have gone are told apart

    def ask(self, do: str, timeout_s: float = _ANSWER_S, **arguments: Any) -> dict[str, Any]:
        """One request; gives what the agent says it has done."""
        number = next(self._numbers)
        with connect(self._path, timeout_s) as connection:
            connection.sendall(json.dumps({"id": number, "do": do, **arguments}).encode() + b"\n")
            lines = Lines(connection, "the guest's agent")
            end = time.monotonic() + timeout_s
            while time.monotonic() < end:
                said = _answer(lines.next())
                if said.get("id") != number:
                    continue
                if "error" in said:
                    raise EmulatorError(f"the guest refuses to {do}: {said['error']}")
                done: dict[str, Any] = said["done"]
                return done
        raise EmulatorError(f"the guest's agent does not answer `{do}` within {timeout_s:g} s: see console.log")

    def wait(self, timeout_s: float, not_boot: str = "") -> str:
        """Wait until the guest answers, and is not in the boot of this id any more; gives the id of its boot."""
        end = time.monotonic() + timeout_s
        while True:
            try:
                boot = str(self.ask("hello", timeout_s=2.0)["boot"])
                if boot != not_boot:
                    return boot
            except EmulatorError:
                if time.monotonic() > end:
                    raise
            if time.monotonic() > end:
                raise EmulatorError(f"the guest did not boot within {timeout_s:g} s: see its console.log")
            time.sleep(_PAUSE_S)

    def finish(self, job: int, timeout_s: float) -> dict[str, Any]:
        """Wait for a job; one that takes longer is ended, and an error."""
        end = time.monotonic() + timeout_s
        while True:
            said = self.ask("job", job=job, wait_s=_WAIT_S)
            if not said["runs"]:
                return said
            if time.monotonic() > end:
                self.ask("stop", job=job)
                raise EmulatorError(f"the guest was not done after {timeout_s:g} s: allow it more time, it is slow")
            time.sleep(_PAUSE_S)

    def shell(self, command: str, timeout_s: float) -> Result:
        """Run a command in the guest's shell, as root."""
        return self.shell_result(self.shell_start(command), timeout_s)

    def shell_start(self, command: str) -> int:
        """Start one; gives its job."""
        return int(self.ask("start", command=command)["job"])

    def shell_result(self, job: int, timeout_s: float) -> Result:
        """Wait for one that was started."""
        return Result.of(self.finish(job, timeout_s))

    def shell_ended(self, job: int, wait_s: float) -> Result | None:
        """What came of one that was started; None if it still runs after so many seconds."""
        said = self.ask("job", job=job, wait_s=wait_s)
        return None if said["runs"] else Result.of(said)

    def put(self, data: bytes, path: str) -> None:
        """Write a file in the guest."""
        for at in range(0, max(1, len(data)), _PIECE):
            piece = base64.b64encode(data[at : at + _PIECE]).decode()
            self.ask("write", path=path, data=piece, more=at > 0)

    def get(self, path: str) -> bytes:
        """Read a file of the guest, to its end as it is now."""
        got = bytearray()
        while True:
            said = self.ask("read", path=path, at=len(got))
            piece = base64.b64decode(said["data"])
            got += piece
            if not piece or len(got) >= int(said["size"]) > 0:
                return bytes(got)


def _answer(line: bytes) -> dict[str, Any]:
    try:
        said = json.loads(line)
    except ValueError:
        return {}  # the rest of an answer whose caller has gone
    return said if isinstance(said, dict) else {}
