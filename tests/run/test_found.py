"""The virtual unit takes a webcam and a sound card that are there, unless the person's settings say otherwise."""

import subprocess
import sys
from pathlib import Path

import pytest

from kuager import settings as configuration
from kuager.cli import found


def start(monkeypatch: pytest.MonkeyPatch, folder: Path, text: str, here: set[str]) -> configuration.Settings:
    monkeypatch.setattr(found, "_found", lambda: here)
    file = folder / "mine.toml"
    file.write_text(text)
    return configuration.load(found.with_found_sensors(configuration.load(file), file, folder))


def test_what_is_there_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = start(monkeypatch, tmp_path, '[unit]\nname = "KZ1"\n', {"camera", "microphone"})
    assert (settings.camera.kind, settings.microphone.kind, settings.unit.name) == ("v4l2", "pyaudio", "KZ1")


def test_without_a_camera_the_clip_stands_in_for_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = start(monkeypatch, tmp_path, "", {"microphone"})
    assert (settings.camera.kind, settings.microphone.kind) == ("replay", "pyaudio")


def test_what_the_person_chose_stays(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    text = '[camera]\nkind = "replay"\n[microphone]\nkind = "replay"\n'
    monkeypatch.setattr(found, "_found", lambda: pytest.fail("nothing is to be looked for"))
    file = tmp_path / "mine.toml"
    file.write_text(text)
    assert found.with_found_sensors(configuration.load(file), file, tmp_path) == file


def test_where_nothing_is_found_the_persons_file_is_used_itself(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(found, "_found", set)
    file = tmp_path / "mine.toml"
    file.write_text("")
    assert found.with_found_sensors(configuration.load(file), file, tmp_path) == file


def test_a_driver_that_hangs_is_given_up_and_what_was_found_before_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    hangs = [sys.executable, "-c", "import time; print('camera', flush=True); time.sleep(60)"]
    run = subprocess.run
    monkeypatch.setattr(found, "_PROBE_S", 1.0)
    monkeypatch.setattr(found.subprocess, "run", lambda _command, **options: run(hangs, **options))
    assert found._found() == {"camera"}


def test_the_search_itself_runs_on_this_machine() -> None:
    command = [sys.executable, "-P", "-m", "kuager.capture.sensors.find"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) <= {"camera", "microphone"}
