"""Where our processes listen: each socket in a folder of its own below the run directory.

On a unit the folder's owner and group say who listens and who may connect (systemd/tmpfiles.d); where one person runs
all, the folder is made here and is that person's alone.
"""

import contextlib
import os
import socket
from pathlib import Path
from typing import Literal

Name = Literal["vault-media", "vault-control", "capture", "board", "sealer"]

LONGEST = len("/vault-control/socket")
"""Bytes that a socket's path adds to the run directory's."""

_WAITING = 8  # connections that are not accepted yet


def path(run: Path, name: Name) -> Path:
    """The socket of this name."""
    return run / name / "socket"


def bind(path: Path, kind: socket.SocketKind) -> socket.socket:
    """Listen there, in the place of a stale socket. Its folder's group may connect where it may enter the folder."""
    folder = path.parent
    folder.mkdir(mode=0o700, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
    server = socket.socket(socket.AF_UNIX, kind)
    mask = os.umask(0o117 if folder.stat().st_mode & 0o010 else 0o177)
    try:
        server.bind(str(path))
    finally:
        os.umask(mask)
    server.listen(_WAITING)
    return server
