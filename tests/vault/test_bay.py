"""The carrier's place: what is told of a carrier in each state, and when a failed one is tried again."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from kuager.errors import CarrierError
from kuager.vault import carrier
from kuager.vault.carrier import Bay, BlankError, ForeignError, State, reason
from kuager.vault.disk import DiskFiles
from kuager.vault.faults import Fault, FaultyFiles, RiggedCarrier
from kuager.vault.files import Files

SECOND = 1_000_000
RESERVE = 3 << 20


class Place:
    """A bay whose carrier is spoilt at will; `mounts` are the seconds at which it was mounted."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.now_us = 0
        self.mounts: list[int] = []
        self.refusal: OSError | None = None
        self.slot = RiggedCarrier(path, self._mount, lambda where: carrier.identify(where, virtual=True))
        self.bay = Bay(self.slot, RESERVE)

    def _mount(self, path: Path) -> Files:
        self.mounts.append(self.now_us // SECOND)
        if self.refusal is not None:
            raise self.refusal
        return DiskFiles(path, sealer=None)

    def look(self, second: int = 0) -> bool:
        self.now_us = second * SECOND
        return self.bay.look(self.now_us)

    @property
    def files(self) -> FaultyFiles:
        assert isinstance(self.bay.files, FaultyFiles)
        return self.bay.files

    @property
    def told(self) -> tuple[State, str]:
        return self.bay.state, self.bay.detail


@pytest.fixture
def place(tmp_path: Path) -> Place:
    (tmp_path / "carrier").mkdir()
    return Place(tmp_path / "carrier")


def test_before_the_first_look_there_is_no_carrier(place: Place):
    assert (place.told, place.bay.free, place.bay.files) == (("missing", ""), 0, None)


def test_a_carrier_is_new_once(place: Place):
    assert [place.look(0), place.look(1)] == [True, False]
    assert place.told == ("ready", "")
    assert place.mounts == [0]


def spoil_space(files: FaultyFiles) -> None:
    files.faults = [Fault("space", error=errno.EIO)]


@pytest.mark.parametrize(
    ("spoil", "told", "free"),
    [
        (lambda files: setattr(files, "free", RESERVE), ("ready", ""), RESERVE),
        (lambda files: setattr(files, "free", RESERVE - 1), ("full", "2 MB are free, 3 MB are kept"), RESERVE - 1),
        (lambda files: setattr(files, "free", 5), ("full", "0 MB are free, 3 MB are kept"), 5),
        (lambda files: setattr(files, "gone", True), ("missing", "the carrier was removed"), 0),
        (spoil_space, ("failed", "EIO"), 0),
    ],
)
def test_what_becomes_of_a_carrier_is_told(
    place: Place, spoil: Callable[[FaultyFiles], None], told: tuple[State, str], free: int
):
    place.look(0)
    spoil(place.files)
    assert not place.look(1)
    assert (place.told, place.bay.free) == (told, free)


def test_a_carrier_that_can_not_be_written_is_told_before_it_is_full(place: Place):
    place.look(0)
    place.files.read_only, place.files.free = True, 0
    place.look(1)
    assert place.told == ("read-only", "the carrier can't be written")


@pytest.mark.parametrize(
    ("refusal", "told"),
    [
        (BlankError(), ("blank", "it holds no file system")),
        (ForeignError(), ("foreign", "it holds somebody else's data")),
        (CarrierError(errno.ENOENT, "no such place"), ("missing", "no such place")),
        (CarrierError(errno.ENOTDIR, "a file"), ("missing", "a file")),
        (CarrierError(errno.EAGAIN, "another vault"), ("failed", "another vault")),
        (OSError(errno.ENOENT, "no such thing"), ("failed", "no such thing")),
        (OSError("without a number"), ("failed", "without a number")),
    ],
)
def test_why_a_carrier_is_not_mounted_is_told(place: Place, refusal: OSError, told: tuple[State, str]):
    place.refusal = refusal
    assert not place.look(0)
    assert place.told == told
    assert (place.bay.files, place.bay.device, place.bay.free) == (None, None, 0)


def test_a_carrier_without_our_form_is_a_wrong_medium_to_the_kernel_too():
    told = [(error.errno, error.strerror) for error in (BlankError(), ForeignError())]
    assert told == [
        (errno.EMEDIUMTYPE, "it holds no file system"), (errno.EMEDIUMTYPE, "it holds somebody else's data"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("number", "state"),
    [(errno.ENOSPC, "full"), (errno.EDQUOT, "full"), (errno.EROFS, "read-only"), (errno.EIO, "failed")],
)
def test_a_failure_is_told_by_its_kind_and_lets_go_of_the_carrier(place: Place, number: int, state: State):
    place.look(0)
    place.bay.fail(OSError(number, "what the disk said"), 0)
    assert place.told == (state, "what the disk said")
    assert (place.bay.files, place.bay.device, place.bay.free) == (None, None, 0)
    DiskFiles(place.path).release()


def test_each_failure_is_waited_after_for_twice_as_long_up_to_half_a_minute(place: Place):
    for second in range(140):
        if place.look(second):
            place.bay.fail(OSError(errno.EIO, "again"), place.now_us)
    assert place.mounts == [0, 1, 3, 7, 15, 31, 61, 91, 121]


def test_after_a_carrier_worked_it_is_tried_again_at_once(place: Place):
    for second in range(8):
        if place.look(second):
            place.bay.fail(OSError(errno.EIO, "again"), place.now_us)
    assert place.mounts == [0, 1, 3, 7]
    place.bay.settled()
    for second in range(8, 20):
        if place.look(second):
            place.bay.fail(OSError(errno.EIO, "again"), place.now_us)
    # The one wait that was under way is kept, then they begin anew.
    assert place.mounts == [0, 1, 3, 7, 15, 16, 18]


@pytest.mark.parametrize(
    ("error", "clause"),
    [(OSError(5, "words of the kernel"), "words of the kernel"), (OSError("words of ours"), "words of ours")],
)
def test_an_error_is_told_in_one_clause(error: OSError, clause: str):
    assert reason(error) == clause


@pytest.mark.parametrize(("free", "out"), [(RESERVE // 2, False), (RESERVE // 2 - 1, True)])
def test_half_the_reserve_is_where_the_supervisor_is_waited_for_no_longer(place: Place, free: int, out: bool):
    place.look(0)
    place.files.free = free
    place.look(1)
    assert place.bay.nearly_out == out


@pytest.mark.parametrize("what", ["ready", "missing"])
def test_only_a_blank_carrier_is_prepared(place: Place, what: str):
    if what == "ready":
        place.look(0)
    with pytest.raises(CarrierError) as caught:
        place.bay.prepare()
    told = f"the carrier is {what}, and only a blank one is ever prepared"
    assert (caught.value.errno, caught.value.strerror) == (errno.EBUSY, told)


def test_a_real_carrier_is_looked_up_by_its_device_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    nodes: list[Path] = []
    monkeypatch.setattr(carrier, "identify_block", nodes.append)
    carrier.identify(tmp_path, virtual=False)
    about = tmp_path.stat().st_dev
    assert nodes == [Path(f"/sys/dev/block/{os.major(about)}:{os.minor(about)}")]
