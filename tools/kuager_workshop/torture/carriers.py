"""The carrier fails under a recording: no room at any byte, errors of writing and syncing, pulled, slow, another's.

A case is ``FAULT/PLACE``: a byte, an operation's number, or a moment.
"""

import errno
from collections.abc import Callable, Sequence
from pathlib import Path

from kuager.vault.faults import Fault, FaultyFiles, Operation
from kuager.vault.files import Files
from kuager_workshop.torture import officer, story
from kuager_workshop.torture.aftermath import Aftermath
from kuager_workshop.torture.campaign import Finding, Size, expect
from kuager_workshop.torture.simulated.vault import Place
from kuager_workshop.torture.story import Story

_CASES: dict[Size, int] = {"short": 240, "full": 2400}
_WARNED = ("warning.", "interruption.")
_HEALED_S = 6.0
_SPAN = 30_000  # bytes: more than a batch of media and its records


class Carriers:
    """The campaign."""

    title = "the carrier full, failing, slow, pulled, read-only, another's"

    def cases(self, size: Size, seed: int) -> Sequence[str]:
        """Each kind as often as the others, at places of its own."""
        return story.spread(_PLACES, _CASES[size], seed)

    def play(self, case: str, folder: Path) -> Finding:
        """A session on such a carrier, and one after it is well again."""
        fault, place = case.split("/")
        opened: list[FaultyFiles] = []

        def wrap(where: Place, files: Files) -> Files:
            if where == "state":
                return files
            opened.append(FaultyFiles(files))
            return opened[-1]

        def wrong(told: Story) -> None:
            _FAULTS[fault](told, opened, int(place))

        # A full carrier ends the recording in order, and the next one begins by a press.
        whole = fault != "no-room"
        return story.play("carriers", case, folder, wrong, _AFTER.get(fault, _nothing), wrap=wrap, whole=whole)


def _nothing(_: Story, __: Aftermath) -> None:
    """No more than all have in common."""


def _no_room(told: Story, opened: list[FaultyFiles], place: int) -> None:
    """So many bytes are left; then room is made."""
    unit = told.unit
    opened[-1].free = place
    unit.run(_HEALED_S)
    expect(not unit.is_red(), "the light is red on a full carrier")
    story.expect_told(told, *_WARNED)
    _heal(opened)
    officer.begin(unit)
    unit.run(2.0)


def _error(operation: Operation, path: str = "") -> Callable[[Story, list[FaultyFiles], int], None]:
    """The operation fails from its `place`-th time on, for a while."""

    def play(told: Story, opened: list[FaultyFiles], place: int) -> None:
        opened[-1].faults = [Fault(operation, path, error=errno.EIO, skip=place)]
        told.unit.run(_HEALED_S)
        if any(trouble.startswith("carrier-failed") for trouble in told.unit.troubles):
            story.expect_told(told, *_WARNED)
        _heal(opened)
        told.unit.until(told.unit.is_red, 90, "the red light after the carrier is well again")
        told.unit.run(2.0)

    return play


def _once(operation: Operation) -> Callable[[Story, list[FaultyFiles], int], None]:
    """One operation fails, and never again: what it held is not tried as if it had worked."""

    def play(told: Story, opened: list[FaultyFiles], place: int) -> None:
        opened[-1].faults = [Fault(operation, error=errno.EIO, skip=place, times=1)]
        told.unit.run(_HEALED_S)
        told.unit.until(told.unit.is_red, 90, "the red light after one error")
        told.unit.run(2.0)

    return play


def _seal_fails(told: Story, opened: list[FaultyFiles], place: int) -> None:
    """One of the objects that a seal is made of can't be written, once."""
    opened[-1].faults = [Fault("put", error=errno.EIO, skip=place, times=1)]


def _short(told: Story, opened: list[FaultyFiles], place: int) -> None:
    """Writes take some bytes only."""
    opened[-1].faults = [Fault("write", short=1 + place)]
    told.unit.run(3.0)
    expect(told.unit.is_red(), "short writes end the recording")
    _heal(opened)


def _read_only(told: Story, opened: list[FaultyFiles], place: int) -> None:
    """As ext4 becomes when its journal fails."""
    told.unit.run(place / 10)
    opened[-1].read_only = True
    told.unit.run(_HEALED_S)
    story.expect_told(told, *_WARNED)
    _heal(opened)
    told.unit.until(told.unit.is_red, 90, "the red light after the carrier is well again")
    told.unit.run(2.0)


def _rigged(fault: str) -> Callable[[Story, list[FaultyFiles], int], None]:
    """Pulled, and put back; or another one in its place meanwhile."""

    def play(told: Story, opened: list[FaultyFiles], place: int) -> None:
        told.unit.run(place / 10)
        told.unit.tell("vault", "rig", fault)
        told.unit.run(_HEALED_S)
        expect(not told.unit.is_red(), "the light is red without a carrier")
        story.expect_told(told, *_WARNED)
        told.unit.tell("vault", "rig", "carrier-well")
        told.unit.until(told.unit.is_red, 90, "the red light after the carrier is back")
        told.unit.run(2.0)

    return play


def _slow(told: Story, opened: list[FaultyFiles], place: int) -> None:
    """The disk stalls for up to 10 s."""
    told.unit.stall("vault", 1 + place / 10)
    told.unit.run(11.0)
    if place > 60:
        story.expect_told(told, "warning.not-durable")
    told.unit.until(told.unit.is_red, 30, "the red light after a stall")
    expect(not told.unit.deaths, "a stall is taken for a death")


def _all_there(told: Story, left: Aftermath) -> None:
    """After a stall nothing is missing: all waited."""
    first = told.unit.ledger.acknowledged[0].first_us
    expect(left.lost_us(first, first + 10_000_000) == 0, "a stall of the carrier lost pictures")


def _heal(opened: list[FaultyFiles]) -> None:
    for files in opened:
        files.free, files.read_only, files.faults = None, False, []


_FAULTS: dict[str, Callable[[Story, list[FaultyFiles], int], None]] = {
    "no-room": _no_room,
    "write-fails": _error("write"),
    "sync-fails": _error("sync"),
    "one-write-fails": _once("write"),
    "one-sync-fails": _once("sync"),
    "create-fails": _error("create"),
    "seal-fails": _seal_fails,
    "short-writes": _short,
    "read-only": _read_only,
    "pulled": _rigged("carrier-gone"),
    "foreign": _rigged("carrier-foreign"),
    "slow": _slow,
}
_PLACES = {
    "no-room": _SPAN, "write-fails": 12, "sync-fails": 12, "one-write-fails": 12, "one-sync-fails": 12,
    "create-fails": 1, "seal-fails": 5, "short-writes": 4000, "read-only": 15, "pulled": 15, "foreign": 15, "slow": 90,
}  # fmt: skip
_AFTER = {"slow": _all_there}

CARRIERS = Carriers()
