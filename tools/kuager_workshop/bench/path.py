"""The recorder's whole path from a picture to signed, synced evidence: the capture service and the vault, both real.

Pictures come from standard input in place of a camera; all else is capture as a unit runs it, with all its threads:
reader, queue, overlay, cells, encoder, SEI, ring, take, sockets. The vault is a process of its own. This process also
says what a supervisor would say, once. There is no microphone: peers record no sound. What capture then does for the
stream of sound, silence encoded and declared, is part of what is measured.
"""

import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from unittest import mock

from kuager import channel, clock, settings, sockets, wire
from kuager.capture import service
from kuager.capture.sensors import Picture, Still
from kuager.errors import PeerError
from kuager.evidence.records import Device, Procedure
from kuager.settings import Camera
from kuager_workshop.bench.measure import BenchError
from kuager_workshop.bench.raw import Form, pictures

_START_S = 20.0


class StandardInput:
    """A camera that gives what comes in, stamped with the moment at which it came; at the end capture is stopped."""

    kind = "replay"
    encodes = False

    def __init__(self, form: Form) -> None:
        self.size, self.rate_millihertz = (form.width, form.height), form.rate * 1000
        self.device = Device(make="Kuager", model="benchmark")
        self._pictures = pictures(form)

    def read(self, timeout_s: float) -> Picture | None:
        """The next picture, however long that takes; None at the end."""
        frame = next(self._pictures, None)
        if frame is None:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(timeout_s)
            return None
        return Picture(frame, clock.boot_us(), clock.utc_us())

    def photo(self) -> Still | None:
        """It makes none."""
        return None

    def close(self) -> None:
        """Nothing to give back."""


class Supervisor:
    """Opens one recording and starts one take, then listens."""

    def __init__(self, run: Path) -> None:
        self._run = run
        self._opened: queue.SimpleQueue[wire.Opened] = queue.SimpleQueue()
        self.durable_us = 0
        self.failure = "the vault did not open a recording"
        threading.Thread(target=self._direct, name="supervisor", daemon=True).start()

    def _direct(self) -> None:
        control = _connect(sockets.path(self._run, "vault-control"), wire.FromVaultControl, self._told)
        procedure = Procedure(id="bench", title="Benchmark")
        control.send(wire.OpenRecording(request=1, mode="video", language="en", procedure=procedure))
        opened = self._opened.get(timeout=_START_S)
        capture = _connect(sockets.path(self._run, "capture"), wire.FromCapture, lambda *_: None)
        capture.send(wire.Standby(unit="KZ0417", number=opened.number, mode="video", pre_roll_us=0))
        now_us = clock.boot_us()
        capture.send(
            wire.StartTake(recording=opened.id, number=opened.number, mode="video", cause="press", since_us=now_us)
        )
        self.failure = "nothing was acknowledged"

    def _told(self, connection: channel.Connection, message: wire.Message) -> None:
        if isinstance(message, wire.Opened):
            self._opened.put(message)
        elif isinstance(message, wire.Durable):
            self.durable_us = message.durable_us


def _connect(
    path: Path, messages: object, receive: Callable[[channel.Connection, wire.Message], None]
) -> channel.Connection:
    end = time.monotonic() + _START_S
    while time.monotonic() < end:
        try:
            connection = channel.connect(path, wire.Decoder(messages), receive, lambda connection: None)
        except PeerError:
            time.sleep(0.05)
        else:
            connection.start()
            return connection
    raise BenchError(f"nobody listens on {path.name}")


def main() -> None:
    """Arguments: a folder for state and carrier, then a Form."""
    folder, form = Path(sys.argv[1]), Form.parse(sys.argv[2:])
    with tempfile.TemporaryDirectory(dir=folder) as name, tempfile.TemporaryDirectory(prefix="kuager-") as run:
        file = Path(name) / "unit.toml"
        unit = settings.Settings(
            carrier=settings.Carrier(path=Path(name) / "carrier"),
            paths=settings.Paths(state=Path(name) / "state", run=Path(run)),
            camera=Camera(width=form.width, height=form.height, rate=form.rate, preset=form.preset, crf=form.crf),  # type: ignore[arg-type]
            microphone=settings.Microphone(path=Path(name) / "none.wav"),
        )
        file.write_text(settings.dump(unit))
        command = [sys.executable, "-P", "-m", "kuager.vault", "--settings", str(file), "--run", run]
        # Without attributes, or the folder could not be removed afterwards.
        vault = subprocess.Popen(command, env={**os.environ, "KUAGER_ATTRIBUTES": "off"})
        try:
            supervisor = Supervisor(Path(run))
            with mock.patch.object(service, "open_camera", return_value=StandardInput(form)):
                code = service.Service(unit, Path(run)).serve()
        finally:
            vault.terminate()
            vault.wait()
    if code or not supervisor.durable_us:
        raise BenchError(f"the path did not record: {supervisor.failure}, exit code {code}")


if __name__ == "__main__":
    main()
