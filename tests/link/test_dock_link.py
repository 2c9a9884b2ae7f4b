"""The dock link over a real serial line (a pty); and whatever else may come over it."""

import os
import subprocess
import sys
import time
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest
import serial
from hypothesis import given
from hypothesis import strategies as st

from kuager.evidence.records import Stamp
from kuager.link import messages
from kuager.link.answer import Lines, Unitside
from kuager.link.messages import AskTime, Hello, Refused, Time, Unit

WHO = Unit(version=1, unit="KZ0417", board="virtual", firmware="0.1.0", boot="00" * 16)


def side() -> Unitside:
    return Unitside(WHO, lambda: Stamp(5, 1_700_000_000_000_000, "holdover", 2**60))


class Dock:
    """A dock's end of the line; the unit's end is a process."""

    def __init__(self, folder: Path) -> None:
        self.ours, theirs = os.openpty()
        tty.setraw(self.ours)
        (folder / "unit.toml").write_text('[unit]\nname = "KZ77"\n')
        command = [
            sys.executable,
            "-m",
            "kuager.link",
            "--settings",
            folder / "unit.toml",
            "--port",
            os.ttyname(theirs),
        ]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE)
        self.port = os.fdopen(self.ours, "r+b", buffering=0)
        os.close(theirs)

    def opened(self) -> bool:
        """Whether the process has the line."""
        try:
            targets = [os.readlink(entry) for entry in Path(f"/proc/{self.process.pid}/fd").iterdir()]
        except OSError:
            return False
        return any(target.startswith("/dev/pts") for target in targets)

    def ask(self, line: bytes) -> messages.FromUnit:
        self.port.write(line)
        answer = b""
        while not answer.endswith(b"\n"):
            answer += self.port.read(4096)
        return messages.from_unit(answer)


@pytest.fixture
def dock(tmp_path: Path) -> Iterator[Dock]:
    made = Dock(tmp_path)
    until = time.monotonic() + 20
    while not made.opened() and time.monotonic() < until:  # what is written earlier would be thrown away
        time.sleep(0.05)
    yield made
    made.process.kill()
    made.process.communicate()
    made.port.close()


def test_the_dock_learns_who_is_there_and_compares_clocks(dock: Dock) -> None:
    hello = dock.ask(messages.encode(Hello(version=1)))
    assert isinstance(hello, Unit)
    assert (hello.unit, hello.board, hello.version) == ("KZ77", "virtual", 1)
    before = time.time_ns() // 1000
    told = dock.ask(messages.encode(AskTime(token="7")))
    after = time.time_ns() // 1000
    assert isinstance(told, Time)
    assert told.token == "7"
    assert before <= told.utc_us <= after


def test_noise_is_refused_and_the_line_goes_on(dock: Dock) -> None:
    for noise in (
        b"\x00\xff\xfe\n",
        b'{"m":"Erase"}\n',
        b"x" * 10_000 + b"\n",
        b'{"m":"Hello","version":1,"more":2}\n',
    ):
        assert isinstance(dock.ask(noise), Refused)
    assert isinstance(dock.ask(messages.encode(Hello(version=1))), Unit)


def test_when_the_dock_is_gone_the_process_ends_in_order(dock: Dock) -> None:
    dock.port.close()
    assert dock.process.wait(10) == 0


def test_a_line_that_is_not_there_is_told_in_one_sentence(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "kuager.link", "--settings", os.devnull, "--port", str(tmp_path / "none")]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 70
    assert "can't be opened" in done.stderr
    assert "Traceback" not in done.stderr


@given(st.lists(st.binary(max_size=6000), max_size=8))
def test_no_bytes_break_it(pieces: list[bytes]) -> None:
    lines, here = Lines(), side()
    for piece in pieces:
        for line in lines.feed(piece):
            assert line is None or len(line) < messages.MAX_LINE
            assert len(messages.encode(here.answer(line))) <= messages.MAX_LINE
    assert len(lines._held) < messages.MAX_LINE


def test_lines_are_the_same_however_the_bytes_come() -> None:
    text = b'{"m":"Hello","version":1}\n\n\r\n' + b"y" * 5000 + b"\nnext\n"
    whole = list(Lines().feed(text))
    lines = Lines()
    assert [line for byte in text for line in lines.feed(bytes([byte]))] == whole == [text[:25], None, b"next"]


def test_a_clock_of_unknown_error_is_told_as_such() -> None:
    told = side().answer(messages.encode(AskTime()))
    assert isinstance(told, Time)
    assert (told.state, told.uncertainty_us) == ("holdover", 2**53 - 1)


def test_a_port_that_is_in_use_is_refused() -> None:
    ours, theirs = os.openpty()
    with serial.Serial(os.ttyname(theirs), exclusive=True), pytest.raises(serial.SerialException):
        serial.Serial(os.ttyname(theirs), exclusive=True)
    os.close(ours)
    os.close(theirs)
