"""The vault as a part: the firmware's own, on real files in a folder, with sealing done between its messages."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from kuager import wire
from kuager.evidence.records import Device
from kuager.vault import carrier, identity
from kuager.vault.carrier import Bay
from kuager.vault.core import Played, Vault
from kuager.vault.desk import About
from kuager.vault.disk import DiskFiles
from kuager.vault.faults import RiggedCarrier
from kuager.vault.files import Files
from kuager.vault.keeper import Keeper
from kuager.vault.sealing import Job, Outcome
from kuager.vault.unit_journal import UnitJournal
from kuager.vault.worker import outcome
from kuager_workshop.torture.simulated.host import Make, Part, Say
from kuager_workshop.torture.simulated.moment import Moment, PartClock
from kuager_workshop.torture.simulated.stepped import SteppedFiles
from kuager_workshop.torture.simulated.steps import Steps

UNIT = "KZ0417"
DEVICE = Device(make="Kuager", model="simulated unit", serial=UNIT)
RESERVE = 1 << 20

Place = Literal["state", "carrier"]
Wrap = Callable[[Place, Files], Files]
"""Puts something between the vault and its files."""


def _as_they_are(_: Place, files: Files) -> Files:
    return files


@dataclass(frozen=True)
class VaultPlan:
    """Where it works: `state` and `carrier` below `folder`. `boot` changes with each start of the machine."""

    folder: Path
    unit: str = UNIT
    boot: bytes = bytes(15) + b"1"
    max_file_bytes: int = 2**31 - 1
    reserve: int = RESERVE
    wrap: Wrap = _as_they_are

    @property
    def state(self) -> Path:
        """The unit's own partition."""
        return self.folder / "state"

    @property
    def carrier(self) -> Path:
        """What is in the slot."""
        return self.folder / "carrier"


class VaultPart:
    """Hears `media`, `control` (messages), `media-open`, `media-close`, `control-open`, `control-close`, `rig` (a
    carrier's fault) and `tick`; speaks to `media` and `control`.
    """

    def __init__(self, plan: VaultPlan, say: Say, steps: Steps, moment: Moment) -> None:
        self._clock = PartClock(moment)
        self._worker = _Worker()
        for place in (plan.state, plan.carrier):
            place.mkdir(parents=True, exist_ok=True)

        def files(path: Path, place: Place) -> Files:
            made = SteppedFiles(plan.wrap(place, DiskFiles(path, sealer=None)), place, steps)
            steps.ends.append(made.end)
            return made

        state = files(plan.state, "state")
        now = self._clock.now()
        who = identity.load_or_make(state, plan.unit, datetime.fromtimestamp(now.utc_us / 1e6, UTC))
        self.slot = RiggedCarrier(
            plan.carrier, lambda path: files(path, "carrier"), lambda path: carrier.identify(path, virtual=True)
        )
        journal = UnitJournal(state, who, DEVICE, now)
        keeper = Keeper(Bay(self.slot, plan.reserve), journal, who, self._worker, self._clock.now, plan.boot)
        about = About(plan.unit, "virtual", "0.1.0", DEVICE, plan.max_file_bytes, plan.boot)
        self.vault = Vault(about, keeper, self._clock.now, self._rig)
        self._peers = {to: _Peer(to, say) for to in ("media", "control")}
        self.vault.start()

    def handle(self, what: str, load: Any, moment: Moment) -> None:
        """As Part.handle."""
        self._clock.moment = moment
        vault, peers = self.vault, self._peers
        match what:
            case "media":
                vault.media_message(peers["media"], load)
            case "control":
                vault.control_message(peers["control"], load)
            case "media-open":
                vault.media_opened(peers["media"])
            case "control-open":
                vault.control_opened(peers["control"])
            case "media-close":
                vault.media_closed(peers["media"])
            case "control-close":
                vault.control_closed(peers["control"])
            case "rig":
                self.slot.play(load)
            case "tick":
                vault.tick()
                self._worker.work()

    def _rig(self, fault: Played) -> None:
        if isinstance(fault, wire.CarrierRig):
            self.slot.play(fault.fault)


def make_vault(plan: VaultPlan) -> Make:
    """For a host."""

    def make(say: Say, steps: Steps, moment: Moment) -> Part:
        return VaultPart(plan, say, steps, moment)

    return make


class _Peer:
    """The vault's other end."""

    def __init__(self, to: str, say: Say) -> None:
        self._to, self._say = to, say

    def send(self, message: wire.Message) -> None:
        """As Peer.send."""
        self._say(self._to, message)

    def close(self) -> None:
        """As Peer.close: the next one takes its place."""


class _Worker:
    """As the vault's threads for sealing, but between its messages."""

    stopping = False

    def __init__(self) -> None:
        self._jobs: deque[tuple[Job, Callable[[Outcome], None]]] = deque()

    def submit(self, job: Job, done: Callable[[Outcome], None], *, long: bool) -> None:
        """As Worker.submit."""
        self._jobs.append((job, done))

    def work(self) -> None:
        """Do what waits."""
        for _ in range(len(self._jobs)):
            job, done = self._jobs.popleft()
            done(outcome(job))
