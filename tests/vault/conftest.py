"""A vault in this process, on a carrier of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from vault_start import Start
from vault_world import World

from kuager import clock
from kuager.sealer import attributes


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Booted, and ended as a process is that is killed."""
    made = World(tmp_path)
    made.boot()
    yield made
    made.kill()


@pytest.fixture
def started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """What `python -m kuager.vault` builds, whose kernel protects whatever it is asked to."""
    made = Start(tmp_path)
    monkeypatch.delenv("KUAGER_ATTRIBUTES", raising=False)
    monkeypatch.setattr(attributes, "add", made.protect)
    yield made
    made.end()
    clock.play("clock-back", 0)
