"""What a take says of itself when it begins: its streams, its devices, its first moment."""

from dataclasses import dataclass

from kuager import wire
from kuager.capture.packets import PicturePacket, SoundPacket
from kuager.capture.sensors import SAMPLE_RATE
from kuager.evidence.records import Cause, Device, RecordingId


@dataclass(slots=True)
class Devices:
    """What a take says of camera and microphone."""

    camera: Device | None = None
    microphone: Device | None = None
    rate_millihertz: int = 0

    def announce(
        self, recording: RecordingId, take: int, cause: Cause, first: PicturePacket | SoundPacket
    ) -> wire.TakeBegin:
        """The message that begins a take with this packet: a keyframe, or sound for a take without pictures."""
        shape = first.shape if isinstance(first, PicturePacket) else None
        return wire.TakeBegin(
            sequence=0,
            recording=recording,
            take=take,
            cause=cause,
            streams=["video", "sound"] if shape else ["sound"],
            first_us=first.boot_us,
            first_utc_us=first.utc_us,
            width=shape.width if shape else 0,
            height=shape.height if shape else 0,
            rate_millihertz=self.rate_millihertz if shape else 0,
            sample_rate=SAMPLE_RATE,
            camera=self.camera if shape else None,
            microphone=self.microphone,
        )
