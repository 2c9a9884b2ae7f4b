"""Scenarios 6 and 7: what the kernel refuses, on a sealed recording and from inside each unit's sandbox."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from emulated_world import SLOW, UNITS, World

PROBE = Path(__file__).with_name("probe.py")


@pytest.fixture(scope="module")
def sealed(world: World) -> str:
    name = world.begin()
    name = world.end()
    world.until(lambda: world.unit_events("fs-verity"), 6 * SLOW, "fs-verity in the unit's journal")
    return name


def attributes(world: World, path: str) -> str:
    return world.do(f"lsattr -d {path}").split()[0]


def test_what_is_recorded_can_only_grow(world: World) -> None:
    name = world.begin()
    media = f"/media/kuager/{name}/video-01.mp4"
    world.until(lambda: world.unit.shell(f"test -s {media}").code == 0, what="the media file")
    assert "a" in attributes(world, media)
    assert "a" in attributes(world, f"/media/kuager/{name}")
    for act in (
        f"rm {media}",
        f"truncate -s 0 {media}",
        f"mv {media} /media/kuager/x",
        f"dd if=/dev/zero of={media} count=1",
    ):
        refused = world.unit.shell(act)
        assert refused.code, act
        assert "Operation not permitted" in refused.out
    world.end()


def test_a_sealed_recording_is_immutable_and_verified_by_the_kernel(world: World, sealed: str) -> None:
    files = world.do(f"ls /media/kuager/{sealed}").split()
    assert {"video-01.mp4", "journal-01.cborseq", "manifest.cbor", "SHA256SUMS"} <= set(files)
    for file in files:
        assert {"i", "V"} <= set(attributes(world, f"/media/kuager/{sealed}/{file}")), file
    told = world.unit_events("fs-verity")[-1]["data"]
    assert told["files"] == told["of"] == len(files)
    for act in (
        "echo >> {}",
        "rm {}",
        "mv {} /tmp/x",
        "chmod 600 {}",
        "ln {} /media/kuager/x",
        "touch -d yesterday {}",
    ):
        assert world.unit.shell(act.format(f"/media/kuager/{sealed}/manifest.cbor")).code, act


def test_root_without_the_sealers_capability_cannot_take_it_away(world: World, sealed: str) -> None:
    media = f"/media/kuager/{sealed}/video-01.mp4"
    bounded = "systemd-run -q --wait --pipe -p CapabilityBoundingSet=~CAP_LINUX_IMMUTABLE"
    for act in (f"chattr -i {media}", f"rm -f {media}", f"sh -c 'echo > {media}'"):
        assert world.unit.shell(f"{bounded} {act}").code, act
    # Even root with all capabilities, having taken it away, cannot change what the kernel verifies.
    world.do(f"chattr -i {media}")
    assert world.unit.shell(f"sh -c 'echo >> {media}'").code
    world.do(f"chattr +i {media}")


def test_no_process_of_the_unit_but_the_sealer_has_a_capability(world: World) -> None:
    for unit in UNITS:
        pid = world.do(f"systemctl show -P MainPID {unit}").strip()
        status = world.do(f"grep -E '^(Uid|CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/{pid}/status")
        fields = dict(line.split(":", 1) for line in status.splitlines())
        assert fields["Uid"].split()[0] != "0", unit
        # CAP_FOWNER is 3, CAP_LINUX_IMMUTABLE is 9.
        allowed = (1 << 3 | 1 << 9) if unit == "kuager-sealer" else 0
        assert int(fields["CapEff"], 16) == allowed, unit
        assert int(fields["CapBnd"], 16) == allowed, unit
        assert fields["NoNewPrivs"].strip() == "1"
        assert fields["Seccomp"].strip() == "2"


@pytest.fixture(scope="module")
def probed(world: World, sealed: str) -> Iterator[dict[str, dict[str, Any]]]:
    """What a program finds that runs in each unit's own sandbox: the unit's file with another ExecStart."""
    world.put_probe(PROBE.read_bytes(), sealed)
    return {unit: json.loads(world.probe(unit)) for unit in UNITS}


REFUSED = {
    "kuager-capture": (
        "read-key", "write-state", "write-carrier", "read-carrier-as-writer", "connect-vault-control", "connect-sealer",
        "internet", "open-gpio", "mount", "ptrace", "load-module", "set-clock", "write-etc", "raw-disk", "alter-sealed",
        "unseal",
    ),
    "kuager-supervisor": (
        "read-key", "write-state", "write-carrier", "connect-vault-media", "connect-sealer", "internet", "open-video",
        "mount", "ptrace", "load-module", "set-clock", "write-etc", "raw-disk", "alter-sealed", "unseal",
    ),
    "kuager-vault": (
        "internet", "netlink-route", "open-gpio", "open-video", "open-sound", "connect-capture", "mount", "ptrace",
        "load-module", "set-clock", "write-etc", "raw-disk", "alter-sealed", "unseal",
    ),
    "kuager-sealer": (
        "read-key", "write-state", "write-carrier", "internet", "open-gpio", "open-video", "open-sound",
        "connect-vault-control", "connect-vault-media", "mount", "ptrace", "load-module", "set-clock", "write-etc",
        "raw-disk", "alter-sealed",
    ),
}  # fmt: skip
ALLOWED = {
    "kuager-capture": ("connect-vault-media", "open-video", "open-sound"),
    "kuager-supervisor": ("connect-vault-control", "connect-capture", "open-gpio", "open-sound"),
    "kuager-vault": ("read-key", "write-state", "write-carrier", "connect-sealer"),
    "kuager-sealer": (),
}


@pytest.mark.parametrize("unit", UNITS)
def test_what_must_be_refused_is_refused_from_inside(probed: dict[str, dict[str, Any]], unit: str) -> None:
    done = [what for what in REFUSED[unit] if probed[unit][what] == "done"]
    assert not done
    # Else the probe itself would be what fails.
    assert {what: probed[unit][what] for what in ALLOWED[unit]} == dict.fromkeys(ALLOWED[unit], "done")
