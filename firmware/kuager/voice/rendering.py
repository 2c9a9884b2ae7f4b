"""Makes the sound file of every token with espeak-ng, at set-up; only what is missing or has changed words or voice.

A language's folder keeps ``rendered.json``: token -> digest of words, voice settings and VERSION, and the file's size.
Files that this module made and the catalogue no longer wants are removed; it touches no others.
"""

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec

from kuager.catalogue import Catalogue, Synthesis
from kuager.errors import HardwareError, InputError, UsageError
from kuager.voice.level import prepare
from kuager.voice.sound import read_wav, write_wav

VERSION = 1
"""Counts changes of how sound is made from the same words; a new number renders everything again."""

_STAMPS = "rendered.json"
_TIMEOUT_S = 30
_WORKERS = 2


class Outcome(NamedTuple):
    """What one rendering did, in files."""

    made: int
    kept: int
    removed: int


class _Stamp(msgspec.Struct, frozen=True):
    digest: str
    size: int


def pending(catalogue: Catalogue, directory: Path) -> dict[str, str]:
    """The tokens whose files must be made, with their words."""
    folder = directory / catalogue.language
    stamps = _read_stamps(folder)
    return {
        token: text
        for token, text in catalogue.tokens().items()
        if not _is_fresh(folder / f"{token}.wav", stamps.get(token), _digest(text, catalogue.synthesis))
    }


def render(catalogue: Catalogue, directory: Path, advance: Callable[[], None] = lambda: None) -> Outcome:
    """Bring a language's folder up to date; `advance` is called after each file made.

    Raises HardwareError where espeak-ng is missing or fails, UsageError where the folder cannot be written. What was
    made until then is kept.
    """
    folder = directory / catalogue.language
    stamps = _read_stamps(folder)
    wanted, todo = catalogue.tokens(), pending(catalogue, directory)
    if todo and shutil.which("espeak-ng") is None:
        raise HardwareError("espeak-ng is not installed: install the Debian package espeak-ng and render again")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _kept(folder, stamps), _workers() as pool:
            sizes = pool.map(lambda item: _make(folder / f"{item[0]}.wav", item[1], catalogue.synthesis), todo.items())
            for token, size in zip(todo, sizes, strict=True):
                stamps[token] = _Stamp(_digest(todo[token], catalogue.synthesis), size)
                advance()
            stale = [token for token in stamps if token not in wanted]
            for token in stale:
                (folder / f"{token}.wav").unlink(missing_ok=True)
                del stamps[token]
    except OSError as error:
        if isinstance(error, HardwareError):
            raise
        raise UsageError(f"the folder {folder} cannot be written: {error.strerror}") from None
    return Outcome(len(todo), len(wanted) - len(todo), len(stale))


def synthesise(text: str, synthesis: Synthesis) -> bytes:
    """The words as espeak-ng speaks them, 48 kHz mono, as it made them. Raises HardwareError."""
    for word, sound in synthesis.respell.items():
        text = re.sub(rf"\b{re.escape(word)}\b", sound, text, flags=re.IGNORECASE)
    command = ["espeak-ng", "-v", synthesis.voice, "-s", str(synthesis.speed), "-p", str(synthesis.pitch)]
    command += ["-a", "70", "-b", "1"]  # headroom, as resampling overshoots the peaks; the words are UTF-8
    with tempfile.TemporaryDirectory(prefix="kuager-voice-") as scratch:
        raw = Path(scratch) / "raw.wav"
        try:
            subprocess.run(
                [*command, "-w", str(raw), "--stdin"],
                input=text.strip().encode(), capture_output=True, check=True, timeout=_TIMEOUT_S,
            )  # fmt: skip
            return read_wav(raw)
        except (subprocess.SubprocessError, InputError, FileNotFoundError) as error:
            detail = getattr(error, "stderr", b"") or str(error).encode()
            reason = detail.decode(errors="replace").strip().splitlines()[-1]
            raise HardwareError(f"espeak-ng could not speak '{text}': {reason}") from None


def _make(path: Path, text: str, synthesis: Synthesis) -> int:
    # Leading punctuation belongs to the piece before; espeak would read some of it out.
    words = re.sub(r"^\W+", "", text)
    write_wav(path, prepare(synthesise(words, synthesis)))
    return path.stat().st_size


def _digest(text: str, synthesis: Synthesis) -> str:
    voice = msgspec.json.encode(synthesis, order="deterministic")
    return hashlib.sha256(f"{VERSION}\0{text}\0".encode() + voice).hexdigest()


def _is_fresh(path: Path, stamp: _Stamp | None, digest: str) -> bool:
    if stamp is None or stamp.digest != digest:
        return False
    return path.is_file() and path.stat().st_size == stamp.size


def _read_stamps(folder: Path) -> dict[str, _Stamp]:
    """What was rendered here; nothing where the file is missing or damaged: then all is made again."""
    try:
        return msgspec.json.decode((folder / _STAMPS).read_bytes(), type=dict[str, _Stamp])
    except (OSError, msgspec.DecodeError):
        return {}


@contextmanager
def _workers() -> Iterator[ThreadPoolExecutor]:
    """Threads that wait on espeak-ng; after a failure or Ctrl-C the rest of the work is not begun."""
    pool = ThreadPoolExecutor(_WORKERS)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def _kept(folder: Path, stamps: dict[str, _Stamp]) -> Iterator[None]:
    """Write the stamps at the end, also after a failure, so that an interrupted rendering goes on where it stopped."""
    try:
        yield
    finally:
        part = folder / f".{_STAMPS}.{os.getpid()}.part"
        part.write_bytes(msgspec.json.encode(stamps, order="sorted"))
        part.replace(folder / _STAMPS)
