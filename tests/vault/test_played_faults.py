"""Faults that are played do what they say and no more: what is tested and trained with them is worth that much."""

import errno
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kuager.errors import CarrierError
from kuager.evidence.records import Device
from kuager.vault import faults as module
from kuager.vault.carrier import BlankError, ForeignError
from kuager.vault.disk import DiskFiles
from kuager.vault.faults import Fault, FaultyFiles, RiggedCarrier
from kuager.vault.files import Files, Space, append

Act = Callable[[FaultyFiles, str], object]

ACTS: list[tuple[str, Act]] = [
    ("mkdir", lambda files, path: files.mkdir(f"{path}-new")),
    ("create", lambda files, path: files.create(f"{path}-new")),
    ("reopen", lambda files, path: files.reopen(f"{path}-file")),
    ("write", lambda files, path: files.write(files.reopen(f"{path}-file"), b"more")),
    ("sync", lambda files, path: files.sync(files.reopen(f"{path}-file"))),
    ("sync_directory", lambda files, path: files.sync_directory(f"{path}-directory")),
    ("put", lambda files, path: files.put(f"{path}-new", b"x")),
    ("protect", lambda files, path: files.protect(f"{path}-file", "append-only")),
    ("read", lambda files, path: files.read(f"{path}-file")),
    ("entries", lambda files, path: files.entries(f"{path}-directory")),
]


@pytest.fixture
def files(tmp_path: Path) -> Iterator[FaultyFiles]:
    made = FaultyFiles(DiskFiles(tmp_path, sealer=None))
    for name in ("this", "that"):
        made.put(f"{name}-file", b"old")
        made.mkdir(f"{name}-directory")
    yield made
    made.end()


def outcome(act: Callable[[], object]) -> int:
    """The error's number, 0 where there is none."""
    try:
        act()
    except OSError as error:
        return error.errno or -1
    return 0


@pytest.mark.parametrize(("operation", "act"), ACTS)
def test_a_fault_is_of_one_operation_and_of_the_paths_it_names(files: FaultyFiles, operation: str, act: Act):
    before = {entry.name: entry.size for entry in files.entries()}
    files.faults = [Fault(operation, "this", error=errno.ENXIO)]
    assert outcome(lambda: act(files, "this")) == errno.ENXIO
    files.faults, faults = [], files.faults
    assert {entry.name: entry.size for entry in files.entries()} == before
    files.faults = faults
    assert outcome(lambda: act(files, "that")) == 0


@pytest.mark.parametrize(("operation", "act"), ACTS)
def test_faults_of_other_operations_touch_it_not(files: FaultyFiles, operation: str, act: Act):
    # To write or to sync a file it must be opened.
    used = [operation, *(["reopen"] if operation in ("write", "sync") else [])]
    files.faults = [Fault(other, "this", error=errno.ENXIO) for other, _ in ACTS if other not in used]
    assert outcome(lambda: act(files, "this")) == 0


@pytest.mark.parametrize(("operation", "act"), ACTS)
def test_a_fault_of_any_operation_is_of_each(files: FaultyFiles, operation: str, act: Act):
    files.faults = [Fault("any", "this", error=errno.EIO)]
    assert outcome(lambda: act(files, "this")) == errno.EIO
    assert outcome(lambda: act(files, "that")) == 0


def test_a_fault_begins_after_some_operations_and_lasts_for_some(files: FaultyFiles):
    files.faults = [Fault("read", error=errno.EIO, skip=2, times=3)]
    assert [outcome(lambda: files.read("this-file")) for _ in range(7)] == [0, 0, 5, 5, 5, 0, 0]


def test_operations_on_other_paths_do_not_count(files: FaultyFiles):
    files.faults = [Fault("read", "this", error=errno.EIO, skip=1, times=1)]
    names = ["that-file", "this-file", "that-file", "this-file", "that-file", "this-file"]
    assert [outcome(lambda name=name: files.read(name)) for name in names] == [0, 0, 0, 5, 0, 0]


def test_a_fault_without_end_lasts(files: FaultyFiles):
    files.faults = [Fault("read", error=errno.EIO)]
    assert [outcome(lambda: files.read("this-file")) for _ in range(3)] == [5, 5, 5]


def test_the_first_fault_that_is_due_is_played(files: FaultyFiles):
    files.faults = [Fault("read", error=errno.EIO, times=1), Fault("read", error=errno.ENXIO, times=1)]
    assert [outcome(lambda: files.read("this-file")) for _ in range(3)] == [errno.EIO, errno.ENXIO, 0]


@pytest.mark.parametrize(
    ("fault", "error", "taken"),
    [
        (Fault("write", short=1), 0, 1),
        (Fault("write", short=4), 0, 4),
        (Fault("write", short=9), 0, 9),
        (Fault("write", short=10), 0, 10),
        (Fault("write", short=4, error=errno.ENOSPC), 0, 4),
        (Fault("write", short=10, error=errno.ENOSPC), errno.ENOSPC, 0),
        (Fault("write", short=0), errno.EIO, 0),
        (Fault("write", short=0, error=errno.ENOSPC), errno.ENOSPC, 0),
        (Fault("write", error=errno.EROFS), errno.EROFS, 0),
        (Fault("write", stall_s=0.0), 0, 10),
    ],
)
def test_a_write_takes_what_its_fault_lets_it(files: FaultyFiles, fault: Fault, error: int, taken: int):
    handle = files.create("new")
    files.faults = [fault]
    told: list[int] = []
    assert outcome(lambda: told.append(files.write(handle, b"0123456789"))) == error
    assert told == ([] if error else [taken])
    assert files.read("new") == b"0123456789"[:taken]


def test_what_is_free_is_counted_down_to_nothing(files: FaultyFiles):
    handle = files.create("new")
    files.free = 12
    assert [files.write(handle, b"0123456789"), files.free] == [10, 2]
    assert files.space() == Space(2, False)
    assert [files.write(handle, b"0123456789"), files.free] == [2, 0]
    assert outcome(lambda: files.write(handle, b"0")) == errno.ENOSPC
    assert files.read("new") == b"012345678901"
    files.free = 1
    assert files.write(handle, b"01") == 1


@pytest.mark.parametrize(("free", "error"), [(3, 0), (2, errno.ENOSPC)])
def test_a_whole_object_needs_room_for_all_of_it(files: FaultyFiles, free: int, error: int):
    files.free = free
    assert outcome(lambda: files.put("new", b"012")) == error
    assert ("new" in [entry.name for entry in files.entries()]) == (not error)


def test_a_stall_comes_before_what_happens_then(files: FaultyFiles, monkeypatch: pytest.MonkeyPatch):
    waits: list[float] = []
    monkeypatch.setattr(module, "sleep", waits.append)
    files.faults = [Fault("sync", stall_s=0.6), Fault("read", error=errno.EIO, stall_s=0.2)]
    handle = files.reopen("this-file")
    files.sync(handle)
    assert outcome(lambda: files.read("this-file")) == errno.EIO
    files.write(handle, b"x")
    assert waits == [0.6, 0.2]


def test_space_can_not_be_told_where_that_is_the_fault(files: FaultyFiles):
    files.faults = [Fault("space", error=errno.EIO)]
    assert outcome(files.space) == errno.EIO


def test_a_read_only_carrier_is_read_and_not_written(files: FaultyFiles):
    files.read_only = True
    refused = [operation for operation, act in ACTS if outcome(lambda act=act: act(files, "this")) == errno.EROFS]
    assert refused == [operation for operation, _ in ACTS if operation not in ("read", "entries")]
    assert files.space().read_only
    assert files.present()
    files.read_only = False
    assert not files.space().read_only


def test_a_carrier_that_is_gone_answers_nothing(files: FaultyFiles):
    files.gone = True
    assert [outcome(lambda act=act: act(files, "this")) for _, act in ACTS] == [errno.ENODEV] * len(ACTS)
    assert outcome(files.space) == errno.ENODEV
    assert not files.present()


@pytest.mark.parametrize(("number", "words"), [(errno.EIO, "EIO"), (9999, "played fault")])
def test_an_error_that_is_played_has_its_name(files: FaultyFiles, number: int, words: str):
    files.faults = [Fault("read", error=number)]
    with pytest.raises(OSError, match=words) as caught:
        files.read("this-file")
    assert (caught.value.errno, caught.value.strerror) == (number, words)


# a slot that is rigged


class Rigged:
    def __init__(self, root: Path) -> None:
        self.path = root / "carrier"
        self.path.mkdir()
        self.mounted: list[Path] = []
        self.slot = RiggedCarrier(self.path, self._mount, lambda path: Device(make="m", model=path.name))

    def _mount(self, path: Path) -> Files:
        self.mounted.append(path)
        return DiskFiles(path, exclusive=False, sealer=None)

    def mount(self) -> FaultyFiles:
        files = self.slot.mount()
        assert isinstance(files, FaultyFiles)
        return files


@pytest.fixture
def rigged(tmp_path: Path) -> Rigged:
    return Rigged(tmp_path)


NEARLY_FULL = 63 << 20
FAILED = [Fault("write", error=errno.EIO), Fault("sync", error=errno.EIO)]
SLOW = [Fault("sync", stall_s=0.6)]
SPOILT = [
    ("carrier-gone", (True, False, None, [])),
    ("carrier-blank", (True, False, None, [])),
    ("carrier-foreign", (True, False, None, [])),
    ("carrier-full", (False, False, NEARLY_FULL, [])),
    ("carrier-read-only", (False, True, None, [])),
    ("carrier-failed", (False, False, None, FAILED)),
    ("carrier-slow", (False, False, None, SLOW)),
    ("carrier-well", (False, False, None, [])),
]


def spoilt(files: FaultyFiles) -> tuple[bool, bool, int | None, list[Fault]]:
    return files.gone, files.read_only, files.free, files.faults


@pytest.mark.parametrize(("fault", "expected"), SPOILT)
def test_a_fault_is_played_on_the_carrier_that_is_in(
    rigged: Rigged, fault: str, expected: tuple[bool, bool, int | None, list[Fault]]
):
    files = rigged.mount()
    rigged.slot.play(fault)
    assert spoilt(files) == expected
    rigged.slot.play("carrier-well")
    assert spoilt(files) == (expected[0], False, None, [])  # one that is out does not come back by itself


@pytest.mark.parametrize(("fault", "expected"), SPOILT[3:])
def test_a_fault_is_played_on_a_carrier_that_is_put_in_later(
    rigged: Rigged, fault: str, expected: tuple[bool, bool, int | None, list[Fault]]
):
    rigged.slot.play(fault)
    assert spoilt(rigged.mount()) == expected


@pytest.mark.parametrize(
    ("fault", "kind", "number", "words"),
    [
        ("carrier-gone", CarrierError, errno.ENOENT, "the carrier was removed"),
        ("carrier-blank", BlankError, errno.EMEDIUMTYPE, "it holds no file system"),
        ("carrier-foreign", ForeignError, errno.EMEDIUMTYPE, "it holds somebody else's data"),
    ],
)
def test_a_carrier_that_is_not_in_is_not_mounted(
    rigged: Rigged, fault: str, kind: type[CarrierError], number: int, words: str
):
    rigged.slot.play(fault)
    with pytest.raises(CarrierError) as caught:
        rigged.slot.mount()
    assert (type(caught.value), caught.value.errno, caught.value.strerror) == (kind, number, words)
    assert rigged.mounted == []


def test_a_blank_carrier_becomes_an_empty_folder_beside_the_usual_one(rigged: Rigged):
    beside = rigged.path.with_name("carrier-blank-1")
    beside.mkdir()
    rigged.slot.play("carrier-blank")
    rigged.slot.prepare()
    prepared = rigged.path.with_name("carrier-blank-2")
    assert (rigged.slot.path, rigged.slot.identify().model) == (prepared, "carrier-blank-2")
    files = rigged.mount()
    assert (rigged.mounted, files.entries()) == ([prepared], [])
    assert spoilt(files) == (False, False, None, [])


def test_only_a_blank_carrier_becomes_one(rigged: Rigged):
    for fault in ["", *(fault for fault, _ in SPOILT if fault != "carrier-blank")]:
        rigged.slot.play(fault)
        with pytest.raises(CarrierError) as caught:
            rigged.slot.prepare()
        assert (caught.value.errno, caught.value.strerror) == (errno.ENOMEDIUM, "there is no blank carrier")
    assert [path.name for path in rigged.path.parent.iterdir()] == ["carrier"]


def test_a_prepared_carrier_is_spoilt_like_any_other_and_stays(rigged: Rigged):
    rigged.slot.play("carrier-blank")
    rigged.slot.prepare()
    files = rigged.mount()
    rigged.slot.play("carrier-read-only")
    assert (spoilt(files), rigged.slot.path.name) == ((False, True, None, []), "carrier-blank-1")


@pytest.mark.parametrize("mounted", [True, False])
def test_when_all_is_well_again_the_usual_carrier_is_in(rigged: Rigged, mounted: bool):
    rigged.slot.play("carrier-blank")
    rigged.slot.prepare()
    files = rigged.mount() if mounted else None
    rigged.slot.play("carrier-well")
    assert (rigged.slot.path, rigged.slot.identify().model) == (rigged.path, "carrier")
    if files is not None:
        assert files.gone
    assert not rigged.mount().gone
    assert rigged.mounted[-1] == rigged.path


def test_a_fault_before_any_carrier_is_no_error(rigged: Rigged):
    rigged.slot.play("carrier-full")
    assert rigged.mount().free == NEARLY_FULL


def test_what_is_played_shows_in_what_is_written(rigged: Rigged):
    files = rigged.mount()
    handle = files.create("a")
    rigged.slot.play("carrier-failed")
    assert outcome(lambda: append(files, handle, b"x")) == errno.EIO
    rigged.slot.play("carrier-well")
    append(files, handle, b"x")
    assert files.read("a") == b"x"
    files.end()
