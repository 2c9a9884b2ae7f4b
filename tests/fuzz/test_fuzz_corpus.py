"""Every target over its whole corpus, and over some changes of it that are the same in every run."""

import itertools
from pathlib import Path

import pytest

from kuager_workshop.fuzz import plain
from kuager_workshop.fuzz.targets import TARGETS
from kuager_workshop.fuzz.worker import CORPUS

CHANGES = 300
FEWER = {
    "recording": 15,
    "story": 20,
    "settings": 40,
    "board-file": 60,
    "journal": 60,
    "unit-journal": 60,
    "session": 100,
}
"""Targets that take longer, being whole recordings or reading other files too."""


def corpus(name: str) -> list[bytes]:
    return [path.read_bytes() for path in sorted((CORPUS / name).iterdir())]


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("CRITICAL")


@pytest.mark.parametrize("name", TARGETS)
def test_nothing_that_is_kept_or_made_of_it_breaks_a_parser(name: str) -> None:
    target, kept = TARGETS[name], corpus(name)
    for data in itertools.islice(plain.inputs(target, kept, seed=7), len(kept) + FEWER.get(name, CHANGES)):
        target.run(data)


@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.parametrize("data", [b"", b"\0", b"\n", b"\xff" * 4096], ids=["nothing", "zero", "line", "ones"])
def test_what_is_nothing_at_all_breaks_no_parser(name: str, data: bytes) -> None:
    TARGETS[name].run(data)


def test_every_target_has_a_corpus_and_it_stays_small() -> None:
    assert {path.name for path in CORPUS.iterdir()} == set(TARGETS)
    sizes = {path: path.stat().st_size for path in CORPUS.rglob("*") if path.is_file()}
    assert sum(sizes.values()) < 1_000_000
    assert max(sizes.values()) <= 65_536
    assert all(path.name.startswith(("seed-", "found-")) for path in sizes)


@pytest.mark.parametrize("name", TARGETS)
def test_an_input_of_the_corpus_is_taken_whole(name: str) -> None:
    assert max(map(len, corpus(name))) <= TARGETS[name].longest


def test_changes_are_the_same_for_the_same_seed() -> None:
    def some(seed: int) -> list[bytes]:
        return list(itertools.islice(plain.inputs(TARGETS["story"], corpus("story"), seed), 20))

    assert some(1) == some(1) != some(2)


def test_nothing_is_left_in_the_tree() -> None:
    assert not [path for path in Path(CORPUS).rglob("*") if path.is_dir() and path.parent != CORPUS]
