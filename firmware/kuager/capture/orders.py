"""What the recorder wants of the threads that read and encode. Fields are replaced whole: no lock is needed."""

from dataclasses import dataclass

from kuager.evidence.records import Mode


@dataclass(slots=True)
class Orders:
    """Written by the recorder's thread (`divisor` by the encoder's), read by the camera's and the encoder's.

    A picture waits a moment for the encoder: what is burned into it goes by the time at which it was taken.
    """

    unit: str
    number: int = 0
    mode: Mode = "video"
    standby: bool = True
    training: bool = False
    since_us: int = 0
    """From this moment on pictures belong to the recording, unless `standby`."""
    until_us: int = 0
    """The end of the last recording: with `standby`, pictures from before it belong to that."""
    key: bool = False
    """Make the next picture a keyframe; the encoder clears it."""
    key_from_us: int = 0
    """The next picture from this moment on is meant."""
    divisor: int = 1
    """Of so many pictures one is encoded."""
    photo: bytes | None = None
    """Take a still of the next picture for this recording; who takes it clears it."""

    @property
    def camera(self) -> bool:
        """Whether the camera is to run."""
        return self.mode != "sound"

    def standby_at(self, boot_us: int) -> bool:
        """Whether a picture taken at this moment belongs to no recording, or was before its begin."""
        return boot_us < self.since_us or (self.standby and boot_us >= self.until_us)

    def take_key(self, boot_us: int) -> bool:
        """Whether the picture of this moment is to be a keyframe; asked once for each."""
        if not self.key or boot_us < self.key_from_us:
            return False
        self.key = False
        return True
