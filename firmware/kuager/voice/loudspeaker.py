"""What speech is played on: one small interface, and the virtual board's loudspeaker, whose sound goes into a room.

Loudspeakers never block the caller. Sound is int16 little-endian mono at 48 kHz.
"""

import logging
import sys
import threading
from array import array
from collections.abc import Callable
from typing import Protocol

from kuager.clock import boot_us
from kuager.errors import HardwareError, KuagerError
from kuager.voice.sound import RATE, SAMPLE_BYTES

_log = logging.getLogger(__name__)

Done = Callable[[bool], None]
"""Called once for each `play`, from any thread: it has sounded or was stopped (True), or could not be heard (False)."""


class Cancellable(Protocol):
    """A call that was put off."""

    def cancel(self) -> None:
        """Do not call any more, if it is not too late."""


Later = Callable[[float, Callable[[], None]], Cancellable]
"""Call a function after so many seconds, from any thread."""


class Loudspeaker(Protocol):
    """One voice at a time; see SpeakerQueue for what waits."""

    def play(self, pcm: bytes, done: Done) -> int:
        """Begin, and return at once when it will sound, CLOCK_BOOTTIME us; the next may begin after `done`.

        Raises HardwareError if nothing can be played.
        """

    def stop(self) -> None:
        """Fall silent soon, within half a second; `done` is called then. Nothing if nothing plays."""


def call_later(seconds: float, function: Callable[[], None]) -> Cancellable:
    """A Later on a thread of its own, which does not keep the process alive."""
    timer = threading.Timer(seconds, function)
    timer.daemon = True
    timer.start()
    return timer


def at_volume(pcm: bytes, percent: int) -> bytes:
    """The samples at this share of their amplitude, 0 to 100 percent."""
    if percent >= 100:
        return pcm
    samples = array("h", pcm)
    if sys.byteorder == "big":
        samples.byteswap()
    quieter = array("h", (sample * percent // 100 for sample in samples))
    if sys.byteorder == "big":
        quieter.byteswap()
    return quieter.tobytes()


class VirtualLoudspeaker:
    """Hands sound on in short parts with the moment at which each is to sound, paced by the clock.

    `emit(pcm, at_us)` takes one part, `at_us` on CLOCK_BOOTTIME; it must not block. Parts follow each other without a
    gap, unless the machine is so late that one would sound in the past.
    """

    LEAD_US = 150_000  # from handing on a part to its sounding: what a busy machine may be late
    PART_US = 250_000

    def __init__(
        self,
        emit: Callable[[bytes, int], None],
        clock: Callable[[], int] = boot_us,
        later: Later = call_later,
        volume: int = 100,
    ) -> None:
        self._emit, self._clock, self._later, self._volume = emit, clock, later, volume
        self._lock = threading.RLock()
        self._left: bytes | None = None  # what is still to be handed on; None: silent
        self._next_us = 0  # when the next part is to sound
        self._done: Done = lambda _heard: None

    def play(self, pcm: bytes, done: Done) -> int:
        """See Loudspeaker."""
        with self._lock:
            if self._left is not None:
                raise HardwareError("the loudspeaker still speaks")
            self._left, self._done = pcm, done
            begins_us = self._next_us = self._clock() + self.LEAD_US
            self._go_on()
            return begins_us

    def stop(self) -> None:
        """See Loudspeaker: what was handed on already still sounds, 0.4 s at most."""
        with self._lock:
            if self._left:
                self._left = b""

    def _go_on(self) -> None:
        with self._lock:
            if self._left:
                self._hand_on(self._left)
                return
            if self._clock() < self._next_us:
                self._later(self._wait_s(self._next_us), self._go_on)
                return
            self._left = None
        # Not under the lock: whoever hears of it may hold a lock of their own and ask us to stop or play.
        self._done(True)

    def _hand_on(self, left: bytes) -> None:
        cut = self.PART_US * RATE // 1_000_000 * SAMPLE_BYTES
        part, self._left = left[:cut], left[cut:]
        self._next_us = max(self._next_us, self._clock())
        try:
            self._emit(at_volume(part, self._volume), self._next_us)
        except KuagerError as error:
            _log.warning("the virtual room does not hear: %s", error)
        self._next_us += len(part) // SAMPLE_BYTES * 1_000_000 // RATE
        self._later(self._wait_s(self._next_us - self.LEAD_US), self._go_on)

    def _wait_s(self, until_us: int) -> float:
        return max(0, until_us - self._clock()) / 1_000_000


class Several:
    """Several loudspeakers as one, e.g. the sound card and the virtual room; done when all are, heard if any was."""

    def __init__(self, *loudspeakers: Loudspeaker) -> None:
        self._loudspeakers = loudspeakers

    def play(self, pcm: bytes, done: Done) -> int:
        """See Loudspeaker. One that cannot play is left out; HardwareError if none can."""
        lock = threading.Lock()
        waiting, any_heard = len(self._loudspeakers), False

        def one_done(heard: bool) -> None:
            nonlocal waiting, any_heard
            with lock:
                waiting -= 1
                any_heard = any_heard or heard
                last = waiting == 0
            if last:
                done(any_heard)

        begins_us: list[int] = []
        for loudspeaker in self._loudspeakers:
            try:
                begins_us.append(loudspeaker.play(pcm, one_done))
            except HardwareError as error:
                _log.warning("%s", error)
        if not begins_us:
            raise HardwareError("no loudspeaker can play")
        for _ in range(len(self._loudspeakers) - len(begins_us)):
            one_done(False)
        return max(begins_us)

    def stop(self) -> None:
        """See Loudspeaker."""
        for loudspeaker in self._loudspeakers:
            loudspeaker.stop()
