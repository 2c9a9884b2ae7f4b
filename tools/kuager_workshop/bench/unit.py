"""A real unit for measurements: `kuager run` on the virtual board, a hand at its door, an ear at its vault.

The ear is a second control connection to the vault: it says nothing and hears every Durable as the supervisor does, so
that what was acknowledged, and when, is known without asking the unit to remember it.
"""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from kuager import settings, sockets, wire
from kuager.board.hand import Hand
from kuager.clock import boot_us
from kuager.peer import Down, Heard, Peer, Up
from kuager.procedure import pack
from kuager.terminal.player import Player
from kuager.terminal.script import parse
from kuager_workshop.bench.measure import BenchError, descendants

START_S = 60.0


@dataclass(frozen=True)
class Acknowledged:
    """A Durable as it was heard: when, of which recording, up to which moment, how many bytes."""

    heard_us: int
    recording: bytes
    durable_us: int
    bytes: int


class Unit:
    """A context: the unit runs inside it, with state and carrier below `folder`, and is stopped in order at its end."""

    def __init__(self, folder: Path, changes: str = "", *options: str) -> None:
        """`changes`: further settings, TOML. `options`: further ones of `kuager run`."""
        self.folder, self.carrier, self.state = folder, folder / "carrier", folder / "state"
        self._run = tempfile.TemporaryDirectory(prefix="kuager-")  # short: a socket's path has 107 bytes
        run = Path(self._run.name)
        self.file = folder / "unit.toml"
        paths = f'[carrier]\npath = "{self.carrier}"\n[paths]\nstate = "{self.state}"\nrun = "{run}/run"\n'
        self.file.write_text(paths + changes)
        self.carrier.mkdir(parents=True, exist_ok=True)
        self.run, self._options = run / "run", options
        self.hand = Hand(self.run)
        self.acknowledged: list[Acknowledged] = []
        ear = sockets.path(self.run, "vault-control")
        self._ear = Peer("vault", ear, wire.Decoder(wire.FromVaultControl), self._heard)
        self._log = (folder / "log").open("ab")
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Of `kuager run`."""
        if self._process is None:
            raise BenchError("the unit does not run")
        return self._process.pid

    @property
    def anchor(self) -> Path:
        """The development authority that the unit made."""
        return self.state / "authority" / "ca.pem"

    def pids(self) -> list[int]:
        """All its processes."""
        return descendants(self.pid)

    def child(self, name: str) -> int:
        """One of its processes, such as `vault`."""
        for pid in self.pids():
            try:
                words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if f"kuager.{name}".encode() in words:
                return pid
        raise BenchError(f"the unit's {name} does not run")

    def __enter__(self) -> "Unit":
        command = [str(Path(sys.executable).with_name("kuager")), "run", "--settings", str(self.file), *self._options]
        # Without attributes, or the folder could not be removed afterwards.
        environment = {**os.environ, "KUAGER_ATTRIBUTES": "off"}
        self._process = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log
        )
        self.hand.start()
        self._ear.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop in order: what is open is sealed."""
        process, self._process = self._process, None
        if process:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(120)
            except subprocess.TimeoutExpired:
                process.kill()
                raise BenchError(f"the unit did not stop: see {self.folder / 'log'}") from None
            finally:
                self._ear.close()
                self.hand.close()
                self._log.close()
                self._run.cleanup()

    def wait(self, so: Callable[[], bool], seconds: float, what: str) -> None:
        """Until it is so; raises BenchError after so many seconds."""
        end = time.monotonic() + seconds
        with self.hand.changed:
            while not so():
                left = end - time.monotonic()
                if left <= 0 or (self._process and self._process.poll() is not None):
                    raise BenchError(f"{what}: not so in time; see {self.folder / 'log'}")
                self.hand.changed.wait(min(left, 0.05))

    def ready(self) -> None:
        """Wait until it stands by."""
        self.wait(lambda: self.hand.state == "ready", START_S, "the unit is ready")

    def press(self) -> int:
        """Press record and hold it for as long as a press takes; gives the moment of the press, boot us."""
        at_us = boot_us()
        self.hand.pin("record", True)
        threading.Timer(0.12, self.hand.pin, ("record", False)).start()
        return at_us

    def durable(self, since_us: int) -> list[Acknowledged]:
        """What was acknowledged from this moment on and holds media."""
        return [each for each in self.acknowledged if each.heard_us >= since_us and each.durable_us]

    def record(self) -> int:
        """Press, and wait until the first media are durable; gives the moment of the press, boot us."""
        at_us = self.press()
        self.wait(lambda: bool(self.durable(at_us)), 20, "something is durable")
        return at_us

    def covered(self, moment_us: int) -> None:
        """Wait until all up to this moment is durable."""
        self.wait(
            lambda: any(each.durable_us >= moment_us for each in self.durable(moment_us)), 20, "the moment is durable"
        )

    def end(self) -> None:
        """End the recording in order, closing dialogue included, answered as fast as it goes."""
        self.play("hold record\nwait-for closing 20s\nclosing quick\nwait-for ready 60s")

    def play(self, script: str) -> None:
        """Play a script, as `kuager record --script` does."""
        player = Player(self.hand, pack("kz-2012-68"), 0, self._kill, lambda _: None, lambda: False)
        player.play(parse(script, "benchmark"))

    def recordings(self) -> list[Path]:
        """On the carrier, in order."""
        unit = settings.load(self.file).unit.name
        return sorted(path for path in self.carrier.glob(f"{unit}-*Z") if path.is_dir())

    def _kill(self, name: str, number: signal.Signals) -> bool:
        os.kill(self.child(name), number)
        return True

    def _heard(self, item: Up | Down | Heard) -> None:
        if isinstance(item, Heard) and isinstance(message := item.message, wire.Durable):
            self.acknowledged.append(Acknowledged(boot_us(), message.id, message.durable_us, message.bytes))
