"""A carrier that was tampered with while it was out: what a vault finds where it goes on costs it no memory."""

import shutil
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import cbor2
import pytest

from kuager.evidence.manifest import MAX_BYTES
from kuager.settings import Procedure, Settings
from kuager_workshop.torture import officer
from kuager_workshop.torture.simulated.capture import CapturePlan
from kuager_workshop.torture.simulated.unit import SimulatedUnit
from kuager_workshop.torture.simulated.vault import VaultPlan

MOST = 96 << 20  # bytes; a vault's process may hold 256 MB, and is ended and started again for more


def unit(folder: Path, boot: bytes) -> SimulatedUnit:
    settings = Settings(procedure=Procedure(action="interrogation"))
    return SimulatedUnit(VaultPlan(folder, boot=boot), CapturePlan(), settings)


@pytest.fixture
def dead(tmp_path: Path) -> Path:
    """The folder of a unit whose power was cut while it recorded."""
    made = unit(tmp_path / "first", bytes(15) + b"1")
    officer.ready(made)
    officer.begin(made)
    made.run(1.0)
    made.power_cut()
    # The dead vault's process would have let go of its folders; here it is ours, and holds them.
    return Path(shutil.copytree(tmp_path / "first", tmp_path / "second"))


@pytest.fixture
def watched() -> Iterator[None]:
    tracemalloc.start()
    yield
    tracemalloc.stop()


@pytest.mark.usefixtures("watched")
def test_a_manifest_that_somebody_put_there_is_not_unfolded(dead: Path) -> None:
    (left,) = (dead / "carrier").glob("KZ0417-0*")
    size = MAX_BYTES - 200
    payload = b"\x9a" + size.to_bytes(4, "big") + b"\xa0" * size  # an empty map is a byte, and an object
    (left / "manifest.cbor").write_bytes(b"\xd2" + cbor2.dumps([b"\xa1\x01\x26", {}, payload, bytes(64)]))
    made = unit(dead, bytes(15) + b"2")
    officer.ready(made)
    made.run(3.0)
    peak = tracemalloc.get_traced_memory()[1]
    officer.begin(made)
    made.power_cut()
    assert list(left.glob("journal-02.cborseq")), "the dead recording was taken up"
    assert not list(left.glob("manifest.sig")), "nothing follows from what we did not sign"
    assert peak < MOST
