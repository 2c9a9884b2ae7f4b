"""A unit in QEMU for each module of scenarios, started from the snapshot of the newest package in dist/."""

import contextlib
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from emulated_world import World

from kuager_workshop.emulate import layer
from kuager_workshop.emulate.unit import EmulatedUnit

CHECKOUT = Path(__file__).parents[2]
_TIMEOUT_S = 1200


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each scenario is of the emulated unit, and slow as it is."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.emulated)
            item.add_marker(pytest.mark.timeout(_TIMEOUT_S))


@pytest.fixture(scope="session")
def image() -> Path:
    """The layer with the package, booted once and snapshotted; made here if this is its first use."""
    package = layer.newest_package(CHECKOUT)
    if package is None:
        pytest.fail("there is no package in dist/: run `make deb` first")
    return layer.build(package, False, lambda step: print(f"emulated unit: {step}", file=sys.stderr, flush=True))


@contextlib.contextmanager
def switched_on(image: Path, folder: Path) -> Iterator[World]:
    """A unit with camera and carrier that shows the ready light; its logs stay in the folder, its disks do not."""
    # A run of the harness's own making ends with this process, however that comes.
    with EmulatedUnit.create(image) as unit:
        try:
            made = World(unit, folder)
            made.prepare()
            made.start()
            made.ready()
            yield made
        finally:
            for log in unit.folder.glob("*.log"):
                shutil.copy(log, folder)
            for disk in folder.glob("*.img"):
                disk.unlink()


@pytest.fixture(autouse=True)
def ready(world: World) -> None:
    """Each scenario begins with a unit that is ready, whatever became of the one before."""
    if not world.is_ready():
        world.restart()
        world.ready()


@pytest.fixture(scope="module")
def world(image: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A unit that is switched on, with camera and carrier, and ready."""
    with switched_on(image, tmp_path_factory.mktemp("emulated")) as made:
        yield made
