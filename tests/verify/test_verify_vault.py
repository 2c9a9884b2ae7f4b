"""Recordings and a unit's journal as the vault itself makes them, through a death and a recovery."""

import shutil
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "vault"))
from vault_world import World

from kuager.evidence import certificates
from kuager.evidence.verdict import Outcome
from kuager.verify.find import find
from kuager.verify.sets import Result, judge


@pytest.fixture
def carrier(tmp_path: Path) -> Path:
    """Three recordings: closed, dead, and one that continues the dead one."""
    world = World(tmp_path)
    world.boot()
    for take, dies in ((1, False), (2, True), (3, False)):
        opened = world.open(continues=take == 3)
        world.record(opened, 5, take=take)
        world.wait(1)
        if dies:
            world.kill()
            world.clock.advance(60)
            world.boot(boot=bytes(15) + b"2")
        else:
            world.end(take=take)
            world.close()
        world.wait(1)
    world.kill()
    return world.carrier


def check(carrier: Path) -> Result:
    anchors = certificates.load_pem((carrier.parent / "state/authority/ca.pem").read_bytes())
    return judge(find([carrier]), anchors)


def test_a_carrier_from_the_vault(carrier: Path) -> None:
    result = check(carrier)
    outcomes = [each.verdict.outcome for each in result.recordings]
    assert outcomes == [Outcome.AUTHENTIC, Outcome.ENDS_EARLY, Outcome.AUTHENTIC]
    assert result.findings == []
    assert [[each.path for each in group] for group in result.groups] == [[each.path for each in result.recordings[1:]]]


def test_what_is_removed_from_it_shows(carrier: Path) -> None:
    first, dead, last = sorted(path for path in carrier.iterdir() if not path.name.endswith("-unit"))
    shutil.rmtree(first)
    for name in ("journal-02.cborseq", "manifest.cbor"):
        (dead / name).unlink()
    journal = last / "journal-01.cborseq"
    journal.write_bytes(journal.read_bytes()[:-200])
    (last / "manifest.cbor").unlink()
    result = check(carrier)
    assert [found.code for found in result.findings] == ["K702"]
    assert [each.verdict.outcome for each in result.recordings] == [Outcome.NOT_AUTHENTIC] * 2
    assert all("K701" in each.verdict.codes for each in result.recordings)
