"""QEMU's protocol and the guest's agent, each against a fake end of the socket."""

import base64
import json
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kuager_workshop.emulate import EmulatorError
from kuager_workshop.emulate.agent import Agent, Result
from kuager_workshop.emulate.qmp import Qmp
from kuager_workshop.emulate.sockets import address, connect

Answer = Callable[[dict[str, Any]], list[dict[str, Any]]]


class Fake:
    """Listens at a path, greets, and answers each line by what `answer` makes of it."""

    def __init__(self, path: Path, answer: Answer, greeting: bytes = b"") -> None:
        self.heard: list[dict[str, Any]] = []
        self._answer, self._greeting = answer, greeting
        self._listening = socket.socket(socket.AF_UNIX)
        with address(path) as short:
            self._listening.bind(short)
        self._listening.listen()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as lines:
                connection.sendall(self._greeting)
                for line in lines:
                    request = json.loads(line)
                    self.heard.append(request)
                    for said in self._answer(request):
                        connection.sendall(json.dumps(said).encode() + b"\n")

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(10)


@pytest.fixture
def listen(tmp_path: Path) -> Iterator[Callable[..., tuple[Path, Fake]]]:
    fakes: list[Fake] = []

    def make(answer: Answer, greeting: bytes = b"") -> tuple[Path, Fake]:
        path = tmp_path / f"socket{len(fakes)}"
        fakes.append(Fake(path, answer, greeting))
        return path, fakes[-1]

    yield make
    for fake in fakes:
        fake.close()


GREETING = b'{"QMP": {"version": {}, "capabilities": []}}\n'


def test_path_that_no_address_holds_is_reached(tmp_path: Path) -> None:
    deep = tmp_path / ("a" * 100) / ("b" * 100)
    deep.mkdir(parents=True)
    fake = Fake(deep / "socket", lambda request: [request])
    with connect(deep / "socket", 5.0) as connection:
        connection.sendall(b"{}\n")
        assert connection.recv(10) == b"{}\n"
    fake.close()


def test_socket_that_is_not_there_says_what_to_look_at(tmp_path: Path) -> None:
    with pytest.raises(EmulatorError, match="is the emulated unit running"):
        connect(tmp_path / "none", 0.0)


def test_qmp_names_arguments_as_qemu_does_and_passes_over_events(listen: Callable[..., tuple[Path, Fake]]) -> None:
    def answer(request: dict[str, Any]) -> list[dict[str, Any]]:
        return [{"event": "RESUME"}, {"return": {"said": request["execute"]}}]

    path, fake = listen(answer, GREETING)
    assert Qmp(path).call("blockdev-add", node_name="one") == {"said": "blockdev-add"}
    assert fake.heard[0]["execute"] == "qmp_capabilities"
    assert fake.heard[1] == {"execute": "blockdev-add", "arguments": {"node-name": "one"}}


def test_qmp_refusal_is_an_error_with_qemus_words(listen: Callable[..., tuple[Path, Fake]]) -> None:
    def answer(request: dict[str, Any]) -> list[dict[str, Any]]:
        refused = request["execute"] == "device_del"
        return [{"error": {"class": "DeviceNotFound", "desc": "no such device"}} if refused else {"return": {}}]

    path, _ = listen(answer, GREETING)
    with pytest.raises(EmulatorError, match="no such device"):
        Qmp(path).call("device_del", id="x")


@pytest.mark.parametrize("before", [True, False])
def test_qmp_waits_for_the_event_of_this_device(listen: Callable[..., tuple[Path, Fake]], before: bool) -> None:
    def answer(request: dict[str, Any]) -> list[dict[str, Any]]:
        if request["execute"] != "device_del":
            return [{"return": {}}]
        gone = [{"event": "DEVICE_DELETED", "data": {"device": name}} for name in ("another", "carrier")]
        return [*gone, {"return": {}}] if before else [{"return": {}}, *gone]

    path, _ = listen(answer, GREETING)
    assert Qmp(path).call_until("DEVICE_DELETED", "carrier", "device_del", id="carrier") == {}


def test_monitor_that_says_something_refuses(listen: Callable[..., tuple[Path, Fake]]) -> None:
    path, _ = listen(lambda _: [{"return": "Error: no such snapshot\r\n"}], GREETING)
    with pytest.raises(EmulatorError, match="no such snapshot"):
        Qmp(path).monitor("loadvm x")


def test_agents_answers_to_others_are_passed_over(listen: Callable[..., tuple[Path, Fake]]) -> None:
    def answer(request: dict[str, Any]) -> list[dict[str, Any]]:
        return [{"id": 1, "done": {"old": True}}, {"id": request["id"], "done": {"own": True}}]

    path, _ = listen(answer)
    assert Agent(path).ask("hello") == {"own": True}


def test_agents_error_is_an_error(listen: Callable[..., tuple[Path, Fake]]) -> None:
    path, _ = listen(lambda request: [{"id": request["id"], "error": "OSError: no"}])
    with pytest.raises(EmulatorError, match="refuses to read: OSError: no"):
        Agent(path).get("/none")


def test_command_is_asked_for_until_it_is_done(listen: Callable[..., tuple[Path, Fake]]) -> None:
    runs = iter([True, False])

    def answer(request: dict[str, Any]) -> list[dict[str, Any]]:
        if request["do"] == "start":
            return [{"id": request["id"], "done": {"job": 4}}]
        assert request["job"] == 4
        if next(runs):
            return [{"id": request["id"], "done": {"runs": True}}]
        out = base64.b64encode(b"done\n").decode()
        return [{"id": request["id"], "done": {"runs": False, "code": 3, "out": out}}]

    path, _ = listen(answer)
    assert Agent(path).shell("true", 5.0) == Result(3, "done\n")


def test_command_that_takes_too_long_is_ended(listen: Callable[..., tuple[Path, Fake]]) -> None:
    def answer(request: dict[str, Any]) -> list[dict[str, Any]]:
        return [{"id": request["id"], "done": {"job": 4, "runs": True}}]

    path, fake = listen(answer)
    with pytest.raises(EmulatorError, match="not done after 0 s"):
        Agent(path).shell("sleep 9", 0.0)
    assert fake.heard[-1]["do"] == "stop"


def test_file_goes_in_pieces_and_comes_back(listen: Callable[..., tuple[Path, Fake]]) -> None:
    stored = bytearray()

    def answer(request: dict[str, Any]) -> list[dict[str, Any]]:
        if request["do"] == "write":
            if not request["more"]:
                stored.clear()
            stored.extend(base64.b64decode(request["data"]))
            return [{"id": request["id"], "done": {}}]
        piece = base64.b64encode(stored[request["at"] : request["at"] + 400_000]).decode()
        return [{"id": request["id"], "done": {"data": piece, "size": len(stored)}}]

    path, fake = listen(answer)
    data = bytes(range(256)) * 4000
    Agent(path).put(data, "/x")
    assert len(fake.heard) == 2
    assert Agent(path).get("/x") == data
    Agent(path).put(b"", "/x")
    assert not stored


def test_another_boot_is_waited_for(listen: Callable[..., tuple[Path, Fake]]) -> None:
    boots = iter(["one", "one", "two"])
    path, _ = listen(lambda request: [{"id": request["id"], "done": {"boot": next(boots)}}])
    assert Agent(path).wait(5.0, not_boot="one") == "two"
