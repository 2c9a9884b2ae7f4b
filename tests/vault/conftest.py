"""A vault in this process, on a carrier of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from vault_world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Booted, and ended as a process is that is killed."""
    made = World(tmp_path)
    made.boot()
    yield made
    made.kill()
