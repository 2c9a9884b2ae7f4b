"""A run's folder: what it was started from and what is plugged into it, for every process that joins it; clearing up.

A run in a folder of its own making ends with the process that began it. Where that process was killed, the next one
that begins a run ends what is left of it.
"""

import json
import os
import shutil
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path

from kuager_workshop.emulate import EmulatorError, cache, stage
from kuager_workshop.emulate.machine import FILES, READY, Machine

ROOT = "root.qcow2"
"""The run's own root disk."""

_FILE = "run.json"


@dataclass
class Run:
    """What a run is. `owner`: the process with which it ends and that process's start; None for one that stays."""

    layer: str
    tpm: bool
    owner: tuple[int, int] | None = None
    carriers: dict[str, str] = field(default_factory=dict)  # name -> image: what is plugged in
    camera: list[str] | None = None  # options of the webcam that is plugged in


def create(folder: Path | None, made: Path, tpm: bool) -> Path:
    """Make a run's folder: the one given, empty of an older run, or one that ends with this process."""
    sweep()
    if folder is None:
        folder = temporary(made, tpm)
    else:
        folder.mkdir(parents=True, exist_ok=True)
        if (folder / _FILE).exists():
            Machine(folder).stop()
            clear(folder)
        elif any(folder.iterdir()):
            raise EmulatorError(f"{folder} has files of something else: name an empty folder for the emulated unit")
        save(folder, Run(str(made), tpm))
    for name in FILES:
        _link(made / name, folder / name)
    os.utime(made)  # used now: not pruned first
    return folder


def temporary(made: Path, tpm: bool) -> Path:
    """An empty run's folder that ends with this process."""
    parent = cache.home() / "runs"
    parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=parent))
    save(folder, Run(str(made), tpm, (os.getpid(), _started(os.getpid()))))
    return folder


def fresh_root(folder: Path) -> None:
    """Give the run the root disk of its layer, as it was at the snapshot."""
    stage.run(["cp", "--sparse=always", "--reflink=auto", str(folder / READY), str(folder / ROOT)])


def _link(source: Path, target: Path) -> None:
    # A second name, so that a run outlives the pruning of its layer; across file systems a reference has to do.
    try:
        os.link(source, target)
    except OSError:
        target.symlink_to(source)


def load(folder: Path) -> Run:
    """The run in this folder. Raises EmulatorError where there is none."""
    try:
        stored = json.loads((folder / _FILE).read_text())
    except (OSError, ValueError):
        raise EmulatorError(f"there is no emulated unit in {folder}: start one there first") from None
    if stored["owner"]:
        stored["owner"] = (stored["owner"][0], stored["owner"][1])
    return Run(**stored)


def save(folder: Path, run: Run) -> None:
    """Store what has changed."""
    draft = folder / f"{_FILE}.new"
    draft.write_text(json.dumps(asdict(run), indent=1) + "\n")
    draft.rename(folder / _FILE)


def clear(folder: Path) -> None:
    """Delete what is in a run's folder."""
    for each in folder.iterdir():
        if each.is_dir() and not each.is_symlink():
            shutil.rmtree(each, ignore_errors=True)
        else:
            each.unlink(missing_ok=True)


def sweep() -> None:
    """End and delete the runs whose process has gone."""
    for folder in (cache.home() / "runs").glob("*"):
        try:
            owner = load(folder).owner
        except EmulatorError:
            continue  # being made, or gone already
        if owner and _started(owner[0]) != owner[1]:
            Machine(folder).cut()
            shutil.rmtree(folder, ignore_errors=True)


def _started(pid: int) -> int:
    """When a process started, in ticks since boot: with its number it is unique. 0 for one that does not run."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0
    return int(stat.rpartition(")")[2].split()[19])
