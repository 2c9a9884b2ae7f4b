"""The fake picamera2, put where the product imports the real one."""

import sys
import types

import fake_picamera2
import pytest

from kuager.capture.sensors import closing, picamera2_opening


@pytest.fixture
def picamera2(monkeypatch: pytest.MonkeyPatch) -> types.SimpleNamespace:
    """`camera` and `encoder`: the classes whose attributes say what is attached and what fails."""
    monkeypatch.delenv("LIBCAMERA_RPI_CONFIG_FILE", raising=False)
    monkeypatch.setattr(closing, "_abandoned", {})
    monkeypatch.setattr(picamera2_opening._Seen, "nodes", None)
    found = dict(fake_picamera2.modules())
    for name, module in found.items():
        monkeypatch.setitem(sys.modules, name, module)
    return types.SimpleNamespace(
        camera=found["picamera2"].Picamera2,
        encoders=found["picamera2.encoders"],
        encoder=found["picamera2.encoders"].H264Encoder,
    )
