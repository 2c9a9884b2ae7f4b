"""The capture process itself, at its sockets, in real time."""

import contextlib
import io
import itertools
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fakes import FakeSupervisor, FakeVault, files_of
from PIL import Image
from pipeline_world import Decoded
from sensor_world import make_clip

from kuager import clock, wire
from kuager.capture.overlay import planes
from kuager.capture.recorder import Recorder
from kuager.capture.service import Service
from kuager.media import cells, sei
from kuager.settings import Settings

RECORDING, OTHER = b"a" * 16, b"b" * 16
SETTINGS = '[unit]\nname = "KZ0417"\n[camera]\npath = "clip.mp4"\nwidth = 640\nheight = 360\npreset = "ultrafast"\n'


class Unit:
    """A capture process with its neighbours."""

    def __init__(self, run: Path) -> None:
        self.run = run
        make_clip(run / "clip.mp4", frames=50, rate=25, size=(640, 360))
        (run / "settings.toml").write_text(SETTINGS)
        self.notified = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notified.bind(str(run / "notify"))
        self.notified.settimeout(20)
        self.vault = FakeVault(run)
        command = [sys.executable, "-m", "kuager.capture", "--settings", str(run / "settings.toml"), "--run", str(run)]
        self.process = subprocess.Popen(command, env={**os.environ, "NOTIFY_SOCKET": str(run / "notify")})
        assert b"READY=1" in self.notified.recv(4096)
        self.supervisor = FakeSupervisor(run)

    def stand_by(self, number: int = 42, pre_roll_s: int = 1, **options: Any) -> None:
        self.supervisor.send(
            wire.Standby(
                unit="KZ0417",
                number=number,
                pre_roll_us=pre_roll_s * 1_000_000,
                training=True,
                **{"mode": "video", **options},
            )
        )
        self.supervisor.wait(
            lambda heard: isinstance(heard, wire.CaptureState) and heard.ring_us > pre_roll_s * 1_000_000
        )

    def start(self, recording: bytes = RECORDING, **options: Any) -> int:
        now_us = clock.boot_us()
        order = {"number": 42, "mode": "video", "cause": "press", "since_us": now_us, **options}
        self.supervisor.send(wire.StartTake(recording=recording, **order))
        return now_us

    def finish(self) -> wire.TakeEnded:
        self.supervisor.heard.clear()
        self.supervisor.send(wire.FinishTake(cause="closing"))
        ended: wire.TakeEnded = self.supervisor.wait(lambda heard: isinstance(heard, wire.TakeEnded))
        return ended

    def until_us(self, moment_us: int) -> None:
        self.vault.wait(lambda sent: any(isinstance(one, wire.Fragment) and one.last_us >= moment_us for one in sent))

    def end(self) -> None:
        self.supervisor.close()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)
        self.vault.die()
        self.notified.close()


@pytest.fixture
def unit(tmp_path: Path) -> Iterator[Unit]:
    one = Unit(tmp_path)
    yield one
    one.end()


def test_from_press_to_end_and_an_orderly_stop_that_ends_the_take_first(unit: Unit) -> None:
    unit.stand_by()
    press_us = unit.start()
    unit.until_us(press_us + 1_500_000)
    unit.supervisor.send(wire.TakePhoto(recording=RECORDING))
    unit.supervisor.wait(lambda heard: isinstance(heard, wire.PhotoTaken))
    ended = unit.finish()
    assert (ended.acknowledged, ended.cause) == (True, "closing")
    (begin,) = unit.vault.of(wire.TakeBegin)
    assert 1_000_000 <= press_us - begin.first_us <= 2_200_000
    assert begin.camera.model
    assert begin.microphone.model
    (still,) = unit.vault.of(wire.Still)
    assert still.data.startswith(b"\xff\xd8\xff")
    (_, _, data), *_ = files_of(unit.vault.messages)
    decoded = Decoded(data)
    marks = [sei.read_avcc(packet) for packet in decoded.packets]
    assert all(marks)
    assert [mark.frame for mark in marks if mark] == list(range(marks[0].frame, marks[0].frame + len(marks)))  # type: ignore[union-attr]
    assert cells.read(planes(decoded.pictures[-1])[0]) == marks[-1]
    silent = sum(gap.samples for gap in unit.vault.of(wire.GapFound) if gap.detail == "pre-roll without sound")
    assert not decoded.sound[:silent].any()
    assert silent / 48_000 == pytest.approx((press_us - begin.first_us) / 1_000_000, abs=0.1)
    assert np.abs(decoded.sound[silent:].astype(int)).max() > 100
    assert b"WATCHDOG=1" in unit.notified.recv(4096)
    press_us = unit.start(OTHER)
    unit.until_us(press_us + 300_000)
    unit.process.send_signal(signal.SIGTERM)
    assert unit.process.wait(10) == 0
    assert isinstance(unit.vault.messages[-1], wire.TakeEnd)
    assert unit.vault.messages[-1].cause == "shutdown"


def test_who_asks_is_shown_small_pictures_with_all_that_is_burned_in_and_nobody_else(unit: Unit) -> None:
    unit.stand_by()
    watcher = FakeSupervisor(unit.run)
    watcher.send(wire.WatchPictures(on=True))

    def pictures(least: int) -> list[wire.Preview]:
        def enough(_: Any) -> bool:
            return sum(isinstance(heard, wire.Preview) for heard in watcher.heard) >= least

        watcher.wait(enough)
        return [heard for heard in list(watcher.heard) if isinstance(heard, wire.Preview)]

    shown = pictures(3)
    image = Image.open(io.BytesIO(shown[-1].data))
    assert image.size == (480, 270)
    strip = np.asarray(image.convert("L"))[:6, :190]
    assert strip.min() < 60
    assert strip.max() > 190
    assert all(then.at_us - first.at_us >= 450_000 for first, then in itertools.pairwise(shown))
    assert not any(isinstance(heard, wire.Preview) for heard in unit.supervisor.heard)
    unit.stand_by(mode="stills")  # nothing is encoded: what the camera sees is shown all the same
    time.sleep(0.5)
    assert pictures(len(pictures(0)) + 2)
    watcher.send(wire.WatchPictures(on=False))
    time.sleep(0.3)
    count = len(pictures(3))
    time.sleep(1.0)
    assert len(pictures(3)) == count
    watcher.close()


def test_a_vault_that_dies_is_followed_by_one_that_gets_the_rest(unit: Unit) -> None:
    unit.stand_by()
    press_us = unit.start()
    unit.until_us(press_us + 500_000)
    unit.vault.acknowledging = False
    unit.until_us(press_us + 1_500_000)
    durable = max(
        chunk.first_frame + chunk.frames for chunk in unit.vault.of(wire.Fragment) if chunk.last_us < press_us + 400_000
    )
    unit.vault.die()
    unit.supervisor.wait(lambda heard: isinstance(heard, wire.Trouble) and heard.part == "vault" and not heard.well)
    time.sleep(0.3)
    unit.vault = FakeVault(unit.run)
    now_us = unit.start(OTHER, cause="software", resume=True)
    unit.until_us(now_us + 500_000)
    assert unit.finish().acknowledged
    (begin,) = unit.vault.of(wire.TakeBegin)
    assert begin.recording == OTHER
    (_, _, data), *_ = files_of(unit.vault.messages)
    frames = [mark.frame for packet in Decoded(data).packets if (mark := sei.read_avcc(packet))]
    assert frames == list(range(frames[0], frames[0] + len(frames)))
    assert durable - 26 <= frames[0] <= durable + 25


def test_camera_and_microphone_may_go_and_come_back_and_a_hang_is_seen(unit: Unit) -> None:
    unit.stand_by(pre_roll_s=0)
    press_us = unit.start()
    unit.until_us(press_us + 500_000)
    unit.supervisor.send(wire.Rig(fault="camera-gone"))
    unit.supervisor.send(wire.Rig(fault="microphone-gone"))
    unit.supervisor.wait(lambda heard: isinstance(heard, wire.TakeStarted) and heard.streams == ["sound"])
    unit.supervisor.send(wire.Rig(fault="camera-back"))
    unit.supervisor.send(wire.Rig(fault="microphone-back"))
    unit.supervisor.wait(lambda heard: isinstance(heard, wire.Trouble) and heard.part == "microphone" and heard.well)
    unit.supervisor.wait(
        lambda heard: isinstance(heard, wire.TakeStarted) and heard.take == 3 and "video" in heard.streams
    )
    assert unit.finish().acknowledged
    assert [end.cause for end in unit.vault.of(wire.TakeEnd)] == ["camera", "camera", "closing"]
    gaps = {(gap.stream, gap.cause) for gap in unit.vault.of(wire.GapFound)}
    assert {("video", "camera"), ("sound", "microphone")} <= gaps
    takes: dict[int, int] = {}
    for chunk in unit.vault.of(wire.Fragment):
        assert chunk.first_sample == takes.get(chunk.take, 0)
        takes[chunk.take] = chunk.first_sample + chunk.samples
    # and a process that hangs feeds no watchdog
    unit.supervisor.send(wire.Rig(fault="hang"))
    time.sleep(0.3)
    unit.notified.settimeout(0.01)
    with contextlib.suppress(TimeoutError):
        while unit.notified.recv(4096):
            pass
    unit.notified.settimeout(1.2)
    with pytest.raises(TimeoutError):
        unit.notified.recv(4096)


@pytest.mark.parametrize(
    ("busy", "delivered", "another", "code"),
    [(False, False, False, 75), (True, True, False, 75), (True, False, False, 0), (True, False, True, 75)],
)
def test_a_driver_that_hangs_is_left_to_a_new_process_unless_that_cuts_the_other_sensor_for_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, busy: bool, delivered: bool, another: bool, code: int
) -> None:
    service = Service(Settings(), tmp_path)
    monkeypatch.setattr(Recorder, "busy", busy)
    monkeypatch.setattr(Recorder, "finish", lambda *_: None)
    service._camera.delivered = delivered
    service._renew("camera", another)
    service._events.run(0.0)
    assert service._exit == code
