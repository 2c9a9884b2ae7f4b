"""How many mutants of each module the tests noticed. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

LEAST = 0.9
"""The share that must be noticed."""

# What mutmut says: all tests passed; pytest found none; mutmut knows of none. Anything else is a test that failed,
# hung, or died.
_UNNOTICED = {0, 5, 33}
_UNTRIED = {None, 2, 34}  # not yet, interrupted, left out


@dataclass(frozen=True)
class Score:
    """Of a module. `unnoticed` names the mutants that passed all tests, or that no test reaches."""

    noticed: int = 0
    unnoticed: tuple[str, ...] = ()

    @property
    def tried(self) -> int:
        """Mutants that were tried."""
        return self.noticed + len(self.unnoticed)

    @property
    def share(self) -> float:
        """That was noticed; 1 where nothing was tried."""
        return self.noticed / self.tried if self.tried else 1.0

    def __add__(self, other: "Score") -> "Score":
        return Score(self.noticed + other.noticed, self.unnoticed + other.unnoticed)


def scores(results: Mapping[str, int | None]) -> dict[str, Score]:
    """Module -> its score, from the exit code of each mutant's tests. Whatever broke the tests was noticed."""
    found: dict[str, Score] = {}
    for name, code in results.items():
        if code in _UNTRIED:
            continue
        module = name.rpartition(".")[0]
        one = Score(unnoticed=(name,)) if code in _UNNOTICED else Score(noticed=1)
        found[module] = found.get(module, Score()) + one
    return found
