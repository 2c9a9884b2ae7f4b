"""A real unit's slot: what is mounted, what is told of what is not, and what becomes of a request to prepare."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kuager.errors import CarrierError
from kuager.vault import slot as module
from kuager.vault.carrier import Bay, BlankError, ForeignError
from kuager.vault.disk import DiskFiles
from kuager.vault.slot import MountedSlot

MOUNTED = Path("/dev/shm")


class Unit:
    def __init__(self, root: Path, path: Path) -> None:
        self.run = root / "run"
        (self.run / "slot").mkdir(parents=True)
        (self.run / "prepare").mkdir()
        self.request = self.run / "prepare" / "request"
        self.slot = MountedSlot(path, self.run, lambda where: DiskFiles(where, exclusive=False, sealer=None))

    def tell(self, state: str) -> None:
        (self.run / "slot" / "state").write_text(state)


@contextlib.contextmanager
def when_asked(unit: Unit, act: Callable[[], None]) -> Iterator[None]:
    """A helper that acts once the request is there."""

    def help_out() -> None:
        while not unit.request.exists():
            time.sleep(0.01)
        act()

    thread = threading.Thread(target=help_out, daemon=True)
    thread.start()
    yield
    thread.join()


@pytest.fixture
def unit(tmp_path: Path) -> Unit:
    (tmp_path / "carrier").mkdir()
    return Unit(tmp_path, tmp_path / "carrier")


@pytest.mark.parametrize(("told", "state"), [("blank\n", "blank"), ("foreign", "foreign"), ("", "missing")])
def test_a_folder_with_nothing_mounted_is_no_carrier(unit: Unit, told: str, state: str) -> None:
    unit.tell(told)
    bay = Bay(unit.slot)
    assert not bay.look(0)
    assert (bay.state, bay.files) == (state, None)


def test_before_anything_was_told_the_carrier_is_missing(unit: Unit) -> None:
    with pytest.raises(CarrierError, match="no carrier") as caught:
        unit.slot.mount()
    assert not isinstance(caught.value, BlankError | ForeignError)


def test_what_is_mounted_is_opened_whatever_was_told_before(tmp_path: Path) -> None:
    unit = Unit(tmp_path, MOUNTED)
    unit.tell("blank")
    files = unit.slot.mount()
    assert files.present()
    files.release()


def test_a_state_that_is_no_text_is_none(unit: Unit) -> None:
    (unit.run / "slot" / "state").write_bytes(b"\xff\xfeblank" * 1000)
    with pytest.raises(CarrierError, match="no carrier") as caught:
        unit.slot.mount()
    assert not isinstance(caught.value, BlankError | ForeignError)


def test_what_is_mounted_is_identified_by_its_hardware(tmp_path: Path) -> None:
    found = Unit(tmp_path, MOUNTED).slot.identify()
    assert (found.make, found.model) != ("virtual", "directory")


@pytest.mark.parametrize("told", ["foreign", "", "blanket"])
def test_only_what_is_blank_is_ever_asked_to_be_prepared(unit: Unit, told: str) -> None:
    unit.tell(told)
    with pytest.raises(CarrierError):
        unit.slot.prepare()
    assert not unit.request.exists()


def test_a_request_is_waited_for_until_the_carrier_is_mounted(unit: Unit) -> None:
    unit.tell("blank")
    asked: list[bytes] = []

    def mount() -> None:
        asked.append(unit.request.read_bytes())
        unit.slot.path = MOUNTED  # as if it were mounted now

    with when_asked(unit, mount):
        unit.slot.prepare()
    assert asked == [b""]


def test_a_request_that_was_taken_up_in_vain_is_told_as_well(unit: Unit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PREPARED_S", 0.3)
    unit.tell("blank")
    with when_asked(unit, unit.request.unlink), pytest.raises(CarrierError, match="could not be prepared"):
        unit.slot.prepare()


def test_a_request_that_nobody_takes_up_is_taken_back(unit: Unit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PREPARED_S", 0.3)
    unit.tell("blank")
    with pytest.raises(CarrierError, match="could not be prepared"):
        unit.slot.prepare()
    assert not unit.request.exists()
