"""Sound files as a microphone: a real voice, over and over, in blocks paced in real time, inside the virtual room.

Like a driver it waits for nobody: sound that a slow reader leaves for more than `BACKLOG_US` is lost and counted.
"""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import av
import numpy as np

from kuager import clock
from kuager.capture.sensors import SAMPLE_RATE, Samples, Sound
from kuager.capture.sensors.room import VirtualRoom
from kuager.errors import HardwareError
from kuager.evidence.records import Device

BLOCK = SAMPLE_RATE // 50
"""Samples in a block: 20 ms."""

BACKLOG_US = 500_000
"""How long sound waits for a slow reader, us: a driver's ring."""

_DEFAULT_VOICE = Path("/usr/share/pocketsphinx/test/data/librivox")
_LONGEST = 120 * SAMPLE_RATE  # of the loaded sound, samples: 11.5 MB
_PAUSE_S = 1.0  # of the room's hiss between two files
_HISS = 2.5  # rms of a microphone's own noise, in steps of 16 bits: -82 dB
_FORMATS = "wav,flac,ogg,mp3,mov,matroska,aiff,au"  # containers only; a playlist would lead to other files


def default_voice() -> list[Path]:
    """The recorded voice that set-up installs from Debian. Raises HardwareError where it is missing."""
    files = sorted(_DEFAULT_VOICE.glob("*.wav"))
    if not files:
        raise HardwareError("there is no voice to replay: install the Debian package pocketsphinx-testdata")
    return files


def load(files: Sequence[Path]) -> Samples:
    """The files, a pause of faint hiss after each, as 48 kHz mono; at most 120 s. Raises HardwareError."""
    noise = np.random.default_rng(7)
    parts: list[Samples] = []
    left = _LONGEST
    for file in files:
        if left > 0:
            voice = _decode(file, left)
            hiss = np.rint(noise.normal(0.0, _HISS, int(_PAUSE_S * SAMPLE_RATE))).astype(np.int16)
            parts += [voice, hiss]
            left -= voice.size + hiss.size
    return np.concatenate(parts)


def _decode(file: Path, most: int) -> Samples:
    if not file.is_file():
        raise HardwareError(f"{file}: there is no such sound file")
    parts: list[Samples] = []
    size = 0
    resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)
    try:
        with av.open(
            str(file), options={"protocol_whitelist": "file", "format_whitelist": _FORMATS}, metadata_errors="ignore"
        ) as container:
            for frame in container.decode(audio=0):
                for piece in resampler.resample(frame):
                    parts.append(piece.to_ndarray()[0].astype(np.int16))
                    size += parts[-1].size
                if size >= most:
                    break
    except (av.FFmpegError, ValueError, IndexError):
        # What decoded before the damage is a voice like any other.
        pass
    if not size:
        raise HardwareError(f"{file}: there is no sound in this file that can be played")
    return np.concatenate(parts)[:most]


class ReplayMicrophone:
    """A microphone that hears a recorded voice and, in the room, the loudspeaker."""

    kind = "replay"
    rate = SAMPLE_RATE

    def __init__(
        self,
        files: Sequence[Path],
        room: VirtualRoom | None = None,
        error_ppm: int = 0,
        now: Callable[[], int] = clock.boot_us,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        """`error_ppm`: how much faster than 48 kHz the modelled crystal runs."""
        self._voice = load(files)
        self._room = room
        self._now, self._wait = now, wait
        self._microhertz = SAMPLE_RATE * (1_000_000 + error_ppm)  # the true rate
        self._taken = 0  # samples since the opening
        self.overflowed = 0
        self.device = Device(make="Kuager", model="replay microphone", serial=files[0].name[:200])
        self._begin = now()

    def read(self, timeout_s: float) -> Sound | None:
        """The next block once its last sample was taken, stamped with the moment of its first."""
        early = self._at(self._taken + BLOCK) - self._now()
        if early < -BACKLOG_US:
            lost = -early * self._microhertz // 10**12
            self._taken += lost
            self.overflowed += lost
            early = 0
        if early > timeout_s * 1_000_000:
            self._wait(timeout_s)
            return None
        if early > 0:
            self._wait(early / 1_000_000)
        places = np.arange(self._taken, self._taken + BLOCK) % self._voice.size
        stamp = self._at(self._taken)
        self._taken += BLOCK
        samples = self._voice[places]
        return Sound(self._room.heard(samples, stamp) if self._room else samples, stamp)

    def close(self) -> None:
        """Nothing to give back."""

    def _at(self, sample: int) -> int:
        """CLOCK_BOOTTIME us at which this sample was taken."""
        return self._begin + sample * 10**12 // self._microhertz
