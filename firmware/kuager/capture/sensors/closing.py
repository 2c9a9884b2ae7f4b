"""Gives devices back to drivers that may hang, and remembers those that do, and those that must not be given back."""

import logging
import threading
from collections.abc import Callable

from kuager.errors import HardwareError

_log = logging.getLogger(__name__)

WAIT_S = 2.0


class StuckError(HardwareError):
    """A driver holds on to a device that was closed, or can't use another: only a new process can.

    `another`: a device that was plugged in waits for that process.
    """

    def __init__(self, message: str, *, another: bool = False) -> None:
        super().__init__(message)
        self.another = another


_closing: dict[str, threading.Thread] = {}
_abandoned: dict[str, tuple[object, Callable[[], bool]]] = {}


def give_back(device: str, close: Callable[[], None]) -> None:
    """Run `close` on a thread of its own, and wait for it only a moment; never raises."""

    def run() -> None:
        try:
            close()
        except (RuntimeError, ValueError, OSError) as error:
            _log.warning("the %s did not close: %s", device, error)

    _closing[device] = thread = threading.Thread(target=run, name=f"{device}-close", daemon=True)
    thread.start()
    thread.join(WAIT_S)


def abandon(device: str, keep: object, another: Callable[[], bool]) -> None:
    """This device was pulled out, and its driver can't bear to be closed: `keep` is never let go of in this process.

    `another`: whether there is a device now that a new process could use.
    """
    _abandoned[device] = keep, another


def check(device: str) -> None:
    """Raise StuckError where only a new process can open this device; HardwareError where none can yet."""
    thread = _closing.get(device)
    if thread and thread.is_alive():
        raise StuckError(f"the {device} does not stop: only a new process frees it")
    if device in _abandoned:
        _, another = _abandoned[device]
        if another():
            raise StuckError(f"a {device} was plugged in: only a new process can use it", another=True)
        raise HardwareError(f"the {device} was unplugged")
