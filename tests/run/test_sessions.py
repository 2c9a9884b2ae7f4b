"""Whole sessions with all real processes, through `kuager record` and its scripts, as a person would start them.

No voice files are there, so that prompts are only shown and sessions are short.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import pytest

from kuager.evidence.journal import iterate

pytestmark = pytest.mark.slow
KUAGER = str(Path(sys.executable).with_name("kuager"))
OPEN = "wait-for ready 40s\npress record\nwait-for opening 20s\nwait-for durable 10s\n"


class World:
    def __init__(self, folder: Path) -> None:
        self.folder, self.carrier = folder, folder / "card"
        self.environment = os.environ | {
            "XDG_STATE_HOME": str(folder / "state"),
            "XDG_CACHE_HOME": str(folder / "cache"),
            "XDG_CONFIG_HOME": str(folder / "config"),
        }

    def command(self, script: str, *options: str) -> list[str]:
        file = self.folder / "script.txt"
        file.write_text(script)
        return [KUAGER, "record", "--carrier", str(self.carrier), "--script", str(file), *options]

    def record(self, script: str, *options: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(script, *options),
            capture_output=True,
            text=True,
            timeout=100,
            env=self.environment,
            check=False,
        )

    def verify(self, *paths: Path) -> dict[str, Any]:
        anchor = self.folder / "state" / "kuager" / "authority" / "ca.pem"
        done = subprocess.run(
            [KUAGER, "verify", "--json", "--trust", str(anchor), *map(str, paths)],
            capture_output=True, text=True, timeout=60, env=self.environment, check=False,
        )  # fmt: skip
        return json.loads(done.stdout)

    def leftovers(self) -> list[str]:
        mark, found = f"XDG_STATE_HOME={self.folder}".encode(), []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (process / "environ").read_bytes() and process.name != str(os.getpid()):
                    found.append((process / "cmdline").read_text().replace("\0", " "))
            except OSError:
                continue
        return found


@pytest.fixture
def world(tmp_path) -> Iterator[World]:
    yield World(tmp_path)
    # Where privileges allow, the vault made all of it append-only or immutable: nobody could delete it.
    subprocess.run(["chattr", "-R", "-f", "-ia", str(tmp_path)], check=False)


def bodies(recording: Path, kind: str, journal: str = "journal-01.cborseq") -> list[dict[str, Any]]:
    with (recording / journal).open("rb") as source:
        return [record.body for record in iterate(source) if record.type == kind]


def pictures(path: Path) -> int:
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


def test_a_whole_session(world):
    done = world.record(
        OPEN + "opening quick\nrun\nhold record\nwait-for closing 20s\nclosing quick\nwait-for sealed 60s",
        "--for",
        "4s",
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 1
    recording = Path(lines[0])
    found = world.verify(recording)
    assert found["verdict"] == "authentic", found
    items = [body["item"] for body in bodies(recording, "chapter")]
    assert items == [
        "recording-on", "action", "time-date", "place", "person-in-charge", "participants", "told",
        "end-time", "motions", "remarks", "proposals", "reasons", "confirm",
    ]  # fmt: skip
    prompts = bodies(recording, "prompt")
    assert {body["language"] for body in prompts} == {"ru"}
    assert all(not body["audible"] for body in prompts)
    assert bodies(recording, "closed")[0]["dialogue"] is True
    assert pictures(recording / "video-01.mp4") > 4 * 20
    assert not world.leftovers()
    assert not [path for path in world.carrier.rglob("*") if path.suffix in (".part", ".tmp")]


def test_capture_and_supervisor_killed(world):
    done = world.record(
        OPEN + "wait 1s\nkill capture\nwait-for interrupted 5s\nwait-for opening 20s\nwait-for durable 10s\n"
        "kill supervisor\nwait 500ms\nwait-for opening 20s\nwait 1s\nopening quick\nhold record\n"
        "wait-for closing 20s\nclosing quick\nwait-for sealed 60s"
    )
    assert done.returncode == 0, done.stderr
    recording = Path(done.stdout.splitlines()[-1])
    assert world.verify(recording)["verdict"] == "authentic"
    ended = [body["cause"] for body in bodies(recording, "interval-ended")]
    assert ended == ["software", "closing"], done.stderr
    assert [body["cause"] for body in bodies(recording, "interval-begun")] == ["press", "software"]
    assert bodies(recording, "closed")[0]["dialogue"] is True
    assert "interruption" in [body["item"] for body in bodies(recording, "chapter")]


def test_the_vault_killed_loses_nothing_acknowledged(world):
    done = world.record(OPEN + "wait 2s\nkill vault\nwait 500ms\nwait-for opening 30s\nwait-for durable 10s\nwait 1s")
    assert done.returncode == 0, done.stderr
    found = world.verify(world.carrier)
    assert found["verdict"] == "authentic, ends early", found
    first, second = sorted(path for path in world.carrier.glob("KZ0417-0*"))
    assert Path(done.stdout.splitlines()[-1]) == second
    (opened,) = bodies(second, "opened")
    assert opened["continues"]["id"] == bodies(first, "opened")[0]["id"]
    last = bodies(first, "checkpoint")[-1]["durable_us"]
    begun = bodies(second, "interval-begun")[0]["first_us"]
    assert begun <= last + 1_000_000
    assert pictures(first / "video-01.mp4") > 20
    assert pictures(second / "video-01.mp4") > 20


def test_sigterm_in_the_middle_seals(world):
    process = subprocess.Popen(
        world.command(OPEN + "run 60s"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=world.environment,
    )
    assert process.stderr
    told = ""
    while "[opening]" not in told:
        line = process.stderr.readline()
        assert line, told
        told += line
    time.sleep(1.5)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    recording = Path(out.splitlines()[-1])
    assert (bodies(recording, "closed")[0]["cause"], bodies(recording, "closed")[0]["dialogue"]) == ("shutdown", False)
    assert world.verify(recording)["verdict"] == "authentic, ends early"
    assert not world.leftovers()


def test_the_camera_stalls_and_sound_goes_on(world):
    done = world.record(
        OPEN + "wait 1s\nfault camera-stall\nwait-for interrupted 10s\nwait-for durable 5s\nwait 1s\n"
        "fault camera-back\nwait-for opening 20s\nwait 1s"
    )
    assert done.returncode == 0, done.stderr
    recording = Path(done.stdout.splitlines()[-1])
    begun = bodies(recording, "interval-begun")
    assert [body["streams"] for body in begun] == [["video", "sound"], ["sound"], ["video", "sound"]]
    assert [body["cause"] for body in begun[1:]] == ["camera", "camera"]


def test_sound_only(world):
    done = world.record(OPEN + "wait 1s", "--mode", "sound", "--lang", "kk")
    assert done.returncode == 0, done.stderr
    recording = Path(done.stdout.splitlines()[-1])
    assert (recording / "sound-01.mp4").exists()
    assert not list(recording.glob("video-*"))
    assert bodies(recording, "opened")[0]["language"] == "kk"


def test_a_script_that_is_wrong(world):
    done = world.record("press record\njump high\n")
    assert done.returncode == 64
    assert "script.txt, line 2: there is no action 'jump'" in done.stderr
    assert done.stdout == ""
    assert not world.carrier.exists()


def test_settings_that_are_wrong(world):
    (world.folder / "s.toml").write_text("[camera]\ncolour = 1\n")
    done = world.record(OPEN, "--settings", str(world.folder / "s.toml"))
    assert done.returncode == 64
    assert "line 2: there is no key colour in [camera]" in done.stderr


def test_a_carrier_that_is_a_file(world):
    world.carrier.write_text("not a folder")
    done = world.record(OPEN)
    assert done.returncode == 64
    assert "Traceback" not in done.stderr


def test_a_clip_that_is_no_video(world):
    (world.folder / "clip.mp4").write_text("not a film")
    (world.folder / "s.toml").write_text('[camera]\npath = "clip.mp4"\n')
    done = world.record(
        "wait-for ready 40s\npress record\nwait-for durable 20s\nwait 1s", "--settings", str(world.folder / "s.toml")
    )
    assert "Traceback" not in done.stderr
    assert done.returncode in (0, 69)


def test_a_covered_lens_and_an_empty_battery_are_warned_of_and_sealed_in_order(world):
    done = world.record(
        OPEN + "opening quick\nfault lens-covered\nrun\nfault lens-clear\nfault battery-empty\nwait-for sealed 60s",
        "--for",
        "9s",
    )
    assert done.returncode == 0, done.stderr
    recording = Path(done.stdout.splitlines()[0])
    warnings = [body["data"] for body in bodies(recording, "event") if body["code"] == "warning"]
    assert {"code": "lens-covered", "active": True} in warnings
    closed = bodies(recording, "closed")[0]
    assert (closed["cause"], closed["dialogue"]) == ("power", False)
    assert world.verify(recording)["verdict"] == "authentic, ends early"


def test_a_discreet_session_is_declared_and_makes_no_sound(world):
    script = "wait-for ready 40s\nhold mark\nwait 500ms\n" + OPEN.split("\n", 1)[1]
    done = world.record(
        script + "opening quick\nrun\nhold record\nwait-for closing 20s\nclosing quick\nwait-for sealed 60s",
        "--for",
        "2s",
    )
    assert done.returncode == 0, done.stderr
    recording = Path(done.stdout.splitlines()[0])
    assert "discreet" in [body["code"] for body in bodies(recording, "event")]
    assert not any(body["audible"] for body in bodies(recording, "prompt"))
    assert world.verify(recording)["verdict"] == "authentic"


def test_a_blank_carrier_is_prepared_by_two_deliberate_acts_and_recorded_on(world):
    done = world.record(
        "wait-for ready 40s\nfault carrier-blank\nwait-for starting 10s\nwait 3s\npress record\nwait 500ms\n"
        "hold record\nwait-for opening 20s\nwait-for durable 10s\nopening quick\nhold record\n"
        "wait-for closing 20s\nclosing quick\nwait-for sealed 60s"
    )
    assert done.returncode == 0, done.stderr
    prepared = world.folder / "card-blank-1"
    recording = Path(done.stdout.splitlines()[-1])
    assert recording.parent == prepared
    assert not list(world.carrier.glob("KZ0417-0*"))
    found = world.verify(prepared)
    assert found["verdict"] == "authentic", found
    with next(prepared.glob("KZ0417-unit/*")).open("rb") as source:
        events = [record.body for record in iterate(source) if record.type == "event"]
    assert "carrier-prepared" in [body["code"] for body in events]
    answers = [body["data"]["answer"] for body in events if body["code"] == "press"]
    assert answers == ["remembered", "prepare"]


def test_a_foreign_carrier_is_left_alone_and_the_press_waits_for_ours(world):
    done = world.record(
        "wait-for ready 40s\nfault carrier-foreign\nwait-for starting 10s\nwait 3s\npress record\nwait 500ms\n"
        "fault carrier-well\nwait 3s\nwait-for opening 20s\nwait-for durable 10s\nopening quick"
    )
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.splitlines()[-1]).parent == world.carrier
    assert [path.name for path in world.folder.glob("card*")] == ["card"]


def test_a_clock_that_is_lost_is_shown_declared_and_spoils_no_verdict(world):
    done = world.record(
        OPEN
        + "opening quick\nwait 1s\nfault clock-lost\nwait 2s\nfault clock-back\nwait 2s\nfault clock-lost\nwait 1s\n"
        "hold record\nwait-for closing 20s\nclosing quick\nwait-for sealed 60s"
    )
    assert done.returncode == 0, done.stderr
    recording = Path(done.stdout.splitlines()[-1])
    steps = bodies(recording, "clock-step")
    assert [body["step_us"] > 0 for body in steps] == [False, True, False]
    assert [body["after"][2] == "unset" for body in steps] == [True, False, True]
    warnings = [body["data"] for body in bodies(recording, "event") if body["code"] == "warning"]
    assert {"code": "clock-unset", "active": True} in warnings
    chunks = [body for body in bodies(recording, "chunk") if body["kind"] == "fragment"]
    assert {body["first_utc_us"] < 1_000_000_000_000_000 for body in chunks} == {True, False}
    assert [body["first_us"] for body in chunks] == sorted(body["first_us"] for body in chunks)
    found = world.verify("--frames", recording)
    assert found["verdict"] == "authentic", found
    codes = {finding["code"] for finding in found["recordings"][0]["findings"]}
    assert codes <= {"K204", "K206", "K806"}, found
    assert pictures(recording / "video-01.mp4") > 5 * 20
