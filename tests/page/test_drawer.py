"""The faults drawer: everything in it is played, on the right part; nothing else is."""

import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kuager import sockets, wire
from kuager.board.page.drawer import GROUPS, OWN, Drawer, kill
from kuager.catalogue import LANGUAGES
from kuager.catalogue.reading import Reader
from kuager.terminal.script import FAULTS

ALL = [fault for faults in GROUPS.values() for fault in faults]
SERVE = """
import socket, sys, time
server = socket.socket(socket.AF_UNIX); server.bind(sys.argv[1]); server.listen()
print("ready", flush=True); time.sleep(60)
"""


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[[str], subprocess.Popen[bytes]]]:
    started: list[subprocess.Popen[bytes]] = []

    def start(name: sockets.Name) -> subprocess.Popen[bytes]:
        path = sockets.path(tmp_path, name)
        path.parent.mkdir()
        process = subprocess.Popen([sys.executable, "-c", SERVE, str(path)], stdout=subprocess.PIPE)
        started.append(process)
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def drawer(run: Path) -> tuple[Drawer, list[wire.Message], list[Callable[[], object]]]:
    sent: list[wire.Message] = []
    later: list[Callable[[], object]] = []
    return Drawer(run, sent.append, lambda _seconds, call: later.append(call)), sent, later


def test_every_fault_has_its_words_and_every_name_is_one_that_the_unit_knows() -> None:
    assert set(ALL) == {*FAULTS, *OWN} - {"crash"}  # which an officer can't tell from a killed process
    for language in LANGUAGES:
        reader = Reader(language)
        assert all(f"{'drawer' if fault in OWN else 'fault'}.{fault}" in reader for fault in ALL)
        assert all(f"drawer.{group}" in reader for group in GROUPS)


def test_what_the_unit_plays_goes_to_its_door(tmp_path: Path) -> None:
    played, sent, _ = drawer(tmp_path)
    for fault in ("camera-gone", "carrier-full", "battery-low"):
        played.play(fault)
    assert sent == [wire.Fault(fault=fault) for fault in ("camera-gone", "carrier-full", "battery-low")]


def test_a_power_fail_line_comes_back(tmp_path: Path) -> None:
    played, sent, later = drawer(tmp_path)
    played.play("power-fail")
    assert sent == [wire.Pin(name="power-fail", level=True)]
    later[0]()
    assert sent[1:] == [wire.Pin(name="power-fail", level=False)]


@pytest.mark.parametrize("fault", ["", "kill-page", "kill-1", "kill-../../x", "reboot", "hang "])
def test_what_is_not_in_the_drawer_does_nothing(tmp_path: Path, fault: str) -> None:
    played, sent, later = drawer(tmp_path)
    played.play(fault)
    assert (sent, later) == ([], [])


def test_the_process_that_listens_is_killed_and_no_other(tmp_path: Path, serve: Callable[..., Any]) -> None:
    vault, capture = serve("vault-control"), serve("capture")
    kill(tmp_path, ("vault",))
    assert vault.wait(5) == -signal.SIGKILL
    assert capture.poll() is None


def test_a_power_cut_takes_all_of_them(tmp_path: Path, serve: Callable[..., Any]) -> None:
    all_of_them = [serve(name) for name in ("vault-control", "capture", "board")]
    drawer(tmp_path)[0].play("power-cut")
    assert [each.wait(5) for each in all_of_them] == [-signal.SIGKILL] * 3


def test_a_process_that_does_not_run_is_no_error(tmp_path: Path) -> None:
    stale = socket.socket(socket.AF_UNIX)
    sockets.path(tmp_path, "capture").parent.mkdir()
    stale.bind(str(sockets.path(tmp_path, "capture")))
    stale.close()
    kill(tmp_path, ("vault", "capture", "supervisor"))
