"""`kuager record`: one whole session on the virtual board, unattended; its path is the last line on stdout."""

import logging
import os
import re
import shutil
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import IO

import click
from msgspec.structs import replace

from kuager import settings as configuration
from kuager.board.hand import Hand
from kuager.errors import CarrierError, HardwareError, KuagerError, UsageError
from kuager.parent import Parent
from kuager.procedure import Pack, pack
from kuager.processes import PROCESSES, prepare_run_directory, python_command
from kuager.settings import Settings
from kuager.terminal.player import Player
from kuager.terminal.script import SESSION, Action, parse, seconds

_CARRIER = 74
_HARDWARE = 69
_STOPPED = 130
_LOG_LINES = 15
_WARNING = re.compile(r"[a-z]+: (WARNING|ERROR|CRITICAL) ")
_DUMP = re.compile(r"Fatal Python error: |Thread 0x|Current thread 0x|  File \"|Extension modules: |  \.\.\.$")
_NOISE = ("alsa lib", "jack", "cannot connect to server")  # PortAudio's, where there is no sound card


class _Duration(click.ParamType[float]):
    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        return value if isinstance(value, float) else seconds(str(value))


@click.command()
@click.option("--for", "run_s", type=_Duration(), default="20s", show_default=True, help="How long to record.")
@click.option("--carrier", type=click.Path(path_type=Path), help="Folder to record into.")
@click.option("--mode", type=click.Choice(["video", "sound", "stills"]), help="What to record.")
@click.option("--lang", "language", type=click.Choice(["ru", "kk", "en"]), help="Language of the prompts.")
@click.option("--script", type=click.Path(path_type=Path), help="Actions to play instead of the ordinary session.")
@click.option("--settings", "file", type=click.Path(path_type=Path), help="Settings file.")
def record(
    run_s: float, carrier: Path | None, mode: str | None, language: str | None, script: Path | None, file: Path | None
) -> int:
    """One whole session on the virtual board, unattended: opening, recording, closing, seal.

    Progress goes to standard error; the path of the recording (of each, if a script makes several) to standard output.
    Exit codes: 0 sealed; 64 wrong arguments, settings or script; 69 the unit did not do what the script waited for; 70
    internal error; 74 the carrier can't be written; 130 stopped from the keyboard, sealed all the same.
    """
    source = script or SESSION
    try:
        actions = parse(source.read_text(encoding="utf-8"), str(source))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{source}: the script can't be read: {error}") from None
    settings = _settings(file, carrier, mode, language)
    chosen = pack(settings.procedure.pack)
    logging.basicConfig(level=logging.WARNING, format="kuager: %(message)s", stream=sys.stderr)
    run = Path(tempfile.mkdtemp(prefix="kuager-"))
    try:
        return _Session(settings, chosen, actions, run_s, run).hold()
    finally:
        shutil.rmtree(run, ignore_errors=True)


def _settings(file: Path | None, carrier: Path | None, mode: str | None, language: str | None) -> Settings:
    settings = configuration.load(file or configuration.default_file())
    if carrier:
        settings = replace(settings, carrier=replace(settings.carrier, path=carrier.absolute()))
    if mode:
        settings = replace(settings, procedure=replace(settings.procedure, mode=mode))
    if language:
        settings = replace(settings, unit=replace(settings.unit, language=language))
    _make(settings.carrier.path, "the carrier's folder", "--carrier")
    _make(settings.paths.state, "the folder of the unit's state", "XDG_STATE_HOME or the settings")
    return settings


def _make(path: Path, what: str, where: str) -> None:
    """Told before anything starts. What else may be wrong with a carrier the unit finds out and says."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise UsageError(f"{path}: {what} is no folder; name another with {where}") from None
    except OSError as error:
        why = error.strerror
        raise UsageError(f"{path}: {what} can't be made: {why}; name another with {where}") from None


class _Session:
    def __init__(self, settings: Settings, chosen: Pack, actions: list[Action], run_s: float, run: Path) -> None:
        self._settings, self._pack, self._actions, self._run_s, self._run = settings, chosen, actions, run_s, run
        self._hand = Hand(run, self._tell)
        self._stopped = False
        self._failure: BaseException | None = None
        self._began = time.monotonic()
        self._state, self._count, self._printed = "", 0, 0

    def hold(self) -> int:
        """Start the unit, play the script beside it, stop the unit; the exit code."""
        file = self._run / "settings.toml"
        file.write_text(configuration.dump(self._settings), encoding="utf-8")
        with prepare_run_directory(self._run), (self._run / "log").open("w+b") as log:
            self._parent = Parent(PROCESSES, self._run, python_command(file, self._run), log)
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, lambda *_: self._stop())
            self._hand.start()
            script = threading.Thread(target=self._play, name="script", daemon=True)
            script.start()
            self._parent.run()
            self._parent.close()
            script.join(2)
            self._hand.close()
            for notice in self._hand.sealed:
                click.echo(notice.path)
            return self._verdict(log)

    def _stop(self) -> None:
        self._stopped = True
        self._parent.stop()

    def _play(self) -> None:
        player = Player(self._hand, self._pack, self._run_s, self._parent.signal, self._say, lambda: self._stopped)
        try:
            player.play(self._actions)
        except BaseException as error:  # noqa: BLE001 - told by the main thread, which must stop the unit first
            self._failure = error
        finally:
            self._parent.stop()

    def _verdict(self, log: IO[bytes]) -> int:
        failure = self._failure
        if failure is None and not self._hand.sealed:
            failure = HardwareError("nothing was sealed")
        self._print_log(log, whole=isinstance(failure, HardwareError) and not self._stopped)
        if failure is None:
            return 0
        if not isinstance(failure, KuagerError):
            raise failure
        click.echo(f"kuager: {failure}", err=True)
        if self._stopped:
            return _STOPPED
        return _CARRIER if isinstance(failure, CarrierError) else _HARDWARE

    def _print_log(self, log: IO[bytes], *, whole: bool) -> None:
        """What the processes printed, each line once: warnings, or the end of all of it.

        Where a process that hung stood is for those who mend it: KUAGER_TRACEBACK=1 prints that too.
        """
        log.seek(0)
        dumps = bool(os.environ.get("KUAGER_TRACEBACK"))
        lines = dict.fromkeys(log.read().decode(errors="replace").splitlines())
        told = [
            line for line in lines
            if not _is_noise(line) and (dumps if _DUMP.match(line) else whole or _WARNING.match(line))
        ]  # fmt: skip
        for line in told if dumps else told[-_LOG_LINES:]:
            click.echo(f"  {line}", err=True)

    def _say(self, text: str) -> None:
        passed = int(time.monotonic() - self._began)
        click.echo(f"{passed // 60:02}:{passed % 60:02}  {text}", err=True)

    def _tell(self) -> None:
        hand = self._hand
        if hand.state and hand.state != self._state:
            self._state = hand.state
            self._say(f"[{self._state}]")
        if hand.count > self._count:
            self._count = hand.count
            self._say(hand.spoken[-1].text)
        if len(hand.sealed) > self._printed:
            self._printed = len(hand.sealed)
            self._say(f"sealed, {hand.sealed[-1].sha256.hex()}")


def _is_noise(line: str) -> bool:
    return line.lower().startswith(_NOISE)
