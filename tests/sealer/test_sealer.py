"""The sealer's process end to end: descriptors in, attributes set, everything else refused."""

import os
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kuager import mounts, sockets
from kuager.sealer import attributes
from kuager.sealer.client import LocalSealer, RemoteSealer
from kuager.sealer.service import Service


class World:
    def __init__(self, root: Path) -> None:
        self.run, self.carrier = root / "run", root / "carrier"
        self.run.mkdir()
        self.carrier.mkdir()
        self.device: int | None = self.carrier.stat().st_dev
        self.path = sockets.path(self.run, "sealer")
        self.client = RemoteSealer(self.path)
        self.start()

    def start(self) -> None:
        self.service = Service(self.run, lambda: self.device)
        self.thread = threading.Thread(target=self.service.serve)
        self.thread.start()

    def stop(self) -> None:
        self.service.close()
        self.thread.join()

    def has_attributes(self) -> bool:
        with (self.carrier / "probe").open("w+b") as stream:
            done = LocalSealer().add(stream.fileno(), "append-only")
        subprocess.run(["chattr", "-a", self.carrier / "probe"], check=False, capture_output=True)
        return done


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.client.close()
    made.stop()
    subprocess.run(["chattr", "-R", "-f", "-i", "-a", tmp_path], check=False, capture_output=True)


def flags(path: Path) -> str:
    return subprocess.run(["lsattr", "-d", path], check=True, capture_output=True, text=True).stdout.split()[0]


@pytest.mark.root
def test_a_descriptor_over_the_socket_protects_what_it_is_of(world: World) -> None:
    if not world.has_attributes():
        pytest.skip("needs root and a file system with attributes")
    file = world.carrier / "video-01.mp4"
    file.write_bytes(b"x")
    with file.open("rb") as stream:
        assert world.client.add(stream.fileno(), "append-only")
        assert "a" in flags(file)
        with pytest.raises(PermissionError):
            file.unlink()
        assert world.client.add(stream.fileno(), "immutable")
        # It only adds: there is no way back, and asking for less changes nothing.
        assert world.client.add(stream.fileno(), "append-only")
    assert {"a", "i"} <= set(flags(file))


@pytest.mark.root
def test_a_file_system_without_verity_leaves_the_attributes_alone(world: World) -> None:
    if not world.has_attributes():
        pytest.skip("needs root and a file system with attributes")
    file = world.carrier / "manifest.cbor"
    file.write_bytes(b"x" * 5000)
    with file.open("rb") as stream:
        assert world.client.add(stream.fileno(), "immutable")
        done = world.client.add(stream.fileno(), "verity")
    assert "i" in flags(file)
    assert file.stat().st_mode & 0o022 == 0
    assert ("V" in flags(file)) == done


def test_nothing_is_touched_where_no_carrier_is_in(world: World) -> None:
    world.device = None
    (world.carrier / "file").touch()
    with (world.carrier / "file").open("rb") as stream:
        assert not world.client.add(stream.fileno(), "immutable")
    (world.carrier / "file").unlink()


def test_what_lies_elsewhere_is_refused(world: World) -> None:
    world.device = os.stat("/proc").st_dev
    with (world.carrier / "file").open("w+b") as stream:
        assert not world.client.add(stream.fileno(), "append-only")
    reading, writing = os.pipe()
    assert not attributes.add(reading, "immutable", os.fstat(reading).st_dev)
    os.close(reading)
    os.close(writing)


def test_a_folder_of_the_units_own_disk_is_no_carrier(tmp_path: Path) -> None:
    assert mounts.device_at(tmp_path) is None
    assert mounts.device_at(tmp_path / "missing") is None
    assert mounts.device_at(Path("/proc")) == os.stat("/proc").st_dev


@pytest.mark.parametrize(
    ("asked", "count"), [(b"\x07", 1), (b"\x00\x00", 1), (b"\x00", 0), (b"\x00", 2), (b"immutable", 1)]
)
def test_what_is_no_request_closes_its_connection_only(world: World, asked: bytes, count: int) -> None:
    with (world.carrier / "file").open("w+b") as stream, socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as sock:
        sock.settimeout(5)
        sock.connect(str(world.path))
        if count:
            socket.send_fds(sock, [asked], [stream.fileno()] * count)
        else:
            sock.send(asked)
        assert sock.recv(10) == b""
        # The next request is answered as ever.
        assert world.client.add(stream.fileno(), "append-only") == world.has_attributes()
        kept = [
            each for each in Path("/proc/self/fd").iterdir() if each.exists() and each.samefile(world.carrier / "file")
        ]
        assert len(kept) == 1  # no descriptor that was sent


def test_the_vault_goes_on_without_a_sealer_and_finds_a_new_one(world: World) -> None:
    with (world.carrier / "file").open("w+b") as stream:
        before = world.client.add(stream.fileno(), "append-only")
        world.stop()
        assert not world.client.add(stream.fileno(), "append-only")
        assert not world.client.add(stream.fileno(), "verity")
        world.start()
        assert world.client.add(stream.fileno(), "append-only") == before


def test_more_connections_than_it_serves_are_sent_away(world: World) -> None:
    held = []
    for _ in range(12):
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        sock.connect(str(world.path))
        sock.settimeout(5)
        held.append(sock)
    assert held[-1].recv(1) == b""
    for sock in held:
        sock.close()
    with (world.carrier / "file").open("w+b") as stream:
        expected = world.has_attributes()
        until = time.monotonic() + 5
        while world.client.add(stream.fileno(), "append-only") != expected and time.monotonic() < until:
            time.sleep(0.05)  # until it has seen them go
        assert world.client.add(stream.fileno(), "append-only") == expected


def test_a_sealer_that_starts_later_than_the_vault_is_waited_for(world: World) -> None:
    with (world.carrier / "file").open("w+b") as stream:
        expected = world.client.add(stream.fileno(), "append-only")
        world.stop()
        client = RemoteSealer(world.path)
        later = threading.Timer(0.5, world.start)
        later.start()
        assert client.add(stream.fileno(), "append-only") == expected
        later.join()
        client.close()
        assert world.client.add(stream.fileno(), "append-only") == expected


def test_a_sealer_that_never_comes_is_waited_for_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr("kuager.sealer.client._START_S", 0.3)
    monkeypatch.setattr(
        "kuager.sealer.client.time.sleep", lambda seconds: waited.append(seconds) or threading.Event().wait(seconds)
    )
    client = RemoteSealer(world.run / "nowhere")
    with (world.carrier / "file").open("w+b") as stream:
        assert not client.add(stream.fileno(), "append-only")
        first = len(waited)
        assert first
        assert not client.add(stream.fileno(), "immutable")
    assert len(waited) == first
