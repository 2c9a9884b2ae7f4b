"""The emulated unit as a person has it in hand: start it, press, look, listen, plug, cut the power, read what is left.

A run lives in a folder of its own: its root disk, sockets, logs and pid files; any number may run side by side, and
other processes may join one by its folder. What a run does to its root disk stays in its folder: booting after a cut
finds it, and the cached layer never changes. Starting from the snapshot takes 2 s, booting about 40 s.
"""

import contextlib
import shutil
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType

from kuager_workshop.emulate import EmulatorError, carrier, layer, runs, surroundings, uvc
from kuager_workshop.emulate.agent import Agent, Result
from kuager_workshop.emulate.guest.agent import work
from kuager_workshop.emulate.machine import Disks, Machine
from kuager_workshop.emulate.panel import Panel, Pins

_COMMAND_S = 60.0
_RESUME_S = 60.0
_PLUG_S = 30.0
_TRIES = 3  # measurements of the slowdown; the quickest counts
_CARRIER = "carrier"


class EmulatedUnit(Panel):
    """A context: the unit runs inside it. Buttons and light are `Panel`'s. All methods raise EmulatorError."""

    def __init__(self, folder: Path, pins: Pins | None = None) -> None:
        """Join the run in this folder, which `create` has made; it need not be started."""
        self.machine = Machine(folder)
        self.folder = self.machine.folder
        self.agent = Agent(self.folder / "agent")
        self._receiver: surroundings.Receiver | None = None
        super().__init__(self.agent, pins or Pins())
        runs.load(folder)

    @classmethod
    def create(
        cls, made: Path, folder: Path | None = None, *, tpm: bool = False, pins: Pins | None = None
    ) -> "EmulatedUnit":
        """A run of the layer `made` (from `layer.build`, for the same `tpm`), not started; entering it as a context
        starts it. A `folder` that is named stays at the end, for another look; else all is deleted.
        """
        return cls(runs.create(folder, made, tpm), pins)

    def __enter__(self) -> "EmulatedUnit":
        if not self.machine.running():
            try:
                self.resume()
            except BaseException:
                self.stop()
                raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def resume(self) -> None:
        """Start from the snapshot, on a root disk as it was then, with the host's time; nothing is plugged in."""
        run = runs.load(self.folder)
        run.carriers, run.camera = {}, None
        runs.save(self.folder, run)
        runs.fresh_root(self.folder)
        self._start(snapshot=True, clock="utc")
        self.agent.wait(_RESUME_S)
        self.set_clock()

    def boot(self, timeout_s: float = layer.BOOT_S, clock: str = "utc") -> None:
        """Switch on: boot from the run's own root disk, with what is plugged in. `clock`: what the clock chip says,
        ``utc`` for the true time or such as ``2000-01-01T00:00:00``.
        """
        if not (self.folder / runs.ROOT).exists():
            runs.fresh_root(self.folder)
        self._start(snapshot=False, clock=clock)
        run = runs.load(self.folder)
        for name, image in run.carriers.items():
            carrier.insert(self.machine.qmp, Path(image), name)
        if run.camera is not None:
            self._spawn_camera(run.camera)
        self.agent.wait(timeout_s)

    def reboot(self, timeout_s: float = layer.BOOT_S) -> None:
        """Have the guest shut down in order and start again, within the same machine."""
        before = self.agent.wait(_COMMAND_S)
        self.agent.shell_start("systemctl reboot")
        self.agent.wait(timeout_s, not_boot=before)

    def cut(self) -> None:
        """The power goes, now; memory is lost, and what was not synced with it. `boot` switches on again."""
        self._leave()
        self.machine.cut()

    def stop(self) -> None:
        """End the run; its folder goes too if it was not named."""
        self._leave()
        self.machine.stop()
        if runs.load(self.folder).owner:
            shutil.rmtree(self.folder, ignore_errors=True)

    def shell(self, command: str, timeout_s: float = _COMMAND_S) -> Result:
        """Run a command in the guest, as root; its exit code and both outputs in one."""
        return self.agent.shell(command, timeout_s)

    def put(self, data: bytes, path: str) -> None:
        """Write a file in the guest."""
        self.agent.put(data, path)

    def get(self, path: str) -> bytes:
        """Read a file of the guest."""
        return self.agent.get(path)

    def set_clock(self, utc_us: int | None = None) -> None:
        """Set the guest's system clock, UTC us since 1970; None is the host's time."""
        self.agent.ask("clock", utc_us=time.time_ns() // 1000 if utc_us is None else utc_us)

    def insert_carrier(self, image: Path, name: str = _CARRIER) -> None:
        """Plug in a carrier's image as a USB disk; the guest sees it a moment later."""
        carrier.insert(self.machine.qmp, image, name)
        run = runs.load(self.folder)
        run.carriers[name] = str(image.resolve())
        runs.save(self.folder, run)

    def pull_carrier(self, name: str = _CARRIER) -> None:
        """Pull a carrier out, without a warning to the guest."""
        carrier.pull(self.machine.qmp, name)
        run = runs.load(self.folder)
        run.carriers.pop(name, None)
        runs.save(self.folder, run)

    def plug_camera(self, formats: Sequence[str] = ("i420", "yuy2"), rate: int = 10, clip: Path | None = None) -> None:
        """Plug in a webcam that shows the clip and offers these of `uvc.FORMATS`; returns when the guest knows it.

        One that offers only ``y16`` has no format that the firmware can use.
        """
        if unknown := set(formats) - set(uvc.FORMATS):
            raise EmulatorError(f"no webcam offers {', '.join(sorted(unknown))}: choose from {', '.join(uvc.FORMATS)}")
        options = [f"--format={each}" for each in formats] + [f"--rate={rate}"]
        options += [f"--clip={clip.resolve()}"] if clip else []
        self.unplug_camera()
        self._spawn_camera(options)
        self._remember_camera(options)
        end = time.monotonic() + _PLUG_S
        while self.shell(f"grep -qx {uvc.PRODUCT:04x} /sys/bus/usb/devices/*/idProduct").code:
            if time.monotonic() > end or self.machine.pid("camera") is None:
                raise EmulatorError(f"the webcam was not recognised: see camera.log in {self.folder}")

    def unplug_camera(self) -> None:
        """Pull the webcam's cable; nothing happens where none is plugged in."""
        self.machine.kill("camera")
        self._remember_camera(None)

    def battery(self, percent: int, charging: bool = False) -> None:
        """Let the battery's gauge say this."""
        surroundings.set_battery(self.agent, percent, charging)

    def gnss(self, sentences: Iterable[str]) -> None:
        """Let the satellite receiver say these NMEA sentences, at its line's speed; not waited for."""
        self._receiver = self._receiver or surroundings.Receiver(self.folder / "gnss")
        self._receiver.send(sentences)

    def card(self, uid: str) -> None:
        """Hold a card with this number (letters and digits) to the reader."""
        surroundings.touch_card(self.machine.qmp, uid)

    def hear(self, seconds: float) -> surroundings.Samples:
        """What the loudspeaker gives within so many seconds: 48 kHz, mono."""
        return surroundings.hear(self.agent, seconds)

    def listening(self) -> contextlib.AbstractContextManager[surroundings.Ear]:
        """A context in which the loudspeaker is recorded; afterwards its `samples` are there."""
        return surroundings.listening(self.agent)

    def slowdown(self) -> float:
        """How many times slower one processor of the guest is than one of the host, now."""
        here = min(work() for _ in range(_TRIES))
        there = min(int(self.agent.ask("work")["us"]) for _ in range(_TRIES))
        return there / here

    def _start(self, snapshot: bool, clock: str) -> None:
        run = runs.load(self.folder)
        disks = Disks.of(self.folder, runs.ROOT)
        self.machine.start(disks, tpm=run.tpm, snapshot=snapshot, clock=clock)

    def _spawn_camera(self, options: Sequence[str]) -> None:
        line = [sys.executable, "-m", "kuager_workshop.emulate.webcam", str(self.folder / "camera"), *options]
        self.machine.spawn("camera", line)

    def _remember_camera(self, options: list[str] | None) -> None:
        run = runs.load(self.folder)
        run.camera = options
        runs.save(self.folder, run)

    def _leave(self) -> None:
        if self._receiver:
            self._receiver.drop()
            self._receiver = None
