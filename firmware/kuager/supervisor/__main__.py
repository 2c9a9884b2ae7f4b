"""Starts the supervisor: ``python -m kuager.supervisor --settings FILE --run DIR``."""

import argparse
import contextlib
import logging
import queue
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from kuager import notify, sockets, wire
from kuager.board.lamp import Lamp
from kuager.board.virtual import VirtualBoard
from kuager.clock import Clock
from kuager.errors import KuagerError, UsageError
from kuager.peer import Peer
from kuager.procedure import Pack, pack
from kuager.procedure.pack import PreRoll
from kuager.settings import Settings, load_or_default
from kuager.supervisor.door import Door, NoDoor
from kuager.supervisor.fittings import fit_out
from kuager.supervisor.mouth import Mouth
from kuager.supervisor.unit import Item, Stop, Unit

_log = logging.getLogger("kuager.supervisor")
_INBOX = 10_000  # items: minutes of the busiest session


def _post(inbox: "queue.SimpleQueue[Item]", item: Item) -> None:
    # A SimpleQueue, because a signal handler may put while the loop is within `get`.
    if inbox.qsize() < _INBOX:
        inbox.put(item)
    else:
        _log.error("an event is lost: the supervisor does not keep up")


def _pack(settings: Settings, complaint: str | None) -> tuple[Pack, str | None]:
    """The settings' pack, or the default one with a complaint."""
    try:
        chosen = pack(settings.procedure.pack)
    except UsageError as error:
        chosen, complaint = pack(), complaint or str(error)
    if settings.procedure.pre_roll_s is not None:
        roll = PreRoll(seconds=settings.procedure.pre_roll_s, sound=chosen.pre_roll.sound)
        chosen = _with_pre_roll(chosen, roll)
    return chosen, complaint


def _with_pre_roll(chosen: Pack, roll: PreRoll) -> Pack:
    fields = {name: getattr(chosen, name) for name in chosen.__struct_fields__}
    return Pack(**fields | {"pre_roll": roll})


def supervise(settings: Settings, complaint: str | None, beside: Path, run: Path) -> None:
    """Run the supervisor until SIGTERM. `beside`: the folder of the settings."""
    chosen, complaint = _pack(settings, complaint)
    inbox: queue.SimpleQueue[Item] = queue.SimpleQueue()
    clock = Clock()

    def post(item: Item) -> None:
        _post(inbox, item)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: post(Stop()))
    with contextlib.ExitStack() as ends:
        # Closed in the reverse order, each whatever happens to the others: light first.
        def closing(what: str, close: Callable[[], None]) -> None:
            def guarded() -> None:
                try:
                    close()
                except Exception:  # noqa: BLE001 - one end that fails must not keep the others from closing
                    _log.exception("%s did not close", what)

            ends.callback(guarded)

        fittings = fit_out(settings, beside, run, post)
        board = fittings.board
        closing("board", board.close)
        closing("fittings", fittings.close)
        if complaint in board.complaints:
            complaint = None  # the settings are right, their board's file is wrong
        unit = Unit(settings, chosen, fittings, inbox, clock)
        vault = Peer("vault", sockets.path(run, "vault-control"), wire.Decoder(wire.FromVaultControl), post)
        capture = Peer("capture", sockets.path(run, "capture"), wire.Decoder(wire.FromCapture), post)
        closing("vault", vault.close)
        closing("capture", capture.close)
        door = Door(sockets.path(run, "board"), post) if isinstance(board, VirtualBoard) else NoDoor()
        closing("door", door.close)
        emit = partial(_emit, capture, door) if isinstance(door, Door) else None
        mouth = Mouth(settings, clock, emit, post)
        closing("mouth", mouth.close)
        lamp = Lamp(board)
        closing("lamp", lamp.close)
        unit.attach(vault, capture, mouth, door, lamp)
        board.start(post)
        fittings.start()
        for end in (mouth, vault, capture):
            end.start()
        notify.ready()
        unit.run(complaint)


def _emit(capture: Peer, door: Door, pcm: bytes, at_us: int) -> None:
    capture.send(wire.Speaker(pcm=pcm, at_us=at_us))
    door.sound(pcm, at_us)


def main() -> int:
    """The process's entry; returns its exit code."""
    parser = argparse.ArgumentParser(prog="kuager.supervisor")
    parser.add_argument("--settings", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="supervisor: %(levelname)s %(message)s")
    settings, complaint = load_or_default(arguments.settings)
    if complaint:
        _log.warning("%s", complaint)
    try:
        supervise(settings, complaint, arguments.settings.absolute().parent, arguments.run)
    except KuagerError as error:
        _log.error("%s", error)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
