"""One unattended session in Russian, recorded once and looked at by many tests."""

from pathlib import Path

import pytest
import system_world


@pytest.fixture(scope="session")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unit's state: keys, authority, unit journal."""
    return tmp_path_factory.mktemp("state")


@pytest.fixture(scope="session")
def carrier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty directory as the carrier."""
    return tmp_path_factory.mktemp("carrier")


@pytest.fixture(scope="session")
def recording(state: Path, carrier: Path) -> Path:
    """The folder of a sealed recording."""
    return system_world.record(state, carrier, "--for", "5s", "--lang", "ru")
