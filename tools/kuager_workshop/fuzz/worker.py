"""One target in a process of its own, which a finding ends; `engine` starts it and reads what it says.

It says what libFuzzer says, also where atheris is not to be had: lines that begin with ``#`` and the number of inputs
so far, and ``Test unit written to`` with the file of a finding. Exit 0: the time is over; anything else: a finding.
"""

import hashlib
import importlib.util
import logging
import resource
import signal
import sys
import time
import traceback
from pathlib import Path
from types import FrameType
from typing import NoReturn

import click

HAVE_ATHERIS = importlib.util.find_spec("atheris") is not None
CORPUS = Path(__file__).with_name("corpus")

_INSTRUMENTED = ["kuager", "tomllib", "pynmeagps"]  # atheris takes names of packages
_TOLD_S = 1.0
_CRASH = 77  # libFuzzer's own exit code


@click.command()
@click.argument("name")
@click.option("--seconds", type=int, required=True)
@click.option("--seed", type=int, required=True)
@click.option("--kept", type=click.Path(path_type=Path), required=True, help="Where inputs go that reached more.")
@click.option("--findings", type=click.Path(path_type=Path), required=True, help="Where inputs go that break it.")
@click.option("--megabytes", type=int, required=True)
@click.option("--timeout", type=int, required=True, help="Seconds that one input may take.")
@click.option("--plain", is_flag=True)
def main(
    name: str, seconds: int, seed: int, kept: Path, findings: Path, megabytes: int, timeout: int, plain: bool
) -> None:
    """Run one target until the time is over or it breaks."""
    logging.disable(logging.CRITICAL)  # refusals are logged, and would be all that is seen
    if plain or not HAVE_ATHERIS:
        _plainly(name, seconds, seed, findings, megabytes, timeout)
    else:
        _guided(name, seconds, seed, kept, findings, megabytes, timeout)


def _guided(name: str, seconds: int, seed: int, kept: Path, findings: Path, megabytes: int, timeout: int) -> NoReturn:
    import atheris

    with atheris.instrument_imports(include=_INSTRUMENTED):
        from kuager_workshop.fuzz import workplace
        from kuager_workshop.fuzz.plain import mutator
        from kuager_workshop.fuzz.targets import TARGETS
    target = TARGETS[name]
    words = workplace.folder() / "words"
    words.write_text("".join(f'"{_escaped(word)}"\n' for word in target.words))
    arguments = [
        name,
        f"-max_total_time={seconds}",
        f"-max_len={target.longest}",
        f"-rss_limit_mb={megabytes}",
        f"-timeout={timeout}",
        f"-seed={seed}",
        f"-artifact_prefix={findings}/{name}-",
        *([f"-dict={words}"] if target.words else []),
        "-report_slow_units=1000000",
        "-print_final_stats=1",
        str(kept),
        str(CORPUS / name),
    ]
    # Looked up when it is called: atheris puts the real one there once it runs.
    mutate = mutator(target, lambda data, longest: atheris.Mutate(data, longest))
    atheris.Setup(arguments, target.run, custom_mutator=mutate)
    atheris.Fuzz()
    raise SystemExit(0)


def _escaped(word: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in word)


class TookTooLongError(Exception):
    """One input took longer than it may."""


def _plainly(name: str, seconds: int, seed: int, findings: Path, megabytes: int, timeout: int) -> None:
    from kuager_workshop.fuzz.plain import inputs
    from kuager_workshop.fuzz.targets import TARGETS

    target = TARGETS[name]
    corpus = [path.read_bytes() for path in sorted((CORPUS / name).glob("*"))]

    def late(_: int, frame: FrameType | None) -> NoReturn:
        raise TookTooLongError(f"an input took longer than {timeout} s")

    signal.signal(signal.SIGALRM, late)
    resource.setrlimit(resource.RLIMIT_DATA, (megabytes << 20, megabytes << 20))
    end = time.monotonic() + seconds
    told = time.monotonic()
    for count, data in enumerate(inputs(target, corpus, seed), 1):
        signal.alarm(timeout)
        try:
            target.run(data)
        except Exception:  # noqa: BLE001 - whatever comes out of a target is a finding
            signal.alarm(0)
            traceback.print_exc()
            path = findings / f"{name}-crash-{hashlib.sha1(data).hexdigest()}"
            path.write_bytes(data)
            print(f"#{count} DONE\nTest unit written to {path}", file=sys.stderr)
            raise SystemExit(_CRASH) from None
        if (now := time.monotonic()) > told + _TOLD_S or now > end:
            told = now
            print(f"#{count} pulse", file=sys.stderr, flush=True)
            if now > end:
                break
    signal.alarm(0)


if __name__ == "__main__":
    main()
