"""The GPIO chip through lgpio, found by its label. Without gpiozero, so that lights can be put out at once."""

import contextlib
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kuager import sockets
from kuager.errors import HardwareError

_MOST_CHIPS = 16
_PATIENCE_S = 10.0  # for udev, which lets us open a chip a moment after the kernel has it
_AGAIN_S = 0.2


def import_lgpio(run: Path) -> Any:
    """The module lgpio, with its pipe below `run` rather than in the working directory."""
    with _working_directory_kept(run):
        import lgpio
    return lgpio


def chip_labelled(lgpio: Any, label: str) -> int:
    """The number of the GPIO chip of this label: numbers differ between kernels and models. Raises HardwareError.

    Where no chip may be opened yet, as early in the boot, it is waited for.
    """
    until = time.monotonic() + _PATIENCE_S
    while True:
        found, seen = _look(lgpio, label)
        if found is not None:
            return found
        if seen or time.monotonic() > until:
            there = f"there are {', '.join(seen)}" if seen else "there are none that may be opened"
            raise HardwareError(f"no GPIO chip is labelled {label}; {there}")
        time.sleep(_AGAIN_S)


def _look(lgpio: Any, label: str) -> tuple[int | None, list[str]]:
    """The chip's number, and the labels of the others that may be opened."""
    seen: list[str] = []
    for number in range(_MOST_CHIPS):
        try:
            handle = lgpio.gpiochip_open(number)
        except lgpio.error:
            continue
        try:
            _, _, _, found = lgpio.gpio_get_chip_info(handle)
        finally:
            lgpio.gpiochip_close(handle)
        if found == label:
            return number, seen
        seen.append(found)
    return None, seen


@contextlib.contextmanager
def _working_directory_kept(run: Path) -> Iterator[None]:
    # Where LG_WD is set, lgpio makes it the working directory of the whole process while it is imported.
    before = os.getcwd()
    os.environ["LG_WD"] = str(_writable(run).absolute())
    try:
        yield
    finally:
        os.chdir(before)


def _writable(run: Path) -> Path:
    """Where a pipe may be made: on a unit the run directory is everybody's, and the board's folder in it ours."""
    own = sockets.path(run, "board").parent
    return next((each for each in (own, run) if os.access(each, os.W_OK | os.X_OK)), Path(tempfile.gettempdir()))
