"""What capture tells the supervisor of itself: its state twice a second, and a microphone that fails."""

from collections import deque

from kuager import wire
from kuager.capture.packets import Gap, Item, PicturePacket
from kuager.capture.picturewatch import Look
from kuager.capture.recorder import Recorder
from kuager.capture.sensors import Camera, Microphone
from kuager.capture.soundline import SoundLine
from kuager.evidence.records import Device, Stream

_RATE_US = 1_000_000
_GRACE_US = 3_000_000  # from capture's start until the microphone must have begun
_WELL_US = 3_000_000  # heard for so long, it is well again


class Report:
    """Collects; used from one thread."""

    def __init__(self, now_us: int) -> None:
        self._began_us = now_us
        self._times: deque[int] = deque()
        self._dropped = 0
        self._size = (0, 0)
        self._camera: Device | None = None
        self._microphone: Device | None = None
        self._kinds = ["", ""]
        self._hears = True
        self._silent_us = 0  # when it was last not heard
        self._reason = ""

    def count(self, item: Item, now_us: int) -> None:
        """An item came from the encoders."""
        if isinstance(item, PicturePacket):
            self._times.append(now_us)
            self._size = item.shape.width, item.shape.height
        elif isinstance(item, Gap):
            self._dropped += item.frames

    def camera(self, camera: Camera | None) -> None:
        """The camera was opened, or is lost."""
        self._camera = camera.device if camera else None
        self._kinds[0] = camera.kind if camera else ""
        if camera:
            self._size = camera.size

    def opened_microphone(self, microphone: Microphone | None, reason: str) -> None:
        """The microphone was opened, or is lost, and why."""
        self._microphone = microphone.device if microphone else None
        self._kinds[1] = microphone.kind if microphone else ""
        self._reason = reason

    def joined(self) -> None:
        """Somebody begins to listen who has heard of no trouble yet."""
        self._hears = True

    def microphone(self, now_us: int, line: SoundLine, streams: list[Stream]) -> wire.Trouble | None:
        """Something to tell if the microphone has begun or ceased to be heard."""
        if not line.live:
            self._silent_us = now_us
        # Lost at once, found again when it lasts: one that comes and goes is one trouble, not many.
        early = now_us - self._silent_us < _WELL_US if line.live else now_us - self._began_us < _GRACE_US
        if line.live == self._hears or early:
            return None
        self._hears = line.live
        reason = "" if line.live else self._reason or "the microphone gives no sound"
        return wire.Trouble(part="microphone", well=line.live, at_us=now_us, reason=reason[:200], streams=streams)

    def state(self, now_us: int, recorder: Recorder, line: SoundLine, look: Look) -> wire.CaptureState:
        """How capture is."""
        while self._times and self._times[0] <= now_us - _RATE_US:
            self._times.popleft()
        take = recorder.take
        return wire.CaptureState(
            at_us=now_us,
            camera=self._camera,
            microphone=self._microphone,
            camera_kind=self._kinds[0],
            microphone_kind=self._kinds[1],
            width=self._size[0],
            height=self._size[1],
            rate_millihertz=len(self._times) * 1000,
            level_db=line.level_db,
            clipped=line.clipped,
            muffled=line.muffled,
            picture=look if "video" in recorder.streams else "",
            take=take.number if take else None,
            recording=take.begin.recording if take else None,
            ring_us=recorder.ring.span_us,
            dropped=self._dropped,
        )
