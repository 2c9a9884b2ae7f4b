"""Starts the vault: ``python -m kuager.vault --settings FILE --run DIR``.

On the virtual board KUAGER_ATTRIBUTES=off leaves out append-only and immutable attributes, so that what tests and
trainings record can be deleted without chattr; manifests then say that no protection was in force.
"""

import argparse
import contextlib
import logging
import os
import signal
import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import kuager
from kuager import clock, hardware, machine, sockets, wire
from kuager.errors import CarrierError, KuagerError
from kuager.evidence.records import Device, Stamp
from kuager.sealer.client import LocalSealer, RemoteSealer
from kuager.settings import Settings, load_or_default
from kuager.vault import carrier, identity
from kuager.vault.carrier import Bay
from kuager.vault.core import Played, Vault
from kuager.vault.desk import About
from kuager.vault.disk import DiskFiles
from kuager.vault.faults import RiggedCarrier
from kuager.vault.inbox import Inbox
from kuager.vault.keeper import Keeper
from kuager.vault.server import Server
from kuager.vault.slot import MountedSlot
from kuager.vault.unit_journal import UnitJournal
from kuager.vault.worker import Threads

_LAST_MICROS = 2**53 - 1


def _now(source: clock.Clock) -> Stamp:
    """A moment that a record can hold, whatever the clock was set to."""
    now = source.now()
    return Stamp(now.boot_us, min(max(now.utc_us, 0), _LAST_MICROS), now.state, min(now.uncertainty_us, _LAST_MICROS))


def build(settings: Settings, run: Path, threads: Threads) -> Vault:
    """The vault of these settings. Raises CarrierError where another vault has its state or its carrier."""
    unit = settings.unit
    board, _ = hardware.load_or_default(unit.board)
    settings.paths.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    state = DiskFiles(settings.paths.state, sealer=None)
    moment = partial(_now, clock.Clock())
    who = identity.load_or_make(state, unit.name, datetime.fromtimestamp(moment().utc_us / 1_000_000, UTC))
    serial = unit.serial or unit.name
    if unit.board == hardware.VIRTUAL:
        rigged = _virtual_slot(settings.carrier.path)
        device = Device(make=unit.make, model=unit.model, serial=serial)
    else:
        rigged = None
        device = machine.device(Device(make=unit.make, model=board.board.title, serial=serial))
    slot = rigged or _real_slot(settings.carrier.path, run)
    about = About(
        unit=unit.name,
        board=board.board.name,
        firmware=kuager.__version__,
        device=device,
        max_file_bytes=settings.carrier.max_file_bytes,
        boot=clock.boot_id(),
    )
    journal = UnitJournal(state, who, device, moment())
    keeper = Keeper(Bay(slot), journal, who, threads, moment, about.boot)
    return Vault(about, keeper, moment, partial(_play, rigged) if rigged else None)


def _virtual_slot(path: Path) -> RiggedCarrier:
    """The virtual board's carrier: a directory that is made with the unit; one that vanishes later stays missing."""
    # Where it can't be made there is no carrier, which is told, and the unit waits for one.
    with contextlib.suppress(OSError):
        path.mkdir(parents=True, exist_ok=True)
    sealer = None if os.environ.get("KUAGER_ATTRIBUTES") == "off" else LocalSealer()
    return RiggedCarrier(path, partial(DiskFiles, sealer=sealer), partial(carrier.identify, virtual=True))


def _real_slot(path: Path, run: Path) -> MountedSlot:
    return MountedSlot(path, run, partial(DiskFiles, sealer=RemoteSealer(sockets.path(run, "sealer"))))


def _play(slot: RiggedCarrier, fault: Played) -> None:
    match fault:
        case wire.CarrierRig():
            slot.play(fault.fault)
        case wire.ClockRig():
            clock.play(fault.fault, fault.at_us)


def main() -> int:
    """Run until SIGTERM; 0 after an orderly end."""
    parser = argparse.ArgumentParser(prog="kuager.vault")
    parser.add_argument("--settings", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="vault: %(levelname)s %(message)s", stream=sys.stderr)
    ends = {signal.SIGTERM, signal.SIGINT}
    # Blocked before any thread starts, so that only the wait below sees them.
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    settings, complaint = load_or_default(arguments.settings)
    if complaint:
        logging.warning("%s", complaint)
    inbox = Inbox()
    threads = Threads(inbox)
    try:
        vault = build(settings, arguments.run, threads)
    except KuagerError as error:
        print(f"kuager vault: {error.strerror if isinstance(error, CarrierError) else error}", file=sys.stderr)
        return error.exit_code
    except OSError as error:
        why = f"{settings.paths.state}: the unit's state can't be used: {carrier.reason(error)}"
        print(f"kuager vault: {why}; the unit can't record without it", file=sys.stderr)
        return CarrierError.exit_code
    server = Server(arguments.run, vault, inbox, threads)
    server.start()
    while server.alive():
        if signal.sigtimedwait(ends, 1.0) is not None:
            server.stop()
            server.join()
            return 0
    return KuagerError.exit_code


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(main())
