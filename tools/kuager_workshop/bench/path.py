"""The recorder's whole path from a picture to signed, synced evidence: overlay, cells, encoder, SEI, take, vault.

The vault is the real one, a process of its own; this process is capture without its sensors. Pictures come from
standard input. Sound is one FLAC frame of silence, encoded once: peers have no sound, so its encoder is left out.
"""

import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np

from kuager import channel, clock, wire
from kuager.capture.encoder import FLAC_SAMPLES, SoundEncoder
from kuager.capture.orders import Orders
from kuager.capture.outbox import Outbox
from kuager.capture.packets import FLAC_US, SoundPacket
from kuager.capture.pictures import PictureEncoder, PictureQueue
from kuager.capture.recorder import Recorder
from kuager.capture.sensors import Picture
from kuager.errors import PeerError
from kuager.evidence.records import Procedure
from kuager.settings import Camera
from kuager_workshop.bench.measure import BenchError
from kuager_workshop.bench.raw import Form, pictures

Event = Callable[[int], None]


class Link:
    """Connections to a vault: media as capture, control as the supervisor."""

    def __init__(self, run: Path, events: "queue.SimpleQueue[Event]", recorder: Recorder) -> None:
        self._events, self._recorder = events, recorder
        self.opened: queue.SimpleQueue[wire.Opened] = queue.SimpleQueue()
        control = _connect(run / "vault-control", wire.FromVaultControl, self._told)
        control.start()
        control.send(
            wire.OpenRecording(
                request=1, mode="video", language="en", procedure=Procedure(id="bench", title="Benchmark")
            )
        )
        self.control = control
        self.media = _connect(run / "vault-media", wire.FromVaultMedia, self._answered)
        self.media.start()

    def _told(self, connection: channel.Connection, message: wire.Message) -> None:
        if isinstance(message, wire.Opened):
            self.opened.put(message)

    def _answered(self, connection: channel.Connection, message: wire.Message) -> None:
        if isinstance(message, wire.Acknowledged):
            sequence = message.sequence
            self._events.put(lambda now_us: self._recorder.acknowledged(sequence))
        else:
            raise BenchError(f"the vault refused: {message}")


def _connect(
    path: Path, messages: object, receive: Callable[[channel.Connection, wire.Message], None]
) -> channel.Connection:
    for _ in range(200):
        try:
            return channel.connect(path, wire.Decoder(messages), receive, lambda connection: None)
        except PeerError:
            threading.Event().wait(0.05)
    raise BenchError("the vault did not start")


def main() -> None:
    """Arguments: a folder for state and carrier, then a Form."""
    folder, form = Path(sys.argv[1]), Form.parse(sys.argv[2:])
    with tempfile.TemporaryDirectory(dir=folder) as name:
        run = Path(name)
        settings = run / "unit.toml"
        settings.write_text(f'[carrier]\npath = "{run}/carrier"\n[paths]\nstate = "{run}/state"\n')
        command = [sys.executable, "-m", "kuager.vault", "--settings", str(settings), "--run", str(run)]
        # Without attributes, or the folder could not be removed afterwards.
        vault = subprocess.Popen(command, env={**os.environ, "KUAGER_ATTRIBUTES": "off"})
        try:
            _record(run, form)
        finally:
            vault.terminate()
            vault.wait()


def _record(run: Path, form: Form) -> None:
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    orders = Orders("KZ0417", training=True)
    outbox = Outbox()
    recorder = Recorder(
        orders, outbox, lambda message: None, lambda since: None, lambda: None, 2_000_000_000, clock.boot_us()
    )
    camera = msgspec.convert(msgspec.structs.asdict(form), Camera)
    link = Link(run, events, recorder)
    opened = link.opened.get(timeout=20)
    recorder.vault_found(link.media.send, lambda: link.media.waiting, clock.boot_us())
    recorder.stand_by(wire.Standby(unit="KZ0417", number=opened.number, mode="video", pre_roll_us=0), clock.boot_us())
    start = wire.StartTake(
        recording=opened.id, number=opened.number, mode="video", cause="press", since_us=clock.boot_us()
    )
    recorder.start(start, clock.boot_us())
    recorder.heard(clock.boot_us())
    encoder = PictureEncoder(orders, PictureQueue(), camera, lambda item: None)
    silence = SoundEncoder().encode(np.zeros(FLAC_SAMPLES, np.int16))
    sample, sound_us, ticked_us = 0, clock.boot_us(), 0
    for frame in pictures(form):
        now_us = clock.boot_us()
        while not events.empty():
            events.get()(now_us)
        recorder.add(encoder.encode(Picture(frame, now_us, clock.utc_us())), now_us)
        while sound_us + FLAC_US <= now_us:
            recorder.add(SoundPacket(silence, sound_us, clock.utc_us(), sample), now_us)
            sample, sound_us = sample + FLAC_SAMPLES, sound_us + FLAC_US
        if now_us - ticked_us >= 100_000:
            ticked_us = now_us
            recorder.tick(now_us)
    if recorder.take is None or not outbox.reached.frame:
        raise BenchError("nothing was acknowledged: the path did not record")


if __name__ == "__main__":
    main()
