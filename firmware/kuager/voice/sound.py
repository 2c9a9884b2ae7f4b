"""WAV files as the voice uses them: 16-bit mono at 48 kHz; anything else that PyAV can decode is converted on reading.

numpy and PyAV are imported only for that conversion: the supervisor speaks without them.
"""

import os
import wave
from pathlib import Path

from kuager.errors import InputError

RATE = 48_000
"""Samples a second."""
SAMPLE_BYTES = 2
"""Bytes of one sample: int16, little-endian, mono."""

_LARGEST = 40_000_000  # bytes of a file: a minute of 96 kHz stereo in 24 bits fits


def read_wav(path: Path) -> bytes:
    """The samples of a sound file. Raises InputError if it is not there, is no sound, is empty or is too long."""
    try:
        if path.stat().st_size > _LARGEST:
            raise InputError(f"{path} is too large for a prompt; a minute at most")
        with wave.open(str(path), "rb") as file:
            plain = (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, SAMPLE_BYTES, RATE)
            samples = file.readframes(file.getnframes()) if plain else b""
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from None
    except (wave.Error, EOFError):
        plain, samples = False, b""  # not PCM, or no WAV at all: PyAV knows more forms
    if not plain:
        samples = _convert(path)
    samples = samples[: len(samples) // SAMPLE_BYTES * SAMPLE_BYTES]
    if not samples:
        raise InputError(f"{path} holds no sound")
    return samples


def write_wav(path: Path, samples: bytes) -> None:
    """Write samples as a WAV file, whole or not at all: a reader never sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    with wave.open(str(part), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(SAMPLE_BYTES)
        file.setframerate(RATE)
        file.writeframes(samples)
    part.replace(path)


def _convert(path: Path) -> bytes:
    import av

    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
    parts: list[bytes] = []
    try:
        with av.open(str(path)) as container:
            for decoded in container.decode(audio=0):
                parts += [frame.to_ndarray().tobytes() for frame in resampler.resample(decoded)]
        parts += [frame.to_ndarray().tobytes() for frame in resampler.resample(None)]
    except (av.FFmpegError, OSError, IndexError, ValueError) as error:
        raise InputError(f"{path} cannot be read as sound: {error}") from None
    return b"".join(parts)
