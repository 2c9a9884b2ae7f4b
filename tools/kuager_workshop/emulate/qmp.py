"""QEMU's machine protocol (QMP), one connection a command so that several processes can share a machine."""

import json
import time
from pathlib import Path
from typing import Any

from kuager_workshop.emulate import EmulatorError
from kuager_workshop.emulate.sockets import Lines, connect

_ANSWER_S = 60.0  # a snapshot is written by one command


class Qmp:
    """Commands to the QEMU behind a socket. Every method raises EmulatorError where QEMU refuses or has gone."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def call(self, command: str, /, **arguments: Any) -> Any:
        """One command; underscores in argument names stand for hyphens. Gives what QEMU returns."""
        return self._talk(command, {name.replace("_", "-"): value for name, value in arguments.items()}, None)

    def call_until(self, event: str, device: str, command: str, /, **arguments: Any) -> Any:
        """One command, and then the event of this name about this device that completes it."""
        settled = {name.replace("_", "-"): value for name, value in arguments.items()}
        return self._talk(command, settled, (event, device))

    def monitor(self, line: str) -> str:
        """A line of the human monitor, for what QMP lacks: snapshots. Whatever it says is an error."""
        said = str(self.call("human-monitor-command", command_line=line)).strip()
        if said:
            raise EmulatorError(f"QEMU refuses `{line}`: {said}")
        return said

    def _talk(self, command: str, arguments: dict[str, Any], until: tuple[str, str] | None) -> Any:
        with connect(self._path, _ANSWER_S) as connection:
            lines = Lines(connection, "QEMU")
            lines.next()  # its greeting
            seen: list[dict[str, Any]] = []
            for name, given in (("qmp_capabilities", {}), (command, arguments)):
                connection.sendall(json.dumps({"execute": name, "arguments": given}).encode() + b"\n")
                while True:
                    said = json.loads(lines.next())
                    if "error" in said:
                        raise EmulatorError(f"QEMU refuses {name}: {said['error'].get('desc')}")
                    if "return" in said:
                        break
                    seen.append(said)
            end = time.monotonic() + _ANSWER_S
            while until and not any(_is(event, *until) for event in seen):
                if time.monotonic() > end:
                    raise EmulatorError(f"the guest does not complete {command}: is it still running?")
                seen.append(json.loads(lines.next()))
            return said["return"]


def _is(said: dict[str, Any], event: str, device: str) -> bool:
    return said.get("event") == event and said.get("data", {}).get("device") == device
