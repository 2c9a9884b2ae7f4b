"""Carriers of two units, made once in each process: what is copied and then attacked.

The unit's own carrier holds a recording of every kind, its journal's copy beside them; a later carrier of the same unit
carries a newer copy; a second unit of the same authority has a carrier of its own.
"""

import atexit
import contextlib
import shutil
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from cryptography import x509

from kuager.evidence import certificates
from kuager.settings import Procedure, Settings
from kuager_workshop.torture import officer, runner
from kuager_workshop.torture.attacks.anatomy import Anatomy
from kuager_workshop.torture.simulated.capture import CapturePlan
from kuager_workshop.torture.simulated.moment import Moment
from kuager_workshop.torture.simulated.unit import SimulatedUnit
from kuager_workshop.torture.simulated.vault import VaultPlan

KINDS = ("sealed", "interrupted", "died", "continuing", "last")
"""The recordings on the carrier, in the order in which they were made."""

OTHER_UNIT = "KZ0999"

_FILE_BYTES = 250_000  # so small that a recording has several files
_LATER_US = 10_000_000_000  # so that no two units record the same
_TORN = b"\xd9\xd9\xf7\x85 a record that was being written"
_UNSIGNED_MEDIA = bytes(range(256)) * 3


@dataclass(frozen=True)
class Master:
    """Where all of it lies. `first` is the carrier under attack."""

    folder: Path

    @property
    def first(self) -> Path:
        """The carrier with one recording of each kind."""
        return self.folder / "home/first"

    @property
    def later(self) -> Path:
        """The same unit's next carrier."""
        return self.folder / "home/later"

    @property
    def other(self) -> Path:
        """The other unit's carrier."""
        return self.folder / "other/carrier"

    @property
    def authority(self) -> Path:
        """The folder of the authority that both units' certificates are from."""
        return self.folder / "home/state/authority"

    @cached_property
    def anchors(self) -> list[x509.Certificate]:
        """What a checker is told to trust."""
        return certificates.load_pem((self.authority / "ca.pem").read_bytes())

    @cached_property
    def others_key(self) -> bytes:
        """The other unit's signing key with its certificate, PEM: an insider may have it."""
        return (self.folder / f"other/state/keys/{OTHER_UNIT}.pem").read_bytes()

    def name(self, kind: str) -> str:
        """The name of the recording of this kind."""
        return self._names[KINDS.index(kind)]

    @cached_property
    def _names(self) -> list[str]:
        return recordings(self.first)

    @cached_property
    def anatomies(self) -> dict[str, Anatomy]:
        """What is where in each recording, by its kind."""
        return {kind: Anatomy.of(self.first / self.name(kind)) for kind in KINDS}


def recordings(carrier: Path) -> list[str]:
    """The names of the recordings on a carrier, in the order in which they were made."""
    return sorted(each.name for each in carrier.iterdir() if not each.name.endswith("-unit"))


@cache
def master() -> Master:
    """Made at the first call, and taken away when the process ends."""
    stack = contextlib.ExitStack()
    atexit.register(stack.close)
    made = Master(stack.enter_context(runner.folder()))
    _home(made.folder / "home")
    _other(made)
    return made


def simulated(folder: Path, unit: str, moment: Moment) -> SimulatedUnit:
    """A unit that works below this folder from this moment on, with small files."""
    return SimulatedUnit(
        VaultPlan(folder, unit=unit, max_file_bytes=_FILE_BYTES),
        CapturePlan(max_file_bytes=_FILE_BYTES),
        Settings(procedure=Procedure(action="interrogation")),
        moment,
    )


def _home(folder: Path) -> None:
    unit = simulated(folder, "KZ0417", Moment())
    officer.session(unit)
    _interrupted(unit)
    _died(unit, folder)
    officer.session(unit)
    _off(unit)
    (folder / "carrier").rename(folder / "first")
    unit = simulated(folder, "KZ0417", unit.moment)
    officer.session(unit)
    _off(unit)
    (folder / "carrier").rename(folder / "later")


def _other(made: Master) -> None:
    folder = made.folder / "other"
    shutil.copytree(made.authority, folder / "state/authority")
    unit = simulated(folder, OTHER_UNIT, Moment().later(_LATER_US))
    officer.session(unit)
    _died(unit, folder)
    _off(unit)


def _off(unit: SimulatedUnit) -> None:
    unit.run(2.0)
    unit.power_cut()


def _interrupted(unit: SimulatedUnit) -> None:
    officer.ready(unit)
    officer.begin(unit)
    officer.opened(unit)
    unit.hold("mark")
    unit.tell("capture", "rig", "camera-gone")
    unit.run(2.5)
    unit.tell("capture", "rig", "camera-back")
    unit.run(2.5)
    officer.end(unit)


def _died(unit: SimulatedUnit, folder: Path) -> None:
    """The vault dies within a batch: media and a torn record are there that nothing vouches for."""
    officer.ready(unit)
    officer.begin(unit)
    officer.opened(unit)
    unit.hold("mark")
    unit.run(2.0)
    unit.kill("vault")
    path = folder / "carrier" / recordings(folder / "carrier")[-1]
    for name, torn in (("journal-01.cborseq", _TORN), (max(path.glob("video-*")).name, _UNSIGNED_MEDIA)):
        with (path / name).open("ab") as file:
            file.write(torn)
    unit.run(3.0)
    officer.end(unit)
