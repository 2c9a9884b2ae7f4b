"""Capture as a part: the firmware's own recorder and line of sound, fed with a real clip and a real voice."""

from collections import deque
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from kuager import wire
from kuager.capture.delivery import Delivery
from kuager.capture.orders import Orders
from kuager.capture.packets import Gap, SoundPacket
from kuager.capture.recorder import Recorder
from kuager.capture.report import Report
from kuager.capture.sensors import Faults
from kuager.capture.soundline import SoundLine
from kuager.capture.vaultlink import VaultAnswers
from kuager.evidence.records import Device
from kuager_workshop.torture.simulated import reel
from kuager_workshop.torture.simulated.ears import Ear
from kuager_workshop.torture.simulated.eyes import Encoded, Eye, Played
from kuager_workshop.torture.simulated.host import Make, Part, Say
from kuager_workshop.torture.simulated.moment import Moment
from kuager_workshop.torture.simulated.steps import Steps

CAMERA, MICROPHONE = Device(make="Simulated", model="camera"), Device(make="Simulated", model="microphone")
_REPORT_US = 500_000


@dataclass(frozen=True)
class CapturePlan:
    """How it is set."""

    max_file_bytes: int = 2_000_000_000
    skew_ppm: int = 0
    encodes: bool = False
    """Pictures are marked and encoded as they come, instead of beforehand."""
    seed: int = 0
    faults: tuple[str, ...] = ()
    """Faults of the firmware's `Faults` that are there from the start."""


class CapturePart:
    """Hears `order` (the supervisor's messages), `joined`, `vault-found`, `vault-lost`, `vault` (messages), `rig` (a
    sensor's fault, or ``trouble=``, ``skew=``, ``overflow=``) and `tick`; speaks to `vault` and `supervisor`.
    """

    def __init__(self, plan: CapturePlan, say: Say, steps: Steps, moment: Moment) -> None:
        self._moment, self._steps, self._say = moment, steps, say
        now_us = moment.boot_us
        self._orders = Orders("KZ0417", training=True)
        self.faults = Faults()
        for fault in plan.faults:
            self.faults.play(fault)
        self.eye: Eye = Encoded(self._orders, self.faults, plan.seed) if plan.encodes else Played(self._orders)
        self.ear = Ear(self.faults, now_us, plan.skew_ppm, seed=plan.seed)
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
        self._picture_us = self._report_us = now_us

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
                self._rig(load)

    def _rig(self, fault: str) -> None:
        match fault.partition("="):
            case ("trouble", _, what):
                self.eye.trouble = what  # type: ignore[assignment]
            case ("skew", _, ppm):
                self.ear.skew_ppm = int(ppm)
            case ("overflow", _, on):
                self.ear.overflowing = on == "on"
            case _:
                self.faults.play(fault)

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
        faults, orders = self.faults, self._orders
        while self._picture_us + reel.PICTURE_US <= now_us:
            self._picture_us += reel.PICTURE_US
            if faults.camera_gone or faults.camera_stalled or not orders.camera:
                continue
            if orders.mode != "video":
                self.recorder.seen(now_us)
                continue
            for packet in self.eye.see(self._picture_us, self._picture_us + self._moment.utc_us - now_us):
                self._report.count(packet, now_us)
                self.recorder.add(packet, now_us)

    def _hear(self, now_us: int) -> None:
        for sound in self.ear.hear(now_us):
            self._line.feed(sound)
            self._take_in()

    def _take_in(self) -> None:
        """What the line gave out: never within the line, which the recorder closes and opens."""
        while self._heard:
            item = self._heard.popleft()
            self._report.count(item, self._moment.boot_us)
            self.recorder.add(item, self._moment.boot_us)

    def _told_state(self, now_us: int) -> None:
        state = self._report.state(now_us, self.recorder, self._line, "")
        faults = self.faults
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
