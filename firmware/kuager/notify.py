"""Tells the parent how this process is, in systemd's notification protocol (sd_notify(3)); and the parent's end of it.

Without NOTIFY_SOCKET every call does nothing, so that a process also runs alone.
"""

import contextlib
import os
import socket
from pathlib import Path


def ready(status: str = "") -> None:
    """The process has started and serves; from now on its watchdog counts."""
    _send("READY=1" + (f"\nSTATUS={_line(status)}" if status else ""))


def watchdog() -> None:
    """All is well; without this for the watchdog's time the parent kills the process."""
    _send("WATCHDOG=1")


def status(text: str) -> None:
    """One line for the person who looks at the unit's state."""
    _send(f"STATUS={_line(text)}")


def stopping() -> None:
    """The process ends in order; it feeds no watchdog any more."""
    _send("STOPPING=1")


def _line(text: str) -> str:
    return " ".join(text.split())


def _send(message: str) -> None:
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sock:
        try:
            # A parent that does not read must not hold up a recording.
            sock.sendto(message.encode(), socket.MSG_DONTWAIT, address)
        except OSError:
            return


class Listener:
    """The parent's end, one for each child: a datagram socket whose path is the child's NOTIFY_SOCKET."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
        self._sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)
        self._sock.bind(str(path))

    def fileno(self) -> int:
        """For a selector."""
        return self._sock.fileno()

    def receive(self) -> dict[str, str]:
        """All that has come, without waiting; the newest of each variable wins. Malformed lines are ignored."""
        heard: dict[str, str] = {}
        with contextlib.suppress(BlockingIOError):
            while True:
                lines = self._sock.recv(4096).decode(errors="replace").splitlines()
                for key, equals, value in (line.partition("=") for line in lines):
                    if equals:
                        heard[key] = value
        return heard

    def close(self) -> None:
        """Stop listening and remove the socket file."""
        self._sock.close()
        self.path.unlink(missing_ok=True)
