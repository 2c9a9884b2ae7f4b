"""What the recorder wants of the threads that read and encode. Fields are replaced whole: no lock is needed."""

from dataclasses import dataclass

from kuager.evidence.records import Mode


@dataclass(slots=True)
class Orders:
    """Written by the recorder's thread, read by the camera's and the encoder's."""

    unit: str
    number: int = 0
    mode: Mode = "video"
    standby: bool = True
    training: bool = False
    key: bool = False
    """Make the next picture a keyframe; the encoder clears it."""
    photo: bytes | None = None
    """Take a still of the next picture for this recording; who takes it clears it."""

    @property
    def camera(self) -> bool:
        """Whether the camera is to run."""
        return self.mode != "sound"
