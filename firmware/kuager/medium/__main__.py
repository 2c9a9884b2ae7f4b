"""The door: ``python -m kuager.medium look|gone NAME`` and ``prepare``, each with ``--settings FILE --run DIR``.

NAME is a block device's name in /dev. ``slot/state`` in the run directory says `blank` or `foreign` while such a medium
is in, and ``slot/device`` which; ``prepare/request`` is the vault's wish that the blank one be made ours.
"""

import argparse
import logging
import os
import pwd
import re
import subprocess
import sys
from pathlib import Path

from kuager.errors import CarrierError, KuagerError
from kuager.medium import mounting, probe
from kuager.settings import load_or_default

_log = logging.getLogger("kuager.medium")

_OWNER = "kuager-vault"
_NAME = re.compile(r"[a-z0-9]{1,32}\Z")
_MKFS_S = 300


class Slot:
    """The one place for a medium. `where`: the carrier's mount point. `numbers`: sysfs' block devices by number."""

    def __init__(self, run: Path, where: Path, owner: tuple[int, int], numbers: Path = Path("/sys/dev/block")) -> None:
        self._state, self._device = run / "slot" / "state", run / "slot" / "device"
        self._request, self._where, self._owner = run / "prepare" / "request", where, owner
        self._numbers = numbers

    def look(self, name: str) -> None:
        """A device has come or changed: mount it, or tell what it is. Raises OSError."""
        device, sysfs = _places(name)
        if not sysfs.exists() or self._own(sysfs):
            return
        found = probe.look(device, sysfs)
        _log.info("%s: %s %s", device, found.verdict, found.type)
        mounted = probe.mounted_from(_mounts(), self._where)
        here = mounted == (sysfs / "dev").read_text().strip()
        if mounted and not (self._numbers / mounted).exists():
            # The carrier before this one was pulled out, and systemd has not let go of its mount yet.
            mounting.unmount(self._where)
            mounted = ""
        match found:
            case probe.Found("ours", type) if type in mounting.FILE_SYSTEMS:
                if not mounted:
                    mounting.mount(device, type, self._where, *self._owner)
                elif not here:
                    _log.warning("%s is left alone: another carrier is in", device)
                self.gone(name)
            case probe.Found("nothing"):
                if here:
                    mounting.unmount(self._where)
                self.gone(name)
            case probe.Found("blank"):
                self._tell("blank", name)
            case _ if any(sysfs.glob("*/partition")):
                self.gone(name)  # its partitions tell
            case _:
                self._tell("foreign", name)

    def gone(self, name: str) -> None:
        """A device has gone, or is no longer what it was said to be."""
        if _read(self._device) == name:
            self._state.unlink(missing_ok=True)
            self._device.unlink(missing_ok=True)

    def prepare(self) -> None:
        """Make the blank medium ours, if it is still blank. Raises OSError and CarrierError."""
        self._request.unlink(missing_ok=True)
        name = _read(self._device)
        if _read(self._state) != "blank" or not _NAME.match(name):
            raise CarrierError(None, "no blank medium is in")
        device, sysfs = _places(name)
        # The kernel lets nobody else mount or claim it as long as this is open.
        held = os.open(device, os.O_RDONLY | os.O_EXCL | os.O_CLOEXEC)
        try:
            if self._own(sysfs) or probe.look(device, sysfs).verdict != "blank":
                raise CarrierError(None, f"{device} is not blank, and left alone")
        finally:
            os.close(held)
        owner, group = self._owner
        command = ["/usr/sbin/mkfs.ext4", "-q", "-O", "verity", "-L", probe.LABEL, "-m", "0"]
        command += ["-E", f"root_owner={owner}:{group},nodiscard", str(device)]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_MKFS_S)
        if done.returncode:
            raise CarrierError(None, f"{device} could not be prepared: {done.stderr.strip()[-500:]}")
        _log.info("%s is a carrier now", device)
        self.look(name)

    def _own(self, sysfs: Path) -> bool:
        return probe.in_use(sysfs, _mounts(), Path("/proc/swaps").read_text(), self._where)

    def _tell(self, state: str, name: str) -> None:
        # The device first: a state always has one.
        for path, text in ((self._device, name), (self._state, state)):
            new = path.with_suffix(".new")
            new.write_text(text + "\n")
            new.chmod(0o644)
            new.replace(path)


def _mounts() -> str:
    return Path("/proc/self/mountinfo").read_text()


def _places(name: str) -> tuple[Path, Path]:
    return Path("/dev") / name, Path("/sys/class/block") / name


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        return ""


def main() -> int:
    """Do the one thing; 0 when it is done, 69 when it could not be."""
    parser = argparse.ArgumentParser(prog="kuager.medium")
    parser.add_argument("--settings", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("what", choices=("look", "gone", "prepare"))
    parser.add_argument("name", nargs="?", default="")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="medium: %(levelname)s %(message)s", stream=sys.stderr)
    settings, _ = load_or_default(arguments.settings)
    if arguments.what != "prepare" and not _NAME.match(arguments.name):
        parser.error("NAME must be a block device's name in /dev")
    about = pwd.getpwnam(_OWNER)
    slot = Slot(arguments.run, settings.carrier.path, (about.pw_uid, about.pw_gid))
    try:
        match arguments.what:
            case "look":
                slot.look(arguments.name)
            case "gone":
                slot.gone(arguments.name)
            case "prepare":
                slot.prepare()
    except KuagerError as error:
        _log.error("%s", error)
        return error.exit_code
    except (OSError, EOFError, subprocess.TimeoutExpired) as error:
        _log.error("%s", error)
        return CarrierError.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
