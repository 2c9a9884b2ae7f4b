"""The reader of the operator's card: a USB keyboard to the kernel, grabbed so that no key reaches a console.

On a thread of its own; a reader that is pulled is looked for again.
"""

import logging
import select
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from kuager.board.background import Background
from kuager.board.wedge import Wedge
from kuager.clock import boot_us
from kuager.hardware import Card

_log = logging.getLogger(__name__)

GRACE_S = 15.0
"""Within which a reader may still come without being missed."""
_LOOK_S = 5.0  # between two looks for a reader that is not there
_WAIT_S = 0.5

Device = Any  # evdev.InputDevice, as far as it is used: fileno, grab, read, close


class Shown(NamedTuple):
    """A card was shown: its number as the reader types it. CLOCK_BOOTTIME us."""

    uid: str
    at_us: int


def find_reader(name: str) -> Device | None:
    """The keyboard with this in its name, in small or capital letters; None: there is none. Raises OSError."""
    import evdev

    for path in sorted(evdev.list_devices()):
        device = evdev.InputDevice(path)
        keys = device.capabilities().get(evdev.ecodes.EV_KEY, ())
        if name.casefold() in device.name.casefold() and evdev.ecodes.KEY_ENTER in keys:
            return device
        device.close()
    return None


def key_down(event: Any) -> str:
    """The name of the key that an event tells to have gone down; empty: it tells something else."""
    import evdev

    if event.type != evdev.ecodes.EV_KEY or event.value != 1:
        return ""
    name = evdev.ecodes.KEY.get(event.code, "")
    return name if isinstance(name, str) else str(name[0])


class CardReader(Background):
    """Calls `shown` with each card, from its own thread. `complaint`: why no card can be read."""

    def __init__(
        self,
        card: Card,
        shown: Callable[[Shown], None],
        find: Callable[[str], Device | None] = find_reader,
        down: Callable[[Any], str] = key_down,
    ) -> None:
        super().__init__("card")
        self._name, self._shown, self._find, self._down = card.reader, shown, find, down
        self._expected = time.monotonic() + GRACE_S
        self.complaint = ""

    def run(self) -> None:
        """See Background."""
        while not self.closed.is_set():
            try:
                device = self._find(self._name)
                if device is None:
                    self._missing(f"no card reader is called {self._name}")
                else:
                    self._read(device)
            except Exception as error:  # noqa: BLE001 - a pulled device, a refused grab, evdev not installed
                self._missing(f"the card reader {self._name} can't be used: {error or type(error).__name__}")
            self.closed.wait(_LOOK_S)

    def _read(self, device: Device) -> None:
        wedge = Wedge()
        try:
            device.grab()
            self.complaint = ""
            while not self.closed.is_set():
                ready, _, _ = select.select([device.fileno()], [], [], _WAIT_S)
                for event in device.read() if ready else ():
                    name = self._down(event)
                    uid = wedge.key(name, boot_us()) if name else None
                    if uid:
                        self._shown(Shown(uid, boot_us()))
        finally:
            device.close()  # which also ends the grab

    def _missing(self, what: str) -> None:
        # At the unit's start the kernel finds a reader on USB a while after us.
        if time.monotonic() < self._expected:
            return
        if what != self.complaint:
            _log.warning("%s", what)
        self.complaint = what
