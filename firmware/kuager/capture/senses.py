"""What comes from the threads of camera, encoder and microphone: brought into the agenda, counted, and handed on."""

import logging
from collections.abc import Callable
from functools import partial

from kuager import wire
from kuager.capture.agenda import Agenda
from kuager.capture.delivery import Delivery, Tell
from kuager.capture.packets import Item, Said
from kuager.capture.recorder import Recorder
from kuager.capture.report import Report
from kuager.capture.sensors import Camera, Microphone, Still

_log = logging.getLogger(__name__)


class Senses:
    """Public methods are called from any thread; what they mean happens in the agenda's."""

    def __init__(
        self,
        events: Agenda,
        recorder: Recorder,
        delivery: Delivery,
        report: Report,
        tell: Tell,
        told_state: Callable[[int], None],
    ) -> None:
        self._events, self._recorder, self._delivery = events, recorder, delivery
        self._report, self._tell, self._told_state = report, tell, told_state
        self._complaints: dict[str, str] = {}

    def emit(self, item: Item) -> None:
        """One item, which may wait."""
        self._events.put_later(partial(self._add, item))

    def emit_group(self, items: list[Item]) -> None:
        """A group of pictures, to be dealt with now, after all that waits."""

        def add(now_us: int) -> None:
            for item in items:
                self._add(item, now_us)

        self._events.put(add)

    def camera_opened(self, camera: Camera | None, reason: str) -> None:
        """The camera was opened, or is not to be had, and why."""

        def opened(now_us: int) -> None:
            self._report.camera(camera)
            self._complain("camera", reason)
            if camera:
                self._recorder.devices.camera = camera.device
                self._recorder.devices.rate_millihertz = camera.rate_millihertz
            self._told_state(now_us)  # at once: a recording names its devices when it is opened

        self._events.put(opened)

    def microphone_opened(self, microphone: Microphone | None, reason: str) -> None:
        """The microphone was opened, or is not to be had, and why."""

        def opened(now_us: int) -> None:
            self._report.opened_microphone(microphone, reason)
            self._complain("microphone", reason)
            if microphone:
                self._recorder.devices.microphone = microphone.device
            self._told_state(now_us)

        self._events.put(opened)

    def still(self, recording: bytes, jpeg: bytes, taken: Still) -> None:
        """A photograph for this recording."""
        still = wire.Still(sequence=0, recording=recording, data=jpeg, at_us=taken.boot_us, at_utc_us=taken.utc_us)

        def keep(now_us: int) -> None:
            if not self._delivery.stills.add(still):
                reason = "a still was lost: it is too large, or too many wait for the vault"
                self._tell(wire.Trouble(part="vault", well=False, at_us=now_us, reason=reason))

        self._events.put(keep)

    def _add(self, item: Item, now_us: int) -> None:
        self._report.count(item, now_us)
        if isinstance(item, Said):
            every = item.data.get("every")
            reason = f"the encoder is slow: every {every}. picture" if every != 1 else ""
            self._tell(wire.Trouble(part="encoder", well=every == 1, at_us=now_us, reason=reason))
        self._recorder.add(item, now_us)

    def _complain(self, sensor: str, reason: str) -> None:
        # It is opened again each second: why not is written down when that changes.
        if reason and reason != self._complaints.get(sensor):
            _log.warning("%s: %s", sensor, reason)
        self._complaints[sensor] = reason
