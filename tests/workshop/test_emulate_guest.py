"""What runs in the guest, run here: the agent's requests, and the shim that lets picamera2 take a USB camera."""

import base64
import importlib.util
import json
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from kuager_workshop.emulate import guest
from kuager_workshop.emulate.guest import agent, uvc_limits


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    for line in range(28):
        folder = tmp_path / f"sim_gpio{line}"
        folder.mkdir()
        (folder / "pull").write_text("pull-up")
        (folder / "value").write_text("1" if line == 17 else "0")
    return tmp_path


def ask(served: agent.Agent, do: str, **arguments: Any) -> dict[str, Any]:
    said = json.loads(served.answer(json.dumps({"id": 1, "do": do, **arguments}).encode()))
    assert said["id"] == 1
    assert "error" not in said, said
    done: dict[str, Any] = said["done"]
    return done


def test_command_runs_as_a_job_with_both_outputs() -> None:
    served = agent.Agent()
    job = ask(served, "start", command="echo out; echo err >&2; exit 3")["job"]
    done = ask(served, "job", job=job, wait_s=30)
    assert (done["runs"], done["code"]) == (False, 3)
    assert base64.b64decode(done["out"]) == b"out\nerr\n"
    assert "KeyError" in json.loads(served.answer(b'{"id": 1, "do": "job", "job": %d, "wait_s": 0}' % job))["error"]


def test_command_that_runs_can_be_stopped() -> None:
    served = agent.Agent()
    job = ask(served, "start", command="sleep 1000")["job"]
    assert ask(served, "job", job=job, wait_s=0) == {"runs": True}
    ask(served, "stop", job=job)
    assert ask(served, "job", job=job, wait_s=30)["code"] == -9


def test_pins_are_moved_on_schedule(lines: Path) -> None:
    served = agent.Agent(lines)
    job = ask(served, "drive", steps=[[0, 5, True], [1, 6, True], [2, 5, False]])["job"]
    assert ask(served, "job", job=job, wait_s=30) == {"runs": False}
    assert (lines / "sim_gpio5/pull").read_text() == "pull-up"
    assert (lines / "sim_gpio6/pull").read_text() == "pull-down"


def test_pin_that_is_not_there_is_an_error_once(lines: Path) -> None:
    served = agent.Agent(lines)
    job = ask(served, "drive", steps=[[0, 99, True]])["job"]
    again = json.dumps({"id": 2, "do": "job", "job": job, "wait_s": 30}).encode()
    assert "FileNotFoundError" in json.loads(served.answer(again))["error"]
    assert "KeyError" in json.loads(served.answer(again))["error"]


def test_light_is_the_part_of_the_time_it_is_on(lines: Path) -> None:
    served = agent.Agent(lines)
    done = ask(served, "duty", lines=[17, 27], ms=5)
    assert done["duty"] == [1.0, 0.0]
    assert done["samples"] > 1
    assert ask(served, "lines", lines=[17, 27]) == {"levels": [1, 0]}


def test_files_are_written_in_pieces_and_read_from_a_place(tmp_path: Path) -> None:
    served = agent.Agent()
    path = str(tmp_path / "file")
    for more, data in ((False, b"one "), (True, b"two")):
        ask(served, "write", path=path, data=base64.b64encode(data).decode(), more=more)
    done = ask(served, "read", path=path, at=4)
    assert (base64.b64decode(done["data"]), done["size"]) == (b"two", 7)


@pytest.mark.parametrize("line", [b"", b"[]", b"{", b'{"id": 1}', b'{"id": 1, "do": "none"}', b'{"id":1,"do":"read"}'])
def test_whatever_comes_is_answered(line: bytes) -> None:
    assert "error" in json.loads(agent.Agent().answer(line))


def test_work_takes_time() -> None:
    assert agent.work() > 0


def test_agent_needs_nothing_but_the_standard_library() -> None:
    source = (guest.HERE / "agent.py").read_text()
    modules = {line.split()[1] for line in source.splitlines() if line.startswith(("import ", "from "))}
    assert {name.partition(".")[0] for name in modules} <= sys.stdlib_module_names


def test_files_of_the_guest_are_all_there_and_all_listed(tmp_path: Path) -> None:
    guest.install(tmp_path)
    for place in guest.PLACES.values():
        assert (tmp_path / place).is_file()
    here = {each.name for each in guest.HERE.iterdir() if each.is_file()}
    assert here == {*guest.PLACES, "__init__.py"}
    for unit in guest.UNITS:
        assert f"etc/systemd/system/{unit}" in guest.PLACES.values()
        assert not unit.startswith("kuager-")


class Camera:
    def __init__(self) -> None:
        self.camera_ctrl_info: dict[str, Any] = {"Brightness": ("brightness", None)}


class Controls:
    def __init__(self, values: dict[Any, Any]) -> None:
        self._values = values

    def get_libcamera_controls(self) -> dict[Any, Any]:
        return dict(self._values)


@pytest.fixture
def picamera2(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[types.ModuleType]:
    """A package of that name whose import the shim waits for."""
    package = tmp_path / "picamera2"
    package.mkdir()
    (package / "__init__.py").write_text("from somewhere import Camera as Picamera2\n")
    (package / "controls.py").write_text("from somewhere import Controls\n")
    libcamera = types.ModuleType("libcamera")
    libcamera.controls = SimpleNamespace(FrameDurationLimits="limits")  # type: ignore[attr-defined]
    somewhere = types.ModuleType("somewhere")
    somewhere.Camera = type("Camera", (Camera,), {})  # type: ignore[attr-defined]
    somewhere.Controls = type("Controls", (Controls,), {})  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "libcamera", libcamera)
    monkeypatch.setitem(sys.modules, "somewhere", somewhere)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    uvc_limits.install()
    import picamera2

    yield picamera2
    for name in ("picamera2", "picamera2.controls"):
        sys.modules.pop(name, None)


def test_frame_durations_are_offered_but_not_sent(picamera2: Any) -> None:
    camera = picamera2.Picamera2()
    identity, limits = camera.camera_ctrl_info["FrameDurationLimits"]
    assert identity == "limits"
    assert limits.min < limits.max
    assert camera.camera_ctrl_info["Brightness"] == ("brightness", None)
    controls = sys.modules["picamera2.controls"].Controls({"limits": (1, 2), "brightness": 0.5})
    assert controls.get_libcamera_controls() == {"brightness": 0.5}


def test_two_cameras_have_controls_of_their_own(picamera2: Any) -> None:
    one, two = picamera2.Picamera2(), picamera2.Picamera2()
    one.camera_ctrl_info["own"] = (1, 2)
    assert "own" not in two.camera_ctrl_info


def test_other_modules_are_found_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    uvc_limits.install()
    assert importlib.util.find_spec("wave") is not None
    assert importlib.util.find_spec("there_is_none_of_this_name") is None
