"""What a target is: one parser under any bytes, and the errors that it may answer with."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from typing import Any

Run = Callable[[bytes], None]
Mutator = Callable[[bytes, Random], bytes]


class BrokenPromiseError(AssertionError):
    """A parser took bytes and broke an invariant over them."""


@dataclass(frozen=True)
class Target:
    """A parser: `run` returns whatever the bytes are; an exception out of it is a finding.

    `longest`: bytes of an input. `words`: what stands in inputs of this kind, for mutations. `mutate`: changes an input
    within its structure, so that what lies behind a digest or a length is reached too.
    """

    name: str
    run: Run
    longest: int = 4096
    words: tuple[bytes, ...] = ()
    mutate: Mutator | None = None


def expect(so: bool, promise: str) -> None:
    """Raises BrokenPromiseError, which says what was promised."""
    if not so:
        raise BrokenPromiseError(promise)


class Refused(Exception):  # noqa: N818 - no error, but the way out of `refusing`
    """The parser refused the input as it documents."""


@contextmanager
def refusing(*errors: type[Exception]) -> Iterator[None]:
    """Turns the parser's documented errors into Refused; whatever else is raised stays a finding."""
    try:
        yield
    except errors as error:
        # A refusal is told to somebody: it must be possible to say it.
        expect(bool(str(error)), "a refusal says why")
        str(error).encode()
        raise Refused from error


def table(*targets: tuple[str, Run, dict[str, Any]]) -> dict[str, Target]:
    """Targets by name, each ended by the first refusal."""

    def ended(run: Run) -> Run:
        def until_refused(data: bytes) -> None:
            try:
                run(data)
            except Refused:
                return

        return until_refused

    return {name: Target(name, ended(run), **more) for name, run, more in targets}
