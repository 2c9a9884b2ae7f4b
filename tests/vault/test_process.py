"""The vault as a process of its own: sockets, kill -9 in mid-stream, SIGTERM, bytes that are no message."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from vault_start import Link
from vault_world import PROCEDURE, fragment_chunk, init_chunk

from kuager import clock, sockets, wire
from kuager.errors import CarrierError
from kuager.evidence import certificates
from kuager.evidence.verdict import Outcome
from kuager.vault.disk import DiskFiles
from kuager.vault.survey import summarise, survey
from kuager.verify.recording import judge


class Process:
    """A vault that is started and stopped as the parent does it."""

    def __init__(self, root: Path) -> None:
        self.root, self.run, self.carrier = root, root / "run", root / "carrier"
        self.run.mkdir()
        (root / "unit.toml").write_text('[carrier]\npath = "carrier"\n[paths]\nstate = "state"\nrun = "run"\n')
        self.popen: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        for name in ("vault-media", "vault-control"):
            sockets.path(self.run, name).unlink(missing_ok=True)
        self.popen = subprocess.Popen(
            [sys.executable, "-P", "-m", "kuager.vault", "--settings", self.root / "unit.toml", "--run", self.run],
            env=os.environ | {"KUAGER_ATTRIBUTES": "off"},
            stderr=subprocess.DEVNULL,
        )
        self.control = Link(sockets.path(self.run, "vault-control"), wire.FromVaultControl)
        self.media = Link(sockets.path(self.run, "vault-media"), wire.FromVaultMedia)

    def end(self, number: signal.Signals) -> int:
        assert self.popen is not None
        self.popen.send_signal(number)
        code = self.popen.wait(20)
        self.control.connection.close()
        self.media.connection.close()
        return code

    def open(self, continues: bool = False) -> wire.Opened:
        self.control.connection.send(
            wire.OpenRecording(request=1, mode="video", language="ru", procedure=PROCEDURE, continues=continues)
        )
        return self.control.wait(wire.Opened)

    def begin(self, opened: wire.Opened) -> None:
        now, utc = clock.boot_us(), clock.utc_us()
        self.media.connection.send(
            wire.TakeBegin(
                sequence=1,
                recording=opened.id,
                take=1,
                cause="press",
                streams=["video"],
                first_us=now,
                first_utc_us=utc,
            )
        )
        self.media.connection.send(
            wire.Fragment(
                sequence=2, take=1, file=0, kind="init", data=init_chunk(), first_us=now, last_us=now, first_utc_us=utc
            )
        )

    def fragment(self, sequence: int, size: int = 100_000) -> None:
        now, utc = clock.boot_us(), clock.utc_us()
        self.media.connection.send(
            wire.Fragment(
                sequence=sequence,
                take=1,
                file=0,
                kind="fragment",
                data=fragment_chunk(sequence, size),
                first_us=now - 1,
                last_us=now,
                first_utc_us=utc,
            )
        )

    def verdict(self, name: str) -> Outcome:
        anchors = certificates.load_pem((self.root / "state/authority/ca.pem").read_bytes())
        return judge(self.carrier / name, anchors).verdict.outcome


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Process]:
    made = Process(tmp_path)
    made.start()
    yield made
    if made.popen and made.popen.poll() is None:
        made.end(signal.SIGKILL)


def test_a_recording_through_the_sockets(vault: Process):
    opened = vault.open()
    vault.begin(opened)
    vault.fragment(3)
    assert vault.media.wait(wire.Acknowledged).sequence == 3
    assert vault.control.wait(wire.Durable).id == opened.id
    vault.control.connection.send(wire.CloseRecording(request=2, cause="closing", dialogue=True))
    assert vault.control.wait(wire.Sealed).name == opened.name
    assert vault.verdict(opened.name) is Outcome.AUTHENTIC
    assert vault.end(signal.SIGTERM) == 0


def test_killed_in_the_middle_of_streaming_nothing_acknowledged_is_lost(vault: Process):
    opened = vault.open()
    vault.begin(opened)
    acknowledged = 0
    for sequence in range(3, 400):
        vault.fragment(sequence)
        while not vault.media.heard.empty():
            acknowledged = vault.media.heard.get().sequence
        if acknowledged > 40:
            break
        time.sleep(0.002)
    assert acknowledged > 40
    vault.end(signal.SIGKILL)
    while (message := vault.media.heard.get(timeout=5)) is not None:
        acknowledged = message.sequence
    vault.start()
    state = vault.control.wait(wire.VaultState)
    assert (state.dead.id, state.dead.cause, state.next_number) == (opened.id, "software", 2)
    again = vault.open(continues=True)
    assert again.continues.id == opened.id
    assert vault.end(signal.SIGTERM) == 0
    media = (vault.carrier / opened.name / "video-01.mp4").read_bytes()
    proven = len(init_chunk()) + (acknowledged - 2) * len(fragment_chunk(0, 100_000))
    files = DiskFiles(vault.carrier)
    found = summarise(files, survey(files, opened.name)).proven["video-01.mp4"]
    files.release()
    assert proven <= found <= len(media)
    assert vault.verdict(again.name) is Outcome.ENDS_EARLY  # closed in order, without the closing dialogue


def test_sigterm_closes_and_seals_what_is_open(vault: Process):
    opened = vault.open()
    vault.begin(opened)
    vault.fragment(3)
    vault.media.wait(wire.Acknowledged)
    assert vault.end(signal.SIGTERM) == 0
    assert vault.verdict(opened.name) is Outcome.ENDS_EARLY


def test_bytes_that_are_no_message_close_their_connection_only(vault: Process):
    opened = vault.open()
    for name in ("vault-media", "vault-control"):
        for garbage in (b"\xff\xff\xff\xff", b"\0\0\0\x05hello", b"\0\0\0\x01\xc0" * 10):
            with socket.socket(socket.AF_UNIX) as sock:
                sock.connect(str(sockets.path(vault.run, name)))
                sock.sendall(garbage)
                sock.shutdown(socket.SHUT_WR)
                sock.settimeout(20)
                while sock.recv(65536):
                    pass
    vault.control.connection.send(wire.CloseRecording(request=2, cause="closing", dialogue=True))
    assert vault.control.wait(wire.Sealed).id == opened.id


def test_a_second_vault_on_one_state_says_so(vault: Process):
    done = subprocess.run(
        [sys.executable, "-P", "-m", "kuager.vault", "--settings", vault.root / "unit.toml", "--run", vault.run],
        capture_output=True, text=True, check=False, timeout=30,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (CarrierError.exit_code, "")
    assert done.stderr == f"kuager vault: {vault.root}/state: another vault writes here; stop it first\n"
