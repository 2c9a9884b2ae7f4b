"""Runs inside a unit's sandbox and tries what must not be possible; prints {what: "done" or the error} as JSON.

``probe.py SEALED``: the folder of a sealed recording. On the guest's Python, with its standard library alone.
"""

import ctypes
import fcntl
import glob
import json
import os
import socket
import struct
import sys
import time
from collections.abc import Callable

SEALED = sys.argv[1]
RUN, STATE, CARRIER = "/run/kuager", "/var/lib/kuager", "/media/kuager"
_libc = ctypes.CDLL(None, use_errno=True)
SETFLAGS = 0x40086602


def _checked(result: int) -> None:
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _open(pattern: str, flags: int = os.O_RDWR) -> None:
    found = sorted(glob.glob(pattern))
    if not found:
        raise FileNotFoundError(pattern)
    os.close(os.open(found[0], flags | os.O_NONBLOCK))


def _create(path: str) -> None:
    with open(path, "xb"):
        pass
    os.unlink(path)


def _connect(name: str, kind: socket.SocketKind = socket.SOCK_STREAM) -> None:
    with socket.socket(socket.AF_UNIX, kind) as sock:
        sock.settimeout(5)
        sock.connect(f"{RUN}/{name}/socket")


def _internet() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.sendto(b"x", ("127.0.0.1", 9))


def _netlink() -> None:
    socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0).close()


def _append() -> None:
    with open(f"{SEALED}/manifest.cbor", "ab") as stream:
        stream.write(b"x")


def _unseal() -> None:
    descriptor = os.open(f"{SEALED}/manifest.cbor", os.O_RDONLY)
    fcntl.ioctl(descriptor, SETFLAGS, struct.pack("<q", 0))


def _key() -> None:
    with open(glob.glob(f"{STATE}/keys/*.pem")[0] if os.access(STATE, os.X_OK) else f"{STATE}/keys/KZ0417.pem", "rb"):
        pass


TRIES: dict[str, Callable[[], object]] = {
    "read-key": _key,
    "write-state": lambda: _create(f"{STATE}/probe"),
    "write-carrier": lambda: _create(f"{CARRIER}/probe"),
    "read-carrier-as-writer": lambda: _open(f"{SEALED}/*", os.O_WRONLY),
    "connect-vault-media": lambda: _connect("vault-media"),
    "connect-vault-control": lambda: _connect("vault-control"),
    "connect-capture": lambda: _connect("capture"),
    "connect-sealer": lambda: _connect("sealer", socket.SOCK_SEQPACKET),
    "internet": _internet,
    "netlink-route": _netlink,
    "open-gpio": lambda: _open("/dev/gpiochip*"),
    "open-video": lambda: _open("/dev/video*"),
    "open-sound": lambda: _open("/dev/snd/control*"),
    "mount": lambda: _checked(_libc.mount(b"none", b"/tmp", b"tmpfs", 0, None)),
    "ptrace": lambda: _checked(_libc.ptrace(16, 1, 0, 0)),  # PTRACE_ATTACH
    "load-module": lambda: _checked(_libc.syscall(313, -1, b"", 0)),  # finit_module
    "set-clock": lambda: time.clock_settime(time.CLOCK_REALTIME, time.time()),
    "write-etc": lambda: _create("/etc/kuager/probe"),
    "raw-disk": lambda: _open("/dev/[sv]d[a-z]", os.O_RDONLY),
    "alter-sealed": _append,
    "unseal": _unseal,
}


def _try(what: Callable[[], object]) -> str:
    try:
        what()
    except (OSError, IndexError) as error:
        return str(error)
    return "done"


print(json.dumps({name: _try(what) for name, what in TRIES.items()}))
