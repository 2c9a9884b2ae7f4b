"""The faults drawer: what may be played on the virtual unit for training, and how each is played.

Most go to the board's door, which passes them on. Processes are killed from here: whoever listens on a process's
socket is that process, says the kernel (SO_PEERCRED).
"""

import contextlib
import logging
import os
import signal
import socket
import struct
from collections.abc import Callable
from pathlib import Path

from kuager import sockets, wire

_log = logging.getLogger(__name__)

GROUPS: dict[str, tuple[str, ...]] = {
    "camera": ("camera-gone", "camera-stall", "camera-back", "lens-covered", "lens-clear"),
    "microphone": ("microphone-mute", "microphone-gone", "microphone-back"),
    "carrier": (
        "carrier-gone", "carrier-blank", "carrier-foreign", "carrier-full", "carrier-read-only", "carrier-failed",
        "carrier-slow", "carrier-well",
    ),
    "power": ("battery-low", "battery-empty", "battery-full", "power-fail", "power-cut"),
    "clock": ("clock-lost", "clock-back"),
    "process": ("hang", "kill-capture", "kill-vault", "kill-supervisor"),
}  # fmt: skip
"""What the drawer holds, by the part that suffers; each with its remedy, where it does not mend by itself."""

OWN = ("power-cut", "kill-capture", "kill-vault", "kill-supervisor")
"""Those that the board knows nothing of: they are played from here, and their words stand under ``drawer``."""

_CONNECT_S = 0.5
_SOCKETS: dict[str, sockets.Name] = {"capture": "capture", "vault": "vault-control", "supervisor": "board"}


class Drawer:
    """Plays faults. `send` reaches the board's door; `later(seconds, call)` calls once."""

    def __init__(
        self, run: Path, send: Callable[[wire.Message], object], later: Callable[[float, Callable[[], object]], object]
    ) -> None:
        self._run, self._send, self._later = run, send, later

    def play(self, fault: str) -> None:
        """Play one by its name; a name that is not in the drawer is told and does nothing."""
        if not any(fault in names for names in GROUPS.values()):
            _log.warning("there is no fault %r in the drawer", fault)
        elif fault == "power-fail":
            self._send(wire.Pin(name="power-fail", level=True))
            self._later(1.0, lambda: self._send(wire.Pin(name="power-fail", level=False)))
        elif fault == "power-cut":
            kill(self._run, tuple(_SOCKETS))
        elif fault.startswith("kill-"):
            kill(self._run, (fault.removeprefix("kill-"),))
        else:
            self._send(wire.Fault(fault=fault))


def kill(run: Path, names: tuple[str, ...]) -> None:
    """SIGKILL to these processes, as nearly at once as can be; one that does not run is left out."""
    with contextlib.ExitStack() as held:
        found = []
        for name in names:
            fd = _process(sockets.path(run, _SOCKETS[name]))
            if fd is not None:
                held.callback(os.close, fd)
                found.append(fd)
        for fd in found:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(fd, signal.SIGKILL)


def _process(path: Path) -> int | None:
    """A pidfd of the process that listens there."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.settimeout(_CONNECT_S)  # a process that hangs may leave its door full
        try:
            sock.connect(str(path))
            credentials = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
            pid = struct.unpack("3i", credentials)[0]
            return os.pidfd_open(pid)
        except OSError:
            return None
