"""The capture process: threads for camera, encoder and microphone, and one loop that decides, on the main thread.

Everything that happens enters one agenda and is dealt with in order. The watchdog is fed by the loop, and only when a
sensor has given something (or clearly refused) since the last time: a process or driver that hangs is ended from
outside.
"""

import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Literal

from kuager import clock, notify, sockets, wire
from kuager.capture.agenda import Agenda
from kuager.capture.camerareader import CameraReader
from kuager.capture.delivery import Delivery
from kuager.capture.marker import InCamera, Marker
from kuager.capture.orders import Orders
from kuager.capture.picturequeue import PictureQueue
from kuager.capture.pictures import PictureEncoder
from kuager.capture.preview import Preview
from kuager.capture.pulse import Pulse
from kuager.capture.recorder import Recorder
from kuager.capture.report import Report
from kuager.capture.senses import Senses
from kuager.capture.sensors import Faults, Picture
from kuager.capture.sensors.camera import open_camera
from kuager.capture.sensors.microphone import open_microphone
from kuager.capture.sensors.room import VirtualRoom
from kuager.capture.soundline import SoundLine
from kuager.capture.sounds import MicrophoneReader
from kuager.capture.supervisors import Supervisors
from kuager.capture.vaultlink import VaultAnswers, VaultLink
from kuager.evidence.records import Cause
from kuager.settings import Settings

_log = logging.getLogger(__name__)

_TICK_US = 200_000
_EARLY_US = 120_000  # a tick comes so much early where a group of pictures woke the loop: it falls into step with them
_REPORT_US = 500_000
RENEW = 75
"""Exit code: a driver has hung, and a new process is to be started."""
_FAREWELL_US = 5_000_000  # at shutdown, for the vault to acknowledge the last take


class Service:
    """One capture process."""

    def __init__(self, settings: Settings, run: Path) -> None:
        virtual = settings.unit.board == "virtual"
        self._settings, self._run = settings, run
        self._events = Agenda()
        self._stop = threading.Event()
        self._failed: str = ""
        now_us = clock.boot_us()
        self._faults = Faults() if virtual else None
        self._room = VirtualRoom() if virtual else None
        self._orders = Orders(settings.unit.name, training=virtual)
        self._line = SoundLine(lambda item: self._senses.emit(item), lambda: clock.utc_us() - clock.boot_us(), now_us)
        self._line.close()
        self._supervisors = Supervisors(self._events.put, self._obey, self._joined)
        self._tell = self._supervisors.tell
        self._delivery = Delivery(self._tell)
        self._recorder = Recorder(
            self._orders,
            self._delivery,
            self._tell,
            self._line.open,
            self._line.close,
            settings.carrier.max_file_bytes,
            now_us,
        )
        self._report = Report(now_us)
        self._pulse = Pulse(("camera", "microphone"), now_us)
        self._senses = Senses(self._events, self._recorder, self._delivery, self._report, self._tell, self._told_state)
        self._pictures = PictureQueue()
        self._preview = Preview(lambda: self._supervisors.watched, self._supervisors.show)
        self._marker = Marker(self._orders, burned=self._preview.offer)
        burner = InCamera(self._orders, self._marker)
        self._camera = CameraReader(
            self._orders,
            self._pictures,
            lambda: open_camera(settings.camera, self._faults, burner),
            opened=self._senses.camera_opened,
            seen=self._seen,
            still=self._senses.still,
            alive=lambda: self._pulse.beat("camera", clock.boot_us()),
            stuck=lambda another: self._renew("camera", another),
        )
        self._encoder = PictureEncoder(
            self._orders, self._pictures, settings.camera, self._senses.emit_group, marker=self._marker
        )
        self._microphone = MicrophoneReader(
            self._line,
            lambda: open_microphone(settings.microphone, self._room, self._faults),
            opened=self._senses.microphone_opened,
            alive=lambda: self._pulse.beat("microphone", clock.boot_us()),
            stuck=lambda another: self._renew("microphone", another),
        )
        answers = VaultAnswers(self._recorder, self._delivery)
        self._link = VaultLink(
            sockets.path(run, "vault-media"),
            found=lambda connection: self._events.put(partial(answers.found, connection)),
            answered=lambda connection, message: self._events.put_later(partial(answers.said, connection, message)),
            lost=lambda connection: self._events.put(partial(answers.lost, connection)),
        )
        self._leaving_us = 0
        self._exit = 0

    def serve(self) -> int:
        """Run until SIGTERM; gives the exit code."""
        deafen = self._supervisors.listen(sockets.path(self._run, "capture"))
        signal.signal(signal.SIGTERM, lambda *_: self._leave("shutdown", 0))
        signal.signal(signal.SIGINT, lambda *_: self._leave("shutdown", 0))
        loops: dict[str, Callable[[], None]] = {
            "camera": lambda: self._camera.run(self._stop),
            "encoder": lambda: self._encoder.run(self._stop),
            "microphone": lambda: self._microphone.run(self._stop),
            "vault-link": lambda: self._link.run(self._stop),
            "preview": lambda: self._preview.run(self._stop),
        }
        threads = [
            threading.Thread(target=self._guard, args=(name, loop), name=name, daemon=True)
            for name, loop in loops.items()
        ]
        for thread in threads:
            thread.start()
        notify.ready("capture serves")
        try:
            self._loop()
        finally:
            notify.stopping()
            self._stop.set()
            self._pictures.end()
            deafen()
            for thread in threads:
                thread.join(timeout=1.0)
        return self._exit

    # the loop

    def _loop(self) -> None:
        due_us = reported_us = 0
        while True:
            now_us = clock.boot_us()
            if now_us >= due_us - _EARLY_US:
                due_us = now_us + _TICK_US
                self._line.tick(now_us)
                self._recorder.tick(now_us)
                self._watch(now_us)
                if now_us - reported_us >= _REPORT_US:
                    reported_us = now_us
                    self._told_state(now_us)
            if self._leaving_us and (not self._recorder.busy or now_us - self._leaving_us > _FAREWELL_US):
                return
            self._events.run(max(0.0, (due_us - now_us) / 1_000_000))

    def _watch(self, now_us: int) -> None:
        if self._pulse.felt():
            notify.watchdog()
        if trouble := self._report.microphone(now_us, self._line, self._recorder.streams):
            self._tell(trouble)
        if self._failed:
            self._leave("software", 70)
        elif (hung := self._pulse.hung(now_us)) and not self._leaving_us:
            _log.error("the %s does not answer", hung)
            self._pulse.give_up(hung)
            self._renew("camera" if hung == "camera" else "microphone", another=False)

    def _renew(self, sensor: Literal["camera", "microphone"], another: bool) -> None:
        """A driver does not let go: only a new process may help.

        Where it never gave anything in this process either, what the other sensor gives is not cut for another try,
        unless somebody has plugged in `another` device meanwhile.
        """
        reader = self._camera if sensor == "camera" else self._microphone
        if another or reader.delivered or not self._recorder.busy:
            self._leave(sensor, RENEW)

    def _leave(self, cause: Cause, code: int) -> None:
        def leave(now_us: int) -> None:
            if not self._leaving_us:
                self._leaving_us, self._exit = now_us, code
                if self._recorder.busy:
                    self._recorder.finish(cause, now_us)

        self._events.put(leave)

    def _guard(self, name: str, loop: Callable[[], None]) -> None:
        # The interpreter reports what was raised; the loop then ends the process in order.
        finished = False
        try:
            loop()
            finished = True
        finally:
            if not finished:
                self._failed = name

    # from the supervisor

    def _obey(self, message: wire.Message, now_us: int) -> None:
        recorder = self._recorder
        match message:
            case wire.Standby():
                recorder.stand_by(message, now_us)
            case wire.StartTake():
                recorder.start(message, now_us)
                # The line has just given out what was heard since the press: it stands before this in the queue.
                self._events.put(recorder.heard)
            case wire.FinishTake():
                recorder.finish(message.cause, now_us)
            case wire.TakePhoto() if recorder.sees:
                self._orders.photo = message.recording
            case wire.TakePhoto():
                reason = "no still: the camera gives no pictures"
                self._tell(wire.Trouble(part="camera", well=False, at_us=now_us, reason=reason))
            case wire.Speaker() if self._room:
                self._room.speak(message.pcm, message.at_us)
            case wire.Rig() if self._faults:
                self._rig(message.fault)
            case wire.ClockRig() if self._faults:
                clock.play(message.fault, message.at_us)

    def _seen(self, picture: Picture) -> None:
        """A picture that is not encoded, as in stills."""
        self._events.put(self._recorder.seen)
        self._preview.offer(picture)

    def _rig(self, fault: str) -> None:
        if fault == "crash":
            os.kill(os.getpid(), signal.SIGKILL)
        elif fault == "hang":
            time.sleep(3600)
        elif self._faults:
            self._faults.play(fault)

    def _joined(self, now_us: int) -> None:
        self._told_state(now_us)
        self._report.joined()

    def _told_state(self, now_us: int) -> None:
        self._tell(self._report.state(now_us, self._recorder, self._line, self._marker.watch.state))
