"""The receiver's line: a real pyserial on a pseudo terminal, whose other end is the receiver."""

import contextlib
import os
import threading
import time
import tty
from collections.abc import Callable, Iterator

import pytest
from nmea_lines import UTC_US, burst

from kuager.board import gnss
from kuager.board.gnss import Gnss
from kuager.hardware import Position


def until(condition: Callable[[], object], pause: float = 0.005) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(pause)


class Line:
    """A serial line under a name that stays while its devices come and go."""

    def __init__(self, folder) -> None:
        self.path = folder / "ttyGNSS"
        self.master = -1
        self.plug()

    def plug(self) -> None:
        self.master, slave = os.openpty()
        tty.setraw(slave)
        self.path.symlink_to(os.ttyname(slave))
        os.close(slave)

    def pull(self) -> None:
        self.path.unlink()
        os.close(self.master)

    def say(self, data: bytes) -> None:
        os.write(self.master, data)


@pytest.fixture
def line(tmp_path, monkeypatch) -> Iterator[Line]:
    monkeypatch.setattr(gnss, "_AGAIN_S", (0.05, 0.2))
    made = Line(tmp_path)
    yield made
    with contextlib.suppress(OSError):
        os.close(made.master)


@pytest.fixture
def receiver(line) -> Iterator[Gnss]:
    # The board's file names devices in /dev only; here it lies elsewhere.
    made = Gnss(Position(port="/dev/x"), lambda _: _open(line))
    made.start()
    yield made
    made.close()


def _open(line: Line):
    import serial

    return serial.Serial(str(line.path), 9600, timeout=0.1, exclusive=True)


def test_position_and_time_come_in(line, receiver):
    until(lambda: line.say(burst(3)) or receiver.time)  # what was said before the line is opened is dropped
    assert receiver.fix.basis == "gst"
    assert receiver.time.utc_us == UTC_US + 3_000_000
    assert abs(gnss.boot_us() - receiver.time.at_us) < 5_000_000
    assert receiver.complaint == ""


def test_half_sentences_noise_and_wrong_checksums_in_between(line, receiver):
    until(lambda: line.say(burst(1)) or receiver.time)
    line.say(burst()[:70] + bytes(range(256)) + b"$GNGGA,,,*00\r\n" + b"\xff" * 900 + b"\r\n" + burst(9))
    until(lambda: receiver.time.utc_us == UTC_US + 9_000_000)


def test_a_line_without_end_and_a_flood_hold_up_nothing(line, receiver):
    stop = threading.Event()

    def flood() -> None:
        while not stop.is_set():
            with contextlib.suppress(OSError):
                line.say(b"x" * 2000 if time.monotonic_ns() % 2 else burst() * 5)

    thread = threading.Thread(target=flood)
    before = time.process_time()
    thread.start()
    time.sleep(1.0)
    line_of_receiver = receiver._second[1]
    stop.set()
    thread.join()
    assert line_of_receiver < 20_000
    assert len(receiver._receiver.__dict__) < 10
    assert time.process_time() - before < 1.5
    line.say(b"\r\n")
    # What the line still holds of the flood may use up a second or two.
    until(lambda: line.say(burst(12)) or (receiver.time and receiver.time.utc_us == UTC_US + 12_000_000), pause=0.2)


def test_a_line_that_is_lost_is_opened_again(line, receiver):
    until(lambda: line.say(burst(1)) or receiver.fix)
    line.pull()
    until(lambda: receiver.complaint)
    assert "can't be heard" in receiver.complaint
    line.plug()
    until(lambda: line.say(burst(2)) or receiver.time.utc_us == UTC_US + 2_000_000)
    assert receiver.complaint == ""


def test_a_device_that_is_not_there_is_told_and_looked_for():
    receiver = Gnss(Position(port="/dev/kuager-nothing"))
    receiver.start()
    until(lambda: receiver.complaint)
    assert "kuager-nothing" in receiver.complaint
    receiver.close()


def test_a_line_that_says_nothing_is_told_after_a_while(monkeypatch):
    receiver = Gnss(Position(port="/dev/x"), lambda _: None)
    assert receiver.complaint == ""
    now = gnss.boot_us()
    monkeypatch.setattr(gnss, "boot_us", lambda: now + 61_000_000)
    assert "nothing that can be understood" in receiver.complaint
