"""What the whole-system tests share: the command line as its user meets it, and reading a recording."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt

from kuager.evidence.journal import Record, iterate

KUAGER = str(Path(sys.executable).with_name("kuager"))


def kuager(
    *arguments: str, environment: Mapping[str, str], timeout: float = 100, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """One command to its end; its output as text."""
    return subprocess.run(
        [KUAGER, *arguments],
        capture_output=True,
        text=True,
        timeout=timeout,
        env=dict(environment),
        cwd=cwd,
        check=False,
    )


def environment(state: Path) -> dict[str, str]:
    """This process's environment with a state directory of its own; the rendered voice is shared."""
    return {**os.environ, "XDG_STATE_HOME": str(state)}


def authority(state: Path) -> Path:
    """The development authority that the unit made at its first run."""
    return state / "kuager" / "authority" / "ca.pem"


def record(state: Path, carrier: Path, *arguments: str, timeout: float = 110) -> Path:
    """One whole unattended session; gives the recording's folder."""
    carrier.mkdir(parents=True, exist_ok=True)
    done = kuager("record", "--carrier", str(carrier), *arguments, environment=environment(state), timeout=timeout)
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.splitlines()[-1])


def journal(recording: Path) -> list[Record]:
    """All records of a recording's first journal."""
    with (recording / "journal-01.cborseq").open("rb") as source:
        return list(iterate(source))


def bodies(recording: Path, kind: str) -> list[dict[str, Any]]:
    """The bodies of one type of record, in order."""
    return [each.body for each in journal(recording) if each.type == kind]


def samples(media: Path) -> npt.NDArray[np.int16]:
    """The sound of a media file, decoded."""
    with av.open(str(media)) as container:
        parts = [frame.to_ndarray().reshape(-1) for frame in container.decode(audio=0)]
    return np.concatenate(parts).astype(np.int16)
