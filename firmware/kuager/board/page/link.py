"""Where the page is and who may see it: address, port and key, in a file of the run directory that only we can read.

Made once by whoever starts the unit, so that a page process that is started again keeps its link.
"""

import errno
import ipaddress
import os
import secrets
import socket
from pathlib import Path

import msgspec

from kuager.errors import UsageError

PORT = 8417
"""The first that is tried; where it is in use, the system chooses one."""

_FILE = "page.json"


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """`host` is an IP address; whoever shows `key` may look and press."""

    host: str
    port: int
    key: str

    @property
    def everywhere(self) -> bool:
        """Whether all of the machine's addresses are meant."""
        return ipaddress.ip_address(self.host).is_unspecified

    @property
    def place(self) -> str:
        """Host and port as a browser on this machine writes them."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)
        return f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The link to open."""
        return f"http://{self.place}/?key={self.key}"


def make(run: Path, host: str, port: int) -> Link:
    """Choose a port and a new key, and write them down. Raises UsageError for an address that can't be bound."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        raise UsageError(f"'{host}' is no IP address; write for example 127.0.0.1") from None
    link = Link(host=host, port=_free(host, port), key=secrets.token_urlsafe(24))
    file = run / _FILE
    file.unlink(missing_ok=True)
    with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb") as out:
        out.write(msgspec.json.encode(link))
    return link


def load(run: Path) -> Link:
    """What `make` wrote. Raises UsageError."""
    try:
        return msgspec.json.decode((run / _FILE).read_bytes(), type=Link)
    except (OSError, msgspec.DecodeError) as error:
        raise UsageError(
            f"{run / _FILE}: the page's link can't be read: {error}; start with kuager run --page"
        ) from None


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there; raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener


def _free(host: str, port: int) -> int:
    for candidate in (port, 0):
        try:
            with listen(host, candidate) as listener:
                return int(listener.getsockname()[1])
        except OSError as error:
            if candidate and error.errno == errno.EADDRINUSE:
                continue
            raise UsageError(f"the page can't be shown at {host}, port {candidate}: {error.strerror}") from None
    raise AssertionError
