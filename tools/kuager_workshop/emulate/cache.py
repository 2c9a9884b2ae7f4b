"""Where what was made once is kept: a folder for each kind and key of content, outside the checkout.

A folder appears whole or not at all: it is made beside its place under a lock and renamed into it.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

_KEEP = 4  # folders of one kind: with and without TPM, for this package and the one before
_KEY = 16  # hex digits


def home() -> Path:
    """``$XDG_CACHE_HOME/kuager/emulated``, else below ``~/.cache``."""
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "kuager" / "emulated"


def key(parts: Iterable[str | bytes]) -> str:
    """A short name for content; the same parts in the same order give the same key, and no others."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()[:_KEY]


def digest(file: Path) -> str:
    """SHA-256 of a file's bytes, hex."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def fetch(kind: str, name: str, make: Callable[[Path], None]) -> Path:
    """The folder of this kind and name; `make` fills an empty one where there is none yet. Marks it as used now."""
    place = home() / kind / name
    place.parent.mkdir(parents=True, exist_ok=True)
    with _locked(place.parent / f".{name}.lock"):
        if not place.is_dir():
            for left in place.parent.glob(f".making-{name}-*"):  # whoever made it was killed: the lock is ours
                shutil.rmtree(left, ignore_errors=True)
            making = Path(tempfile.mkdtemp(prefix=f".making-{name}-", dir=place.parent))
            try:
                making.chmod(0o755)
                make(making)
                making.rename(place)
            except BaseException:
                shutil.rmtree(making, ignore_errors=True)
                raise
        os.utime(place)
    return place


def prune(kind: str) -> list[Path]:
    """Delete all folders of a kind but the `_KEEP` last used; gives what was deleted."""
    folders = [each for each in (home() / kind).glob("[!.]*") if each.is_dir()]
    folders.sort(key=lambda each: each.stat().st_mtime, reverse=True)
    for each in folders[_KEEP:]:
        shutil.rmtree(each, ignore_errors=True)
        (each.parent / f".{each.name}.lock").unlink(missing_ok=True)
    return folders[_KEEP:]


@contextlib.contextmanager
def _locked(file: Path) -> Iterator[None]:
    with file.open("w") as opened:
        fcntl.flock(opened, fcntl.LOCK_EX)
        yield
