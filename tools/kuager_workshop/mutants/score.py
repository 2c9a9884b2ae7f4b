"""How many mutants of each module the tests noticed. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

LEAST = 0.9
"""The share that must be noticed."""

UNREACHED = 33
"""What mutmut says of a mutant that no test reaches."""
TYPED = 37
"""What mutmut says of a mutant that the checker of types sees."""
HANGS = 36
"""What mutmut says of a mutant whose tests do not end."""

# What mutmut says: all tests passed; pytest found none. Anything else is a test that failed, hung, or died.
_UNNOTICED = {0, 5, UNREACHED}
_UNTRIED = {None, 2, 34}  # not yet, interrupted, left out


@dataclass(frozen=True)
class Score:
    """Of a module. `unnoticed` names the mutants that passed all tests, or that no test reaches.

    `typed` are those that mypy sees. They would not get into the repository, and say nothing of the tests.
    """

    noticed: int = 0
    unnoticed: tuple[str, ...] = ()
    typed: int = 0

    @property
    def tried(self) -> int:
        """Mutants that tests were run on."""
        return self.noticed + len(self.unnoticed)

    @property
    def share(self) -> float:
        """That was noticed; 1 where nothing was tried."""
        return self.noticed / self.tried if self.tried else 1.0

    def __add__(self, other: "Score") -> "Score":
        return Score(self.noticed + other.noticed, self.unnoticed + other.unnoticed, self.typed + other.typed)


def scores(results: Mapping[str, int | None]) -> dict[str, Score]:
    """Module -> its score, from the exit code of each mutant's tests. Whatever broke the tests was noticed."""
    found: dict[str, Score] = {}
    for name, code in results.items():
        if code in _UNTRIED:
            continue
        module = name.rpartition(".")[0]
        found[module] = found.get(module, Score()) + _one(name, code)
    return found


def _one(name: str, code: int | None) -> Score:
    if code == TYPED:
        return Score(typed=1)
    return Score(unnoticed=(name,)) if code in _UNNOTICED else Score(noticed=1)
