"""Tells the parent how this process is, in systemd's notification protocol (sd_notify(3)).

Without NOTIFY_SOCKET every call does nothing, so that a process also runs alone.
"""

import os
import socket


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
