"""Mutations without coverage, seeded: the corpus as it is, then changed; for wherever atheris is not to be had."""

from collections.abc import Callable, Iterator
from random import Random

from kuager_workshop.fuzz.mutate import mutated
from kuager_workshop.fuzz.target import Target

_WITHIN = 0.4  # of the inputs of a target with a structure are changed within it


def inputs(target: Target, corpus: list[bytes], seed: int) -> Iterator[bytes]:
    """Each of the corpus, then changed ones without end: the same for the same seed."""
    yield from corpus
    chance = Random(f"{target.name} {seed}")
    kept = corpus or [b""]
    while True:
        data = chance.choice(kept)
        if target.mutate and chance.random() < _WITHIN:
            data = target.mutate(data, chance)[: target.longest]
            if chance.random() < 0.5:
                yield data
                continue
        yield mutated(data, chance, kept, target.words, target.longest)


def mutator(target: Target, mutate: Callable[[bytes, int], bytes]) -> Callable[[bytes, int, int], bytes]:
    """For libFuzzer: `mutate` is its own, and often the target's is used instead."""

    def custom(data: bytes, longest: int, seed: int) -> bytes:
        chance = Random(seed)
        if target.mutate and chance.random() < _WITHIN:
            return target.mutate(bytes(data), chance)[:longest]
        return mutate(data, longest)

    return custom
