"""What flows from the encoders to the ring and into takes: packets, and what is to be said between them.

Frame counters and sample indices count over capture's whole life without a hole, so that what is missing can be
named. Times are CLOCK_BOOTTIME us.
"""

from dataclasses import dataclass, field, replace

from kuager.capture.encoder import FLAC_SAMPLES
from kuager.capture.sensors import SAMPLE_RATE
from kuager.evidence.records import Cause, Stream

FLAC_US = FLAC_SAMPLES * 1_000_000 // SAMPLE_RATE


@dataclass(frozen=True, slots=True)
class Shape:
    """What must be the same within one file: the picture's size, and which encoder made it (0, 1, ...)."""

    width: int
    height: int
    encoder: int


@dataclass(frozen=True, slots=True)
class PicturePacket:
    """One access unit in Annex B form, marked."""

    data: bytes
    boot_us: int
    utc_us: int
    key: bool
    frame: int  # counter of frames given to an encoder since capture began
    number: int  # recording number burned in
    standby: bool  # PRE-RECORDED is burned in
    shape: Shape


@dataclass(frozen=True, slots=True)
class SoundPacket:
    """One FLAC frame of FLAC_SAMPLES samples; `boot_us` is the corrected time of the first."""

    data: bytes
    boot_us: int
    utc_us: int
    first: int  # index of the first sample since capture began

    @property
    def end_us(self) -> int:
        """When its last sample ends."""
        return self.boot_us + FLAC_US


@dataclass(frozen=True, slots=True)
class Gap:
    """Something is missing, to be declared; sound by sample range since capture began."""

    stream: Stream
    cause: Cause
    from_us: int
    to_us: int
    frames: int = 0
    first_sample: int = 0
    samples: int = 0
    detail: str = ""

    @property
    def end_us(self) -> int:
        """When it ends."""
        return self.to_us


@dataclass(frozen=True, slots=True)
class Said:
    """A remark for the journal."""

    code: str
    at_us: int
    data: dict[str, str | int | bool] = field(default_factory=dict)

    @property
    def end_us(self) -> int:
        """When it was said."""
        return self.at_us


def join(first: Gap, then: Gap) -> Gap | None:
    """Both ranges of silence as one, where the second goes on directly after the first for the same reason."""
    if not first.samples or first.first_sample + first.samples != then.first_sample:
        return None
    if (first.cause, first.detail) != (then.cause, then.detail):
        return None
    return replace(first, to_us=then.to_us, samples=first.samples + then.samples)


Note = Gap | Said
Item = PicturePacket | SoundPacket | Gap | Said
