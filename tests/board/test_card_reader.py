"""The card reader: keys into numbers, and a device that comes and goes. The kernel's input device is a pipe here."""

import os
import threading
import types

import pytest

from kuager.board import card
from kuager.board.card import CardReader, key_down
from kuager.board.wedge import MOST, PAUSE_US, Wedge
from kuager.hardware import Card


def typed(wedge: Wedge, text: str, at_us: int = 0, enter: str = "KEY_ENTER") -> str | None:
    for n, each in enumerate(text):
        assert wedge.key(f"KEY_{each}", at_us + n * 5_000) is None
    return wedge.key(enter, at_us + len(text) * 5_000)


@pytest.mark.parametrize("uid", ["0004512345", "04A1B2C3D4E5F6", "1234"])
def test_a_number_and_enter_are_a_card(uid):
    wedge = Wedge()
    assert typed(wedge, uid) == uid
    assert typed(wedge, uid, 60_000_000, enter="KEY_KPENTER") == uid


def test_the_keypads_digits_are_digits_and_shift_is_nothing():
    wedge = Wedge()
    for key in ("KEY_LEFTSHIFT", "KEY_KP1", "KEY_2", "KEY_LEFTSHIFT", "KEY_A", "KEY_4"):
        wedge.key(key, 0)
    assert wedge.key("KEY_ENTER", 1) == "12A4"


@pytest.mark.parametrize(
    "keys", [["1", "2", "3"], ["1", "2", "3", "G", "4"], ["1"] * (MOST + 1), ["LEFTCTRL", "C"], []]
)
def test_what_is_no_number_is_no_card(keys):
    wedge = Wedge()
    for key in keys:
        wedge.key(f"KEY_{key}", 0)
    assert wedge.key("KEY_ENTER", 1) is None
    assert typed(wedge, "5678", 2) == "5678"


def test_what_a_hand_types_slowly_is_no_card():
    wedge = Wedge()
    for n, key in enumerate("123456"):
        wedge.key(f"KEY_{key}", n * (PAUSE_US + 1))
    assert wedge.key("KEY_ENTER", 6 * (PAUSE_US + 1)) is None


class Device:
    """A reader: what is written into the pipe is what it types."""

    def __init__(self) -> None:
        self.reads, self.writes = os.pipe()
        self.grabbed = self.closed = False

    def fileno(self) -> int:
        return self.reads

    def grab(self) -> None:
        self.grabbed = True

    def read(self) -> list[str]:
        data = os.read(self.reads, 100)
        if not data:
            raise OSError(19, "No such device")
        return [f"KEY_{each}" if each != "\n" else "KEY_ENTER" for each in data.decode()]

    def close(self) -> None:
        self.closed = True
        os.close(self.reads)


@pytest.fixture
def soon(monkeypatch) -> None:
    monkeypatch.setattr(card, "GRACE_S", 0.0)
    monkeypatch.setattr(card, "_LOOK_S", 0.02)
    monkeypatch.setattr(card, "_WAIT_S", 0.02)


@pytest.mark.usefixtures("soon")
def test_a_reader_is_grabbed_read_and_looked_for_again_when_it_is_pulled():
    devices, heard, came = [Device(), Device()], [], threading.Event()
    waiting = [None, devices[0], None, devices[1]]

    def shown(each: card.Shown) -> None:
        heard.append(each.uid)
        came.set()

    reader = CardReader(Card(reader="RFID"), shown, lambda _: waiting.pop(0) if waiting else None, str)
    reader.start()
    for device, uid in zip(devices, ("0004512345", "DEADBEEF"), strict=True):
        os.write(device.writes, f"{uid}\n".encode())
        assert came.wait(5)
        came.clear()
        assert heard[-1] == uid
        assert device.grabbed
        os.close(device.writes)
    for _ in range(500):
        if reader.complaint:
            break
        threading.Event().wait(0.01)
    assert reader.complaint
    reader.close()
    assert all(device.closed for device in devices)


@pytest.mark.usefixtures("soon")
def test_a_reader_that_can_not_be_grabbed_is_told(caplog):
    told = threading.Event()

    def find(name: str) -> Device:
        device = Device()
        device.grab = lambda: (_ for _ in ()).throw(OSError(16, "Device or resource busy"))  # type: ignore[method-assign]
        told.set()
        return device

    reader = CardReader(Card(reader="RFID"), lambda _: None, find, str)
    reader.start()
    assert told.wait(5)
    for _ in range(500):
        if reader.complaint:
            break
        threading.Event().wait(0.01)
    assert "busy" in reader.complaint
    reader.close()


def test_only_keys_that_go_down_count():
    evdev = pytest.importorskip("evdev")
    codes = evdev.ecodes

    def event(kind: int, code: int, value: int) -> str:
        return key_down(types.SimpleNamespace(type=kind, code=code, value=value))

    assert event(codes.EV_KEY, codes.KEY_7, 1) == "KEY_7"
    assert event(codes.EV_KEY, codes.KEY_KPENTER, 1) == "KEY_KPENTER"
    assert event(codes.EV_KEY, codes.KEY_7, 0) == event(codes.EV_KEY, codes.KEY_7, 2) == ""
    assert event(codes.EV_MSC, codes.MSC_SCAN, 1) == ""
    assert event(codes.EV_KEY, 60_000, 1) == ""


def test_no_reader_is_found_where_there_is_none():
    pytest.importorskip("evdev")
    assert card.find_reader("no reader is called so") is None


def test_a_reader_that_comes_a_while_after_the_start_was_never_missed(monkeypatch):
    monkeypatch.setattr(card, "_LOOK_S", 0.01)
    looked = threading.Semaphore(0)

    def find(name: str) -> None:
        looked.release()

    reader = CardReader(Card(reader="RFID"), lambda _: None, find, str)
    reader.start()
    for _ in range(5):
        assert looked.acquire(timeout=5)
    assert reader.complaint == ""
    reader.close()
