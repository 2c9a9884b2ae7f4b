"""Capture as a part: the firmware's own recorder and line of sound, fed with a real clip and a real voice."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from msgspec.structs import replace

from kuager import wire
from kuager.capture.delivery import Delivery
from kuager.capture.orders import Orders
from kuager.capture.packets import Gap, PicturePacket, Shape, SoundPacket
from kuager.capture.recorder import Recorder
from kuager.capture.report import Report
from kuager.capture.sensors import SAMPLE_RATE, Faults, Sound
from kuager.capture.soundline import SoundLine
from kuager.capture.vaultlink import VaultAnswers
from kuager.evidence.records import Device
from kuager_workshop.torture.simulated import reel
from kuager_workshop.torture.simulated.host import Make, Part, Say
from kuager_workshop.torture.simulated.moment import Moment
from kuager_workshop.torture.simulated.steps import Steps

CAMERA, MICROPHONE = Device(make="Simulated", model="camera"), Device(make="Simulated", model="microphone")
_BLOCK_US = 20_000
_BLOCK = SAMPLE_RATE * _BLOCK_US // 1_000_000
_REPORT_US = 500_000


@dataclass
class Senses:
    """What goes wrong with camera and microphone, beside the firmware's own `Faults`."""

    faults: Faults = field(default_factory=Faults)
    skew_ppm: int = 0
    """By how much the sound card's clock is too quick."""


@dataclass(frozen=True)
class CapturePlan:
    """How it is set."""

    max_file_bytes: int = 2_000_000_000
    skew_ppm: int = 0


class CapturePart:
    """Hears `order` (the supervisor's messages), `joined`, `vault-found`, `vault-lost`, `vault` (messages), `rig` (a
    sensor's fault) and `tick`; speaks to `vault` and `supervisor`.
    """

    def __init__(self, plan: CapturePlan, say: Say, steps: Steps, moment: Moment) -> None:
        self._moment, self._steps, self._say = moment, steps, say
        now_us = moment.boot_us
        self.senses = Senses(skew_ppm=plan.skew_ppm)
        self._orders = Orders("KZ0417", training=True)
        self._heard: deque[Gap | SoundPacket] = deque()
        self._line = SoundLine(self._heard.append, lambda: self._moment.utc_us - self._moment.boot_us, now_us)
        self._line.close()
        self._delivery = Delivery(self._tell)
        self.recorder = Recorder(
            self._orders, self._delivery, self._tell, self._line.open, self._line.close, plan.max_file_bytes, now_us
        )
        self.recorder.devices.camera, self.recorder.devices.microphone = CAMERA, MICROPHONE
        self.recorder.devices.rate_millihertz = reel.RATE * 1000
        self._answers = VaultAnswers(self.recorder, self._delivery)
        self._vault = _ToVault(self._post)
        self._report = Report(now_us)
        self._picture_us, self._sound_us, self._report_us = now_us, now_us, now_us
        self._pictures = self._blocks = self._at = 0
        self._wanted_key = True

    # what it says

    def _tell(self, message: wire.Message) -> None:
        self._steps.step(f"before telling {type(message).__name__}")
        self._say("supervisor", message)
        self._steps.step(f"after telling {type(message).__name__}")

    def _post(self, message: wire.Message) -> None:
        self._steps.step(f"before sending {type(message).__name__}")
        self._say("vault", message)
        self._steps.step(f"after sending {type(message).__name__}")

    # what it hears

    def handle(self, what: str, load: Any, moment: Moment) -> None:
        """As Part.handle."""
        self._moment = moment
        now_us = moment.boot_us
        match what:
            case "tick":
                self._tick(now_us)
            case "order":
                self._obey(load, now_us)
            case "joined":
                self._told_state(now_us)
                self._report.joined()
            case "vault-found":
                self._vault = _ToVault(self._post)
                self._answers.found(self._vault, now_us)  # type: ignore[arg-type]
            case "vault-lost":
                self._answers.lost(self._vault, now_us)  # type: ignore[arg-type]
            case "vault":
                self._answers.said(self._vault, load, now_us)  # type: ignore[arg-type]
            case "rig":
                self.senses.faults.play(load)

    def _obey(self, message: wire.Message, now_us: int) -> None:
        recorder = self.recorder
        match message:
            case wire.Standby():
                recorder.stand_by(message, now_us)
            case wire.StartTake():
                recorder.start(message, now_us)
                self._take_in()
                recorder.heard(now_us)
            case wire.FinishTake():
                recorder.finish(message.cause, now_us)
            case wire.TakePhoto() if recorder.sees:
                still = wire.Still(
                    sequence=0,
                    recording=message.recording,
                    data=reel.photo(),
                    at_us=now_us,
                    at_utc_us=self._moment.utc_us,
                )
                self._delivery.stills.add(still)
            case wire.TakePhoto():
                self._tell(wire.Trouble(part="camera", well=False, at_us=now_us, reason="no still"))

    def _tick(self, now_us: int) -> None:
        self._hear(now_us)
        self._see(now_us)
        self._line.tick(now_us)
        self._take_in()
        self.recorder.tick(now_us)
        if trouble := self._report.microphone(now_us, self._line, self.recorder.streams):
            self._tell(trouble)
        if now_us - self._report_us >= _REPORT_US:
            self._report_us = now_us
            self._told_state(now_us)

    def _see(self, now_us: int) -> None:
        faults, orders = self.senses.faults, self._orders
        while self._picture_us + reel.PICTURE_US <= now_us:
            self._picture_us += reel.PICTURE_US
            at_us = self._picture_us
            if faults.camera_gone or faults.camera_stalled or not orders.camera:
                continue
            if orders.mode != "video":
                self.recorder.seen(now_us)
                continue
            self._wanted_key |= orders.take_key(at_us)
            access = self._next_access()
            packet = PicturePacket(
                access.data, at_us, at_us + self._moment.utc_us - now_us, access.key, self._pictures, orders.number,
                orders.standby_at(at_us), Shape(reel.WIDTH, reel.HEIGHT, 0),
            )  # fmt: skip
            self._pictures += 1
            self._report.count(packet, now_us)
            self.recorder.add(packet, now_us)

    def _next_access(self) -> reel.Access:
        """The reel's next picture; where a keyframe is wanted, the next one that is one."""
        played = reel.pictures()
        if self._wanted_key:
            self._wanted_key = False
            self._at = -(-self._at // reel.RATE) * reel.RATE
        access = played[self._at % len(played)]
        self._at += 1
        return access

    def _hear(self, now_us: int) -> None:
        faults, voice = self.senses.faults, reel.voice()
        block_us = _BLOCK_US * 1_000_000 // (1_000_000 + self.senses.skew_ppm)
        while self._sound_us + block_us <= now_us:
            at_us, self._sound_us = self._sound_us, self._sound_us + block_us
            self._blocks += 1
            if faults.microphone_gone:
                continue
            begin = self._blocks * _BLOCK % (voice.size - _BLOCK)
            samples = np.zeros(_BLOCK, np.int16) if faults.microphone_muted else voice[begin : begin + _BLOCK]
            self._line.feed(Sound(samples, at_us))
            self._take_in()

    def _take_in(self) -> None:
        """What the line gave out: never within the line, which the recorder closes and opens."""
        while self._heard:
            item = self._heard.popleft()
            self._report.count(item, self._moment.boot_us)
            self.recorder.add(item, self._moment.boot_us)

    def _told_state(self, now_us: int) -> None:
        state = self._report.state(now_us, self.recorder, self._line, "")
        faults = self.senses.faults
        camera, microphone = None if faults.camera_gone else CAMERA, None if faults.microphone_gone else MICROPHONE
        self._tell(replace(state, camera=camera, microphone=microphone, width=reel.WIDTH, height=reel.HEIGHT))


class _ToVault:
    """The connection to one vault."""

    waiting = 0

    def __init__(self, post: Any) -> None:
        self.send = post


def make_capture(plan: CapturePlan) -> Make:
    """For a host."""

    def make(say: Say, steps: Steps, moment: Moment) -> Part:
        return CapturePart(plan, say, steps, moment)

    return make
