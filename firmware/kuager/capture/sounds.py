"""From the microphone to the line of sound, on a thread of its own; a lost microphone is opened again for ever.

A driver that does not let go of this process is told to `stuck`, with whether another device waits: a new process is
then all that helps.
"""

import threading
from collections.abc import Callable

from kuager import clock
from kuager.capture.sensors import Microphone
from kuager.capture.sensors.closing import StuckError
from kuager.capture.soundline import SoundLine
from kuager.errors import HardwareError

_READ_S = 0.2
_REOPEN_S = 1.0
_STALL_US = 3_000_000


class MicrophoneReader:
    """Feeds the line. Callbacks are called from its thread and must not block."""

    def __init__(
        self,
        line: SoundLine,
        open_microphone: Callable[[], Microphone],
        *,
        opened: Callable[[Microphone | None, str], None],
        alive: Callable[[], None],
        stuck: Callable[[bool], None],
    ) -> None:
        self._line, self._open = line, open_microphone
        self._opened, self._alive, self._stuck = opened, alive, stuck
        self._microphone: Microphone | None = None
        self._last_us = 0
        self.delivered = False
        """Whether a microphone has ever given sound here."""

    def run(self, stop: threading.Event) -> None:
        """Until `stop`."""
        while not stop.is_set():
            try:
                self._step()
            except HardwareError as error:
                self._close()
                self._alive()
                self._opened(None, str(error))
                if isinstance(error, StuckError):
                    self._stuck(error.another)
                stop.wait(_REOPEN_S)
        self._close()

    def _step(self) -> None:
        if self._microphone is None:
            self._microphone = self._open()
            self._last_us = clock.boot_us()
            self._opened(self._microphone, "")
        sound = self._microphone.read(_READ_S)
        now_us = clock.boot_us()
        if sound is None:
            if now_us - self._last_us > _STALL_US:
                raise HardwareError("the microphone gives no sound")
            return
        self._last_us, self.delivered = now_us, True
        self._alive()
        self._line.feed(sound)

    def _close(self) -> None:
        microphone, self._microphone = self._microphone, None
        if microphone:
            microphone.close()
