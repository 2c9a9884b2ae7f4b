"""The hardware H.264 encoder of a Raspberry Pi up to 4 (and Zero 2 W), through picamera2's H264Encoder.

Read in picamera2 0.3.36 (encoders/encoder.py, v4l2_encoder.py, h264_encoder.py, outputs/output.py): pictures go in from
the camera's loop after `pre_callback`, by the memory that was drawn on; a thread of the encoder's hands access units to
its Output with the sensor's time stamp, us, less that of the first picture. `iperiod` has no default. Whatever is
raised in either place would end that loop or thread for good.
"""

import importlib
import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any

from kuager.capture import annexb
from kuager.capture.sensors import Coded, Marked
from kuager.capture.sensors.pairing import Keyframes, Pairing, Sent
from kuager.errors import HardwareError

_log = logging.getLogger(__name__)

Deliver = Callable[[Coded], None]


class HardwareEncoder:
    """Encodes those pictures that were `expect`ed; each comes out by `deliver`, from the encoder's own thread."""

    def __init__(self, size: tuple[int, int], rate: int, bit_rate: int, deliver: Deliver) -> None:
        """`rate` in pictures and `bit_rate` in bits a second. Raises HardwareError where there is no such encoder."""
        self._size, self._deliver = size, deliver
        self._lock = threading.Lock()
        self._pairing, self._keys = Pairing(), Keyframes()
        self._chosen: dict[Any, bool] = {}  # requests that are to be encoded; whether as a keyframe
        self._sets = b""
        self._broken = True  # what comes can't be decoded before the next keyframe
        self.failed = ""
        """Why it does not work any more; empty while it does."""
        self._encoder = self._build(rate, bit_rate)

    def attach(self, module: Any, stream: str) -> None:
        """Let a configured camera feed it from this stream; to be called before the camera starts."""
        module.start_encoder(self._encoder, self._output(), name=stream)

    def expect(self, request: Any, stamp_us: int, times: tuple[int, int], marked: Marked) -> None:
        """This request is to be encoded: its sensor's stamp, CLOCK_BOOTTIME and UTC us, and what was burned in."""
        with self._lock:
            self._chosen[request] = self._keys.due(times[0], ordered=marked.key)
            self._pairing.sent(Sent(stamp_us, *times, marked))

    def _build(self, rate: int, bit_rate: int) -> Any:
        library = importlib.import_module("picamera2.encoders")
        base = library.H264Encoder
        if base is library.LibavH264Encoder:
            raise HardwareError("this board has no hardware encoder: set [camera] encoder to libav")
        if not hasattr(base, "force_key_frame"):
            raise HardwareError("picamera2 is too old to ask for keyframes: install 0.3.32 or later")
        owner = self

        class Encoder(base):  # type: ignore[misc, valid-type]
            """Encodes the requests that were chosen, and no others."""

            def encode(self, stream: Any, request: Any) -> None:
                if (key := owner._chosen.pop(request, None)) is None or owner.failed:
                    return
                try:
                    if key:
                        self.force_key_frame()
                    super().encode(stream, request)
                except Exception as error:  # noqa: BLE001
                    owner.failed = f"the hardware encoder failed: {error}"
                    _log.exception("the hardware encoder failed")

        # Should forcing fail, a keyframe comes by count, at twice the distance.
        return Encoder(bitrate=bit_rate, repeat=True, iperiod=2 * rate, framerate=rate, profile="high")

    def _output(self) -> Any:
        base, owner = importlib.import_module("picamera2.outputs").Output, self

        class Output(base):  # type: ignore[misc, valid-type]
            """Takes access units."""

            def outputframe(
                self, frame: Any, keyframe: bool = True, timestamp: int | None = None, *_: Any, **__: Any
            ) -> None:
                try:
                    owner._came(bytes(frame), timestamp)
                except Exception as error:  # noqa: BLE001
                    owner.failed = f"the hardware encoder's pictures can't be read: {error}"
                    _log.exception("an encoded picture was lost")

        return Output()

    def _came(self, data: bytes, timestamp: int | None) -> None:
        head = annexb.head(data)
        self._sets = head.sets or self._sets
        if timestamp is None or not head.picture:
            return
        with self._lock:
            found = self._pairing.came(timestamp + self._encoder.firsttimestamp)
            if found is None:
                self._broken = True
                self._keys.lost()
                return
            picture, lost = found
            key = head.idr and bool(self._sets)
            self._keys.came(picture.boot_us, key=key)
            if (lost or self._broken) and not key:
                # What was lost may be what this one refers to.
                if not self._broken:
                    self._keys.lost()
                self._broken = True
                self._pairing.give_up(picture, lost)
                return
            self._broken = False
        if key and not head.sets:
            data = self._sets + data
        self._deliver(Coded(data, key, picture.boot_us, picture.utc_us, picture.marked, self._size, self, lost))


def stamp_of(metadata: Mapping[str, Any]) -> int:
    """The sensor's time stamp in us, rounded as picamera2's encoders round it."""
    return int(metadata["SensorTimestamp"] / 1000)
