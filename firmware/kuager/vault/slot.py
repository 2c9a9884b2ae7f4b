"""The carrier's place on a real unit: a mount point, and what the unit's one-shot helpers say of what is not mounted.

The vault mounts and formats nothing. A carrier that is in and can't be mounted is told by a file in the run directory,
``slot/state`` (`blank` or `foreign`); a blank one is made ours by leaving a request beside it, which a privileged
one-shot unit takes up after it has seen for itself that the medium is blank (systemd/README.md).
"""

import contextlib
import errno
import time
from collections.abc import Callable
from pathlib import Path

from kuager import mounts, notify
from kuager.errors import CarrierError
from kuager.evidence.records import Device
from kuager.vault.carrier import BlankError, ForeignError, identify
from kuager.vault.files import Files

_PREPARED_S = 60.0  # making a file system; no recording waits, for there is no carrier to record on
_LOOK_S = 0.2
_MAX_STATE = 64


class MountedSlot:
    """The carrier mounted at `path`. `opened` opens the files of a mounted one."""

    def __init__(self, path: Path, run: Path, opened: Callable[[Path], Files]) -> None:
        self.path = path
        self._state, self._request = run / "slot" / "state", run / "prepare" / "request"
        self._opened = opened

    def mount(self) -> Files:
        """As Slot.mount."""
        if mounts.device_at(self.path) is None:
            match self._told():
                case "blank":
                    raise BlankError
                case "foreign":
                    raise ForeignError
            raise CarrierError(errno.ENOENT, "no carrier is in")
        return self._opened(self.path)

    def identify(self) -> Device:
        """As Slot.identify."""
        return identify(self.path, virtual=False)

    def prepare(self) -> None:
        """As Slot.prepare: waits until the carrier is mounted."""
        if self._told() != "blank":
            raise CarrierError(errno.ENOMEDIUM, "there is no blank carrier")
        self._request.write_bytes(b"")
        until = time.monotonic() + _PREPARED_S
        while mounts.device_at(self.path) is None:
            if time.monotonic() > until:
                with contextlib.suppress(FileNotFoundError):
                    self._request.unlink()
                raise CarrierError(errno.EIO, "the blank carrier could not be prepared")
            notify.watchdog()
            time.sleep(_LOOK_S)

    def _told(self) -> str:
        try:
            with self._state.open("rb") as stream:
                return stream.read(_MAX_STATE).decode(errors="replace").strip()
        except OSError:
            return ""
