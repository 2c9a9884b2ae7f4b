"""A camera through picamera2: a module on a Raspberry Pi, or a webcam that libcamera drives.

Where the board's own encoder is asked for, pictures of a camera module are drawn on and encoded where they lie, and
come as Coded; else they come as frames of our own. capture/README.md says which board does what, and what is untried.

`pre_callback` runs inside the camera's loop under its lock, before the encoder gets the request; whatever it raises
would end that loop for good. There a picture is drawn on, or its request is kept and queued; the reader copies it out
and gives the buffer back.
"""

import contextlib
import logging
import threading
from collections import deque
from collections.abc import Mapping
from typing import Any

from kuager import settings as unit_settings
from kuager.capture.sensors import Burner, Coded, Picture, Still, camera_frames, closing
from kuager.capture.sensors.picamera2_buffers import MJPEG, Jpegs, copied, in_place
from kuager.capture.sensors.picamera2_h264 import HardwareEncoder, stamp_of
from kuager.capture.sensors.picamera2_opening import Library, Module, Request, describe, open_library
from kuager.capture.sensors.picamera2_streams import configure
from kuager.capture.sensors.picamera2_times import Clocks
from kuager.capture.sensors.presence import Presence
from kuager.errors import HardwareError

_log = logging.getLogger(__name__)

_DEVICE = "camera"
_STILL_S = 0.5
_CODED = 128  # encoded pictures that wait: seconds of them, so nobody reads


class Picamera2Camera:
    """The first camera; pictures come stamped with the moment at which the sensor exposed its first row."""

    kind = "picamera2"

    def __init__(
        self, settings: unit_settings.Camera, burner: Burner | None = None, clocks: Clocks | None = None
    ) -> None:
        """`burner`: draws on pictures that the board encodes. Raises HardwareError where no camera works."""
        self.size, self.rate_millihertz = (settings.width, settings.height), settings.rate * 1000
        self.encodes = False
        self._settings, self._burner, self._clocks = settings, burner, clocks or Clocks()
        self._waiting: deque[Request | Coded] = deque()
        self._ready = threading.Condition()
        self._still: Still | None = None
        self._still_wanted = False
        self._encoder: HardwareEncoder | None = None
        self._fitter, self._jpegs = camera_frames.Fitter(self.size), Jpegs()
        closing.check(_DEVICE)
        self._library: Library = open_library()
        self._module: Module = self._library.module
        self._presence = Presence(self._module.camera_properties.get("SystemDevices", ()))
        try:
            self._streams = configure(self._module, settings)
            if settings.encoder == "hardware" and burner and self._streams.module:
                self._attach_encoder()
            self._module.pre_callback = self._arrived
            self._module.start()
        except HardwareError:
            self.close()
            raise
        except (RuntimeError, ValueError, KeyError, OSError) as error:
            self.close()
            raise HardwareError(f"the camera can't be started: {error}") from None
        self.device = describe(self._module.camera_properties)

    def read(self, timeout_s: float) -> Picture | Coded | None:
        """The oldest picture not read yet; None also when libcamera has ended the stream without a word."""
        with self._ready:
            self._ready.wait_for(lambda: bool(self._waiting), timeout_s)
            if self._encoder and self._encoder.failed:
                raise HardwareError(self._encoder.failed)
            if len(self._waiting) >= _CODED:
                raise HardwareError("the camera's pictures are not read in time")
            if not self._waiting:
                if self._presence.gone:
                    raise HardwareError("the camera was unplugged")
                return None
            found = self._waiting.popleft()
        return found if isinstance(found, Coded) else self._picture(found)

    def photo(self) -> Still | None:
        """The next picture of the larger stream; of a picture that will be drawn on, a copy from before."""
        if self._streams.large is None and not self._in_place:
            return None
        with self._ready:
            self._still, self._still_wanted = None, True
            self._ready.wait_for(lambda: self._still is not None, _STILL_S)
            self._still_wanted = False
            return self._still

    def close(self) -> None:
        """Give the camera back. Stopping a stalled one can hang for ever, one that was pulled out ends the process."""
        if self._presence.gone:
            self._module.pre_callback = None
            closing.abandon(_DEVICE, self, lambda: self._presence.another)
            return
        with self._ready:
            held = [each for each in self._waiting if not isinstance(each, Coded)]
            self._waiting.clear()
        for request in held:
            request.release()
        closing.give_back(_DEVICE, self._close)

    def _close(self) -> None:
        self._module.pre_callback = None
        with contextlib.ExitStack() as steps:  # each is taken though one before it fails
            steps.callback(self._module.close)
            if self._encoder:
                steps.callback(self._module.stop_encoder)
            self._module.stop()

    def _attach_encoder(self) -> None:
        try:
            encoder = HardwareEncoder(self.size, self._settings.rate, self._settings.bit_rate, self._encoded)
            encoder.attach(self._module, self._streams.name)
        except (RuntimeError, OSError) as error:
            _log.warning("pictures are encoded by the processor: the hardware encoder can't be started: %s", error)
        else:
            self._encoder, self.encodes = encoder, True

    # in the camera's loop and the encoder's thread

    @property
    def _in_place(self) -> bool:
        return bool(self._encoder and self._burner and self._burner.encoding)

    def _arrived(self, request: Request) -> None:
        try:
            metadata = request.get_metadata()
            if self._still_wanted:
                self._keep_still(request, metadata)
            if self._in_place:
                self._draw(request, metadata)
            else:
                self._queue(request)
        except Exception:  # noqa: BLE001
            _log.exception("a picture was lost")

    def _draw(self, request: Request, metadata: Mapping[str, Any]) -> None:
        assert self._encoder is not None
        assert self._burner is not None
        times = self._clocks.times(metadata)
        with self._library.mapped(request, self._streams.name, reshape=False) as mapped:
            marked = self._burner.burn(Picture(in_place(mapped.array, self._streams.video), *times))
        if marked:
            self._encoder.expect(request, stamp_of(metadata), times, marked)

    def _keep_still(self, request: Request, metadata: Mapping[str, Any]) -> None:
        times, streams = self._clocks.times(metadata), self._streams
        with self._library.mapped(request, streams.large_name or streams.name, reshape=False) as mapped:
            frame = copied(mapped.array, streams.large or streams.video)
        with self._ready:
            self._still, self._still_wanted = Still(frame, *times), False
            self._ready.notify_all()

    def _queue(self, request: Request) -> None:
        request.acquire()
        with self._ready:
            late = self._waiting.popleft() if len(self._waiting) >= self._streams.held else None
            self._waiting.append(request)
            self._ready.notify_all()
        if late and not isinstance(late, Coded):
            late.release()

    def _encoded(self, coded: Coded) -> None:
        with self._ready:
            if len(self._waiting) < _CODED:
                self._waiting.append(coded)
            self._ready.notify_all()

    # in the reader's thread

    def _picture(self, request: Request) -> Picture | None:
        name, video = self._streams.name, self._streams.video
        try:
            times = self._clocks.times(request.get_metadata())
            with self._library.mapped(request, name, reshape=False) as mapped:
                if video.format == MJPEG:
                    jpeg = bytes(mapped.array[: self._library.used(request, name)])
                    frame = self._jpegs.decode(jpeg)
                else:
                    jpeg, frame = None, copied(mapped.array, video)
        except (RuntimeError, ValueError) as error:
            raise HardwareError(f"the camera's buffer can't be read: {error}") from None
        finally:
            request.release()
        if frame is None:
            return None
        if (video.format, video.size) != ("YUV420", self.size):
            frame = self._fitter.fit(frame)
        return Picture(frame, *times, jpeg)
