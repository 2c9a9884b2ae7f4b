"""Settings of a virtual unit that takes the camera and microphone which this machine has."""

import subprocess
import sys
from pathlib import Path

from msgspec.structs import replace

from kuager import settings as configuration
from kuager import toml
from kuager.settings import Settings

_PROBE_S = 15.0
_NAME = "settings.toml"


def with_found_sensors(settings: Settings, file: Path, run: Path) -> Path:
    """The settings file to start with: `file`, or one in `run` that names a webcam and a sound card found here.

    What the person's own settings say of camera and microphone stays as it is. Looked for once, before the start: a
    clip must never slip in where a camera was unplugged, nor the other way round.
    """
    said = toml.lines(file.read_text(encoding="utf-8", errors="replace"))
    wanted = [part for part in ("camera", "microphone") if part not in said]
    found = _found() if wanted else set()
    chosen = settings
    if "camera" in wanted and "camera" in found:
        chosen = replace(chosen, camera=replace(chosen.camera, kind="v4l2"))
    if "microphone" in wanted and "microphone" in found:
        chosen = replace(chosen, microphone=replace(chosen.microphone, kind="pyaudio"))
    if chosen == settings:
        return file
    chosen_file = run / _NAME
    chosen_file.write_text(configuration.dump(chosen), encoding="utf-8")
    return chosen_file


def _found() -> set[str]:
    command = [sys.executable, "-P", "-m", "kuager.capture.sensors.find"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PROBE_S, check=False)
    except subprocess.TimeoutExpired as hung:
        # What was printed before the driver hung still counts.
        text = hung.stdout or b""
        return set((text.decode() if isinstance(text, bytes) else text).split())
    return set(done.stdout.split())
