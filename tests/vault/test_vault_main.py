"""`python -m kuager.vault` as its parent meets it, in this process: arguments, error output, signals, exit code."""

import logging
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from vault_start import Link
from vault_world import PROCEDURE

from kuager import sockets, wire
from kuager.errors import CarrierError, KuagerError, UsageError
from kuager.settings import load_or_default
from kuager.vault import __main__ as start

ENDS = [signal.SIGTERM, signal.SIGINT]


class Unit:
    """A settings file and what it names; `main` is called as the parent calls it."""

    def __init__(self, root: Path, capture: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch) -> None:
        self.root, self.run, self._capture, self._patch = root, root / "run", capture, patch
        self.settings = root / "unit.toml"
        self.settings.write_text('[carrier]\npath = "carrier"\n[paths]\nstate = "state"\nrun = "run"\n')
        self.run.mkdir()

    def main(self, *arguments: object) -> tuple[int, list[str]]:
        """Exit code and error output; nothing is ever printed elsewhere."""
        usual = ["--settings", self.settings, "--run", self.run]
        self._patch.setattr(sys, "argv", ["vault", *map(str, arguments or usual)])
        root = logging.getLogger()
        handlers, level = root.handlers, root.level
        root.handlers = []
        try:
            code = start.main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        finally:
            root.handlers = handlers
            root.setLevel(level)
        printed = self._capture.readouterr()
        assert printed.out == ""
        return code, printed.err.splitlines()


@pytest.fixture
def unit(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Unit]:
    """Signals are as they were afterwards."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDS)
    yield Unit(tmp_path, capsys, monkeypatch)
    while signal.sigtimedwait(ENDS, 0) is not None:
        pass
    signal.pthread_sigmask(signal.SIG_SETMASK, before)


@pytest.mark.parametrize(
    ("arguments", "missing"),
    [(["--settings", "unit.toml"], "--run"), (["--run", "run"], "--settings")],
)
def test_settings_and_run_directory_must_be_named(unit: Unit, arguments: list[str], missing: str) -> None:
    assert unit.main(*arguments) == (
        2,
        [
            "usage: kuager.vault [-h] --settings SETTINGS --run RUN",
            f"kuager.vault: error: the following arguments are required: {missing}",
        ],
    )


def test_mistakes_in_the_settings_are_logged_and_a_state_that_can_not_be_used_ends_it(unit: Unit) -> None:
    (unit.root / "state").write_bytes(b"no directory")
    with unit.settings.open("a") as stream:
        stream.write('[unit]\nlanguage = "la"\n')
    _, complaint = load_or_default(unit.settings)
    why = "the unit's state can't be used: File exists; the unit can't record without it"
    assert unit.main() == (
        CarrierError.exit_code,
        [f"vault: WARNING {complaint}", f"kuager vault: {unit.root}/state: {why}"],
    )


def test_an_identity_that_is_damaged_is_the_persons_to_mend(unit: Unit) -> None:
    (unit.root / "state/keys").mkdir(parents=True)
    (unit.root / "state/keys/KZ0417.pem").write_bytes(b"nonsense")
    code, told = unit.main()
    assert (code, len(told)) == (UsageError.exit_code, 1)
    assert told[0].startswith("kuager vault: keys/KZ0417.pem in the unit's state does not hold its key and certificate")


class Outside(threading.Thread):
    """A supervisor that is told so many states, one a second, opens a recording, and has the vault end by this signal.

    Only this process's main thread is signalled: others do not hold the signal back.
    """

    def __init__(self, unit: Unit, number: signal.Signals, states: int = 1) -> None:
        super().__init__()
        self._path, self._number, self._states = sockets.path(unit.run, "vault-control"), number, states
        self.opened: wire.Opened | None = None

    def run(self) -> None:
        try:
            link = Link(self._path, wire.FromVaultControl)
            for _ in range(self._states):
                link.wait(wire.VaultState)
            link.connection.send(wire.OpenRecording(request=1, mode="video", language="ru", procedure=PROCEDURE))
            self.opened = link.wait(wire.Opened)
        finally:
            signal.pthread_kill(threading.main_thread().ident or 0, self._number)


def test_it_serves_until_it_is_told_to_end_and_then_closes_what_is_open(unit: Unit) -> None:
    outside = Outside(unit, signal.SIGTERM, states=4)
    outside.start()
    code, told = unit.main()
    outside.join()
    assert code == 0
    assert told[0].rstrip() == "vault: INFO the carrier is ready"
    assert outside.opened is not None
    assert (unit.root / "carrier" / outside.opened.name / "manifest.cbor").exists()


def test_a_vault_whose_state_is_in_use_says_so_in_one_line(unit: Unit) -> None:
    outside = Outside(unit, signal.SIGINT)
    outside.start()
    assert unit.main()[0] == 0  # this process still holds the state's lock, as another vault would
    outside.join()
    said = f"kuager vault: {unit.root}/state: another vault writes here; stop it first"
    assert unit.main() == (CarrierError.exit_code, [said])


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_vault_that_can_not_serve_ends_so_that_its_parent_begins_it_anew(unit: Unit) -> None:
    unit.run.rmdir()
    assert unit.main()[0] == KuagerError.exit_code
