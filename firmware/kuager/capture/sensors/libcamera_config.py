"""Tells libcamera how long to wait for a picture of a camera module before it gives the sensor up.

libcamera reads the file that LIBCAMERA_RPI_CONFIG_FILE names when a camera is opened (pipeline/rpi/common,
`camera_timeout_value_ms`). At that time-out it ends the stream: requests come back cancelled, which picamera2 drops
without a word, and the reader sees that no picture comes. picamera2 has set the variable to its platform's default file
at import; an administrator's own file is left alone.
"""

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

_TIMEOUT_MS = 2000
_VARIABLE = "LIBCAMERA_RPI_CONFIG_FILE"


@contextlib.contextmanager
def time_limit() -> Iterator[None]:
    """While the camera is opened, point libcamera to a configuration with the limit."""
    chosen = os.environ.get(_VARIABLE, "")
    target = {"vc4": "bcm2835", "pisp": "pisp"}.get(Path(chosen).parent.name)
    if Path(chosen).name != "rpi_apps.yaml" or not target:
        yield
        return
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        handler = {"camera_timeout_value_ms": _TIMEOUT_MS}
        json.dump({"version": 1.0, "target": target, "pipeline_handler": handler}, file)
        file.flush()
        os.environ[_VARIABLE] = file.name
        try:
            yield
        finally:
            os.environ[_VARIABLE] = chosen
