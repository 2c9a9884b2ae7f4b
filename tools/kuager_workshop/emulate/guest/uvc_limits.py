"""Lets picamera2 take frame durations for a USB camera, for which libcamera offers no such control.

A camera module of a Pi always has FrameDurationLimits, so programs for one set it. Here it is offered in the list of
controls and left out of what goes to libcamera: the camera's own rate holds. A .pth file installs it into every
Python; it does nothing until picamera2 is imported.
"""

import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Sequence
from types import ModuleType, SimpleNamespace
from typing import Any

_NAME = "FrameDurationLimits"
_LIMITS = SimpleNamespace(min=33_333, max=1_000_000, default=33_333)  # us


class _Finder(importlib.abc.MetaPathFinder):
    """Finds picamera2 as usual and has it adapted once its module has run."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != "picamera2":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec and spec.loader:
            execute = spec.loader.exec_module

            def execute_and_adapt(module: ModuleType) -> None:
                execute(module)
                adapt(module.Picamera2, importlib.import_module("picamera2.controls").Controls)

            spec.loader.exec_module = execute_and_adapt  # type: ignore[method-assign]
        return spec


def install() -> None:
    """Wait for picamera2 to be imported."""
    sys.meta_path.insert(0, _Finder())


def adapt(camera: Any, controls: Any) -> None:
    """Change the classes Picamera2 and Controls."""
    identity = importlib.import_module("libcamera").controls.FrameDurationLimits

    def offered(self: Any) -> dict[str, Any]:
        found: dict[str, Any] = self.__dict__["offered_controls"]
        found.setdefault(_NAME, (identity, _LIMITS))
        return found

    def offer(self: Any, found: dict[str, Any]) -> None:
        self.__dict__["offered_controls"] = found

    chosen = controls.get_libcamera_controls

    def sent(self: Any) -> dict[Any, Any]:
        found: dict[Any, Any] = chosen(self)
        found.pop(identity, None)
        return found

    camera.camera_ctrl_info = property(offered, offer)
    controls.get_libcamera_controls = sent
