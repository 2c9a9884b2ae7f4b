"""One unbroken line of sound from a microphone that may stall, lose samples, be muted or be missing.

Samples are never changed, moved or resampled. What is missing is filled with silence so that the line keeps up with
the clock, and every silent range is given out as a Gap before the packet that holds it. Drift between the sound card's
clock and CLOCK_BOOTTIME goes into the packets' times only.

While the line is *closed* (stand-by of a pack that wants nobody heard before being told), nothing that was heard is
encoded: the last seconds wait in memory, and what grows older is replaced by silence. Opening it "since the press" lets
go on what was heard from that moment.
"""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from kuager.capture.drift import Placed, SoundClock
from kuager.capture.encoder import FLAC_SAMPLES, SoundEncoder
from kuager.capture.packets import Gap, SoundPacket
from kuager.capture.sensors import SAMPLE_RATE, Samples, Sound
from kuager.capture.watch import SoundWatch
from kuager.evidence.records import Cause

NOT_BEFORE_THE_PRESS = "pre-roll without sound"

_LATE_US = 500_000  # a microphone that is later than this is stalled
_BEHIND_US = 200_000  # silence is fed up to this long ago, so that a block that comes now still fits
_WAITING_SAMPLES = 5 * SAMPLE_RATE  # of a closed line, kept for the time between press and opening
_LONGEST_FILL = 10 * SAMPLE_RATE


@dataclass(slots=True)
class _Silence:
    first: int
    samples: int
    cause: Cause
    detail: str


class SoundLine:
    """Feed it from the microphone's thread and `tick` it from another; packets and gaps go to `emit`, in order."""

    def __init__(
        self, emit: Callable[[Gap | SoundPacket], None], utc_offset_us: Callable[[], int], begin_us: int
    ) -> None:
        self._emit, self._utc_offset_us = emit, utc_offset_us
        self._encoder = SoundEncoder()
        self._clock = SoundClock(begin_us=begin_us)
        self._watch = SoundWatch()
        self._lock = threading.Lock()
        self._blocks: deque[Samples] = deque()  # not yet encoded
        self._encoded = 0  # samples encoded since the begin
        self._count = 0  # samples taken in since the begin
        self._marks: deque[tuple[int, int]] = deque([(0, begin_us)])  # from this sample on, counted from this time
        self._silences: deque[_Silence] = deque()
        self._closed = False
        self._filled = False  # the line ends with silence that was fed for a microphone that gave none
        self._stalled = True

    @property
    def live(self) -> bool:
        """Whether the microphone delivers, and not silence alone."""
        with self._lock:
            return not self._stalled and not self._watch.silent

    @property
    def level_db(self) -> int:
        """Level of the last half second, dB full scale; -100 where there is no sound."""
        with self._lock:
            return -100 if self._stalled else self._watch.level_db

    @property
    def clipped(self) -> bool:
        """Whether sound was cut off at full scale within the last second."""
        with self._lock:
            return not self._stalled and self._watch.clipped

    @property
    def muffled(self) -> bool:
        """Whether what is loud enough to be speech has lost its high tones, as under clothes."""
        with self._lock:
            return not self._stalled and self._watch.muffled

    def feed(self, sound: Sound) -> None:
        """Take in a block from the microphone."""
        with self._lock:
            samples, stamp_us = sound.samples, sound.boot_us
            if self._filled and (late := (self._end_us - stamp_us) * SAMPLE_RATE // 1_000_000) > 0:
                # These moments are silence already, and declared: the line never goes back.
                samples = samples[late:]
                stamp_us = self._end_us
            if samples.size:
                missing = "no sound came" if self._stalled else "samples lost"
                self._filled = self._stalled = False
                self._watch.push(samples, stamp_us)
                for placed in self._clock.push(samples, stamp_us):
                    self._place(placed, missing)
            self._encode()

    def tick(self, now_us: int) -> None:
        """Call it often: a microphone that delivers nothing for half a second is replaced by silence."""
        with self._lock:
            if now_us - self._end_us <= _LATE_US:
                return
            for placed in self._clock.flush():
                self._place(placed, "samples lost")
            missing, from_us = self._clock.fill(now_us - _BEHIND_US)
            if missing:
                self._fill(missing, from_us, "no sound came")
                self._filled = self._stalled = True
            self._encode()

    def close(self) -> None:
        """From here on nothing heard is encoded, until `open`."""
        with self._lock:
            self._closed = True

    def open(self, since_us: int) -> None:
        """Let go on what was heard since this moment, as far as it still waits."""
        with self._lock:
            if not self._closed:
                return
            self._closed = False
            waiting = self._count - self._encoded
            before = min(waiting, (since_us - self._time_us(self._encoded)) * SAMPLE_RATE // 1_000_000)
            if before > 0:
                heard = self._pull(waiting)
                heard[:before] = 0
                self._blocks.append(heard)
                self._silences.appendleft(_Silence(self._encoded, before, "press", NOT_BEFORE_THE_PRESS))
            self._encode()

    @property
    def _end_us(self) -> int:
        first, at_us = self._marks[-1]
        return at_us + (self._count - first) * 1_000_000 // SAMPLE_RATE

    def _place(self, placed: Placed, missing: str) -> None:
        if placed.missing:
            self._fill(placed.missing, placed.missing_us, missing)
        self._marks.append((self._count, placed.boot_us))
        if self._watch.silent:
            self._silence(self._count, placed.samples.size, "the microphone is mute")
        self._take_in(placed.samples)

    def _fill(self, samples: int, from_us: int, detail: str) -> None:
        if samples > _LONGEST_FILL:
            # The whole unit stood still, for a time of any length: the line's time jumps instead.
            until_us = from_us + samples * 1_000_000 // SAMPLE_RATE
            self._emit(Gap("sound", "software", from_us, until_us, detail="the unit stood still"))
            self._marks.append((self._count, until_us))
            return
        self._marks.append((self._count, from_us))
        self._silence(self._count, samples, detail)
        self._take_in(np.zeros(samples, np.int16))

    def _take_in(self, samples: Samples) -> None:
        self._blocks.append(samples)
        self._count += samples.size

    def _silence(self, first: int, samples: int, detail: str) -> None:
        last = self._silences[-1] if self._silences else None
        if last and last.first + last.samples == first and last.detail == detail:
            last.samples += samples
        else:
            self._silences.append(_Silence(first, samples, "microphone", detail))

    def _encode(self) -> None:
        keep = _WAITING_SAMPLES if self._closed else 0
        while self._count - self._encoded - keep >= FLAC_SAMPLES:
            samples = self._pull(FLAC_SAMPLES)
            silences = self._silences_of(self._encoded, self._encoded + FLAC_SAMPLES)
            if self._closed:
                samples = np.zeros(FLAC_SAMPLES, np.int16)
                silences = [_Silence(self._encoded, FLAC_SAMPLES, "press", NOT_BEFORE_THE_PRESS)]
            for silence in silences:
                self._declare(silence)
            at_us = self._time_us(self._encoded)
            data = self._encoder.encode(samples)
            self._emit(SoundPacket(data, at_us, at_us + self._utc_offset_us(), self._encoded))
            self._encoded += FLAC_SAMPLES

    def _time_us(self, sample: int) -> int:
        """When a sample sounded that is not older than those that wait."""
        while len(self._marks) > 1 and self._marks[1][0] <= self._encoded:
            self._marks.popleft()
        first, at_us = self._marks[0]
        for mark, mark_us in self._marks:
            if mark > sample:
                break
            first, at_us = mark, mark_us
        return at_us + (sample - first) * 1_000_000 // SAMPLE_RATE

    def _silences_of(self, begin: int, end: int) -> list[_Silence]:
        """The silent ranges inside these samples; what ends there is forgotten."""
        found = []
        while self._silences and self._silences[0].first < end:
            silence = self._silences[0]
            low, high = max(silence.first, begin), min(silence.first + silence.samples, end)
            if low < high:
                found.append(_Silence(low, high - low, silence.cause, silence.detail))
            if silence.first + silence.samples > end:
                break
            self._silences.popleft()
        return found

    def _declare(self, silence: _Silence) -> None:
        from_us, to_us = self._time_us(silence.first), self._time_us(silence.first + silence.samples)
        place = {"first_sample": silence.first, "samples": silence.samples}
        self._emit(Gap("sound", silence.cause, from_us, to_us, detail=silence.detail, **place))

    def _pull(self, count: int) -> Samples:
        """Take the oldest samples out of those that wait."""
        parts: list[Samples] = []
        while count:
            block = self._blocks.popleft()
            if block.size > count:
                self._blocks.appendleft(block[count:])
                block = block[:count]
            parts.append(block)
            count -= block.size
        return np.concatenate(parts)
